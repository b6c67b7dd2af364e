"""What is sent in confidence to servers of tools that a chat names by their address: headers, and keys within it.

All of it is kept as tokens of servers are.
"""

import asyncio
import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.desktop.language import translate
from studiolo.errors import AppError, StorageError
from studiolo.files import write_atomically
from studiolo.kept_json import read_kept

if TYPE_CHECKING:
    from studiolo.keyring_store import Keys

_LIST = "tool_headers.json"
_WITHOUT_KEYRING = "tool_headers_values.json"
_NAMES = "names"


@dataclass(frozen=True)
class Confidence:
    """address: the whole of it. headers: their values, by name."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)


class HeaderStore:
    """A chat holds the name under which its headers and its whole address lie in the keyring, never a value.

    What lies there belongs to one server and one address: a chat that was changed by somebody else, or came from
    elsewhere, can't have them sent to another. A list of the names is kept in `folder`, so that what no chat uses any
    more is found and forgotten. Nothing here blocks the event loop: a keyring may ask its owner first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: Keys | None = None
        self._known: dict[str, dict[str, Any]] = {}
        """By name: what was read or written since the start."""
        self._made: set[str] = set()
        self._lock = threading.Lock()

    async def keep(self, server: str, url: str, headers: Mapping[str, str], address: str = "") -> str:
        """Keep what goes with an address that a server is asked to use.

        Args:
            server: The address of the server that is asked, as of Connection.address; empty for our own.
            url: The address of the server of tools, as the chat has it.
            headers: Their values, by name.
            address: The whole address, where the chat's is not.

        Returns:
            The name under which they are found again.

        Raises:
            StorageError: They can't be kept.
        """
        name = f"tool-headers-{secrets.token_hex(16)}"
        whole = {"server": server, "url": url, "headers": dict(headers), "address": address or url}
        await asyncio.to_thread(self._keep, name, whole)
        return name

    async def read(self, name: str, server: str, url: str) -> Confidence:
        """Return what was kept under a name for this server and this address.

        Raises:
            AppError: There is nothing, it is for another address, or the keyring does not answer.
        """
        whole = self._known.get(name)
        if whole is None:
            whole = await asyncio.to_thread(self._read, name)
        headers, address = whole.get("headers"), whole.get("address") or url
        if not isinstance(headers, dict) or not isinstance(address, str):
            raise _missing(url)
        if whole.get("server") != server or whole.get("url") != url:
            raise AppError(
                translate("HeaderStore", "What was entered for another address is not sent to %1.").replace("%1", url),
                hint=translate("HeaderStore", "Enter its headers and its whole address again in the list of tools."),
            )
        self._known[name] = whole
        return Confidence(address, {str(header): str(value) for header, value in headers.items()})

    async def forget_others(self, used: Iterable[str]) -> None:
        """Forget what was kept before this start, and is not among those that chats still use.

        Raises:
            StorageError: The list of the names can't be written.
        """
        await asyncio.to_thread(self._forget_others, set(used))

    def _keep(self, name: str, whole: dict[str, Any]) -> None:
        with self._lock:
            # First: what is in the keyring and in no list is never found again.
            self._write([*self._names(), name])
            self._made.add(name)
            self._store().keep(name, json.dumps(whole))
        self._known[name] = whole

    def _read(self, name: str) -> dict[str, Any]:
        with self._lock:
            text = self._store().read(name)
        try:
            whole = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return {}
        return whole if isinstance(whole, dict) else {}

    def _forget_others(self, used: set[str]) -> None:
        with self._lock:
            names = self._names()
            stay = [name for name in names if name in used or name in self._made]
            if len(stay) == len(names):
                return
            for name in names:
                if name not in stay:
                    self._store().keep(name, None)
                    self._known.pop(name, None)
            self._write(stay)

    def _names(self) -> list[str]:
        names = read_kept(self._folder / _LIST, dict).get(_NAMES, [])
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def _write(self, names: list[str]) -> None:
        file = self._folder / _LIST
        try:
            write_atomically(file, json.dumps({_NAMES: names}, indent=1).encode(), private=True)
        except OSError as error:
            raise StorageError(
                translate("HeaderStore", "The headers can't be kept."), hint=f"{error.strerror}.", details=str(error)
            ) from error

    def _store(self) -> "Keys":
        if self._keys is None:
            # Keyrings bring a lot of code with them, of no use to those who have no headers.
            from studiolo.keyring_store import Keys

            self._keys = Keys(self._folder / _WITHOUT_KEYRING)
        return self._keys


def _missing(url: str) -> AppError:
    """Where it was cannot be told: a keyring that is locked now may not have been there when it was kept."""
    return AppError(
        translate("HeaderStore", "The headers or the key that %1 needs can't be found.").replace("%1", url),
        hint=translate(
            "HeaderStore",
            "If your keyring is locked, unlock it and try again. Otherwise enter them again in the list of tools.",
        ),
        retryable=True,
    )
