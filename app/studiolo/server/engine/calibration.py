"""What loads on this machine really took, over what was estimated: kept by runtime and architecture."""

import json
import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from studiolo.files import write_atomically
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.memory import EngineHost, bytes_at_start
from studiolo.server.library.scan import LibraryModel
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

CALIBRATION_FILE = "memory_calibration.json"
"""In the data folder."""
_LEAST, _MOST = 0.8, 1.5
"""A factor is no smaller and no larger: what is beyond has another reason than the architecture."""
_BELIEVED = (0.5, 3.0)
"""A single load beyond says something about the machine in that moment, and is passed over."""
_LEAST_BYTES = 128 * 2**20
"""What a small model takes is its process for the most part, and says nothing of a large one of its kind."""
_LATEST = 0.25
"""What a load counts for, of all so far, once there have been some."""
_FIXED_BYTES = 64 << 20
"""What a process takes beside a model differs by so much from runtime to runtime. Of a small model that is a fourth of
all, and says nothing of a large one."""
_MOST_KEPT = 300


class Calibration:
    """Read when it is needed first. Safe from any thread; `note` blocks, `factor` only the first time."""

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        """tell: hears in a sentence of a file that can't be used."""
        self._file = file
        self._tell = tell
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] | None = None

    def factor(self, runtime: str, architecture: str) -> float | None:
        """Return what loads of an architecture took over what was estimated; None where none was measured."""
        with self._lock:
            entry = self._known().get(_key(runtime, architecture))
        return entry["factor"] if entry else None

    def note(self, runtime: str, architecture: str, *, estimated: int, measured: int) -> None:
        """Take note of a load: bytes that it was to take, and that it took."""
        if estimated < _LEAST_BYTES or not _BELIEVED[0] <= measured / estimated <= _BELIEVED[1]:
            return
        with self._lock:
            key, entries = _key(runtime, architecture), self._known()
            before = entries.pop(key, {"factor": 1.0, "loads": 0})
            share = max(_LATEST, 1 / (before["loads"] + 1))
            factor = before["factor"] + (_ratio(estimated, measured) - before["factor"]) * share
            # The ones of long ago stand first, and go first.
            entries[key] = {"factor": round(min(_MOST, max(_LEAST, factor)), 4), "loads": before["loads"] + 1}
            while len(entries) > _MOST_KEPT:
                del entries[next(iter(entries))]
            try:
                write_atomically(self._file, json.dumps(entries, indent=1).encode(), private=True)
            except OSError as error:
                logger.warning("what a load took can't be kept: %s", error)

    def _known(self) -> dict[str, dict[str, Any]]:
        if self._entries is None:
            self._entries = {}
            try:
                data = read_json(self._file)
                if not isinstance(data, dict) or not all(_is_entry(one) for one in data.values()):
                    raise DamagedError("it holds something else than what loads took")
                self._entries = dict(list(data.items())[-_MOST_KEPT:])
            except FileNotFoundError:
                pass
            except DamagedError as error:
                kept = kept_as(set_aside(self._file))
                self._tell(f"{self._file} is damaged: {error}. {kept} How much memory loads take is estimated anew.")
        return self._entries


def _ratio(estimated: int, measured: int) -> float:
    """Return what a load took over what was estimated, as far as the model decided on that."""
    beyond = measured - estimated
    return 1 + math.copysign(max(0, abs(beyond) - _FIXED_BYTES), beyond) / estimated


def measuring(calibration: Calibration, host: EngineHost) -> Callable[[LibraryModel, EngineSettings, int], None]:
    """Return what hears of a load that is through, and of its process; it blocks."""

    def note(model: LibraryModel, settings: EngineSettings, pid: int) -> None:
        estimated, measured = bytes_at_start(model, settings, host), _held_bytes(pid)
        calibration.note(host.runtime().id, settings.architecture or "", estimated=estimated, measured=measured)

    return note


def _held_bytes(pid: int) -> int:
    """Return what a process and those below it hold of the memory; 0 where it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
    except psutil.Error:
        return 0


def _key(runtime: str, architecture: str) -> str:
    return f"{runtime} {architecture}"


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    factor, loads = entry.get("factor"), entry.get("loads")
    sound = isinstance(factor, int | float) and not isinstance(factor, bool) and _LEAST <= factor <= _MOST
    return sound and isinstance(loads, int) and not isinstance(loads, bool) and loads >= 0
