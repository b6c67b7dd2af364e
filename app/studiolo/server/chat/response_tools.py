"""MCP servers among the tools of OpenAI's Responses API: what a request says of them, and what waits for its program.

`server_url` is an ephemeral server; a `server_label` alone is one of mcp.json. A tool waits for its program's approval
unless `require_approval` says otherwise, as OpenAI has it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from studiolo.api.chat import EphemeralMcp, Integration, PluginIntegration
from studiolo.errors import AccessError, McpServerError, RequestError
from studiolo.server.chat.tools import Offer, offered
from studiolo.server.chat.turn_tools import OpenTools, TurnTools
from studiolo.server.mcp.contract import Caller, Mcp, OfferedTool, Wanted

Body = dict[str, Any]


@dataclass(frozen=True)
class McpEntry:
    """This is a server of a request.

    asks: whether a call of a tool waits for its program; by the tool's name, or None for all others.
    """

    label: str
    integration: Integration
    asks: dict[str | None, bool]

    def waits(self, tool: str) -> bool:
        """Return whether a call of the tool, by its name on the server, waits for the program's approval."""
        return self.asks.get(tool, self.asks[None])


@dataclass(frozen=True)
class OpenResponseTools:
    """The tools of a response, connected: those of MCP servers, and those of its program (`offer` has both)."""

    entries: dict[str, McpEntry]
    open: OpenTools
    offer: Offer
    names: frozenset[str]

    @property
    def failures(self) -> dict[str, McpServerError]:
        """Return why servers can't be used, by their labels."""
        return {name.label: error for name, error in self.open.toolset.failed.items()}

    def knows(self, name: str) -> bool:
        """Return whether a model that writes this name may mean one of the tools."""
        return name in self.offer.tools or self.find(name) is not None

    def find(self, name: str) -> OfferedTool | None:
        """Return the tool of an MCP server that a model called by this name."""
        return self.open.toolset.find(name) if name in self.names or name not in self.offer.tools else None

    def of(self, label: str, name: str) -> OfferedTool | None:
        """Return the tool that its program calls so; None where there is none."""
        tools = self.open.toolset.tools
        return next((one for one in tools if (one.tool.server.label, one.tool.name) == (label, name)), None)

    def waits(self, tool: OfferedTool) -> bool:
        """Return whether a call of the tool waits for the program's approval, as its server's entry says."""
        return self.entries[tool.tool.server.label].waits(tool.tool.name)


@dataclass(frozen=True)
class ResponseTools:
    """What a request wants of MCP, checked."""

    entries: dict[str, McpEntry]
    functions: list[Body]
    turn_tools: TurnTools

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OpenResponseTools]:
        """Connect the servers; one that fails is in `failures`. Raises RequestError where two tools have one name."""
        async with self.turn_tools.opened(tolerant=True) as tools:
            names = frozenset(function["function"]["name"] for function in tools.functions)
            own = offered(self.functions)
            if twice := names & own.tools.keys():
                raise RequestError(
                    f"A function and a tool of an MCP server are both called '{min(twice)[:80]}'.",
                    param="tools",
                    code="invalid_value",
                    hint="Rename the function, or leave the tool out with allowed_tools.",
                )
            offer = await asyncio.to_thread(offered, [*self.functions, *tools.functions])
            yield OpenResponseTools(self.entries, tools, offer, names)


def split_tools(tools: Sequence[Body]) -> tuple[list[Body], list[McpEntry]]:
    """Return the tools of a request that are its program's, and its MCP servers. Raises RequestError."""
    functions: list[Body] = []
    entries: list[McpEntry] = []
    for number, tool in enumerate(tools):
        named = tool.get("server_label") or tool.get("server_url")
        if tool.get("type") != "mcp" or not named or tool.get("connector_id") or tool.get("tunnel_id"):
            functions.append(tool)  # Connectors are of a vendor's own machines.
            continue
        entry = _entry(tool, f"tools.{number}")
        if any(other.label == entry.label for other in entries):
            raise _refused(f"Two MCP servers have the label '{entry.label[:80]}'.", f"tools.{number}.server_label")
        entries.append(entry)
    return functions, entries


def wanted_servers(mcp: Mcp, entries: Sequence[McpEntry], caller: Caller) -> list[Wanted]:
    """Return the servers of a request, as Mcp.check has them; what is wrong with them is wrong with `tools`."""
    try:
        return mcp.check([entry.integration for entry in entries], caller)
    except (RequestError, AccessError) as error:
        error.param = "tools"
        raise


def _entry(tool: Body, param: str) -> McpEntry:
    label, url = tool.get("server_label"), tool.get("server_url")
    if not isinstance(label, str) or not label:
        raise _refused("An MCP server needs a server_label.", f"{param}.server_label")
    allowed = _names(tool.get("allowed_tools"), f"{param}.allowed_tools")
    if url is None:
        return McpEntry(label, PluginIntegration(id=f"mcp/{label}", allowed_tools=allowed), _asks(tool, param))
    headers = tool.get("headers") or {}
    sound = isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())
    if not isinstance(url, str) or not sound:
        raise _refused("A server_url is a text, and headers are an object of texts.", param)
    if isinstance(token := tool.get("authorization"), str) and token:
        headers = {**headers, "Authorization": f"Bearer {token}"}
    server = EphemeralMcp(server_label=label, server_url=url, allowed_tools=allowed, headers=headers or None)
    return McpEntry(label, server, _asks(tool, param))


def _asks(tool: Body, param: str) -> dict[str | None, bool]:
    wanted = tool.get("require_approval")
    if wanted in (None, "always", "never"):
        return {None: wanted != "never"}
    if not isinstance(wanted, dict):
        raise _refused("'require_approval' is always, never, or an object.", f"{param}.require_approval")
    asks: dict[str | None, bool] = {None: True}
    for kind in ("never", "always"):
        for name in _names(wanted.get(kind), f"{param}.require_approval.{kind}") or ():
            asks[name] = kind == "always"
    return asks


def _names(value: Any, param: str) -> list[str] | None:
    """Names of tools, in a list or in a filter's."""
    if isinstance(value, dict):
        value = value.get("tool_names")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _refused("Tools are named in a list of texts.", param)
    return value


def _refused(message: str, param: str) -> RequestError:
    return RequestError(message, param=param, code="invalid_value")
