"""Which of the runtimes that can be downloaded suits a machine, and in words why, or why one does not fit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studiolo.api.machine import GraphicsDevice
from studiolo.api.runtimes import Backend
from studiolo.server.runtimes.detection.facts import MachineFacts
from studiolo.server.runtimes.manifest import RuntimeEntry

_ENOUGH_BYTES = 2 * 10**9
"""A card with less memory of its own than this holds hardly a model."""
_NEWER = {"2.34": "RHEL 9", "2.35": "Ubuntu 22.04", "2.36": "Debian 12", "2.38": "Ubuntu 24.04, Debian 13 or Fedora 39"}
_LOADER = "Install libvulkan1 (Debian, Ubuntu), vulkan-loader (Fedora) or vulkan-icd-loader (Arch)."
_WIDE = ("AMX INT8", "AMX BF16", "AVX-512")
"""Instructions that the bundled engine is built without, the most telling first."""
_ORDER: tuple[Backend, ...] = ("cuda13", "cuda12", "vulkan", "cpu")
"""What is offered, the best first. ROCm is there for those who ask: it needs libraries that few have."""


@dataclass(frozen=True)
class Verdict:
    """Whether a runtime fits a machine, why (or why not), and whether it is worth to be offered."""

    fits: bool
    reason: str
    worth: bool = False


def judge(entry: RuntimeEntry, facts: MachineFacts) -> Verdict:
    """Return whether a runtime fits a machine. What a proof would find out is not guessed."""
    if entry.platform != facts.platform:
        return Verdict(False, f"It is for {entry.platform}; this is {facts.platform}.")
    verdict = _JUDGES[entry.backend](entry, facts)
    if verdict.fits and entry.glibc and not is_at_least(facts.glibc, entry.glibc):
        newer = f" ({_NEWER[entry.glibc]}, or newer)" if entry.glibc in _NEWER else ""
        has = f"this system has {facts.glibc}" if facts.glibc else "this system has another C library"
        return Verdict(False, f"It needs glibc {entry.glibc}{newer}; {has}.")
    return verdict


def choose(entries: Iterable[RuntimeEntry], facts: MachineFacts) -> RuntimeEntry | None:
    """Return the one that is offered; None where the bundled one suits as well as any.

    Of several builds of a kind it is the first in the list.
    """
    worth: dict[Backend, RuntimeEntry] = {}
    for entry in entries:
        if judge(entry, facts).worth:
            worth.setdefault(entry.backend, entry)
    return next((worth[backend] for backend in _ORDER if backend in worth), None)


def needs_of(entry: RuntimeEntry) -> str:
    """Return in words what a runtime wants of a machine."""
    wants = {
        "cuda12": "a card of NVIDIA",
        "cuda13": "a card of NVIDIA",
        "vulkan": "a card with a driver for Vulkan",
        "rocm": "a card of AMD, and ROCm's libraries",
        "metal": "Apple's processor",
    }
    told = [wants.get(entry.backend, "")]
    if entry.compute:
        told.append(f"compute capability {entry.compute}")
    if entry.driver:
        told.append(f"NVIDIA's driver {entry.driver} or newer")
    if entry.glibc:
        told.append(f"glibc {entry.glibc} or newer")
    return ", ".join(filter(None, told))


def is_at_least(version: str, least: str) -> bool:
    """Return whether a version, such as 580.65.06, is not older than another. One that is not known is older."""
    return _numbers(version) >= _numbers(least) if version else False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _judge_cuda(entry: RuntimeEntry, facts: MachineFacts) -> Verdict:
    cards = [card for card in facts.cards if card.name.startswith("NVIDIA") or card.driver in ("nvidia", "nouveau")]
    if not cards and not facts.nvidia_driver:
        return Verdict(False, "There is no card of NVIDIA in this machine.")
    if not facts.nvidia_driver:
        return Verdict(False, "There is a card of NVIDIA, but not NVIDIA's own driver. Install that, and restart.")
    if not is_at_least(facts.nvidia_driver, entry.driver):
        told = f"NVIDIA's driver {facts.nvidia_driver} is too old: it takes {entry.driver} or newer."
        return Verdict(False, told)
    known = [one for one in facts.compute if one]
    enough = [one for one in known if is_at_least(one, entry.compute)]
    if known and not enough:
        best = max(known, key=_numbers)
        return Verdict(False, f"The card's compute capability {best} is too low: it takes {entry.compute} or higher.")
    if not set(enough) & set(entry.native) and not is_at_least(facts.cuda, entry.toolkit):
        told = f"For this card the driver has to translate CUDA {entry.toolkit}"
        return Verdict(False, f"{told}, and NVIDIA's driver {facts.nvidia_driver} knows CUDA {facts.cuda or '?'} only.")
    name = next((card.name for card in cards), "a card of NVIDIA")
    return Verdict(True, f"{name} with NVIDIA's driver {facts.nvidia_driver}.", worth=True)


def _judge_vulkan(_: RuntimeEntry, facts: MachineFacts) -> Verdict:
    if not facts.cards:
        return Verdict(False, "No graphics card was found in this machine.")
    if not facts.vulkan_loader:
        return Verdict(False, f"This system has no loader for Vulkan. {_LOADER}")
    if facts.platform.startswith("linux") and not facts.vulkan_drivers:
        return Verdict(
            False, "No driver for Vulkan is there. Install mesa-vulkan-drivers (Debian, Fedora), or the card's own."
        )
    best = next((card for card in facts.cards if _is_card(card)), None)
    if best is None:
        name = facts.cards[0].name or "The graphics of the processor"
        return Verdict(True, f"{name} shares the processor's memory: a test tells whether it is faster.")
    return Verdict(True, f"{best.name or best.driver} can be used by Vulkan.", worth=True)


def _is_card(card: GraphicsDevice) -> bool:
    """Whether it is a card of its own: Intel's kernel driver does not tell of memory, its name does."""
    if card.driver in (
        "virtio-pci",
        "virtio_gpu",
        "vmwgfx",
        "bochs-drm",
        "qxl",
        "simple-framebuffer",
        "ast",
        "mgag200",
    ):
        return False
    return (card.memory_bytes or 0) >= _ENOUGH_BYTES or "Arc" in card.name.replace("[", " ").split()


def _judge_rocm(_: RuntimeEntry, facts: MachineFacts) -> Verdict:
    if facts.platform.startswith("windows"):
        if not any(card.driver == "amdgpu" for card in facts.cards):
            return Verdict(False, "There is no card of AMD in this machine.")
        return Verdict(True, "There is a card of AMD. Vulkan works with it as well, and needs nothing more.")
    if not facts.amd:
        return Verdict(False, "The kernel knows no card of AMD that can compute (/sys/class/kfd).")
    if not facts.kfd_allowed:
        return Verdict(False, "This user may not use /dev/kfd: add it to the group `render`, and log in again.")
    targets = ", ".join(dict.fromkeys(card.target for card in facts.amd))
    return Verdict(True, f"AMD's {targets}. It needs ROCm's libraries; Vulkan works without them.")


def _judge_metal(_: RuntimeEntry, facts: MachineFacts) -> Verdict:
    return Verdict(True, "The bundled runtime uses Metal, too: this one is for those who want this very build.")


def _judge_processor(_: RuntimeEntry, facts: MachineFacts) -> Verdict:
    wide = next((feature for feature in _WIDE if feature in facts.features), None)
    if wide is None:
        return Verdict(True, "It computes on the processor, as the bundled one does, and about as fast.")
    return Verdict(True, f"This processor has {wide}, which the bundled runtime does not use.", worth=True)


_JUDGES: dict[Backend, Callable[[RuntimeEntry, MachineFacts], Verdict]] = {
    "cpu": _judge_processor,
    "cuda12": _judge_cuda,
    "cuda13": _judge_cuda,
    "vulkan": _judge_vulkan,
    "rocm": _judge_rocm,
    "metal": _judge_metal,
}
