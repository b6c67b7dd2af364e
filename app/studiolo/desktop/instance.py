"""One desktop for each data folder: a second start brings the window of the first one up, and ends.

The first one listens on a port of the machine itself, and writes down which one, with a key that the other must know.
A file that a killed desktop left behind names a port on which nobody answers with it.
"""

import asyncio
import hmac
import json
import logging
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from studiolo.files import write_atomically
from studiolo.kept_json import read_kept

logger = logging.getLogger(__name__)

INSTANCE_FILE = "desktop.json"
"""In the folder of what runs; it says where the first one is found."""

_HERE = b"here\n"
_SECONDS = 1.0
_MOST_BYTES = 1_000_000


def call_first(file: Path, *, hidden: bool, link: str = "") -> bool:
    """Return whether a desktop runs already.

    Its window comes up, unless this start was meant to be hidden, and shows what a link would do. Blocking.
    """
    told = read_kept(file, dict, aside=False)
    try:
        port, key = int(told["port"]), str(told["key"])
    except (ValueError, TypeError, KeyError, OverflowError):
        return False
    try:
        with socket.create_connection(("127.0.0.1", port), _SECONDS) as line:
            line.settimeout(_SECONDS)
            wish = f"link {quote(link, safe='')}" if link else "hidden" if hidden else "show"
            line.sendall(f"{key} {wish}\n".encode())
            return line.recv(len(_HERE)) == _HERE
    except (OSError, OverflowError):
        return False


class FirstInstance:
    """called: somebody started the desktop again. linked: with a link of a browser, which may hold anything."""

    def __init__(self, file: Path, called: Callable[[], None], linked: Callable[[str], None] = lambda _: None) -> None:
        self._file = file
        self._called = called
        self._linked = linked
        self._key = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. Where that is not possible a second start opens a second window, and nothing else happens."""
        try:
            self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=_MOST_BYTES)
            port = self._server.sockets[0].getsockname()[1]
            content = json.dumps({"port": port, "key": self._key}).encode()
            await asyncio.to_thread(write_atomically, self._file, content, private=True)
        except OSError as error:
            logger.warning("a second start will not find this one: %s", error)

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        if self._server is None:
            return
        self._server.close()
        if read_kept(self._file, dict, aside=False).get("key") == self._key:
            with suppress(OSError):
                self._file.unlink()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                key, _, wish = (await reader.readline()).decode("utf-8", "replace").strip().partition(" ")
            if hmac.compare_digest(key.encode(), self._key.encode()):
                writer.write(_HERE)
                await writer.drain()
                if wish == "show":
                    self._called()
                elif wish.startswith("link "):
                    self._called()
                    self._linked(unquote(wish.removeprefix("link ")))
        except (OSError, ValueError, TimeoutError) as error:
            logger.info("somebody called and said nothing: %s", error)
        finally:
            writer.close()
