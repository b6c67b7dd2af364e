"""The machine as it is told: what does not change once, and its load each time somebody asks."""

import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from studiolo.api.machine import MachineDisk, MachineInfo, MachineLoad
from studiolo.server.machine.graphics import Graphics
from studiolo.server.machine.processor import find_processor

_FRESH_SECONDS = 0.4
"""Who asks sooner hears the same again: several may look."""
_FORGOTTEN_SECONDS = 10.0
_SHORT_SECONDS = 0.1


@dataclass(frozen=True)
class _Ticks:
    """Counters of the system, at a time. cores: of each, the seconds that it worked and all that passed."""

    at: float
    cores: list[tuple[float, float]]
    read: int | None
    written: int | None


class MachineReader:
    """Looks when it is asked, and never otherwise. folders: those of the models."""

    def __init__(self, folders: Callable[[], list[Path]], graphics: Callable[[], Graphics] = Graphics) -> None:
        self._folders = folders
        self._make_graphics = graphics
        self._graphics: Graphics | None = None
        self._lock = threading.Lock()
        self._before: _Ticks | None = None
        self._load = MachineLoad()

    def look(self, engines: list[int]) -> MachineInfo:
        """Return what there is, and how busy it is. Blocking, for a tenth of a second at first.

        engines: the processes that hold models.
        """
        with self._lock:
            if self._graphics is None:
                self._graphics = self._make_graphics()
            load = self._measure()
            load.memory_free_bytes = psutil.virtual_memory().available
            load.engines_bytes = sum(_resident(pid) for pid in engines)
            return MachineInfo(
                system=_system(),
                processor=find_processor(),
                memory_bytes=psutil.virtual_memory().total,
                graphics=self._graphics.devices(),
                disks=_disks(self._folders()),
                load=load,
            )

    def _measure(self) -> MachineLoad:
        """The load since it was asked last, or for a moment where that is long ago."""
        before = self._before
        if before is None or time.monotonic() - before.at > _FORGOTTEN_SECONDS:
            before = _ticks()
            time.sleep(_SHORT_SECONDS)
        elif time.monotonic() - before.at < _FRESH_SECONDS:
            return self._load.model_copy()
        self._before = now = _ticks()
        seconds = max(1e-3, now.at - before.at)
        cores = [_share(one, other) for one, other in zip(before.cores, now.cores, strict=False)]
        self._load = MachineLoad(
            processor=sum(cores) / len(cores) if cores else None,
            cores=cores,
            read_bytes_per_second=_rate(before.read, now.read, seconds),
            written_bytes_per_second=_rate(before.written, now.written, seconds),
        )
        return self._load.model_copy()


def _ticks() -> _Ticks:
    cores = []
    for times in psutil.cpu_times(percpu=True):
        # Time of guests is counted among the user's as well.
        spent = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        cores.append((spent - times.idle - getattr(times, "iowait", 0.0), spent))
    try:
        disk = psutil.disk_io_counters()
    except (OSError, RuntimeError):
        disk = None
    return _Ticks(time.monotonic(), cores, disk.read_bytes if disk else None, disk.write_bytes if disk else None)


def _share(before: tuple[float, float], now: tuple[float, float]) -> float:
    passed = now[1] - before[1]
    return round(min(1.0, max(0.0, (now[0] - before[0]) / passed)), 3) if passed > 0 else 0.0


def _rate(before: int | None, now: int | None, seconds: float) -> float | None:
    return None if before is None or now is None else round(max(0, now - before) / seconds, 1)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _disks(folders: list[Path]) -> list[MachineDisk]:
    """Each disk once, however many folders are on it.

    What is not there just now is left out, but for the first folder, which is ours and is made with its first model.
    """
    disks: dict[int, MachineDisk] = {}
    for place, folder in enumerate(folders):
        there = folder if place else next((one for one in (folder, *folder.parents) if one.exists()), folder)
        try:
            number, usage = there.stat().st_dev, shutil.disk_usage(there)
        except OSError:
            continue
        disk = disks.setdefault(number, MachineDisk(total_bytes=usage.total, free_bytes=usage.free))
        disk.folders.append(str(folder))
    return list(disks.values())


def _system() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}".strip()
    if sys.platform == "linux":
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            pass
    return f"{platform.system()} {platform.release()}".strip()
