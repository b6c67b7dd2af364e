"""The files of a release, out of their archive: nothing beside its folder, no devices, no links out, bounded.

Archives are checked against the sha256 of a signed list before they come here. What is refused here nobody made on
purpose, or somebody did who has the key.
"""

import errno
import os
import re
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from studiolo.errors import ProtocolError

_PIECE = 2**20
_MOST_MEMBERS = 4000
_MOST_BYTES = 12 * 2**30
_MOST_DEPTH = 8
_NO_NAME = re.compile(r'[\x00-\x1f<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$', re.IGNORECASE)
"""What no file may be called, on any of the systems."""

_LOADER = re.compile(r"libvulkan\.|vulkan-1\.dll", re.IGNORECASE)
"""Vulkan's loader: another than the system's does not find the drivers of the cards."""


@dataclass(frozen=True)
class _Member:
    """A file of an archive. link: where it leads, of a link."""

    path: PurePosixPath
    size: int
    executable: bool
    link: str | None
    open: Callable[[], IO[bytes]]


class Unpacker:
    """Unpacks archives one after the other into one folder, which is there and empty. Blocking.

    room: how many bytes more may be written, asked before each file. check_stop: raises where it shall end.
    """

    def __init__(self, folder: Path, *, room: Callable[[], int], check_stop: Callable[[], None]) -> None:
        self._folder = folder
        self._room = room
        self._check_stop = check_stop
        self._written = 0
        self._names: set[str] = set()

    def unpack(self, archive: Path) -> None:
        """Unpack one archive; a folder that alone is in it is left out.

        Raises ProtocolError for what does not belong into an archive, and OSError, with ENOSPC where there is no room.
        """
        former = frozenset(self._names)
        links = []
        try:
            with _members(archive) as members:
                for member in members:
                    self._check_stop()
                    if member.link is None:
                        self._write(member, former)
                    else:
                        links.append(member)
            # Last of all: so nothing is ever written through one.
            for member in links:
                self._link(member)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise _refused(archive, "it can't be unpacked", str(error)) from error
        except ValueError as error:
            raise _refused(archive, str(error)) from error

    def _write(self, member: _Member, former: frozenset[str]) -> None:
        target = self._target(member.path, former)
        if member.size > self._room():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        mode = 0o755 if member.executable else 0o644
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(descriptor, "wb") as file, member.open() as source:
            left = member.size
            while piece := source.read(min(_PIECE, left)) if left else b"":
                self._check_stop()
                left -= len(piece)
                self._written += len(piece)
                if self._written > _MOST_BYTES:
                    raise ValueError("it is too large when it is unpacked")
                file.write(piece)
            if left:
                raise ValueError(f"{member.path} is cut off")
            file.flush()
            os.fsync(file.fileno())

    def _link(self, member: _Member) -> None:
        target = self._target(member.path, frozenset())
        # Without a step upwards no chain of links leads out.
        parts = PurePosixPath(member.link or "").parts
        if not parts or any(part in ("..", "/") or _NO_NAME.search(part) for part in parts):
            raise ValueError(f"{member.path} is a link out of it")
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        target.symlink_to(PurePosixPath(*parts))

    def _target(self, path: PurePosixPath, former: frozenset[str]) -> Path:
        """Where a file goes. Two archives may each have a LICENSE; within one a name may be there once."""
        if not 0 < len(path.parts) <= _MOST_DEPTH or any(_NO_NAME.search(part) for part in path.parts):
            raise ValueError(f"{str(path)[:80]!r} is no name of a file in it")
        number = 1
        while str(path).casefold() in former:
            number += 1
            path = path.with_name(f"{path.name}.{number}")
        if str(path).casefold() in self._names:
            raise ValueError(f"{path} is in it twice")
        if _LOADER.match(path.name):
            raise ValueError(f"it brings {path.name}, which is the system's")
        if len(self._names) >= _MOST_MEMBERS:
            raise ValueError("there are too many files in it")
        self._names.add(str(path).casefold())
        return self._folder.joinpath(*path.parts)


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[_Member]]:
    if archive.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            yield _without_top(list(_of_zip(opened)))
    else:
        top = _top_of_tar(archive)
        with tarfile.open(archive, "r|gz") as stream:
            yield _of_tar(stream, top)


def _of_zip(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ValueError(f"{entry.filename[:80]!r} is no file")
        executable = bool(entry.external_attr >> 16 & 0o100)
        yield _Member(_path(entry.orig_filename), entry.file_size, executable, None, partial(archive.open, entry))


def _without_top(members: list[_Member]) -> Iterator[_Member]:
    tops = {member.path.parts[:1] for member in members}
    alone = len(tops) == 1 and all(len(member.path.parts) > 1 for member in members)
    for member in members:
        path = PurePosixPath(*member.path.parts[1:]) if alone else member.path
        yield _Member(path, member.size, member.executable, member.link, member.open)


def _top_of_tar(archive: Path) -> str:
    """The folder that everything is in, as the first name tells; empty where there is none."""
    with tarfile.open(archive, "r|gz") as stream:
        for entry in stream:
            parts = PurePosixPath(entry.name).parts
            if parts and parts[0] not in (".", "/", ".."):
                return parts[0] if entry.isdir() or len(parts) > 1 else ""
    return ""


def _of_tar(stream: tarfile.TarFile, top: str) -> Iterator[_Member]:
    for entry in stream:
        path = _path(entry.name)
        if top and path.parts[:1] == (top,):
            path = PurePosixPath(*path.parts[1:])
        elif top:
            raise ValueError(f"{entry.name[:80]!r} is not in {top}")
        if entry.isdir():
            continue
        if not (entry.isreg() or entry.issym()):
            raise ValueError(f"{entry.name[:80]!r} is neither a file nor a link")
        link = entry.linkname if entry.issym() else None
        yield _Member(path, entry.size, bool(entry.mode & 0o100), link, partial(_opened, stream, entry))


def _opened(stream: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = stream.extractfile(entry)
    if found is None:
        raise ValueError(f"{entry.name[:80]!r} has no content")
    return found


def _path(name: str) -> PurePosixPath:
    """The path that a name means. Raises ValueError for one that leads out, or that Windows reads otherwise."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ValueError(f"{name[:80]!r} leads out of it")
    return path


def _refused(archive: Path, reason: str, details: str = "") -> ProtocolError:
    return ProtocolError(
        f"{archive.name} is not used: {reason}.",
        hint="Nothing of it was kept. Tell the makers of Studiolo, who chose this file.",
        details=details,
    )


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it; one that is not there is fine. Raises OSError."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
