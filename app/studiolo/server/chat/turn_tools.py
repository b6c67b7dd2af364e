"""The tools of one turn: whether it may use them, how the model sees them, and who runs them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from studiolo.api.chat import ChatRequest, ToolApproval
from studiolo.errors import RequestError
from studiolo.server.chat.tool_runs import ToolRuns
from studiolo.server.chat.tools import Offer, offered
from studiolo.server.library.served import ServedModel
from studiolo.server.mcp.contract import Caller, Mcp, Toolset, Wanted

Body = dict[str, Any]


@dataclass(frozen=True)
class OpenTools:
    """Tools whose servers are connected. functions: as the engine takes them. rounds: so often they may be called."""

    toolset: Toolset
    functions: list[Body]
    runs: ToolRuns
    rounds: int


@dataclass(frozen=True)
class TurnTools:
    """What a request wants of MCP, checked. sees: whether its model reads images."""

    mcp: Mcp
    wanted: Sequence[Wanted]
    caller: Caller
    approval: ToolApproval | None
    sees: bool

    @asynccontextmanager
    async def opened(self, *, tolerant: bool = False) -> AsyncIterator[OpenTools]:
        """Connect the servers, or use what is connected. tolerant: go on without those that fail.

        Raises McpServerError, RequestError for too many tools.
        """
        async with self.mcp.toolset(self.wanted, tolerant=tolerant) as toolset:
            # In a thread: servers may have thousands of tools, and nobody knows how large their schemas are.
            offer = await asyncio.to_thread(_offered, toolset)
            runs = ToolRuns(toolset, self.mcp, self.caller, sees=self.sees, approval=self.approval)
            yield OpenTools(toolset, offer.functions, runs, self.mcp.rounds)


def _offered(toolset: Toolset) -> Offer:
    return offered(
        [
            {
                "type": "function",
                "function": {
                    "name": one.model_name,
                    "description": one.tool.description,
                    "parameters": one.tool.input_schema,
                },
            }
            for one in toolset.tools
        ]
    )


def check_tool_use(request: ChatRequest, model: ServedModel) -> None:
    """Raise RequestError where a model can't use tools, or a request wants to be asked where it can't be."""
    check_knows_tools(model, "integrations")
    if request.tool_approval and not request.stream:
        raise RequestError(
            "Only a streamed request can be asked before a tool runs.",
            param="tool_approval",
            code="invalid_value",
            hint="Set stream to true.",
        )


def check_knows_tools(model: ServedModel, param: str) -> None:
    """Raise RequestError where a model is never shown the tools, which `param` of the request has."""
    if not model.capabilities.trained_for_tool_use:
        raise RequestError(
            f"'{model.key}' can't use tools: {model.without_tools.removesuffix('.')}.",
            param=param,
            code="invalid_value",
            hint=f"Choose a model that is trained for tool use, or leave {param} out.",
        )
