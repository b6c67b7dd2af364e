"""A connected MCP server as those who use it see it, and how one is doing."""

from dataclasses import dataclass
from typing import Protocol

from studiolo.api.mcp import PromptInfo, PromptText, ResourceContent, ResourceInfo, ServerState
from studiolo.server.mcp.contract import Body, McpTool, ServerSpec, ToolResult, Watcher


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


class McpSession(Protocol):
    """A server that is connected, again where it has to be. Calls may come from any task, and many at once.

    All but `call` raise McpServerError where the server vanished, hung, or broke the protocol.
    """

    @property
    def spec(self) -> ServerSpec:
        """Return the server that this is connected to, as it was set up."""
        ...

    async def tools(self) -> list[McpTool]:
        """Return all tools, as the server defines them by now.

        The server is asked anew only once it says that they changed.
        """
        ...

    async def call(
        self, tool: str, arguments: Body, watcher: Watcher | None, *, owner: object | None = None
    ) -> ToolResult:
        """Run a tool. Cancelling this cancels it there.

        owner: the same for calls that have the same person before them; a server that does not say to which call its
        question belongs asks nobody while several owners call it.

        Raises:
            ToolError: It could not be run to its end.
        """
        ...

    async def prompts(self) -> list[PromptInfo]:
        """Return all prompts that the server offers."""
        ...

    async def prompt(self, name: str, arguments: dict[str, str]) -> PromptText:
        """Return a prompt with its arguments filled in, as the server does that."""
        ...

    async def resources(self) -> list[ResourceInfo]:
        """Return all resources that the server offers."""
        ...

    async def resource(self, uri: str) -> ResourceContent:
        """Read a resource, up to a limit."""
        ...
