"""Runtimes in words."""

from datetime import datetime

from PySide6.QtCore import QLocale

from studiolo.api.downloads import DownloadInfo
from studiolo.api.runtimes import BUNDLED, RuntimeDevice, RuntimeInfo, RuntimeKind, RuntimeProof
from studiolo.desktop.language import translate
from studiolo.desktop.loading.backends import backend_text
from studiolo.desktop.widgets.formatting import day_text, size_text, speed_text
from studiolo.errors import AppError


def kind_text(kind: RuntimeKind) -> str:
    """Return how a runtime is run."""
    match kind:
        case "bundled":
            return translate("Runtimes", "comes with Studiolo")
        case "xllamacpp":
            return translate("Runtimes", "library (xllamacpp)")
        case _:
            return "llama-server"


def facts_text(info: RuntimeInfo) -> str:
    """Return what a runtime is, in a line."""
    size = size_text(info.size_bytes) if info.size_bytes else ""
    workers = translate("Runtimes", "shares models with %1").replace("%1", ", ".join(info.rpc)) if info.rpc else ""
    build = translate("Runtimes", "build %1").replace("%1", info.build) if info.build else ""
    parts = (backend_text(info.backend), build, size, kind_text(info.kind), info.licence, workers)
    return " · ".join(part for part in parts if part)


def state_text(info: RuntimeInfo) -> str:
    """Return in a word or two how a runtime is doing; empty where there is nothing to say."""
    match info.state:
        case "installed":
            return translate("Runtimes", "Not tested yet")
        case "failed":
            return translate("Runtimes", "Doesn't work here")
        case "proving":
            return translate("Runtimes", "Being tested")
        case "available" if not info.fits:
            return translate("Runtimes", "Not for this machine")
        case _:
            return ""


def download_text(info: RuntimeInfo, job: DownloadInfo | None) -> str:
    """Return how far a download is."""
    received, total = received_of(info, job)
    figures = translate("Runtimes", "%1 of %2").replace("%1", size_text(received)).replace("%2", size_text(total))
    state = job.state if job else "downloading"
    if state == "paused":
        return translate("Runtimes", "Paused at %1").replace("%1", figures)
    if state == "verifying":
        return translate("Runtimes", "Checking and unpacking…")
    if job and job.message:
        return f"{job.message} {job.hint}".strip()
    if state == "queued":
        return translate("Runtimes", "Waiting for other downloads")
    return " · ".join(part for part in (figures, speed_text(job.bytes_per_second or 0) if job else "") if part)


def received_of(info: RuntimeInfo, job: DownloadInfo | None) -> tuple[int, int]:
    """Return how many bytes came, and how many there are."""
    received = (job.downloaded_bytes if job else None) or info.downloaded_bytes or 0
    return received, (job.total_size_bytes if job else None) or info.size_bytes


def stage_text(stage: str) -> str:
    """Return what a test does just now."""
    match stage:
        case "devices":
            return translate("Runtimes", "Looking for devices…")
        case "load":
            return translate("Runtimes", "Loading the trial model…")
        case "processor":
            return translate("Runtimes", "Writing with the processor…")
        case "card":
            return translate("Runtimes", "Writing with the graphics card…")
        case _:
            return translate("Runtimes", "Testing…")


def proof_text(info: RuntimeInfo, proof: RuntimeProof) -> str:
    """Return what a test found that a runtime passed."""
    bundled = info.id == BUNDLED
    same = translate("Runtimes", "Works: it writes what the bundled runtime writes")
    parts = [translate("Runtimes", "Works") if bundled else same]
    if proof.tokens_per_second:
        speed = QLocale().toString(proof.tokens_per_second, "f", 0 if proof.tokens_per_second >= 10 else 1)
        parts.append(translate("Runtimes", "%1 tokens/s with the trial model").replace("%1", speed))
    if proof.devices_used:
        parts.append(translate("Runtimes", "on %1").replace("%1", ", ".join(proof.devices_used)))
    parts.append(day_text(proof.time, datetime.now().astimezone()))
    return " · ".join(part for part in parts if part)


def device_text(device: RuntimeDevice) -> str:
    """Return what a device is called."""
    return " · ".join(part for part in (device.id, device.name) if part)


def memory_text(device: RuntimeDevice) -> str:
    """Return how much memory of a device is free, as far as it is known."""
    if device.total_bytes is None:
        return translate("Runtimes", "Memory not known")
    if device.free_bytes is None:
        return size_text(device.total_bytes)
    text = translate("Runtimes", "%1 of %2 free").replace("%1", size_text(device.free_bytes))
    return text.replace("%2", size_text(device.total_bytes))


def trouble_text(error: AppError) -> str:
    """Return why an order failed, and what to do."""
    return f"{error.message} {error.hint}".strip()
