"""Which devices a runtime can compute on: it says so itself, in a child."""

import json
import sys
from pathlib import Path

from studiolo.api.runtimes import RuntimeDevice
from studiolo.paths import self_command
from studiolo.server.engine.children import run_child
from studiolo.server.engine.deaths import Fault, failed, fault_of
from studiolo.server.engine.llama_flags import HELP_SECONDS, parse_devices, run_executable
from studiolo.server.engine.rpc import check_workers
from studiolo.server.runtimes.runtime import Runtime

_KINDS = {"CPU": "cpu", "GPU": "gpu", "IGPU": "igpu"}
"""llama.cpp's kinds of devices (ggml_backend_dev_type), by the ends of their names."""


async def devices_of(runtime: Runtime) -> list[RuntimeDevice]:
    """Return what a runtime can compute on, beside the processor, as it names that itself.

    Raises RuntimeFailedError where it can't be asked: it can't be executed, a library is missing, it hangs; EngineError
    where a worker on another machine is not there.
    """
    if runtime.rpc:
        return parse_devices(await check_workers(runtime))
    if runtime.kind == "llama-server":
        return parse_devices((await run_executable(runtime, "--list-devices")).stdout)
    told, lines = await _ask_worker(
        runtime, {"devices": True, "library": str(runtime.folder) if runtime.folder else None}
    )
    try:
        devices = [_device(one) for one in json.loads(told)]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise failed(runtime, Fault("it does not say which devices there are"), lines) from error
    return [device for device in devices if device.kind != "cpu"]


def _device(one: dict[str, str]) -> RuntimeDevice:
    return RuntimeDevice(
        id=one["name"],
        name=one["description"],
        kind=_KINDS.get(one["type"].rpartition("_")[2], "other"),
        total_bytes=one["memory_total"],
        free_bytes=one["memory_free"],
    )


async def missing_backend(runtime: Runtime) -> Fault | None:
    """Return why a runtime for cards sees none, where a library of its own can't be loaded.

    llama.cpp says nothing of a backend that it can't load, and goes on without it.
    """
    if runtime.folder is None or runtime.backend == "cpu":
        return None
    word = {"cuda12": "cuda", "cuda13": "cuda", "rocm": "hip"}.get(runtime.backend, runtime.backend)
    pattern = f"ggml-{word}*.dll" if sys.platform == "win32" else f"libggml-{word}*"
    libraries = sorted(str(file) for file in runtime.folder.glob(f"**/{pattern}") if _is_library(file))
    if not libraries:
        return None
    result = await run_child(self_command("--engine-worker"), HELP_SECONDS, given=_line({"libraries": libraries[:1]}))
    return fault_of(result.code, result.stderr.splitlines())


async def _ask_worker(runtime: Runtime, order: dict[str, object]) -> tuple[str, list[str]]:
    """Return the last that our worker said of a runtime, and the lines of its stderr."""
    result = await run_child(self_command("--engine-worker"), HELP_SECONDS, given=_line(order))
    lines = result.stderr.splitlines()
    if fault := fault_of(result.code, lines):
        raise failed(runtime, fault, lines)
    return result.stdout.strip().rpartition("\n")[2], lines


def _is_library(file: Path) -> bool:
    return any(mark in file.name for mark in (".so", ".dylib", ".dll"))


def _line(order: dict[str, object]) -> bytes:
    return json.dumps(order).encode() + b"\n"
