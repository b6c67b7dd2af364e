"""mcp.json: the servers that a person set up, as the file has them now.

A person edits it, so one that can't be read stays where it is: what is wrong is told with its line, and the last good
one stays in use. It is set aside only when it is replaced.
"""

import asyncio
import contextlib
import json
import os
import re
import secrets as random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studiolo.api.mcp import McpServerEntry
from studiolo.api.mcp_entry import label_of, read_entry
from studiolo.api.mcp_notation import ServersFile, described, read_file
from studiolo.api.relaxed_json import NotationError, read_relaxed
from studiolo.errors import McpServerError, NotFoundError, RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.editing import with_server, without_server
from studiolo.server.mcp.variables import filled_in, secret_names, secret_reference
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from studiolo.set_aside import DamagedError, read_content, set_aside

FILE = "mcp.json"
_LOOK_SECONDS = 0.7
_MADE_HERE = re.compile(r"\.(env|headers|auth)\..*\.[0-9a-f]{8}$")
_EMPTY = '{\n  "mcpServers": {}\n}\n'
_Stamp = tuple[int, int, int] | None


class McpConfig:
    """The file, read and watched. `problem` is what is wrong with it, None where it is sound."""

    def __init__(self, path: Path, secrets: Secrets, notices: Notices) -> None:
        self.path = path
        self.problem: str | None = None
        self._secrets = secrets
        self._notices = notices
        self._entries: dict[str, McpServerEntry] = {}
        self._values: dict[str, str] = {}
        """What is in the keyring, by name."""
        self._silent = False
        self._stamp: _Stamp = None
        self._lock = asyncio.Lock()
        self._changed: Callable[[frozenset[str]], object] = lambda _labels: None

    @property
    def entries(self) -> Mapping[str, McpServerEntry]:
        """Return the entries by label, in the order of the file, with those that are disabled.

        What is in the keyring is named only.
        """
        return self._entries

    async def open(self) -> None:
        """Read the file and the secrets it names. Never raises for what is in it."""
        await self._read_again()
        if self.problem:
            self._notices.add(f"{self.path} is damaged: {self.problem} It stays where it is.")

    async def watch(self, changed: Callable[[frozenset[str]], object]) -> None:
        """Look at the file twice in two seconds until cancelled.

        changed: hears the labels of what is new, other or gone, also where it was changed here.
        """
        self._changed = changed
        missed = False
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            stamp = await asyncio.to_thread(_stamp_of, self.path)
            if stamp is None and self._stamp is not None and not missed:
                # An editor may be about to put the new one there.
                missed = True
                continue
            missed = False
            if stamp != self._stamp:
                async with self._lock:
                    self._tell(await self._read_again())

    def spec(self, label: str) -> ServerSpec:
        """Return what is ready to connect, without waiting.

        Raises:
            NotFoundError: No server of that label.
            McpServerError: It is disabled, or a variable or a secret that it names is not there.
        """
        entry = self._entry(label)
        name = ServerName(label)
        if entry.disabled:
            raise McpServerError(
                f"The MCP server '{name.id}' is switched off.",
                server=name.id,
                hint="Switch it on first.",
                retryable=False,
            )
        if self._silent and secret_names(entry) - self._values.keys():
            raise McpServerError(
                f"The secrets of the MCP server '{name.id}' are in a keyring that does not answer.",
                server=name.id,
                hint="Unlock the keyring, then try again.",
            )
        return filled_in(label, entry, self._values)

    async def prepared_spec(self, label: str) -> ServerSpec:
        """Return the spec as `spec` does, but look once more for a secret that is missing. Raises as `spec` does."""
        if label in self._entries and secret_names(self._entries[label]) - self._values.keys():
            await self._read_secrets()
        return self.spec(label)

    async def text(self) -> str:
        """Return the file's text as it is on the disk; what it would begin with, where there is none.

        What is no text is "�".
        """
        try:
            content = await asyncio.to_thread(read_content, self.path)
        except FileNotFoundError:
            return _EMPTY
        except DamagedError:
            return ""
        return content[: 1 << 20].decode("utf-8-sig", errors="replace")

    async def replace_text(self, text: str) -> None:
        """Write the file as a whole. Raises RequestError with line and column, StorageError."""
        read = await asyncio.to_thread(_checked, text)
        for label, error in read.bad.items():
            raise RequestError(f"'{label}' can't be used. {described(text, error)}", param="text", code="invalid_value")
        async with self._lock:
            if self.problem:
                await asyncio.to_thread(_keep_aside, self.path)
            await self._write(text)

    async def put(self, label: str, entry: Mapping[str, Any], secrets: list[str]) -> None:
        """Add or replace a server; the rest of the file stays as it is, comments included.

        secrets: names of values (`env.API_KEY`) that go to the keyring instead of the file.

        Raises:
            RequestError: The label, the entry or a name is none, or the file can't be read.
            StorageError: The file or the secret can't be kept.
        """
        if label != label_of(label):
            raise RequestError(
                f"'{label[:60]}' can't be the name of a server.",
                param="label",
                code="invalid_value",
                hint="Use letters.",
            )
        checked = _checked_entry(entry)
        async with self._lock:
            text, read = await self._sound()
            former = secret_names(self._entries[label]) if label in self._entries else set()
            written = checked.model_dump(mode="json")
            fresh = _take_secrets(label, written, secrets)
            name = read.names.get(label, label)
            changed = with_server(text, read, name, written)
            try:
                for secret, value in fresh.items():
                    await self._secrets.keep(secret, value)
                await self._write(changed)
            except BaseException:
                for secret in fresh:
                    with contextlib.suppress(StorageError):
                        await self._secrets.forget(secret)
                raise
            await self._forget(label, former)

    async def remove(self, label: str) -> None:
        """Remove a server and its secrets. Raises NotFoundError, RequestError, StorageError."""
        async with self._lock:
            text, read = await self._sound()
            if label not in read.names:
                raise _not_found(label)
            former = secret_names(self._entries[label]) if label in self._entries else set()
            await self._write(without_server(text, read, read.names[label]))
            await self._forget(label, former)

    def _entry(self, label: str) -> McpServerEntry:
        if label not in self._entries:
            raise _not_found(label)
        return self._entries[label]

    def _tell(self, labels: frozenset[str]) -> None:
        if labels:
            self._changed(labels)

    async def _sound(self) -> tuple[str, ServersFile]:
        """The file as it is now. Raises RequestError: It can't be read, so that nothing is changed in it."""
        try:
            text = await asyncio.to_thread(_text_of, self.path)
            return text, await asyncio.to_thread(read_file, text)
        except FileNotFoundError:
            return _EMPTY, read_file(_EMPTY)
        except DamagedError as error:
            problem = _sentence(error)
        except NotationError as error:
            problem = described(text, error)
        raise RequestError(
            f"mcp.json can't be read, so it is not changed. {problem}",
            hint=f"Mend it in the editor first, or delete it where nothing of it is wanted: {self.path}",
        )

    async def _write(self, text: str) -> None:
        try:
            await asyncio.to_thread(_write_text, self.path, text)
        except OSError as error:
            raise StorageError(
                "mcp.json could not be saved, so nothing was changed.", hint=f"{self.path}: {error.strerror}."
            ) from error
        self._tell(await self._read_again())

    async def _forget(self, label: str, former: set[str]) -> None:
        """Delete secrets of a server that it names no more, if they were made here for it."""
        used = {name for entry in self._entries.values() for name in secret_names(entry)}
        for name in former - used:
            if name.startswith(f"{label}.") and _MADE_HERE.search(name):
                self._values.pop(name, None)
                with contextlib.suppress(StorageError):
                    await self._secrets.forget(name)

    async def _read_again(self) -> frozenset[str]:
        """Take what the file has now; the labels of what is other than before."""
        self._stamp = await asyncio.to_thread(_stamp_of, self.path)
        before = {label: (entry, self._filled(entry)) for label, entry in self._entries.items()}
        try:
            text = await asyncio.to_thread(_text_of, self.path)
            read = await asyncio.to_thread(read_file, text)
        except FileNotFoundError:
            self.problem = None
            self._entries = {}
        except DamagedError as error:
            self.problem = _sentence(error)
        except NotationError as error:
            self.problem = described(text, error)
        else:
            bad = next(iter(read.bad.items()), None)
            self.problem = f"{described(text, bad[1])} So '{bad[0]}' can't be used." if bad else None
            kept = {label: self._entries[label] for label in read.bad if label in self._entries}
            found = read.servers | kept
            self._entries = {label: found[label] for label in read.names if label in found}
        await self._read_secrets()
        after = {label: (entry, self._filled(entry)) for label, entry in self._entries.items()}
        return frozenset(label for label in before | after if before.get(label) != after.get(label))

    def _filled(self, entry: McpServerEntry) -> dict[str, str | None]:
        return {name: self._values.get(name) for name in secret_names(entry)}

    async def _read_secrets(self) -> None:
        names = {name for entry in self._entries.values() for name in secret_names(entry)}
        values: dict[str, str] = {}
        self._silent = False
        for name in sorted(names):
            try:
                value = await self._secrets.read(name)
            except StorageError:
                # What was read before stays in use.
                self._silent = True
                value = self._values.get(name)
            if value is not None:
                values[name] = value
        self._values = values


def _not_found(label: str) -> NotFoundError:
    return NotFoundError(
        f"No MCP server '{label[:80]}' is in mcp.json.", what="mcp server", code="mcp_server_not_found"
    )


def _checked(text: str) -> ServersFile:
    try:
        return read_file(text)
    except NotationError as error:
        raise RequestError(described(text, error), param="text", code="invalid_value") from error


def _checked_entry(entry: Mapping[str, Any]) -> McpServerEntry:
    try:
        return read_entry(read_relaxed(json.dumps(entry)))
    except (NotationError, ValueError, RecursionError) as error:
        raise RequestError(str(error), param="entry", code="invalid_value") from error


def _take_secrets(label: str, entry: dict[str, Any], names: list[str]) -> dict[str, str]:
    """Put references into the entry in the place of its secrets; the secrets by their new names."""
    fresh: dict[str, str] = {}
    for name in names:
        part, _, key = name.partition(".")
        held = entry.get(part)
        if part not in ("env", "headers", "auth") or not isinstance(held, dict) or not isinstance(held.get(key), str):
            raise RequestError(f"The entry has no '{name[:80]}'.", param="secrets", code="invalid_value")
        if not held[key].startswith("${"):
            secret = f"{label}.{name}.{random.token_hex(4)}"
            fresh[secret] = held[key]
            held[key] = secret_reference(secret)
    return fresh


def _text_of(path: Path) -> str:
    """Blocking. Raises FileNotFoundError, DamagedError."""
    try:
        text = read_content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedError("it is no text in UTF-8") from error
    if not text.strip():
        raise DamagedError("it is empty")
    return text


def _sentence(error: DamagedError) -> str:
    """With a capital letter at its beginning, and every name in it as it was."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _stamp_of(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _keep_aside(path: Path) -> None:
    if os.path.lexists(path):
        set_aside(path, copy=path.is_file())


def _write_text(path: Path, text: str) -> None:
    # A person may keep it elsewhere, with a link here.
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    write_atomically(target, text.encode(), private=True)
