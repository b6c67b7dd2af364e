"""Moving a model from one of our folders to another, without trust in either disk."""

import hashlib
import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studiolo.errors import RequestError, StorageError
from studiolo.server.library.importing import Cancelled, existing_parent, same_disk
from studiolo.server.library.removal import check_ours, own_projector, remove_empty
from studiolo.server.library.scan import LibraryModel

_PIECE = 4 * 2**20


@dataclass(frozen=True)
class Moved:
    """A file that lies elsewhere now. sha256: as it was read back; None where it was only renamed."""

    source: Path
    target: Path
    sha256: str | None


@dataclass(frozen=True)
class Move:
    """Checked: nothing was changed yet. `shared`: files that other models use, too, and that stay as well."""

    model: LibraryModel
    files: tuple[tuple[Path, Path], ...]
    shared: frozenset[Path]

    def carry_out(self, progress: Callable[[float], None], stop: threading.Event) -> list[Moved]:
        """Do it, all or nothing. Blocking. progress: how far it is, 0 to 1. Raises Cancelled, StorageError.

        On another disk each file is copied, read back and compared before the first one is removed.
        """
        moved: list[Moved] = []
        try:
            if same_disk(*self.files[0]) and not self.shared:
                moved = self._rename()
            else:
                self._copy_all(moved, progress, stop)
        except OSError as error:
            self._give_up(moved)
            raise StorageError(
                f"'{self.model.key}' can't be moved.", hint=f"{error.filename}: {error.strerror}."
            ) from error
        except BaseException:
            self._give_up(moved)
            raise
        for entry in moved:
            if entry.source not in self.shared:
                entry.source.unlink(missing_ok=True)
        remove_empty(self.model.path.parent, self.model)
        progress(1.0)
        return moved

    def _rename(self) -> list[Moved]:
        done: list[tuple[Path, Path]] = []
        try:
            for source, target in self.files:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
                done.append((source, target))
        except OSError:
            for source, target in reversed(done):
                target.rename(source)
            raise
        return [Moved(source, target, None) for source, target in done]

    def _copy_all(self, moved: list[Moved], progress: Callable[[float], None], stop: threading.Event) -> None:
        total = 2 * sum(source.stat().st_size for source, _ in self.files) or 1
        done = 0

        def came(count: int) -> None:
            nonlocal done
            done += count
            progress(min(1.0, done / total))
            if stop.is_set():
                raise Cancelled

        for source, target in self.files:
            target.parent.mkdir(parents=True, exist_ok=True)
            moved.append(Moved(source, target, _copy(source, target, came)))

    def _give_up(self, moved: list[Moved]) -> None:
        for entry in moved:
            if entry.source.exists():
                entry.target.unlink(missing_ok=True)
        for folder in (self.files[0][1].parent, self.files[0][1].parent.parent):
            with suppress(OSError):
                folder.rmdir()


def plan_move(model: LibraryModel, home: Path, folder: Path) -> Move:
    """home: the models folder that it is in; folder: the one that it shall be in. Blocking.

    Raises RequestError for a model that is not ours, or that is there already; StorageError where there is no room.
    """
    check_ours(model, "moved")
    if home == folder:
        raise RequestError(f"'{model.key}' is in this folder already.", param="folder", code="already_there")
    projectors = [model.mmproj] if model.mmproj else []
    files = tuple((path, folder / path.relative_to(home)) for path in (*model.files, *projectors))
    try:
        shared = frozenset(projectors) - frozenset(own_projector(model))
        files = tuple(pair for pair in files if pair[0] not in shared or not pair[1].exists())
        if there := next((target for _, target in files if target.exists() or target.is_symlink()), None):
            raise RequestError(f"{there} is there already.", param="folder", code="already_there")
        if not same_disk(*files[0]):
            _check_room(sum(source.stat().st_size for source, _ in files), folder)
    except OSError as error:
        raise StorageError(f"{folder} can't be used.", hint=f"{error.filename}: {error.strerror}.") from error
    return Move(model, files, shared)


def _check_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(existing_parent(folder / "x")).free
    if needed > free:
        raise StorageError(
            f"It needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free on the disk.", hint="Free some space."
        )


def _copy(source: Path, target: Path, came: Callable[[int], None]) -> str:
    """The sha256 of what is at `target` then, which is that of `source`."""
    fresh = target.with_name(target.name + ".import")
    try:
        digest = hashlib.sha256()
        with source.open("rb", buffering=0) as read, fresh.open("wb", buffering=0) as write:
            while piece := read.read(_PIECE):
                write.write(piece)
                digest.update(piece)
                came(len(piece))
            os.fsync(write.fileno())
            if sys.platform == "linux":
                # What is read back shall come from the disk.
                os.posix_fadvise(write.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if sha256_of(fresh, came) != digest.hexdigest():
            raise StorageError(
                f"{target.name} was not written as it was read.",
                hint="The disk it should go to is not to be trusted. Nothing was removed.",
            )
        shutil.copystat(source, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return digest.hexdigest()


def sha256_of(path: Path, came: Callable[[int], None]) -> str:
    """In hex. came: hears of the bytes of each piece, and may raise. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            came(len(piece))
    return digest.hexdigest()
