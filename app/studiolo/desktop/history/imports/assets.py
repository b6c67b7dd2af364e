"""Pictures and documents that lie beside exported chats: in the same archive, or in the same folder."""

import base64
import binascii
import hashlib
import json
import logging
import zipfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from urllib.parse import unquote_to_bytes

from studiolo.desktop.history.imports.values import as_dict, as_text
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.files import open_regular

NAMES_FILE = "conversation_asset_file_names.json"
"""Where ChatGPT's export says what the files in it were called."""
USER_FILES = "user-files"
"""The folder beside LM Studio's conversations."""
MOST_BYTES = 50_000_000
"""Of one picture."""
MOST_BYTES_OF_CHAT = 250_000_000
"""Of all pictures of a chat, which are in memory until it is kept; further ones are kept by their names."""
logger = logging.getLogger(__name__)

_MOST_TEXT = 2_000_000
_MOST_FILES = 100_000
_MOST_NAME = 200
_URL_SAFE = str.maketrans("-_", "+/")
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"BM": "image/bmp"}


@dataclass(frozen=True, slots=True)
class _Asset:
    name: str
    size: int
    open: Callable[[], IO[bytes]]


class Assets(Protocol):
    """What importers ask for files."""

    def find(self, name: str, called: str = "", size: int = 0) -> ImagePart | FilePart:
        """Return the file whose name begins so: an export may add what it was called.

        One that is not there, or can't be read, is kept by its name. called, size: as far as the chat says it.
        """

    def keep(self, data: bytes, called: str) -> ImagePart | FilePart:
        """Return a file that was written into the chat itself."""


class FoundAssets:
    """Keeps the bytes of the pictures that were asked for, until `taken`."""

    def __init__(self, listed: Callable[[], Iterable[_Asset]]) -> None:
        self._listed = listed
        self._assets: list[tuple[str, _Asset]] | None = None
        self._names: dict[str, str] = {}
        self._taken: dict[str, bytes] = {}
        self._size = 0

    def find(self, name: str, called: str = "", size: int = 0) -> ImagePart | FilePart:
        """Return the file that a chat names, or that there is no such file."""
        asset = self._find(name)
        if asset is None:
            return FilePart("", called or name, size)
        called = called or self._names.get(asset.name, "") or asset.name
        if asset.size <= MOST_BYTES:
            try:
                with asset.open() as file:
                    data = file.read(MOST_BYTES + 1)
                if len(data) <= MOST_BYTES:
                    return self.keep(data, called)
            except Exception:
                # An archive's reader raises whatever it stumbles over. What the file was called is kept.
                logger.exception("%s can't be read", asset.name)
        return FilePart("", called, size or asset.size)

    def keep(self, data: bytes, called: str) -> ImagePart | FilePart:
        """Return the part of a message that a file within an export becomes."""
        if len(data) > MOST_BYTES:
            return FilePart("", called, len(data))
        media_type = _media_type(data)
        if not media_type:
            return FilePart(_text_of(data), called, len(data))
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._taken:
            if self._size + len(data) > MOST_BYTES_OF_CHAT:
                return FilePart("", called, len(data))
            self._taken[digest] = data
            self._size += len(data)
        return ImagePart(digest, media_type, called)

    def taken(self) -> dict[str, bytes]:
        """Return the pictures that came since it was asked last, by their SHA-256."""
        taken, self._taken, self._size = self._taken, {}, 0
        return taken

    def _find(self, name: str) -> _Asset | None:
        if not name:
            return None
        if self._assets is None:
            self._assets = sorted(((one.name, one) for one in self._listed()), key=lambda pair: pair[0])
            self._names = self._called()
        at = bisect_left(self._assets, name, key=lambda pair: pair[0])
        for found, asset in islice(self._assets, at, None):
            if not found.startswith(name):
                return None
            # "file-1" is not the beginning of "file-12.png".
            if not found[len(name) : len(name) + 1].isalnum():
                return asset
        return None

    def _called(self) -> dict[str, str]:
        for name, asset in self._assets or ():
            if name == NAMES_FILE and asset.size <= MOST_BYTES:
                try:
                    with asset.open() as file:
                        told = as_dict(json.loads(file.read(MOST_BYTES)))
                except (OSError, ValueError, RecursionError, zipfile.BadZipFile):
                    return {}
                return {file: as_text(called) for file, called in told.items()}
        return {}


def from_address(address: str, called: str, assets: Assets) -> ImagePart | FilePart:
    """Return what a data: address holds; any other is kept as it is, under what it is called."""
    head, _, told = address.partition(",")
    if not head.startswith("data:"):
        return FilePart(address if "://" in head else "", called or head[:_MOST_NAME])
    if head.rpartition(";")[2].strip().lower() == "base64":
        return from_base64(told, called or head[:_MOST_NAME], assets)
    # As percents, a byte has three characters.
    if len(told) > 3 * MOST_BYTES:
        return FilePart("", called or head[:_MOST_NAME], len(told) // 3)
    return assets.keep(unquote_to_bytes(told.encode(errors="replace")), called or head[:_MOST_NAME])


def from_base64(told: str, called: str, assets: Assets) -> ImagePart | FilePart:
    """Return what was written as base64 of either alphabet.

    Of what is larger than it may be, or no base64, the name alone is left.
    """
    size = (len(told) - told[-2:].count("=")) * 3 // 4
    if size > MOST_BYTES:
        return FilePart("", called, size)
    with suppress(binascii.Error, ValueError):
        return assets.keep(base64.b64decode(told.translate(_URL_SAFE), validate=False), called)
    return FilePart("", called)


def in_archive(archive: zipfile.ZipFile) -> Iterator[_Asset]:
    """Yield the files of an archive."""
    for entry in islice(archive.infolist(), _MOST_FILES):
        yield _Asset(PurePosixPath(entry.filename).name, entry.file_size, lambda entry=entry: archive.open(entry))  # type: ignore[misc]


def in_folder(folder: Path, *, deep: bool) -> Iterator[_Asset]:
    """Yield the files of a folder, and of LM Studio's beside it. deep: those of all folders in it, too."""
    beside = [one / USER_FILES for one in (folder, *islice(folder.parents, 3))]
    found = folder.rglob("*") if deep else chain(folder.glob("*"), folder.glob("*/*"))
    for file in islice(chain(chain.from_iterable(one.glob("*") for one in beside), found), _MOST_FILES):
        try:
            if file.is_file():
                yield _Asset(file.name, file.stat().st_size, lambda file=file: open_regular(file))  # type: ignore[misc]
        except OSError:
            continue


def _media_type(data: bytes) -> str:
    """By its first bytes: names are not to be relied on. Empty for what is no picture."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")


def _text_of(data: bytes) -> str:
    """Empty for what is no text."""
    if len(data) > _MOST_TEXT:
        return ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text
