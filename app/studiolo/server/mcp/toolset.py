"""The tools of one request: unique names for the model, and the way back to the server that runs them."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from studiolo.errors import McpServerError, ToolError
from studiolo.server.mcp.contract import Body, McpTool, OfferedTool, ServerName, ToolResult, Toolset, Wanted, Watcher
from studiolo.server.mcp.sessions import McpSession, McpSessions

_MOST_CHARACTERS = 64
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
_HASH_CHARACTERS = 6


class OpenToolset:
    """The contract's Toolset over connected servers."""

    def __init__(
        self,
        sessions: dict[ServerName, McpSession],
        tools: Sequence[McpTool],
        failed: Mapping[ServerName, McpServerError],
    ) -> None:
        self._sessions = sessions
        self.failed = failed
        self._offered = [OfferedTool(name, tool) for name, tool in zip(model_names(tools), tools, strict=True)]
        self._by_name = {offered.model_name: offered for offered in self._offered}

    @property
    def tools(self) -> list[OfferedTool]:
        """Return the tools that the model is offered, in the order of the offer."""
        return list(self._offered)

    def find(self, model_name: str) -> OfferedTool | None:
        """Return the tool of this name in the offer, else the only one with this name on its server; else None."""
        found = self._by_name.get(model_name)
        if found is not None:
            return found
        own = [offered for offered in self._offered if offered.tool.name == model_name]
        return own[0] if len(own) == 1 else None

    async def call(self, offered: OfferedTool, arguments: Body, watcher: Watcher | None) -> ToolResult:
        """Run a tool, if it is still the one that was offered: what was allowed is that one and no other."""
        session, tool = self._sessions[offered.tool.server], offered.tool
        current = next((one for one in await self._current(session) if one.name == tool.name), None)
        if current is None or current.digest != tool.digest:
            what = "is gone" if current is None else "was changed by its server"
            raise ToolError(f'The tool "{tool.name}" {what} since it was offered, and was not run.')
        return await session.call(tool.name, arguments, watcher, owner=self)

    async def _current(self, session: McpSession) -> list[McpTool]:
        try:
            return await session.tools()
        except McpServerError as error:
            raise ToolError(error.message, hint=error.hint, retryable=error.retryable) from None


@asynccontextmanager
async def open_toolset(
    sessions: McpSessions, wanted: Sequence[Wanted], *, tolerant: bool = False
) -> AsyncIterator[Toolset]:
    """Connect the servers of a request, all at once, and list their tools. tolerant: go on without those that fail.

    Raises:
        McpServerError: One can't be reached, does not begin, or wants a sign-in; it is named.
    """
    failed: dict[ServerName, McpServerError] = {}
    async with AsyncExitStack() as stack:

        async def enter(one: Wanted) -> tuple[McpSession, list[McpTool]]:
            session = await stack.enter_async_context(sessions.session(one.spec))
            tools = await session.tools()
            return session, [tool for tool in tools if one.allowed is None or tool.name in one.allowed]

        async def tried(one: Wanted) -> tuple[McpSession, list[McpTool]] | None:
            try:
                return await enter(one)
            except McpServerError as error:
                if not tolerant:
                    raise
                failed[one.spec.name] = error
                return None

        entering = [asyncio.create_task(tried(one), name=f"{one.spec.name.id} tools") for one in wanted]
        try:
            entered = [one for one in await asyncio.gather(*entering) if one is not None]
        finally:
            for task in entering:
                task.cancel()
            await asyncio.gather(*entering, return_exceptions=True)
        by_server = {session.spec.name: session for session, _tools in entered}
        yield OpenToolset(by_server, [tool for _session, tools in entered for tool in tools], failed)


def model_names(tools: Sequence[McpTool]) -> list[str]:
    """Return names for a model, in the tools' order.

    Each is the tool's own where that is fit and nobody else's, else it has its server's before it.

    What comes out does not depend on the order, so that a conversation finds its tools again.
    """
    plain = [_fit(tool.name) for tool in tools]
    count = Counter(name.lower() for name in plain)
    names = [
        name if count[name.lower()] == 1 else _fit(f"{tool.server.label}_{tool.name}")
        for name, tool in zip(plain, tools, strict=True)
    ]
    count = Counter(name.lower() for name in names)
    return [
        name if count[name.lower()] == 1 else _with_hash(name, tool) for name, tool in zip(names, tools, strict=True)
    ]


def _fit(name: str) -> str:
    fit = _UNFIT.sub("_", name).strip("_") or "tool"
    return fit if len(fit) <= _MOST_CHARACTERS else _hashed(fit, name)


def _with_hash(name: str, tool: McpTool) -> str:
    return _hashed(name, f"{tool.server.id} {tool.name}")


def _hashed(name: str, of: str) -> str:
    digest = hashlib.sha256(of.encode("utf-8", "replace")).hexdigest()[:_HASH_CHARACTERS]
    return f"{name[: _MOST_CHARACTERS - _HASH_CHARACTERS - 1]}_{digest}"
