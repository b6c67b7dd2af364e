"""Runtimes on the disk: `<data>/runtimes/<id>/`, which is there as a whole or not at all."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import ValidationError

from studiolo.errors import NotFoundError, ProtocolError, StorageError
from studiolo.files import write_atomically
from studiolo.server.runtimes.found import RUNTIME_FILE
from studiolo.server.runtimes.manifest import RuntimeEntry
from studiolo.server.runtimes.unpacking import Unpacker, remove_folder
from studiolo.set_aside import DamagedError, read_json

logger = logging.getLogger(__name__)

_INCOMING, _REMOVED, _DOWNLOAD = ".incoming", ".removed", ".download"
"""Behind an id, and a dot before it: what is being unpacked, what is being removed, and the archives that came. Whoever
looks for runtimes leaves names with a dot alone."""


class RuntimeInstaller:
    """Makes runtimes of archives. folder: of all runtimes; all methods block.

    reserve: bytes that are to stay free on the disk. on_change: called when a runtime came or went.
    """

    def __init__(self, folder: Path, reserve: Callable[[], int], on_change: Callable[[], None] = lambda: None) -> None:
        self.folder = folder
        self._reserve = reserve
        self._on_change = on_change

    def archive(self, entry: RuntimeEntry, name: str) -> Path:
        """Return where a file of a runtime goes while it comes."""
        return self._beside(entry.id, _DOWNLOAD) / name

    def is_there(self, text: str) -> bool:
        """Return whether a runtime is on the disk. text: its entry in the list, as JSON."""
        entry = read_entry(text)
        try:
            kept = read_json(self.folder / entry.id / RUNTIME_FILE)
        except (OSError, DamagedError):
            return False
        return isinstance(kept, dict) and kept.get("sha256") == entry.assets[0].sha256

    def install(self, text: str, check_stop: Callable[[], None]) -> None:
        """Unpack the archives of a runtime, all of which came, and put it into its place.

        Whatever ends this in between leaves the archives and nothing of what was unpacked, or only what the next time
        removes. Raises ProtocolError, and OSError of the disk, with ENOSPC for a full one.

        Args:
            text: Its entry in the list, as JSON.
            check_stop: Raises where it shall end.
        """
        entry = read_entry(text)
        if not self.is_there(text):
            self._unpack(entry, check_stop)
        self._on_change()
        remove_folder(self._beside(entry.id, _DOWNLOAD))

    def remove(self, runtime_id: str) -> None:
        """Remove a runtime from the disk. Raises NotFoundError, StorageError."""
        place = self.folder / runtime_id
        if not (place / RUNTIME_FILE).is_file() or place.parent != self.folder:
            raise NotFoundError(f"No runtime '{runtime_id[:60]}' is here.", what="runtime", param="id")
        try:
            aside = self._beside(runtime_id, _REMOVED)
            remove_folder(aside)
            # From here on it is none, however much of it is still there.
            place.replace(aside)
            self._on_change()
            remove_folder(aside)
        except OSError as error:
            raise StorageError(
                f"{runtime_id} can't be removed.", hint=f"{error.strerror}.", details=str(error)
            ) from error

    def size_of(self, runtime_id: str) -> int:
        """Return what a runtime takes on the disk, in bytes."""
        total = 0
        for parent, _, names in os.walk(self.folder / runtime_id):
            for name in names:
                try:
                    total += os.lstat(os.path.join(parent, name)).st_size
                except OSError:
                    continue
        return total

    def clean_up(self, under_way: Iterable[str]) -> None:
        """Remove what a server that was killed left behind. under_way: ids whose archives still come."""
        kept = {self._beside(runtime_id, _DOWNLOAD) for runtime_id in under_way}
        try:
            found = list(self.folder.iterdir())
        except OSError:
            return
        for place in found:
            ours = place.name.startswith(".") and place.suffix in (_INCOMING, _REMOVED, _DOWNLOAD)
            if ours and place not in kept:
                try:
                    remove_folder(place)
                    logger.info("%s was left behind and is removed", place)
                except OSError as error:
                    logger.warning("%s is left behind and can't be removed: %s", place, error)

    def _unpack(self, entry: RuntimeEntry, check_stop: Callable[[], None]) -> None:
        incoming, place = self._beside(entry.id, _INCOMING), self.folder / entry.id
        try:
            remove_folder(incoming)
            incoming.mkdir(mode=0o755, parents=True)
            unpacker = Unpacker(incoming, room=self._room, check_stop=check_stop)
            for asset in entry.assets:
                unpacker.unpack(self.archive(entry, asset.name))
            self._check_executable(incoming / entry.executable)
            write_atomically(incoming / RUNTIME_FILE, json.dumps(_facts(entry), indent=1).encode())
            check_stop()
            remove_folder(place)  # Something that is no runtime.
            incoming.replace(place)
        except BaseException:
            _clear(incoming)
            raise

    def _beside(self, runtime_id: str, ending: str) -> Path:
        return self.folder / f".{runtime_id}{ending}"

    def _room(self) -> int:
        return shutil.disk_usage(self.folder).free - self._reserve()

    def _check_executable(self, executable: Path) -> None:
        if executable.is_symlink() or not executable.is_file():
            raise ProtocolError(
                f"There is no {executable.name} in what was downloaded.",
                hint="Nothing of it was kept. Tell the makers of Studiolo, who chose this file.",
            )
        executable.chmod(0o755)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def read_entry(text: str) -> RuntimeEntry:
    """Return the entry that a job was made for. Raises ProtocolError."""
    try:
        return RuntimeEntry.model_validate_json(text)
    except ValidationError as error:
        raise ProtocolError(
            "This download is of a runtime, but not of which.", hint="Remove it, and get the runtime again."
        ) from error


def _facts(entry: RuntimeEntry) -> dict[str, str]:
    return {
        "id": entry.id,
        "name": entry.name,
        "kind": "llama-server",
        "build": entry.build,
        "backend": entry.backend,
        "executable": entry.executable,
        "licence": entry.licence,
        "sha256": entry.assets[0].sha256,
    }
