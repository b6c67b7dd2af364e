"""mcp.json: the servers that a person set up, as the file has them now."""

from collections.abc import Callable, Mapping
from pathlib import Path

from studiolo.api.mcp import McpServerEntry
from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.secrets import Secrets
from studiolo.server.notices import Notices


class McpConfig:
    """The file, read and watched. A file that can't be read leaves the last good one in use, and `problem` names it."""

    def __init__(self, path: Path, secrets: Secrets, notices: Notices) -> None:
        self.path = path
        self.problem: str | None = None
        self._secrets = secrets
        self._notices = notices

    async def open(self) -> None:
        """Read the file and the secrets it names. Never raises for what is in it."""
        raise NotImplementedError

    async def watch(self, changed: Callable[[frozenset[str]], object]) -> None:
        """Look at the file every second until cancelled; `changed` hears the labels of what is new, other or gone."""
        raise NotImplementedError

    @property
    def entries(self) -> Mapping[str, McpServerEntry]:
        """By label, in the order of the file; those that are disabled, too."""
        raise NotImplementedError

    def spec(self, label: str) -> ServerSpec:
        """Ready to connect. Never waits.

        Raises:
            NotFoundError: No server of that label.
            McpServerError: It is disabled, or a variable or a secret that it names is not there.
        """
        raise NotImplementedError

    async def text(self) -> str:
        """Of the file, as it is on the disk."""
        raise NotImplementedError

    async def replace_text(self, text: str) -> frozenset[str]:
        """Write the file as a whole; the labels that are other now. Raises RequestError with line and column, StorageError."""
        raise NotImplementedError

    async def put(self, label: str, entry: Mapping[str, object], secrets: list[str]) -> None:
        """Add or replace a server; the rest of the file stays as it is, comments included. Raises RequestError, StorageError.

        secrets: names of values (`env.API_KEY`) that go to the keyring instead of the file.
        """
        raise NotImplementedError

    async def remove(self, label: str) -> None:
        """Remove a server and its secrets. Raises NotFoundError, RequestError, StorageError."""
        raise NotImplementedError
