"""Graphics devices, found without anybody's toolkit: what the kernel tells, and NVIDIA's own library where it is."""

import ctypes
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.api.machine import GraphicsDevice

logger = logging.getLogger(__name__)

_DRM = Path("/sys/class/drm")
_PCI_IDS = (Path("/usr/share/misc/pci.ids"), Path("/usr/share/hwdata/pci.ids"))
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel", "0x1af4": "Virtio", "0x106b": "Apple"}
_NVML = {"linux": "libnvidia-ml.so.1", "win32": "nvml.dll"}
_MOST_DEVICES = 16
_NAME_BYTES = 96
_MOST_PCI_IDS = 8 * 2**20


class Graphics:
    """Asks for the devices each time. drm, pci_ids: where Linux tells of them; nvml: the name of NVIDIA's library."""

    def __init__(
        self,
        drm: Path = _DRM,
        pci_ids: tuple[Path, ...] = _PCI_IDS,
        nvml: str | None = _NVML.get(sys.platform),
    ) -> None:
        self._drm = drm
        self._pci_ids = pci_ids
        self.nvidia = NvidiaLibrary.opened(nvml)
        self._names: dict[tuple[str, str], str] = {}

    def devices(self) -> list[GraphicsDevice]:
        """Return what there is, with its load as it is now. Blocking, a few milliseconds."""
        nvidia = self.nvidia.devices() if self.nvidia else []
        others = [device for device in self._of_kernel() if not (nvidia and device.name.startswith("NVIDIA"))]
        return [*nvidia, *others][:_MOST_DEVICES]

    def _of_kernel(self) -> Iterator[GraphicsDevice]:
        try:
            # "card0"; what has more behind it is a connector for a screen.
            cards = sorted(one for one in self._drm.glob("card*") if one.name[4:].isdigit())
        except OSError:
            return
        for card in cards:
            device = card / "device"
            vendor, number = _line(device / "vendor"), _line(device / "device")
            driver = next((line[7:] for line in _lines(device / "uevent") if line.startswith("DRIVER=")), "")
            if not vendor and not driver:
                continue
            busy = _number(device / "gpu_busy_percent")
            yield GraphicsDevice(
                name=self._name(vendor, number) or driver,
                driver=driver,
                memory_bytes=_number(device / "mem_info_vram_total"),
                used_bytes=_number(device / "mem_info_vram_used"),
                load=None if busy is None else min(1.0, busy / 100),
            )

    def _name(self, vendor: str, device: str) -> str:
        key = (vendor, device)
        if key not in self._names:
            maker = _VENDORS.get(vendor, "")
            found = _name_in(self._pci_ids, vendor, device)
            self._names[key] = f"{maker} {found}".strip() if maker or found else ""
        return self._names[key]


class NvidiaLibrary:
    """NVIDIA's management library, which comes with its driver (docs.nvidia.com/deploy/nvml-api)."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    @classmethod
    def opened(cls, name: str | None) -> "NvidiaLibrary | None":
        """Return the library by its name, or None where there is none."""
        if name is None:
            return None
        try:
            library = ctypes.CDLL(name)
            return cls(library) if library.nvmlInit_v2() == 0 else None
        except (OSError, AttributeError):
            return None

    def devices(self) -> list[GraphicsDevice]:
        """Return the cards, with their load as it is now."""
        try:
            return [device for number in range(self._count()) if (device := self._device(number))]
        except AttributeError as error:
            logger.info("NVIDIA's library lacks something: %s", error)
            return []

    @property
    def driver_version(self) -> str:
        """Return the version of the driver, such as 580.65.06; empty where it is not told."""
        version = ctypes.create_string_buffer(_NAME_BYTES)
        told = self._ask("nvmlSystemGetDriverVersion", version, ctypes.c_uint(_NAME_BYTES))
        return version.value.decode(errors="replace") if told else ""

    @property
    def cuda_version(self) -> str:
        """Return the newest CUDA that the driver knows, such as 12.8; empty where it is not told."""
        version = ctypes.c_int()
        told = self._ask("nvmlSystemGetCudaDriverVersion_v2", ctypes.byref(version))
        return f"{version.value // 1000}.{version.value % 1000 // 10}" if told else ""

    def compute_capabilities(self) -> list[str]:
        """Return what each card can compute, such as 8.6; empty for one that does not tell."""
        found = []
        for number in range(self._count()):
            handle, major, minor = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
            told = self._ask(
                "nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(number), ctypes.byref(handle)
            ) and self._ask("nvmlDeviceGetCudaComputeCapability", handle, ctypes.byref(major), ctypes.byref(minor))
            found.append(f"{major.value}.{minor.value}" if told else "")
        return found

    def _count(self) -> int:
        count = ctypes.c_uint()
        return min(count.value, _MOST_DEVICES) if self._ask("nvmlDeviceGetCount_v2", ctypes.byref(count)) else 0

    def _ask(self, function: str, *arguments: Any) -> bool:
        """Call a function, which an old driver may not have; whether it did what it should."""
        try:
            return bool(getattr(self._library, function)(*arguments) == 0)
        except AttributeError:
            return False

    def _device(self, number: int) -> GraphicsDevice | None:
        handle = ctypes.c_void_p()
        if self._library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(number), ctypes.byref(handle)):
            return None
        name, memory, use = ctypes.create_string_buffer(_NAME_BYTES), _NvmlMemory(), _NvmlUse()
        named = self._library.nvmlDeviceGetName(handle, name, ctypes.c_uint(_NAME_BYTES)) == 0
        sized = self._library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0
        timed = self._library.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(use)) == 0
        return GraphicsDevice(
            name=name.value.decode(errors="replace") if named else "NVIDIA",
            driver="nvidia",
            memory_bytes=memory.total if sized else None,
            used_bytes=memory.used if sized else None,
            load=min(1.0, use.gpu / 100) if timed else None,
        )


class _NvmlMemory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class _NvmlUse(ctypes.Structure):
    _fields_ = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _line(file: Path) -> str:
    return next(iter(_lines(file)), "").strip()


def _number(file: Path) -> int | None:
    text = _line(file)
    return int(text) if text.isdigit() else None


def _name_in(files: tuple[Path, ...], vendor: str, device: str) -> str:
    """What the list of the PCI ids calls a device, where this system has that list; empty for nothing."""
    for file in files:
        try:
            if file.stat().st_size > _MOST_PCI_IDS:
                continue
        except OSError:
            continue
        ours = False
        for line in _lines(file):
            if line[:1] not in ("\t", "#", ""):
                ours = line.startswith(vendor.removeprefix("0x"))
            elif ours and line.startswith(f"\t{device.removeprefix('0x')} "):
                return line.strip().partition(" ")[2].strip()
    return ""
