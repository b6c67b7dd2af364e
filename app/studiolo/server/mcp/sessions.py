"""Warm connections to MCP servers: made when they are needed, ended when idle, started again when they crash."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from studiolo.api.mcp import (
    PromptInfo,
    PromptText,
    ResourceContent,
    ResourceInfo,
    ServerState,
)
from studiolo.server.mcp.contract import Body, McpTool, ServerName, ServerSpec, ToolResult, Watcher

if TYPE_CHECKING:
    import httpx2

AuthFactory = Callable[[ServerSpec], "httpx2.Auth | None"]
"""Makes the sign-in of a server that is reached by an address; None where its headers are all there is."""

IDLE_SECONDS = 300.0
"""A connection that nobody uses for so long is ended."""


@dataclass(frozen=True)
class ServerStatus:
    """What is known of a server, for a page. `tools` is None until they were asked for once."""

    state: ServerState = "off"
    error: str | None = None
    hint: str | None = None
    revision: str | None = None
    name: str | None = None
    version: str | None = None
    instructions: str | None = None
    tools: list[McpTool] | None = None


class Session(Protocol):
    """A server that is connected. Calls may come from any task, and many at once.

    Every method raises ToolError where the server vanished, hung past its timeout, or broke the protocol.
    """

    @property
    def spec(self) -> ServerSpec: ...

    async def tools(self) -> list[McpTool]:
        """All tools, as the server defines them by now; asked for anew only once it says that they changed."""
        ...

    async def call(self, tool: str, arguments: Body, watcher: Watcher | None) -> ToolResult:
        """Run a tool. Cancelling this cancels it there."""
        ...

    async def prompts(self) -> list[PromptInfo]: ...

    async def prompt(self, name: str, arguments: dict[str, str]) -> PromptText: ...

    async def resources(self) -> list[ResourceInfo]: ...

    async def resource(self, uri: str) -> ResourceContent:
        """Read a resource, up to a limit."""
        ...


class Sessions:
    """All servers that are connected. `folder`: of ours, for notes of which programs run."""

    def __init__(self, folder: Path, *, auth: AuthFactory | None = None, idle_seconds: float = IDLE_SECONDS) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """End what a server that was killed has left behind. Needs a running event loop."""
        raise NotImplementedError

    def session(self, spec: ServerSpec) -> AbstractAsyncContextManager[Session]:
        """Use a server: the connection that is warm, or a new one. It is kept at least as long as it is used.

        Raises:
            McpServerError: It can't be reached, does not begin, or wants a sign-in.
        """
        raise NotImplementedError

    def status(self, name: ServerName) -> ServerStatus:
        """How a server is doing; nothing is connected by asking."""
        raise NotImplementedError

    def log(self, name: ServerName) -> list[str]:
        """What a program wrote to stderr lately, oldest first."""
        raise NotImplementedError

    async def drop(self, name: ServerName) -> None:
        """End the connection of a server that is changed, removed or signed out of; whoever uses it still, ends first.

        What is known of its failures is forgotten: it may be tried again at once.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """End every connection, and every program with it. Bounded in time; nothing can be used after it."""
        raise NotImplementedError
