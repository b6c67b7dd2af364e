"""Moving a model from one of our folders to another, without trust in either disk."""

import hashlib
import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from studiolo.errors import RequestError, StorageError
from studiolo.files import sha256_of
from studiolo.server.library.byte_progress import ByteProgress
from studiolo.server.library.importing import ensure_room, same_disk
from studiolo.server.library.leftovers import SUFFIX
from studiolo.server.library.removal import check_ours, own_companions, remove_empty
from studiolo.server.library.scan import LibraryModel

logger = logging.getLogger(__name__)

_PIECE = 4 * 2**20


@dataclass(frozen=True)
class Moved:
    """A file that lies elsewhere now. sha256: as it was read there; None where nothing had to be read."""

    source: Path
    target: Path
    sha256: str | None


@dataclass(frozen=True)
class Step:
    """What becomes of one file.

    how: "rename" on one disk; "copy" to another; "link" for a link: another one to the same file; "compare" for a
    projector that seems to be there already. stays: other models use it where it is as well.
    """

    source: Path
    target: Path
    how: Literal["rename", "copy", "link", "compare"]
    stays: bool = False


@dataclass(frozen=True)
class Move:
    """Checked: nothing was changed yet. `folder`: the models folder that it shall be in."""

    model: LibraryModel
    folder: Path
    steps: tuple[Step, ...]

    def carry_out(
        self,
        progress: Callable[[float], None],
        stop: threading.Event,
        check_unused: Callable[[], None] = lambda: None,
    ) -> list[Moved]:
        """Do it, all or nothing. Blocking. progress: how far it is, 0 to 1.

        On another disk each file is copied, read back and compared before the first one is removed. check_unused: is
        called right before that, since much can happen while a model is copied, and may raise.
        Raises Cancelled, RequestError, StorageError.
        """
        work = _Work(self, progress, stop)
        try:
            work.prepare()
            check_unused()
            work.rename()
            work.remove()
        except OSError as error:
            work.take_back()
            raise StorageError(
                f"'{self.model.key}' can't be moved.", hint=f"{error.filename}: {error.strerror}."
            ) from error
        except BaseException:
            work.take_back()
            raise
        remove_empty(self.model)
        progress(1.0)
        return work.moved


class _Work:
    """A move that is under way. Until the first file is removed it can be taken back."""

    def __init__(self, plan: Move, progress: Callable[[float], None], stop: threading.Event) -> None:
        self.moved: list[Moved] = []
        self._plan = plan
        self._progress = progress
        self._stop = stop
        self._folders: list[Path] = []
        self._made: list[Path] = []
        self._renamed: list[Step] = []
        self._removed = False

    def prepare(self) -> None:
        """Have all at its place that is not only renamed. Raises Cancelled, RequestError, StorageError, OSError."""
        # What is copied is read twice, and what is compared in two places.
        read = ByteProgress(2 * _bytes_of(self._plan.steps, "copy", "compare"), self._progress, self._stop)
        for step in self._plan.steps:
            self._make_folders(step.target)
            if step.how == "compare":
                self.moved.append(Moved(step.source, step.target, self._compare(step, read)))
            elif step.how == "copy":
                self.moved.append(Moved(step.source, step.target, _copy(step.source, step.target, read.add)))
                self._made.append(step.target)
            elif step.how == "link":
                step.target.symlink_to(step.source.resolve())
                self._made.append(step.target)
                self.moved.append(Moved(step.source, step.target, None))

    def rename(self) -> None:
        """Raises OSError."""
        for step in self._plan.steps:
            if step.how == "rename":
                step.source.rename(step.target)
                self._renamed.append(step)
                self.moved.append(Moved(step.source, step.target, None))

    def remove(self) -> None:
        """Remove what is elsewhere now. Raises StorageError: nothing is to be taken back where some of it is gone."""
        left = []
        for step in self._plan.steps:
            if step.how == "rename" or step.stays:
                continue
            try:
                step.source.unlink(missing_ok=True)
                self._removed = True
            except OSError as error:
                if not self._removed:
                    raise StorageError(
                        f"'{self._plan.model.key}' can't be moved: {step.source} can't be removed.",
                        hint=f"{error.strerror}. Does another program use it? Nothing was changed.",
                    ) from error
                logger.warning("%s was moved and can't be removed: %s", step.source, error)
                left.append(step.source)
        if left:
            raise StorageError(
                f"'{self._plan.model.key}' is in {self._plan.folder} now, but not all could be removed where it was.",
                hint=f"Remove {' and '.join(map(str, left))} yourself.",
            )

    def take_back(self) -> None:
        if self._removed:
            return
        undo: list[Callable[[], object]] = [
            *(partial(step.target.rename, step.source) for step in reversed(self._renamed)),
            *(partial(target.unlink, missing_ok=True) for target in self._made),
        ]
        for action in undo:
            try:
                action()
            except OSError as error:
                logger.warning(
                    "%s was not moved, and something is left of the attempt: %s", self._plan.model.key, error
                )
        for folder in self._folders:
            with suppress(OSError):  # Something else is in it by now.
                folder.rmdir()

    def _make_folders(self, target: Path) -> None:
        """Those of publisher and repository are to go again if it fails; a models folder never is."""
        self._folders += [
            parent for parent in target.parents if self._plan.folder in parent.parents and not parent.exists()
        ]
        target.parent.mkdir(parents=True, exist_ok=True)

    def _compare(self, step: Step, read: ByteProgress) -> str | None:
        """Return the hash of both. Raises RequestError where they differ."""
        if step.source.samefile(step.target):
            return None
        found = sha256_of(step.target, read.add)
        if sha256_of(step.source, read.add) != found:
            raise _there_already(step.target)
        return found


def plan_move(model: LibraryModel, home: Path, folder: Path, incoming: frozenset[Path] = frozenset()) -> Move:
    """Return the steps that move a model from one models folder to another. Blocking.

    Args:
        model: The model, which must be ours.
        home: The models folder that it is in.
        folder: The one that it shall be in.
        incoming: Model files that are still to come.

    Raises:
        RequestError: The model is not ours, or it is there already.
        StorageError: There is no room, or it can't be taken away.
    """
    check_ours(model, "moved")
    if home == folder:
        raise RequestError(f"'{model.key}' is in this folder already.", param="folder", code="already_there")
    if not os.access(model.path.parent, os.W_OK | os.X_OK):
        raise StorageError(
            f"'{model.key}' can't be moved: {model.path.parent} can't be written.",
            hint="It would stay there as well. Allow this user to write there first.",
        )
    try:
        own = own_companions(model, incoming)
        # What goes with it first: it may be there already, and another.
        files = [*model.companions, *model.files]
        steps = tuple(
            _step(path, folder / path.relative_to(home), shared=path not in (*own, *model.files), model=model)
            for path in files
        )
        ensure_room(_bytes_of(steps, "copy"), folder / "x", hint="Free some space.")
    except OSError as error:
        raise StorageError(f"{folder} can't be used.", hint=f"{error.filename}: {error.strerror}.") from error
    return Move(model, folder, steps)


def _step(source: Path, target: Path, *, shared: bool, model: LibraryModel) -> Step:
    """Raises RequestError, OSError."""
    if os.path.lexists(target):
        # Another quantization took a copy of the projector along.
        if source not in model.companions or not _may_be_same(source, target):
            raise _there_already(target)
        return Step(source, target, "compare", shared)
    if source.is_symlink():
        return Step(source, target, "link", shared)
    return Step(source, target, "rename" if not shared and same_disk(source, target) else "copy", shared)


def _may_be_same(source: Path, target: Path) -> bool:
    if target.is_symlink():
        # One that leads by way of `source` would lead nowhere then.
        return source.is_symlink() and target.readlink() == source.resolve()
    return target.is_file() and target.stat().st_size == source.stat().st_size


def _there_already(target: Path) -> RequestError:
    return RequestError(f"{target} is there already.", param="folder", code="already_there")


def _bytes_of(steps: tuple[Step, ...], *how: str) -> int:
    return sum(step.source.stat().st_size for step in steps if step.how in how)


def _copy(source: Path, target: Path, came: Callable[[int], None]) -> str:
    """Return the sha256 of what is at `target` then, which is that of `source`."""
    fresh = target.with_name(target.name + SUFFIX)
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
