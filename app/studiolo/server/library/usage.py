"""When models were used last."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from studiolo.files import write_atomically
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

_STEP_SECONDS = 60


class Usage:
    """Kept at `file`, to the minute. Safe from any thread; a disk that can't be written only forgets."""

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        """tell: hears in a sentence of a file that can't be used."""
        self._file = file
        self._tell = tell
        self._lock = threading.Lock()
        self._times: dict[str, str] | None = None

    def note(self, path: Path) -> None:
        """Keep that the model at `path` is used now. Blocking."""
        now = datetime.now(UTC)
        with self._lock:
            times = self._known()
            before = times.get(str(path))
            if before and (now - datetime.fromisoformat(before)).total_seconds() < _STEP_SECONDS:
                return
            times[str(path)] = now.isoformat(timespec="seconds").replace("+00:00", "Z")
            self._save(times)

    def of(self, path: Path) -> str | None:
        """Return when a model was used, as ISO 8601 in UTC; None for one that never was."""
        with self._lock:
            return self._known().get(str(path))

    def moved(self, before: Path, after: Path) -> None:
        """Keep that a model lies elsewhere. Blocking."""
        with self._lock:
            times = self._known()
            if time := times.pop(str(before), None):
                times[str(after)] = time
                self._save(times)

    def _known(self) -> dict[str, str]:
        if self._times is None:
            self._times = {}
            try:
                data = read_json(self._file)
                if not isinstance(data, dict):
                    raise DamagedError("it does not say when models were used")
                self._times = {path: time for path, time in data.items() if _is_time(time)}
                if bad := len(data) - len(self._times):
                    kept = kept_as(set_aside(self._file, copy=True))
                    self._tell(f"{self._file}: {bad} of {len(data)} entries are no times. {kept}")
            except FileNotFoundError:
                pass
            except DamagedError as error:
                kept = kept_as(set_aside(self._file))
                self._tell(f"{self._file} is damaged: {error}. {kept} Nobody knows when models were used.")
        return self._times

    def _save(self, times: dict[str, str]) -> None:
        try:
            write_atomically(self._file, json.dumps(times, indent=1).encode())
        except OSError as error:
            logger.info("when a model was used could not be kept: %s", error)


def _is_time(text: object) -> bool:
    """Return whether it is one that can be compared with today's."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
