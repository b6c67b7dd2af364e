"""What is told of a machine: this one as it is, and others by what their kernels and drivers say."""

import subprocess
from pathlib import Path
from shutil import which

import psutil
import pytest

from studiolo.server.machine.graphics import Graphics
from studiolo.server.machine.info import MachineReader
from studiolo.server.machine.processor import read_cpuinfo

_SERVER = """processor	: 0
model name	: AMD EPYC 9654 96-Core Processor
flags		: fpu sse pni ssse3 sse4_2 avx avx2 fma f16c bmi2 avx512f avx512_vnni avx512_bf16
processor	: 1
model name	: another
flags		: fpu
"""
_ARM = """processor	: 0
Features	: fp asimd evtstrm crc32 atomics asimddp i8mm bf16 sve
CPU implementer	: 0x41
"""
_NVML = r"""
#include <string.h>
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned number, void **device) { *device = (void *)(long)(number + 1); return 0; }
int nvmlDeviceGetName(void *device, char *name, unsigned length) {
    strncpy(name, "NVIDIA RTX 4090", length); return device == (void *)2; }
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) {
    memory[0] = 24ull << 30; memory[1] = 20ull << 30; memory[2] = 4ull << 30; return 0; }
int nvmlDeviceGetUtilizationRates(void *device, unsigned *use) { use[0] = 37; use[1] = 5; return device == (void *)2; }
"""


def test_a_processor_is_read_from_what_linux_tells() -> None:
    name, features = read_cpuinfo(_SERVER)
    assert name == "AMD EPYC 9654 96-Core Processor"
    assert features[:3] == ["SSE3", "SSSE3", "SSE4.2"]
    assert features[-3:] == ["AVX-512", "AVX-512 VNNI", "AVX-512 BF16"]
    assert read_cpuinfo(_ARM) == ("", ["NEON", "DOTPROD", "I8MM", "SVE", "BF16"])
    assert read_cpuinfo("") == ("", [])


def test_this_machine_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    machine = MachineReader(lambda: [tmp_path, tmp_path / "a", tmp_path / "not there"])
    found = machine.look([psutil.Process().pid])
    assert found.processor.name
    assert found.processor.threads == psutil.cpu_count() == len(found.load.cores)
    assert found.memory_bytes == psutil.virtual_memory().total
    assert 0 < found.load.memory_free_bytes < found.memory_bytes
    assert found.load.engines_bytes > 2**20
    [disk] = found.disks
    assert disk.folders == [str(tmp_path), str(tmp_path / "a")]
    assert 0 < disk.free_bytes <= disk.total_bytes
    assert all(0 <= load <= 1 for load in found.load.cores)
    [disk] = MachineReader(lambda: [tmp_path / "models" / "of" / "tomorrow", tmp_path / "gone"]).look([]).disks
    assert disk.folders == [str(tmp_path / "models" / "of" / "tomorrow")]
    again = machine.look([])
    assert again.load.cores == found.load.cores, "who asks soon after hears the same"
    assert again.load.engines_bytes == 0


def _card(drm: Path, name: str, **files: str) -> None:
    device = drm / name / "device"
    device.mkdir(parents=True)
    for file, text in files.items():
        (device / file).write_text(text + "\n")


def test_graphics_are_those_of_the_kernel(tmp_path: Path) -> None:
    drm, ids = tmp_path / "drm", tmp_path / "pci.ids"
    vram = {"mem_info_vram_total": str(16 << 30), "mem_info_vram_used": str(3 << 30), "gpu_busy_percent": "42"}
    _card(drm, "card1", vendor="0x1002", device="0x744c", uevent="DRIVER=amdgpu\nPCI_ID=1002:744C", **vram)
    _card(drm, "card0", vendor="0x8086", device="0x46a6", uevent="DRIVER=i915")
    _card(drm, "card0-HDMI-A-1", vendor="0x8086")
    _card(drm, "card2")
    ids.write_text(
        "# list\n1002  Advanced Micro Devices\n\t744c  Navi 31 [Radeon RX 7900 XTX]\n8086  Intel\n\t1111  Old\n"
    )
    intel, amd = Graphics(drm, (tmp_path / "no.ids", ids), nvml=None).devices()
    assert (intel.name, intel.driver, intel.memory_bytes, intel.load) == ("Intel", "i915", None, None)
    assert amd.name == "AMD Navi 31 [Radeon RX 7900 XTX]"
    assert (amd.memory_bytes, amd.used_bytes, amd.load) == (16 << 30, 3 << 30, 0.42)
    assert Graphics(tmp_path / "nothing", (), nvml=None).devices() == []
    assert Graphics(tmp_path / "nothing", (), nvml="libno-such-library.so").devices() == []


@pytest.mark.skipif(which("cc") is None, reason="there is no compiler for the stand-in of NVIDIA's library")
def test_nvidia_s_are_those_of_its_library(tmp_path: Path) -> None:
    source, library = tmp_path / "nvml.c", tmp_path / "libnvml.so"
    source.write_text(_NVML)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    _card(tmp_path / "drm", "card0", vendor="0x10de", device="0x2684", uevent="DRIVER=nvidia")
    known, mute = Graphics(tmp_path / "drm", (), nvml=str(library)).devices()
    assert (known.name, known.memory_bytes, known.used_bytes, known.load) == (
        "NVIDIA RTX 4090",
        24 << 30,
        4 << 30,
        0.37,
    )
    assert (mute.name, mute.load) == ("NVIDIA", None), "what it does not tell is not known"
