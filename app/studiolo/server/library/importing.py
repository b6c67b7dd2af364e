"""Taking model files from elsewhere on this machine into our own folder."""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studiolo.errors import AppError, RequestError, StorageError
from studiolo.files import size_in_words
from studiolo.hub.filenames import is_gguf, is_projector, model_key, split_name, target_of, without_quantization
from studiolo.server.library.byte_progress import ByteProgress
from studiolo.server.library.gguf import GgufError, read_header
from studiolo.server.library.leftovers import SUFFIX
from studiolo.server.library.places import NO_PUBLISHER

How = Literal["move", "copy", "hardlink", "symlink"]

_PIECE = 4 * 2**20


@dataclass(frozen=True)
class Import:
    """Files, each with its place, checked: nothing was changed yet. `key`: what the model will be called."""

    files: tuple[tuple[Path, Path], ...]
    key: str
    how: How

    def carry_out(self, progress: Callable[[float], None], stop: threading.Event) -> None:
        """Do it, all or nothing. Blocking. progress: hears how far it is, 0 to 1. Raises Cancelled, AppErrors."""
        made: list[Path] = []
        try:
            self._place_all(made, progress, stop)
        except BaseException as error:
            for path in made:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _storage_error(error, self.how) from error
            raise

    def _place_all(self, made: list[Path], progress: Callable[[float], None], stop: threading.Event) -> None:
        copied = ByteProgress(sum(source.stat().st_size for source, _ in self.files), progress, stop)
        renames = self.how == "move" and same_disk(self.files[0][0], self.files[0][1])
        for source, target in self.files:
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.how == "hardlink":
                os.link(source.resolve(), target)
            elif self.how == "symlink":
                target.symlink_to(source.resolve())
            elif not renames:
                self._copy(source, target, copied.add)
            made.append(target)
        if renames:
            made.clear()
            for source, target in self.files:
                if source.is_symlink():
                    # A relative one would lead elsewhere from there.
                    target.symlink_to(source.resolve())
                    source.unlink()
                else:
                    source.rename(target)
        elif self.how == "move":
            made.clear()
            for source, _ in self.files:
                source.unlink()

    def _copy(self, source: Path, target: Path, came: Callable[[int], None]) -> None:
        fresh = target.with_name(target.name + SUFFIX)
        try:
            with source.open("rb", buffering=0) as read, fresh.open("wb", buffering=0) as write:
                while piece := read.read(_PIECE):
                    write.write(piece)
                    came(len(piece))
                os.fsync(write.fileno())
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)


def plan_import(path: Path, how: How, name: str | None, folder: Path) -> Import:
    """Check a file's header, and all parts of a split one, and find their places below `folder`. Blocking.

    name: `publisher/name`; None for one made of the file's. Raises RequestError, StorageError.
    """
    path = path.expanduser()
    if not path.is_absolute():
        raise RequestError(f"'{path}' is no absolute path.", param="path", code="invalid_value")
    parts = _parts(path)
    for part in parts:
        _check_header(part)
    split = split_name(path.stem)
    title = without_quantization(split[0] if split else path.stem) or "model"
    name = name or f"{NO_PUBLISHER}/{title}"
    if name.count("/") != 1:
        raise RequestError(f"'{name}' is not like publisher/name.", param="name", code="invalid_value")
    home = target_of(folder, name)
    files = tuple((part, target_of(home, part.name)) for part in parts)
    for source, target in files:
        if target.exists() or target.is_symlink():
            raise RequestError(
                f"{target} is there already.", param="path", code="already_there", hint="Choose another name."
            )
        if folder.resolve() in source.resolve().parents:
            raise RequestError(f"{source} is among the models already.", param="path", code="already_there")
    _check_room(files, how)
    return Import(files, model_key(*name.split("/")), how)


def _parts(path: Path) -> list[Path]:
    if not path.is_file():
        raise RequestError(f"There is no file {path}.", param="path", code="invalid_value")
    split = split_name(path.stem)
    if not split:
        return [path]
    stem, _, count = split
    parts = [path.with_name(f"{stem}-{number:05}-of-{count:05}{path.suffix}") for number in range(1, count + 1)]
    if missing := [part.name for part in parts if not part.is_file()]:
        raise RequestError(
            f"Of the {count} parts of this model, {len(missing)} are missing: {', '.join(missing[:3])}.",
            param="path",
            code="invalid_value",
            hint="They have to be in one folder.",
        )
    return parts


def _check_header(path: Path) -> None:
    if not is_gguf(path.name):
        raise RequestError(f"{path.name} is no GGUF file by its name.", param="path", code="invalid_value")
    try:
        header = read_header(path)
    except GgufError as error:
        raise RequestError(f"{path.name} can't be used: {error}", param="path", code="invalid_value") from error
    if header.architecture is None and not is_projector(path.name):
        raise RequestError(f"{path.name} does not say which architecture it has.", param="path", code="invalid_value")


def _check_room(files: tuple[tuple[Path, Path], ...], how: How) -> None:
    if how not in ("copy", "move") or (how == "move" and same_disk(*files[0])):
        return
    needed = sum(source.stat().st_size for source, _ in files)
    ensure_room(needed, files[0][1], hint="Free some space, or import it as a link.")


def ensure_room(needed: int, target: Path, *, hint: str) -> None:
    """Raise StorageError if so many bytes don't fit on the disk of `target`, which need not be there."""
    free = shutil.disk_usage(existing_parent(target)).free
    if needed > free:
        text = f"It needs {size_in_words(needed)}, and {size_in_words(free)} are free on the disk."
        raise StorageError(text, hint=hint)


def same_disk(source: Path, target: Path) -> bool:
    """Return whether `target`, which need not be there, is on the disk of `source`. Raises OSError."""
    return source.stat().st_dev == existing_parent(target).stat().st_dev


def existing_parent(path: Path) -> Path:
    """Return the nearest folder above `path` that is there."""
    return next(parent for parent in path.parents if parent.exists())


def _storage_error(error: OSError, how: How) -> AppError:
    if how == "hardlink" and error.errno == errno.EXDEV:
        return RequestError(
            "A hard link can't lead to another disk.",
            param="how",
            code="invalid_value",
            hint="Use a symlink or a copy.",
        )
    return StorageError("The file can't be imported.", hint=f"{error.filename}: {error.strerror}.")
