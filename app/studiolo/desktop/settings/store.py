"""The desktop's settings: kept in a file, told when they change."""

import json
import logging
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.errors import StorageError
from studiolo.files import write_atomically
from studiolo.kept_json import read_kept
from studiolo.network.offline_mark import OfflineMark
from studiolo.set_aside import kept_as, set_aside

logger = logging.getLogger(__name__)


class DesktopSettingsStore(QObject):
    """Holds the settings in force: whoever needs one is given the store, reads `current` each time and hears `changed`.

    A field of the file that can't be read falls back to its default; one that is not known stays in the file.

    Signals:
        changed: Settings have other values now; a frozenset of their names.
    """

    changed = Signal(object)

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._current = _read(file)

    @property
    def current(self) -> DesktopSettings:
        """Return the settings in force."""
        return self._current

    def change(self, **changes: Any) -> None:
        """Change some settings, all or none.

        Raises ValueError for what is no such setting, and StorageError; then nothing was changed.
        """
        changed = DesktopSettings.model_validate(self._current.model_dump() | changes)
        if changed == self._current:
            return
        try:
            _write(self._file, changed)
        except OSError as error:
            raise StorageError(
                "The settings could not be saved, so nothing was changed.", hint=f"{self._file}: {error.strerror}."
            ) from error
        before, self._current = self._current.model_dump(), changed
        self.changed.emit(frozenset(name for name, value in changed.model_dump().items() if before.get(name) != value))


def _read(file: Path) -> DesktopSettings:
    data = read_kept(file, dict)
    if not isinstance(data.get("offline"), bool):
        # Nobody knows what was meant: it stays as it was, and a value that is none was something once.
        data = {**data, "offline": "offline" in data or OfflineMark(file).is_set}
    try:
        return DesktopSettings.model_validate(data)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors()}
    kept = kept_as(set_aside(file, copy=True))
    logger.warning("%s: the defaults are used for %s. %s", file, ", ".join(sorted(bad)), kept)
    settings = DesktopSettings.model_validate({name: value for name, value in data.items() if name not in bad})
    try:
        # The next start knows then what this one found out.
        _write(file, settings)
    except OSError as error:
        logger.warning("%s can't be written: %s", file, error)
    return settings


def _write(file: Path, settings: DesktopSettings) -> None:
    mark = OfflineMark(file)
    if settings.offline:
        mark.put(True)
    write_atomically(file, json.dumps(settings.model_dump(), indent=1).encode())
    if not settings.offline:
        mark.put(False)
