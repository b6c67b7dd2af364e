"""A file that is there while the offline switch is on: so that it stays on where the settings can't be read."""

from pathlib import Path

from studiolo.files import write_atomically


class OfflineMark:
    """Beside the file of the settings, under its name with `.offline`. A sound file of settings goes before it."""

    def __init__(self, settings: Path) -> None:
        self._file = settings.with_name(f"{settings.name}.offline")

    @property
    def is_set(self) -> bool:
        """Return whether the switch was on; also where that can't be found out. Blocking."""
        try:
            self._file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def put(self, on: bool) -> None:
        """Set it or take it away. Blocking. Raises OSError."""
        if on and not self.is_set:
            write_atomically(self._file, b"", private=True)
        elif not on:
            self._file.unlink(missing_ok=True)
