"""What is found of a machine, by stand-ins for what its kernel and drivers tell, and what is offered for it."""

import json
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from studiolo.api.machine import GraphicsDevice
from studiolo.api.runtimes import Backend
from studiolo.paths import resource_path
from studiolo.server.machine.graphics import Graphics
from studiolo.server.runtimes.detection.amd import AmdCard, find_amd_cards, may_use_kfd
from studiolo.server.runtimes.detection.facts import MachineFacts, facts_in_words, look_at_machine, platform_name
from studiolo.server.runtimes.detection.vulkan import find_vulkan_drivers, has_vulkan_loader
from studiolo.server.runtimes.detection.windows import adapters_in
from studiolo.server.runtimes.manifest import RuntimeEntry
from studiolo.server.runtimes.offer import choose, is_at_least, judge, needs_of

GIB = 2**30
ENTRIES = [
    RuntimeEntry.model_validate(one) for one in json.loads(resource_path("runtimes.json").read_bytes())["runtimes"]
]
NVIDIA = GraphicsDevice(name="NVIDIA GeForce RTX 4070", driver="nvidia", memory_bytes=12 * GIB)
NOUVEAU = GraphicsDevice(name="NVIDIA GP104", driver="nouveau")
AMD = GraphicsDevice(name="AMD Navi 31", driver="amdgpu", memory_bytes=16 * GIB)
INTEL = GraphicsDevice(name="Intel", driver="i915")
ARC = GraphicsDevice(name="Intel DG2 [Arc A770]", driver="xe")
VIRTUAL = GraphicsDevice(name="Virtio", driver="virtio-pci", memory_bytes=4 * GIB)
VULKAN: dict[str, Any] = {"vulkan_loader": True, "vulkan_drivers": ("radeon_icd.x86_64.json",)}


def machine(platform: str = "linux-x64", glibc: str = "2.39", **other: Any) -> MachineFacts:
    return MachineFacts(platform, glibc if platform.startswith("linux") else "", **other)


def nvidia(driver: str, cuda: str, *compute: str, **other: Any) -> MachineFacts:
    return machine(cards=(NVIDIA,), nvidia_driver=driver, cuda=cuda, compute=compute, **VULKAN, **other)


def of(facts: MachineFacts) -> list[RuntimeEntry]:
    return [one for one in ENTRIES if one.platform == facts.platform]


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        (machine(), None),
        (machine(features=("AVX2",)), None),
        (machine(features=("AVX2", "AVX-512")), "cpu"),
        (machine(features=("AVX-512", "AMX INT8"), cards=(INTEL,), **VULKAN), "cpu"),
        (nvidia("580.65.06", "13.0", "8.9"), "cuda13"),
        (nvidia("615.71", "13.4", "7.5"), "cuda13"),
        # The driver would have to translate for Turing, and can't.
        (nvidia("580.65.06", "13.0", "7.5"), "cuda12"),
        (nvidia("570.10", "12.8", "8.6"), "cuda12"),
        (nvidia("535.1", "12.2", "8.6"), "cuda12"),
        (nvidia("535.1", "12.2", "7.5"), "vulkan"),
        (nvidia("580.65.06", "13.0", "6.1"), "cuda12"),
        (nvidia("470.1", "11.4", "8.6"), "vulkan"),
        (nvidia("580.65.06", "13.0", "8.9", glibc="2.36"), "vulkan"),
        (nvidia("580.65.06", "13.0", "6.1", "8.9"), "cuda13"),
        (machine(cards=(NOUVEAU,)), None),
        (machine(cards=(AMD,), amd=(AmdCard("gfx1100", 16 * GIB),), **VULKAN), "vulkan"),
        (machine(cards=(AMD,)), None),
        (machine(cards=(AMD,), vulkan_loader=True), None),
        (machine(cards=(ARC,), **VULKAN), "vulkan"),
        (machine(cards=(INTEL,), **VULKAN), None),
        (machine(cards=(VIRTUAL,), **VULKAN), None),
        (machine("linux-arm64", features=("NEON",)), None),
        (machine("macos-arm64"), None),
        (machine("windows-x64", cards=(AMD,), vulkan_loader=True), "vulkan"),
        (machine("windows-x64", cards=(NVIDIA,), nvidia_driver="581.15", cuda="13.0", compute=("8.9",)), "cuda13"),
        (machine("linux-riscv64"), None),
    ],
)
def test_one_is_offered_and_it_fits(facts: MachineFacts, offered: Backend | None) -> None:
    found = choose(of(facts), facts)
    assert (found.backend if found else None) == offered
    for one in of(facts):
        verdict = judge(one, facts)
        assert verdict.reason.endswith(".")
        assert verdict.fits or not verdict.worth
        if one is found:
            assert verdict.fits


@pytest.mark.parametrize(
    ("backend", "facts", "words"),
    [
        ("cuda12", machine(), "no card of NVIDIA"),
        ("cuda12", machine(cards=(NOUVEAU,)), "NVIDIA's own driver"),
        ("cuda12", nvidia("470.1", "11.4", "8.6"), "too old: it takes 525"),
        ("cuda13", nvidia("570.1", "12.8", "8.6"), "too old: it takes 580"),
        ("cuda13", nvidia("580.1", "13.0", "6.1"), "6.1 is too low: it takes 7.5"),
        ("cuda13", nvidia("580.1", "13.0", "7.5"), "translate CUDA 13.4.*knows CUDA 13.0"),
        ("cuda13", nvidia("580.1", "13.0", "8.6", glibc="2.36"), "glibc 2.38 .*Debian 13.*has 2.36"),
        ("cpu", machine(glibc=""), "another C library"),
        ("vulkan", machine(), "No graphics card"),
        ("vulkan", machine(cards=(AMD,)), "libvulkan1"),
        ("vulkan", machine(cards=(AMD,), vulkan_loader=True), "mesa-vulkan-drivers"),
        ("rocm", machine(cards=(AMD,)), "kfd"),
        ("rocm", machine(amd=(AmdCard("gfx1100"),), kfd_allowed=False), "group `render`"),
        ("rocm", machine("windows-x64"), "no card of AMD"),
        ("cpu", machine("linux-arm64"), "It is for linux-x64; this is linux-arm64"),
    ],
)
def test_why_one_does_not_fit_is_said_with_what_to_do(backend: Backend, facts: MachineFacts, words: str) -> None:
    platform = facts.platform if facts.platform.startswith("windows") else "linux-x64"
    one = next(one for one in ENTRIES if one.backend == backend and one.platform == platform)
    verdict = judge(one, facts)
    assert not verdict.fits
    assert re.search(words, verdict.reason), verdict.reason


def test_of_several_builds_the_first_is_offered() -> None:
    facts = machine(features=("AVX-512",))
    builds = [one.model_copy(update={"id": f"cpu-b{number}"}) for number, one in enumerate(of(facts) * 2)]
    found = choose(builds, facts)
    assert found
    assert found.id == next(one.id for one in builds if one.backend == "cpu")


def test_what_one_needs_is_told_and_versions_are_numbers() -> None:
    cuda = next(one for one in ENTRIES if one.backend == "cuda13" and one.platform == "linux-x64")
    assert needs_of(cuda) == (
        "a card of NVIDIA, compute capability 7.5, NVIDIA's driver 580 or newer, glibc 2.38 or newer"
    )
    assert is_at_least("2.38", "2.4")
    assert is_at_least("580.65.06", "580")
    assert not is_at_least("9.0", "10")
    assert not is_at_least("", "1")


def _node(nodes: Path, number: int, memory: int | None = None, **facts: int) -> None:
    node = nodes / str(number)
    node.mkdir(parents=True)
    (node / "properties").write_text("".join(f"{name} {value}\n" for name, value in facts.items()) + "odd\n")
    if memory is not None:
        bank = node / "mem_banks" / "0"
        bank.mkdir(parents=True)
        (bank / "properties").write_text(f"heap_type 1\nsize_in_bytes {memory}\n")


def test_amd_s_cards_are_those_of_the_kernel(tmp_path: Path) -> None:
    _node(tmp_path, 0, cpu_cores_count=16, simd_count=0, gfx_target_version=0)
    _node(tmp_path, 1, memory=16 * GIB, simd_count=192, gfx_target_version=110000)
    _node(tmp_path, 2, simd_count=440, gfx_target_version=90010)
    _node(tmp_path, 10, simd_count=8, gfx_target_version=100306)
    (tmp_path / "11").mkdir()
    found = find_amd_cards(tmp_path)
    assert [one.target for one in found] == ["gfx1100", "gfx90a", "gfx1036"]
    assert [one.memory_bytes for one in found] == [16 * GIB, None, None]
    assert find_amd_cards(tmp_path / "nothing") == []
    (tmp_path / "kfd").touch()
    assert may_use_kfd(tmp_path / "kfd")
    assert not may_use_kfd(tmp_path / "no kfd")


def test_vulkan_is_the_system_s_and_software_is_no_card(tmp_path: Path) -> None:
    for name in ("radeon_icd.x86_64.json", "lvp_icd.x86_64.json", "readme.txt"):
        (tmp_path / name).touch()
    assert find_vulkan_drivers((tmp_path / "none", tmp_path)) == ["radeon_icd.x86_64.json"]
    assert not has_vulkan_loader("libno-such-vulkan.so.1")
    assert not has_vulkan_loader(None)


def test_windows_adapters_are_read_from_what_the_registry_has() -> None:
    keys: list[dict[str, Any]] = [
        {"DriverDesc": "NVIDIA GeForce RTX 4070", "MatchingDeviceId": r"PCI\VEN_10DE&DEV_2786"},
        {
            "DriverDesc": "AMD Radeon RX 7900 XTX",
            "MatchingDeviceId": r"pci\ven_1002&dev_744c",
            "HardwareInformation.qwMemorySize": 24 * GIB,
        },
        {
            "DriverDesc": "Intel(R) Arc(TM) A770",
            "MatchingDeviceId": r"PCI\VEN_8086&DEV_56A0",
            "HardwareInformation.qwMemorySize": (16 * GIB).to_bytes(8, "little"),
        },
        {"DriverDesc": "Microsoft Basic Display Adapter", "MatchingDeviceId": "root\\basicdisplay"},
        {},
    ]
    found = adapters_in(iter(keys))
    assert [(one.driver, one.memory_bytes) for one in found] == [
        ("nvidia", None),
        ("amdgpu", 24 * GIB),
        ("i915", 16 * GIB),
    ]


_NVML = r"""
#include <string.h>
int nvmlInit_v2(void) { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned length) { strncpy(text, "580.65.06", length); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 13000; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned number, void **device) { *device = (void *)(long)(number + 1); return 0; }
int nvmlDeviceGetName(void *device, char *name, unsigned length) { strncpy(name, "NVIDIA RTX 4090", length); return 0; }
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) { memory[0] = 24ull << 30; return 0; }
int nvmlDeviceGetUtilizationRates(void *device, unsigned *use) { return 1; }
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
    *major = 8; *minor = 9; return device == (void *)2; }
"""


@pytest.mark.skipif(which("cc") is None, reason="there is no compiler for the stand-in of NVIDIA's library")
def test_nvidia_s_driver_is_asked_without_a_toolkit(tmp_path: Path) -> None:
    source, library = tmp_path / "nvml.c", tmp_path / "libnvml.so"
    source.write_text(_NVML)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    found = look_at_machine(Graphics(tmp_path / "drm", (), nvml=str(library)))
    assert (found.nvidia_driver, found.cuda, found.compute) == ("580.65.06", "13.0", ("8.9", ""))
    assert [card.name for card in found.cards] == ["NVIDIA RTX 4090"] * 2
    assert found.platform == platform_name()
    old = tmp_path / "old.c"
    old.write_text("int nvmlInit_v2(void) { return 0; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(tmp_path / "old.so"), str(old)], check=True)
    mute = look_at_machine(Graphics(tmp_path / "drm", (), nvml=str(tmp_path / "old.so")))
    assert (mute.nvidia_driver, mute.cuda, mute.compute, mute.cards) == ("", "", (), ())


def test_drivers_are_told_by_their_names_and_not_by_their_files() -> None:
    drivers = ("radeon_icd.x86_64.json", "intel_hasvk_icd.x86_64.json", "nvidia.json")
    told = facts_in_words(MachineFacts("linux-x64", vulkan_loader=True, vulkan_drivers=drivers))
    assert told == "linux-x64, Vulkan for radeon, intel_hasvk, nvidia"
    assert facts_in_words(MachineFacts("linux-x64", vulkan_loader=True)) == "linux-x64, Vulkan"
    assert facts_in_words(MachineFacts("linux-x64")) == "linux-x64, no Vulkan"
