"""All that decides which runtime suits a machine, looked up at once."""

import os
import platform
import sys
from dataclasses import dataclass
from typing import Any

from studiolo.api.machine import GraphicsDevice
from studiolo.server.machine.graphics import Graphics
from studiolo.server.machine.processor import find_processor
from studiolo.server.runtimes.detection.amd import AmdCard, find_amd_cards, may_use_kfd
from studiolo.server.runtimes.detection.vulkan import find_vulkan_drivers, has_vulkan_loader
from studiolo.server.runtimes.detection.windows import find_adapters

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True)
class MachineFacts:
    """What there is. Versions are as they are told, such as 12.8, and empty where nobody tells them.

    Attributes:
        platform: As the list of runtimes has it, such as linux-x64.
        glibc: The C library of Linux; empty where it is another one, too.
        features: Of the processor, as api.machine.Processor has them.
        cards: What draws or computes, by the kernel's word or NVIDIA's.
        nvidia_driver: Empty where NVIDIA's own driver is not there.
        cuda: The newest CUDA that this driver knows.
        compute: Compute capabilities of NVIDIA's cards.
        amd: The cards that ROCm's kernel driver knows, and `kfd_allowed` whether this user may use it.
        vulkan_drivers: The files that register drivers of cards; always empty on Windows.
    """

    platform: str
    glibc: str = ""
    features: tuple[str, ...] = ()
    cards: tuple[GraphicsDevice, ...] = ()
    nvidia_driver: str = ""
    cuda: str = ""
    compute: tuple[str, ...] = ()
    amd: tuple[AmdCard, ...] = ()
    kfd_allowed: bool = True
    vulkan_loader: bool = False
    vulkan_drivers: tuple[str, ...] = ()


def look_at_machine(graphics: Graphics | None = None) -> MachineFacts:
    """Return the facts of this machine. Blocking, some milliseconds."""
    graphics = graphics or Graphics()
    nvidia = graphics.nvidia
    told = {one.name for one in graphics.devices()}
    adapters = [one for one in find_adapters() if one.name not in told]
    return MachineFacts(
        platform=platform_name(),
        glibc=_glibc(),
        features=tuple(find_processor().features),
        cards=(*graphics.devices(), *adapters),
        nvidia_driver=nvidia.driver_version if nvidia else "",
        cuda=nvidia.cuda_version if nvidia else "",
        compute=tuple(nvidia.compute_capabilities()) if nvidia else (),
        amd=tuple(find_amd_cards()),
        kfd_allowed=may_use_kfd(),
        vulkan_loader=has_vulkan_loader(),
        vulkan_drivers=tuple(find_vulkan_drivers()),
    )


def facts_in_words(facts: MachineFacts) -> str:
    """Return in a line what decides which runtimes fit; for whoever reads a report of another machine."""
    told = [facts.platform]
    if facts.glibc:
        told.append(f"glibc {facts.glibc}")
    told += [f"{card.name or 'a card'} ({card.driver})" for card in facts.cards]
    if facts.nvidia_driver:
        compute = ", ".join(one or "?" for one in facts.compute)
        told.append(
            f"NVIDIA's driver {facts.nvidia_driver} with CUDA {facts.cuda or '?'}, compute capability {compute}"
        )
    if facts.amd:
        allowed = "" if facts.kfd_allowed else ", not allowed"
        told.append(f"KFD {' '.join(card.target for card in facts.amd)}{allowed}")
    # They are registered by files such as radeon_icd.x86_64.json.
    drivers = [name.partition("_icd")[0].removesuffix(".json") for name in facts.vulkan_drivers]
    vulkan = f"Vulkan for {', '.join(drivers)}" if drivers else "Vulkan"
    told.append(vulkan if facts.vulkan_loader else "no Vulkan")
    return ", ".join(told)


def platform_name() -> str:
    """Return what the list of runtimes calls this machine's system and processor, such as linux-x64."""
    machine = platform.machine().lower()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_PROCESSORS.get(machine, machine)}"


def _glibc() -> str:
    """The version of GNU's C library; empty for another library and on other systems."""
    ask: Any = getattr(os, "confstr", None)
    try:
        told = ask("CS_GNU_LIBC_VERSION") if ask else None
    except (OSError, ValueError):
        return ""
    return told.rpartition(" ")[2] if told else ""
