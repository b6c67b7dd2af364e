"""Secrets of other servers: in the system's keyring, or where there is none, in a private file that is told of.

Where there is a keyring that is locked or does not answer, nothing goes to the file: less protection is never chosen
unasked.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from studiolo.errors import StorageError
from studiolo.files import write_atomically
from studiolo.server.notices import Notices
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

T = TypeVar("T")

MCP_SERVICE = "studiolo-mcp"
"""Under which the keyring has those of MCP servers; `${keyring:<name>}` of mcp.json is the name there."""
UPSTREAM_SERVICE = "studiolo-upstream"
"""Under which it has the keys of servers whose models are used."""
_SECONDS = 20.0
"""So long a keyring may take: it may ask its owner to unlock it."""
_REST_SECONDS = 60.0
"""A keyring that did not answer is asked again after that long: each question to it costs a thread that hangs."""
_LEAST_CUT = 6
"""Characters of a secret that is looked for in texts; a shorter one would be found in any."""


class Secrets:
    """Never blocks the loop: the keyring is asked in a thread, and given up on after some seconds.

    seconds: how long it may take. service: under which name the keyring has them. what: of whom they are, in words.
    again: what a person does where those in the file are lost.
    """

    def __init__(
        self,
        file: Path,
        notices: Notices,
        *,
        seconds: float = _SECONDS,
        service: str = MCP_SERVICE,
        what: str = "Secrets and sign-ins of MCP servers",
        again: str = "Sign in to MCP servers again.",
    ) -> None:
        self._file = file
        self._notices = notices
        self._seconds = seconds
        self._service = service
        self._what = what
        self._again = again
        self._silent_until = 0.0
        self._lock = asyncio.Lock()
        self._known: set[str] = set()
        self.home = hashlib.sha256(os.fsencode(file.absolute())).hexdigest()[:8]
        """Tells names of this installation from those of another one of the same user."""

    async def read(self, name: str) -> str | None:
        """Return a secret; None where there is none of that name.

        Raises StorageError where the keyring does not answer.
        """
        value = (await asyncio.to_thread(self._in_file)).get(name)
        if value is None:
            value = await self._ask(lambda: _read(self._service, name))
        self._know(value)
        return value

    async def keep(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError, where neither the keyring nor, in its absence, the file takes it."""
        self._know(value)
        async with self._lock:
            if await self._ask(lambda: _keep(self._service, name, value)):
                await asyncio.to_thread(self._change_file, name, None)
                return
            self._notices.add(
                f"This system has no keyring. {self._what} are kept unencrypted in {self._file}, "
                "which only this user can read."
            )
            await asyncio.to_thread(self._change_file, name, value)

    async def forget(self, name: str) -> None:
        """Forget a secret. Raises StorageError."""
        async with self._lock:
            await asyncio.to_thread(self._change_file, name, None)
            await self._ask(lambda: _forget(self._service, name))

    def cut(self, text: str) -> str:
        """Return the text without any secret that was read or kept in this run."""
        for secret in self._known:
            text = text.replace(secret, "…")
        return text

    def know(self, *values: str) -> None:
        """Have `cut` look for more: for secrets that come from elsewhere."""
        for value in values:
            self._know(value)

    def _know(self, value: str | None) -> None:
        if value and len(value) >= _LEAST_CUT:
            self._known.add(value)

    async def _ask(self, work: Callable[[], T]) -> T:
        """Ask the keyring. Raises StorageError where it is there and does not answer."""
        if time.monotonic() < self._silent_until:
            raise _no_answer()
        try:
            async with asyncio.timeout(self._seconds):
                return await _in_thread(work)
        except TimeoutError:
            self._silent_until = time.monotonic() + _REST_SECONDS
            raise _no_answer() from None

    def _in_file(self) -> dict[str, str]:
        try:
            data = read_json(self._file)
            if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
                raise DamagedError("it holds no secrets")
        except FileNotFoundError:
            return {}
        except DamagedError as error:
            kept = kept_as(set_aside(self._file))
            self._notices.add(f"{self._file} is damaged: {error}. {kept} {self._again}")
            return {}
        return data

    def _change_file(self, name: str, value: str | None) -> None:
        kept = self._in_file()
        if kept.get(name) == value:
            return
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
        try:
            write_atomically(self._file, json.dumps(kept).encode(), private=True)
        except OSError as error:
            raise StorageError("A secret could not be kept.", hint=f"{self._file}: {error.strerror}.") from error


async def _in_thread(work: Callable[[], T]) -> T:
    """Like asyncio.to_thread, but a thread that hangs is not waited for, not even when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        problem: BaseException | None = None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            problem = error
        # The loop may have ended meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, result, problem)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return await done


# These run in the thread, and importing the keyring's package takes a while as well.


def _read(service: str, name: str) -> str | None:
    from studiolo.keyring_store import KeyringError, read_secret

    try:
        return read_secret(service, name)
    except KeyringError as error:
        if error.absent:
            return None
        raise _no_answer() from error


def _keep(service: str, name: str, value: str) -> bool:
    """Whether there is a keyring, which then has it."""
    from studiolo.keyring_store import KeyringError, keep_secret

    try:
        keep_secret(service, name, value)
    except KeyringError as error:
        if error.absent:
            return False
        raise _no_answer() from error
    return True


def _forget(service: str, name: str) -> None:
    from studiolo.keyring_store import KeyringError, forget_secret

    try:
        forget_secret(service, name)
    except KeyringError as error:
        if not error.absent:
            raise _no_answer() from error


def _no_answer() -> StorageError:
    return StorageError(
        "The keyring of this system does not answer.", hint="Unlock it, then try again.", retryable=True
    )
