"""A file or folder of exported chats, whoever wrote it. Everything here blocks."""

import hashlib
import json
import mimetypes
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from studiolo.desktop.history.imports.chatgpt import FindImage, chatgpt_chat, is_chatgpt
from studiolo.desktop.history.imports.claude import claude_chat, is_claude
from studiolo.desktop.history.imports.lm_studio import is_lm_studio, lm_studio_chat
from studiolo.desktop.history.imports.open_webui import is_open_webui, open_webui_chat
from studiolo.desktop.history.imports.own import is_own, own_chat
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.parts import ImagePart, Part
from studiolo.errors import RequestError

_MOST_BYTES = 2_000_000_000
"""Of JSON in a ZIP file, unpacked."""
_MOST_FILES = 50_000


@dataclass(slots=True)
class Imported:
    """skipped: what a chat that can't be read is called, and why."""

    chats: list[ImportedChat] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Source:
    """One JSON file: its name, the folders it lies in, what it says, and where its images are."""

    name: str
    folders: tuple[str, ...]
    read: Callable[[], bytes]
    images: "_Images | None" = None


def read_chats(path: Path) -> Imported:
    """All that is in a JSON file, a ZIP file or a folder of them. Raises RequestError."""
    imported = Imported()
    found = False
    try:
        for source in _sources(path):
            found = _read_source(source, imported) or found
    except zipfile.BadZipFile as error:
        raise RequestError(f"{path.name} is damaged.", hint="Download the export again.", details=str(error)) from error
    except OSError as error:
        raise RequestError(f"{path.name} can't be read.", hint=f"{error.strerror or error}.") from error
    if not found:
        raise RequestError(
            f"There are no chats in {path.name}.",
            hint="Choose an export of ChatGPT, Claude, Open WebUI or Studiolo, or LM Studio's folder “conversations”.",
        )
    return imported


def _sources(path: Path) -> Iterator[_Source]:
    if path.is_dir():
        for number, file in enumerate(sorted(path.rglob("*.json"))):
            if number >= _MOST_FILES:
                break
            yield _Source(file.name, file.relative_to(path).parent.parts, file.read_bytes)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".json")]
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise RequestError(f"{path.name} is too large.", hint="Unpack it and import its files one by one.")
            images = _Images(archive)
            for entry in entries[:_MOST_FILES]:
                name = PurePosixPath(entry.filename)
                yield _Source(name.name, name.parent.parts, partial(archive.read, entry), images)
    else:
        yield _Source(path.name, (), path.read_bytes)


def _read_source(source: _Source, imported: Imported) -> bool:
    """False where it has no chats."""
    try:
        whole = json.loads(source.read().decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        imported.skipped.append((source.name, f"it is not JSON ({error})"))
        return False
    entries = whole if isinstance(whole, list) else [whole]
    found = False
    for entry in entries:
        read = _reader(entry, source)
        if read is None:
            continue
        found = True
        title = entry.get("title") or entry.get("name") or source.name
        try:
            chat = read()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            imported.skipped.append((str(title), repr(error)))
            continue
        if chat.messages:
            if source.images:
                chat.images |= source.images.taken()
            imported.chats.append(chat)
        else:
            imported.skipped.append((str(title), "it is empty"))
    return found


def _reader(entry: Any, source: _Source) -> Callable[[], ImportedChat] | None:
    if is_own(entry):
        return lambda: own_chat(entry)
    if is_chatgpt(entry):
        find: FindImage = source.images.find if source.images else lambda _: None
        return lambda: chatgpt_chat(entry, find)
    if is_claude(entry):
        return lambda: claude_chat(entry)
    if is_open_webui(entry):
        return lambda: open_webui_chat(entry)
    if is_lm_studio(entry):
        return lambda: lm_studio_chat(entry, name=source.name, folders=source.folders)
    return None


class _Images:
    """Those that lie in the archive beside the chats."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = [
            one for one in archive.infolist() if (mimetypes.guess_type(one.filename)[0] or "").startswith("image/")
        ]
        self._taken: dict[str, bytes] = {}

    def find(self, name: str) -> Part | None:
        """The one whose name begins so: the export adds what the picture was called."""
        for entry in self._entries:
            if name and PurePosixPath(entry.filename).name.startswith(name):
                data = self._archive.read(entry)
                digest = hashlib.sha256(data).hexdigest()
                self._taken[digest] = data
                media_type = mimetypes.guess_type(entry.filename)[0] or "image/png"
                return ImagePart(digest, media_type, PurePosixPath(entry.filename).name)
        return None

    def taken(self) -> dict[str, bytes]:
        """Since it was asked last."""
        taken, self._taken = self._taken, {}
        return taken
