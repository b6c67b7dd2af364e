"""Why a runtime could not do its work, in words: what it left when it ended, and what helps.

Which package has a library is told for Debian, Fedora and Arch. What the libraries of cards say when a driver is too
old are their own words: CUDA's, HIP's and those of llama.cpp's Vulkan backend (ggml-vulkan.cpp).
"""

import errno
import platform
import re
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from studiolo.errors import EngineError
from studiolo.server.engine.worker_words import EXEC_FAILED, UNUSABLE
from studiolo.server.runtimes.runtime import Runtime

_PACKAGES: tuple[tuple[str, str, str, str], ...] = (
    ("libvulkan.so", "libvulkan1", "vulkan-loader", "vulkan-icd-loader"),
    ("libgomp.so", "libgomp1", "libgomp", "gcc-libs"),
    ("libstdc++.so", "libstdc++6", "libstdc++", "gcc-libs"),
    ("libssl.so", "libssl3", "openssl-libs", "openssl"),
    ("libcrypto.so", "libssl3", "openssl-libs", "openssl"),
    ("libcurl.so", "libcurl4", "libcurl", "curl"),
    ("libcudart.so", "libcudart12", "cuda-cudart", "cuda"),
    ("libcublas", "libcublas12", "libcublas", "cuda"),
    ("libnccl.so", "libnccl2", "libnccl", "nccl"),
    ("libcuda.so", "nvidia-driver", "xorg-x11-drv-nvidia-cuda-libs", "nvidia-utils"),
    ("libamdhip64.so", "libamdhip64-5", "rocm-hip", "hip-runtime-amd"),
    ("libhipblas", "libhipblas0", "hipblas", "hipblas"),
    ("librocblas", "librocblas0", "rocblas", "rocblas"),
    ("libOpenCL.so", "ocl-icd-libopencl1", "ocl-icd", "ocl-icd"),
)
"""What a library's name begins with, and the package that has it in Debian, Fedora and Arch."""

_MISSING = re.compile(r"([\w.+-]+\.(?:so[\w.]*|dylib|dll)): cannot open shared object file|Library not loaded: (\S+)")
_TOO_NEW = re.compile(r"version [`'](GLIBC|GLIBCXX|CXXABI)_([\d.]+)' not found")
_DAMAGED = re.compile(r"file too short|invalid ELF header|ELF load command|not a mach-o file", re.IGNORECASE)
_OLD_DRIVER = re.compile(
    r"driver version is insufficient|unsupported toolchain|ErrorIncompatibleDriver|unsupported display driver"
    r"|does not support 16-bit storage|nvidia-smi has failed",
    re.IGNORECASE,
)
_OTHER_CARD = re.compile(
    r"no kernel image is available|NoBinaryForGpu|Cannot read .*TensileLibrary|invalid device function", re.IGNORECASE
)
_NO_MEMORY = re.compile(r"out of (device )?memory|ErrorOutOfDeviceMemory|failed to allocate .*buffer", re.IGNORECASE)
_WINDOWS = {
    0xC000001D: "illegal",
    0xC0000135: "a library that it needs is missing",
    0xC000007B: "it, or a library of it, is for another kind of processor",
    0xC0000005: "it crashed (access violation)",
}
_LAST_LINES = 40


@dataclass(frozen=True)
class Fault:
    """What is wrong with a runtime: `problem` goes on after "it" or a colon, `hint` says what helps."""

    problem: str
    hint: str = ""


HUNG = Fault("it hung and was ended", "The card's driver may hang: start the machine again, or update the driver.")


class RuntimeFailedError(EngineError):
    """A runtime itself can't do its work here, whatever the model: it can't be executed, or it crashes."""

    fault = Fault("")


def failed(runtime: Runtime, fault: Fault, lines: Iterable[str] = ()) -> RuntimeFailedError:
    """Return the error of a runtime that failed; `lines` are what it said."""
    error = RuntimeFailedError(
        f"The runtime '{runtime.name}' can't be used: {fault.problem}.",
        hint=fault.hint or "Use the bundled runtime, or another one.",
        retryable=False,
        details="\n".join([*lines][-_LAST_LINES:]),
    )
    error.fault = fault
    return error


def fault_of(code: int | None, lines: Iterable[str]) -> Fault | None:
    """Return what was wrong with a runtime that ended; None where it ended for another reason, such as the model's.

    code: its exit status, below zero for a signal; None where it hung. lines: what it said.
    """
    said = "\n".join(lines)
    if code is None:
        return HUNG
    for find in (_missing, _too_new, _refused, _of_the_card):
        if fault := find(said):
            return fault
    if _DAMAGED.search(said):
        return Fault("one of its files is damaged", "Remove it and download it again.")
    if code == UNUSABLE:
        last = said.strip().rpartition("\n")[2].removeprefix("E ")
        return Fault(last or "it says nothing", "Take a build of it for this program's Python and release.")
    return _ended(code)


def no_memory_on_card(lines: Iterable[str]) -> bool:
    """Return whether an engine said that a card's memory was not enough."""
    return bool(_NO_MEMORY.search("\n".join(lines)))


def _missing(said: str) -> Fault | None:
    if not (match := _MISSING.search(said)):
        return None
    library = (match[1] or match[2]).rpartition("/")[2]
    packages = next((names for start, *names in _PACKAGES if library.startswith(start)), None)
    hint = "Install the package that has it."
    if packages and sys.platform == "linux":
        debian, fedora, arch = packages
        hint = f"Install the package that has it: {debian} in Debian and Ubuntu, {fedora} in Fedora, {arch} in Arch."
    return Fault(f"{library} is missing", hint)


def _too_new(said: str) -> Fault | None:
    if not (match := _TOO_NEW.search(said)):
        return None
    have = " ".join(platform.libc_ver()) if match[1] == "GLIBC" else "an older one"
    what = "glibc" if match[1] == "GLIBC" else "libstdc++"
    return Fault(
        f"it needs {what} {match[2]} ({match[1]}), and this system has {have}",
        "Take a build for older systems, or update the system.",
    )


def _refused(said: str) -> Fault | None:
    """What the kernel, or the worker that asked it, said of a program that never began."""
    if EXEC_FAILED not in said:
        return None
    number = int(re.sub(r"\D.*", "", said.rpartition(EXEC_FAILED)[2], flags=re.DOTALL) or 0)
    known = {
        errno.ENOEXEC: Fault("it is for another platform, or damaged", "Take a build for this machine."),
        errno.EACCES: Fault("it may not be executed", "Allow it with chmod +x, on a disk that permits programs."),
        errno.EPERM: Fault("it may not be executed", "The system forbids it: look at its rules for programs."),
        errno.ENOENT: Fault(
            "its program, or the loader that it was built for, is not there",
            "It may be a build for another C library, such as musl.",
        ),
    }
    return known.get(number, Fault(f"its program can't be executed (error {number})"))


def _of_the_card(said: str) -> Fault | None:
    if _OLD_DRIVER.search(said):
        return Fault("the card's driver is too old for it", "Update the driver, or take a build for older ones.")
    if _OTHER_CARD.search(said):
        return Fault("it has nothing for this card", "The card may be too old, or too new: try Vulkan.")
    return None


def _ended(code: int) -> Fault | None:
    illegal = Fault(
        "it has instructions that this processor does not know (illegal instruction)",
        "Take a build for this processor, or one with a variant for each.",
    )
    if code & 0xFFFFFFFF in _WINDOWS:
        word = _WINDOWS[code & 0xFFFFFFFF]
        return illegal if word == "illegal" else Fault(word, "Install the Visual C++ runtime and the card's driver.")
    if code >= 0:
        return None
    if -code == signal.SIGILL:
        return illegal
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = "The system may have ended it, as memory ran out." if name == "SIGKILL" else ""
    return Fault(f"it crashed ({name})", hint)
