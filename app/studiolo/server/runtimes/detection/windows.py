"""Display adapters as Windows keeps them in its registry: names, drivers and memory, without DirectX."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.api.machine import GraphicsDevice

_CLASS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
"""The class of display adapters (learn.microsoft.com, system-defined device setup classes)."""
_MOST_ADAPTERS = 16
_VENDORS = {"ven_10de": "nvidia", "ven_1002": "amdgpu", "ven_8086": "i915"}
"""The ids that PCI vendors have, by the names of Linux's drivers, which the rest of the detection knows."""


def find_adapters() -> list[GraphicsDevice]:
    """Return the adapters of this machine; none on another system than Windows."""
    return adapters_in(_subkeys())


def adapters_in(keys: Iterator[Mapping[str, Any]]) -> list[GraphicsDevice]:
    """Return the adapters that keys of the registry describe. What has no card behind it is left out."""
    found = []
    for values in keys:
        card = str(values.get("MatchingDeviceId", "")).lower()
        driver = next((name for mark, name in _VENDORS.items() if mark in card), "")
        if card.startswith("pci\\") and driver:
            found.append(
                GraphicsDevice(
                    name=str(values.get("DriverDesc", "")),
                    driver=driver,
                    memory_bytes=_memory(values.get("HardwareInformation.qwMemorySize")),
                )
            )
    return found


def _memory(value: Any) -> int | None:
    """Bytes, which some drivers write as a number and some as its bytes."""
    if isinstance(value, bytes):
        value = int.from_bytes(value[:8], "little")
    return value if isinstance(value, int) and value > 0 else None


def _subkeys() -> Iterator[dict[str, Any]]:
    if sys.platform != "win32":
        return
    import winreg

    for number in range(_MOST_ADAPTERS):
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{_CLASS}\{number:04}") as key:
                count = winreg.QueryInfoKey(key)[1]
                yield {name: value for name, value, _ in (winreg.EnumValue(key, place) for place in range(count))}
        except OSError:
            continue
