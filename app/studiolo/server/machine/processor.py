"""The processor: its name, and what of its instructions matters to an engine."""

import ctypes
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

import psutil

from studiolo.api.machine import Processor

_CPUINFO = Path("/proc/cpuinfo")
_SECONDS = 2.0

# In the order in which they are told; what llama.cpp has code for (ggml-cpu).
_LINUX_FEATURES = {
    "SSE3": ("sse3", "pni"),
    "SSSE3": ("ssse3",),
    "SSE4.2": ("sse4_2",),
    "AVX": ("avx",),
    "AVX2": ("avx2",),
    "FMA": ("fma",),
    "F16C": ("f16c",),
    "BMI2": ("bmi2",),
    "AVX-VNNI": ("avx_vnni",),
    "AVX-512": ("avx512f",),
    "AVX-512 VNNI": ("avx512_vnni", "avx512vnni"),
    "AVX-512 VBMI": ("avx512vbmi",),
    "AVX-512 BF16": ("avx512_bf16",),
    "AMX INT8": ("amx_int8",),
    "AMX BF16": ("amx_bf16",),
    "NEON": ("asimd", "neon"),
    "DOTPROD": ("asimddp",),
    "I8MM": ("i8mm",),
    "SVE": ("sve",),
    "SVE2": ("sve2",),
    "BF16": ("bf16",),
}
_MAC_FEATURES = {
    "NEON": "hw.optional.neon",
    "DOTPROD": "hw.optional.arm.FEAT_DotProd",
    "I8MM": "hw.optional.arm.FEAT_I8MM",
    "BF16": "hw.optional.arm.FEAT_BF16",
    "SME": "hw.optional.arm.FEAT_SME",
    "AVX2": "hw.optional.avx2_0",
    "AVX-512": "hw.optional.avx512f",
}
_WINDOWS_FEATURES = {"SSE3": 13, "SSSE3": 36, "SSE4.2": 38, "AVX": 39, "AVX2": 40, "AVX-512": 41, "DOTPROD": 43}
"""Numbers of IsProcessorFeaturePresent (winnt.h)."""


@cache
def find_processor() -> Processor:
    """Return what there is, looked up once."""
    name, features = _named()
    return Processor(
        name=name or platform.processor() or platform.machine(),
        architecture=platform.machine(),
        cores=psutil.cpu_count(logical=False),
        threads=psutil.cpu_count(),
        features=features,
    )


def _named() -> tuple[str, list[str]]:
    if sys.platform == "darwin":
        return _of_mac()
    if sys.platform == "win32":
        return _of_windows()
    try:
        return read_cpuinfo(_CPUINFO.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return "", []


def read_cpuinfo(text: str) -> tuple[str, list[str]]:
    """Return the processor's name and its features, from the text of Linux's /proc/cpuinfo."""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip().lower(), value.strip())
    words = set((facts.get("flags") or facts.get("features") or "").split())
    features = [name for name, marks in _LINUX_FEATURES.items() if words.intersection(marks)]
    return facts.get("model name") or facts.get("hardware") or facts.get("cpu model") or "", features


def _of_mac() -> tuple[str, list[str]]:
    names = ["machdep.cpu.brand_string", *_MAC_FEATURES.values()]
    try:
        # Unknown names are complained of on stderr, and the rest is printed all the same.
        told = subprocess.run(["sysctl", *names], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", []
    facts = dict(line.split(": ", 1) for line in told.stdout.splitlines() if ": " in line)
    return facts.get(names[0], ""), [name for name, key in _MAC_FEATURES.items() if facts.get(key) == "1"]


def _of_windows() -> tuple[str, list[str]]:
    if sys.platform != "win32":
        return "", []
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            name = str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    except OSError:
        name = ""
    present = ctypes.windll.kernel32.IsProcessorFeaturePresent
    return name, [feature for feature, number in _WINDOWS_FEATURES.items() if present(number)]
