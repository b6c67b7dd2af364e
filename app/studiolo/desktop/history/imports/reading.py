"""A file or folder of exported chats, whoever wrote it. Everything here blocks."""

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

from studiolo.desktop.history.imports.ai_studio import ai_studio_chat, is_ai_studio
from studiolo.desktop.history.imports.assets import FoundAssets, in_archive, in_folder
from studiolo.desktop.history.imports.chatgpt import chatgpt_chat, is_chatgpt
from studiolo.desktop.history.imports.claude import claude_chat, is_claude
from studiolo.desktop.history.imports.deepseek import deepseek_chat, is_deepseek
from studiolo.desktop.history.imports.entries import TooMuchError, Unreadable, read_entries
from studiolo.desktop.history.imports.lm_studio import is_lm_studio, lm_studio_chat
from studiolo.desktop.history.imports.open_webui import is_open_webui, open_webui_chat
from studiolo.desktop.history.imports.own import is_own, own_chat
from studiolo.desktop.history.imports.plain import gathered, is_plain, plain_chat
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.imports.values import as_text, unpacked
from studiolo.errors import RequestError
from studiolo.files import open_regular

logger = logging.getLogger(__name__)

_MOST_BYTES = 4_000_000_000
"""Of JSON in a ZIP file, unpacked."""
_MOST_RATIO = 300
_SMALL = 10_000_000
"""Bytes: what is no larger may be packed however well."""
_MOST_FILES = 50_000
_MOST_WRAPPED = 6
"""Lists and objects around a chat."""
_MOST_TITLE = 200
"""Characters, of one that is told as skipped."""
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_MOST_TEXT = 64_000_000
"""Characters of one chat."""


@dataclass(slots=True)
class Imported:
    """skipped: what a chat that can't be read is called, and why. read: how many messages all chats have.

    cut: files of which something was not read any more, and why; too_much: whether that was a limit of ours.
    """

    skipped: list[tuple[str, str]] = field(default_factory=list)
    read: int = 0
    cut: list[tuple[str, str]] = field(default_factory=list)
    too_much: bool = False

    def end_early(self, name: str, why: str, *, too_much: bool) -> None:
        """Note that a file was not read to its end."""
        self.cut.append((name, why))
        self.too_much |= too_much

    def as_error(self) -> RequestError | None:
        """Return what a person is told of files that were not read to their end; None where all were."""
        if not self.cut:
            return None
        name, why = self.cut[0]
        rest = "Import the rest in smaller files." if self.too_much else "Export the rest again."
        return RequestError(
            f"{name} can't be read further: {why}.",
            hint=f"What came before stays. {rest}",
            details="\n".join(f"{name}: {why}" for name, why in self.cut[:20]),
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """One JSON file: its name, the folders it lies in, how it is opened, and where its pictures are.

    alone: it is the file that was chosen.
    """

    name: str
    folders: tuple[str, ...]
    open: Callable[[], IO[bytes]]
    assets: FoundAssets
    alone: bool = False


def read_one_by_one(path: Path, imported: Imported) -> Iterator[ImportedChat | None]:
    """Yield what is in a JSON file, a ZIP file or a folder of them, one chat at a time: all may be more than fits.

    imported: what is told of it; the chats themselves are not kept there. None comes for each file that is begun and
    each chat that can't be read, so that whoever asks can stop. Raises RequestError.
    """
    found = False
    try:
        for source in _sources(path, imported):
            yield None
            for chat in _chats(source, imported):
                found = True
                yield chat
    except zipfile.BadZipFile as error:
        raise RequestError(f"{path.name} is damaged.", hint="Download the export again.", details=str(error)) from error
    except OSError as error:
        raise RequestError(f"{path.name} can't be read.", hint=f"{error.strerror or error}.") from error
    if not found:
        if imported.cut:
            name, why = imported.cut[0]
            raise RequestError(f"{name} can't be read: {why}.", hint=_way_out(path, too_much=imported.too_much))
        raise RequestError(
            f"There are no chats in {path.name}.",
            hint="Choose an export of ChatGPT, Claude, DeepSeek, LibreChat, Open WebUI or Studiolo, a list of roles and"
            " contents, or LM Studio's folder “conversations”.",
            details="\n".join(f"{name}: {why}" for name, why in imported.skipped[:20]),
        )


def _way_out(path: Path, *, too_much: bool) -> str:
    if too_much:
        return "Import it in smaller files."
    if path.is_dir():
        return "Make sure that you may open it, or export it again."
    return "Unpack it and import the folder."


def _sources(path: Path, imported: Imported) -> Iterator[_Source]:
    if path.is_dir():
        assets = FoundAssets(partial(in_folder, path, deep=True))
        files = (file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
        for file in _few(sorted(islice(files, _MOST_FILES + 1)), path, imported):
            folders = file.relative_to(path).parent.parts
            yield _Source(file.name, folders, partial(open_regular, file), assets)
        return
    with open_regular(path) as whole:
        packed = zipfile.is_zipfile(whole)
        if not packed:
            assets = FoundAssets(partial(in_folder, path.parent, deep=False))
            yield _Source(path.name, (), partial(open_regular, path), assets, alone=True)
            return
        with zipfile.ZipFile(whole) as archive:
            yield from _in_archive(path, archive, imported)


def _in_archive(path: Path, archive: zipfile.ZipFile, imported: Imported) -> Iterator[_Source]:
    entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(_SUFFIXES)]
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise RequestError(f"{path.name} is too large.", hint="Unpack it and import its files one by one.")
    assets = FoundAssets(partial(in_archive, archive))
    for entry in _few(entries, path, imported):
        name = PurePosixPath(entry.filename)
        if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * entry.compress_size:
            imported.skipped.append((name.name, "it holds too much for its size"))
            continue
        yield _Source(name.name, name.parent.parts, partial(archive.open, entry), assets)


def _few(files: list[Any], path: Path, imported: Imported) -> list[Any]:
    """As many as are read."""
    if len(files) > _MOST_FILES:
        imported.end_early(path.name, f"it has more than {_MOST_FILES:,} files", too_much=True)
    return files[:_MOST_FILES]


def _chats(source: _Source, imported: Imported) -> Iterator[ImportedChat | None]:
    """Those of a file; None for one that was found and can't be read."""
    came = False
    try:
        with source.open() as file:
            for value in gathered(read_entries(file)):
                if isinstance(value, Unreadable):
                    imported.skipped.append((source.name, value.why))
                    yield None
                for entry in _entries(value, source):
                    yield _chat(entry, source, imported)
                    came = True
    except TooMuchError as error:
        imported.skipped.append((source.name, str(error)))
        imported.end_early(source.name, str(error), too_much=True)
    except (ValueError, RecursionError) as error:
        imported.skipped.append((source.name, f"it is not JSON, or too much of it ({error})"))
        if came:
            imported.end_early(source.name, "it is damaged", too_much=False)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        imported.skipped.append((source.name, f"it can't be read ({error})"))
        if source.alone:
            raise
        imported.end_early(source.name, _why_not_opened(error), too_much=False)
    except MemoryError:
        imported.skipped.append((source.name, "it is too large"))
        imported.end_early(source.name, "one of its entries is too large", too_much=True)


def _why_not_opened(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"it can't be opened ({error.strerror or error})"
    # What the standard library says of a password is a RuntimeError, and no other.
    return "it is protected by a password" if type(error) is RuntimeError else "it is damaged or packed otherwise"


def _entries(value: Any, source: _Source) -> Iterator[Any]:
    """The chats that a value is, or that are in whatever it was wrapped in, in their order."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        one = unpacked(one)
        if _reader(one, source):
            yield one
        elif depth < _MOST_WRAPPED and isinstance(one, dict | list):
            inside = one.values() if isinstance(one, dict) else one
            waiting += [(each, depth + 1) for each in reversed(inside) if isinstance(each, dict | list | str)]


def _chat(entry: Any, source: _Source, imported: Imported) -> ImportedChat | None:
    read = _reader(entry, source)
    assert read
    named = entry if isinstance(entry, dict) else {}
    title = (as_text(named.get("title")) or as_text(named.get("name")) or source.name)[:_MOST_TITLE]
    try:
        chat = read()
        if chat.source.endswith(":"):
            # Two chats without a number are not the same one.
            whole = json.dumps(entry, sort_keys=True, default=str).encode(errors="replace")
            chat.source += hashlib.sha256(whole).hexdigest()
    except Exception as error:
        # A mistake of ours must not keep the other chats.
        logger.exception("%s in %s can't be read", title, source.name)
        imported.skipped.append((title, repr(error)))
        return None
    imported.read += chat.read
    chat.images |= source.assets.taken()
    if not chat.messages:
        imported.skipped.append((title, "it is empty"))
        return None
    if sum(len(message.raw) for message in chat.messages) > _MOST_TEXT:
        imported.skipped.append((title, f"a chat may have {_MOST_TEXT:,} characters"))
        return None
    return chat


def _reader(entry: Any, source: _Source) -> Callable[[], ImportedChat] | None:
    known = _known_reader(entry, source) if isinstance(entry, dict) else None
    return known or ((lambda: plain_chat(entry, source.assets)) if is_plain(entry) else None)


def _known_reader(entry: dict[str, Any], source: _Source) -> Callable[[], ImportedChat] | None:
    if is_own(entry):
        return lambda: own_chat(entry)
    if is_deepseek(entry):
        return lambda: deepseek_chat(entry, source.assets)
    if is_chatgpt(entry):
        return lambda: chatgpt_chat(entry, source.assets)
    if is_claude(entry):
        return lambda: claude_chat(entry, source.assets)
    if is_open_webui(entry):
        return lambda: open_webui_chat(entry, source.assets)
    if is_ai_studio(entry):
        return lambda: ai_studio_chat(entry, source.assets)
    if is_lm_studio(entry):
        return lambda: lm_studio_chat(entry, name=source.name, folders=source.folders, assets=source.assets)
    return None
