"""Vulkan as this system has it: its own loader, and the drivers that are registered with that. We bring neither."""

import ctypes
import sys
from pathlib import Path

LOADER = {"linux": "libvulkan.so.1", "win32": "vulkan-1.dll"}.get(sys.platform)
DRIVER_FOLDERS = (
    Path("/usr/share/vulkan/icd.d"),
    Path("/usr/local/share/vulkan/icd.d"),
    Path("/etc/vulkan/icd.d"),
)
"""Where Linux's drivers are registered (the loader's LoaderDriverInterface.md)."""
_SOFTWARE = ("lvp_", "swrast", "llvmpipe", "gfxstream")
"""Drivers that compute on the processor."""


def has_vulkan_loader(name: str | None = LOADER) -> bool:
    """Return whether the system has a loader for Vulkan's drivers."""
    if name is None:
        return False
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def find_vulkan_drivers(folders: tuple[Path, ...] = DRIVER_FOLDERS) -> list[str]:
    """Return the names of the files by which drivers of cards are registered, without those of the processor.

    Windows registers them elsewhere; there each driver of a card brings one.
    """
    found = set()
    for folder in folders:
        try:
            found |= {file.name for file in folder.iterdir() if file.suffix == ".json"}
        except OSError:
            continue
    return sorted(name for name in found if not name.startswith(_SOFTWARE))
