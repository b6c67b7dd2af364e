"""What a person does with a server that is set up: look at its tools, call one by hand, fill in a prompt, read."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from studiolo.api.mcp import Policy, ToolCallResult
from studiolo.errors import AppError, NotFoundError, RequestError
from studiolo.server.mcp.contract import Body, Caller, McpTool, ServerName, ToolResult
from studiolo.server.mcp.listing import no_server
from studiolo.server.mcp.service import McpService
from studiolo.server.mcp.sessions import McpSession

logger = logging.getLogger(__name__)


@asynccontextmanager
async def connected(mcp: McpService, label: str) -> AsyncIterator[McpSession]:
    """Hold a connection to a server. Raises NotFoundError, McpServerError."""
    try:
        spec = await mcp.config.prepared_spec(label)
    except NotFoundError as error:
        raise no_server(label) from error
    async with mcp.sessions.session(spec) as session:
        yield session


async def tool_of(session: McpSession, name: str) -> McpTool:
    """Return a tool by its name. Raises NotFoundError, McpServerError."""
    for tool in await session.tools():
        if tool.name == name:
            return tool
    raise NotFoundError(
        f"The MCP server '{session.spec.name.label}' has no tool '{name[:80]}'.", what="tool", code="tool_not_found"
    )


async def call_by_hand(mcp: McpService, label: str, name: str, arguments: Body, caller: Caller) -> ToolCallResult:
    """Call a tool and enter it in the ledger.

    Raises:
        NotFoundError: No such server, or no such tool.
        RequestError: The tool is denied.
        McpServerError: The server can't be reached.
        ToolError: The call did not come to its end.
    """
    async with connected(mcp, label) as session:
        tool = await tool_of(session, name)
        policies = mcp.approvals.policies
        # Whoever can't decide on the tool can't know that its new words are no reason to deny it still.
        decides = caller.local or (caller.token is not None and caller.token.allows("admin"))
        if policies.of(tool)[0] == "deny" or not (decides or policies.runs_unasked(tool)):
            raise RequestError(
                f"The tool '{name[:80]}' is denied.", code="tool_denied", hint="Set its policy to ask or allow first."
            )
        began = time.monotonic()
        result: ToolResult | None = None
        ended: Literal["succeeded", "failed", "cancelled"] = "failed"
        try:
            result = await session.call(name, arguments, None)
            ended = "failed" if result.is_error else "succeeded"
        except asyncio.CancelledError:
            ended = "cancelled"
            raise
        finally:
            seconds = time.monotonic() - began
            await mcp.ledger.note(
                caller=caller,
                tool=tool,
                arguments=arguments,
                result=result,
                approved="by hand",
                ended=ended,
                seconds=seconds,
            )
    return ToolCallResult(
        content=result.content,
        structured=result.structured,
        is_error=result.is_error,
        cut=result.cut,
        seconds=round(seconds, 4),
    )


async def set_policy(mcp: McpService, label: str, name: str, policy: Policy, digest: str | None) -> McpTool:
    """Keep what a person says of a tool. digest: of the definition that the person saw.

    Raises:
        NotFoundError: No such server, or no such tool.
        RequestError: The definition is another by now.
        McpServerError: The server can't be asked for its tools.
        StorageError: It could not be kept.
    """
    known = mcp.sessions.status(ServerName(label)).tools or () if label in mcp.config.entries else ()
    tool = next((one for one in known if one.name == name), None)
    if tool is None:
        async with connected(mcp, label) as session:
            tool = await tool_of(session, name)
    if digest is not None and digest != tool.digest:
        raise RequestError(
            f"The tool '{name[:80]}' is defined otherwise by now.",
            param="digest",
            code="tool_changed",
            hint="Look at it again, and decide then.",
        )
    await asyncio.to_thread(mcp.approvals.policies.set, tool, policy)
    return tool


async def connect(mcp: McpService, label: str) -> bool:
    """Connect a server and list its tools, and whether that went well; why not is told by its state.

    Raises NotFoundError.
    """
    try:
        async with connected(mcp, label) as session:
            await session.tools()
    except NotFoundError:
        raise
    except AppError as error:
        logger.info("the MCP server '%s' is not ready: %s", label, error)
        return False
    return True
