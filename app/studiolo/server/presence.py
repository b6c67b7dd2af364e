"""How a server makes itself known: it holds its data folder, says where it listens, and keeps that said."""

import asyncio
import contextlib
import logging
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path

from studiolo import __version__
from studiolo.errors import AppError, StorageError
from studiolo.local_server import (
    ServerState,
    announced,
    clear_state,
    lock_holder,
    lock_path,
    own_state,
    write_state,
)
from studiolo.paths import Paths
from studiolo.server.notices import Notices
from studiolo.server_lock import ServerLock

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_POLL_SECONDS = 0.02
_UNKNOWN_SECONDS = 5.0
"""So long nobody may be known to hold the folder: the holder's own look comes every two seconds."""
_ENDING_SECONDS = 12.0
"""So long another server may take to end."""


class HeldError(AppError):
    """Another server holds the data folder."""


class Presence:
    """Makes the server of one data folder known.

    `claim` first, `announce` once it listens, `withdraw` before it stops listening, `release` at the very end.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._lock = ServerLock(lock_path(paths), paths.data)
        self._state = own_state(version=__version__)
        self.notices = Notices()
        """What a person should hear of; told together with where the server is."""

    def claim(self) -> None:
        """Hold the data folder. Blocking: a server that is ending is waited for. Raises HeldError, StorageError."""
        began = time.monotonic()
        try:
            while not self._lock.try_acquire():
                holder = lock_holder(self._paths)
                patience = _UNKNOWN_SECONDS if holder is None else _ENDING_SECONDS if holder.ending else 0.0
                if time.monotonic() - began >= patience:
                    raise _held_by(holder)
                time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise StorageError(f"The folder {self._paths.runtime} can't be used.", hint=str(error)) from error
        self._lock.tell(asdict(self._state))
        # Whoever holds the lock knows that no engine of an earlier server lives: its sockets are only in the way.
        _remove(self._paths.runtime / "engines")

    def announce(self, *, host: str, port: int, key: str) -> None:
        """Say where it listens. Raises StorageError."""
        self._state = replace(self._state, host=host, port=port, key=key, notices=self.notices.all)
        try:
            write_state(self._paths, self._state)
        except OSError as error:
            raise StorageError(f"The folder {self._paths.runtime} can't be written.", hint=str(error)) from error
        self._lock.tell(asdict(self._state))

    async def keep(self) -> None:
        """Say it anew where somebody deleted the files that do, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.to_thread(self._look)

    def withdraw(self) -> None:
        """Let nobody look for this server any more; whoever wants to start one waits a little."""
        self._state = replace(self._state, port=0, ending=True)
        self._lock.tell(asdict(self._state))
        if self._lock.in_place:
            clear_state(self._paths)

    def release(self) -> None:
        """Let another server have the folder."""
        self._lock.release()

    def _look(self) -> None:
        state = self._state = replace(self._state, notices=self.notices.all)
        if not state.port or state.ending:
            return
        with contextlib.suppress(OSError):
            if not self._lock.in_place:
                logger.warning("%s was removed or replaced: it is made anew", lock_path(self._paths))
                self._lock.restore()
                self._lock.tell(asdict(state))
            if announced(self._paths) != state:
                self._lock.tell(asdict(state))
                write_state(self._paths, state)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _held_by(holder: ServerState | None) -> HeldError:
    message = "A server is running already for this data folder"
    if holder is None:
        return HeldError(f"{message}.", hint="It does not say which process it is.")
    if holder.port:
        return HeldError(f"{message}: process {holder.pid}, {holder.address}.")
    doing = "and is ending" if holder.ending else "and is starting"
    return HeldError(f"{message} {doing}: process {holder.pid}.")
