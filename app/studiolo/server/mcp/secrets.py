"""Secrets of MCP servers: in the system's keyring, or where there is none, in a private file that is told of."""

from pathlib import Path

from studiolo.server.notices import Notices


class Secrets:
    """Never blocks the loop: the keyring is asked in a thread, and given up on after some seconds."""

    def __init__(self, file: Path, notices: Notices) -> None:
        self._file = file
        self._notices = notices

    async def read(self, name: str) -> str | None:
        """Raises StorageError where the keyring does not answer."""
        raise NotImplementedError

    async def keep(self, name: str, value: str) -> None:
        """Raises StorageError."""
        raise NotImplementedError

    async def forget(self, name: str) -> None:
        """Raises StorageError."""
        raise NotImplementedError
