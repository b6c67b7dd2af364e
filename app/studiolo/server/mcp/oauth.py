"""Sign-in to MCP servers by OAuth. Imports the SDK: import this module late."""

from collections.abc import Callable

import httpx2

from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.secrets import Secrets


class SignIns:
    """Tokens of servers, and the sign-ins that are under way.

    client: makes an HTTP client that obeys the address rule of a server. changed: hears the label of a server that was
    signed in to or out of.
    """

    def __init__(
        self,
        secrets: Secrets,
        client: Callable[[ServerSpec], httpx2.AsyncClient],
        changed: Callable[[str], object],
    ) -> None:
        raise NotImplementedError

    def auth(self, spec: ServerSpec) -> httpx2.Auth | None:
        """For the requests of a connection; None for a program. It opens no browser.

        Its flow raises McpServerError (not retryable, with a hint) where a sign-in is needed.
        """
        raise NotImplementedError

    async def begin_sign_in(self, spec: ServerSpec) -> str:
        """The page to open; the rest happens in the background. A sign-in to the same server that is under way ends.

        Raises McpServerError: It wants no sign-in, or none that is understood.
        """
        raise NotImplementedError

    async def wait(self, label: str) -> None:
        """Until the sign-in is over. Raises McpServerError with the reason it failed."""
        raise NotImplementedError

    async def sign_out(self, spec: ServerSpec) -> None:
        """Revoke the tokens where the server can, and delete them in any case. Raises StorageError."""
        raise NotImplementedError

    async def signed_in(self, label: str) -> bool | None:
        """Whether there are tokens; None where no sign-in is known to be needed."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """End what is under way."""
        raise NotImplementedError
