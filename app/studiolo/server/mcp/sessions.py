"""Warm connections to MCP servers: made when they are needed, ended when idle, started again when they crash."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studiolo.api.mcp import PromptInfo, PromptText, ResourceContent, ResourceInfo, ServerState
from studiolo.errors import AppError, McpServerError, ToolError
from studiolo.network.network import Network
from studiolo.server.mcp.addresses import Resolver, resolve
from studiolo.server.mcp.contract import Body, McpTool, ServerName, ServerSpec, ToolResult, Watcher
from studiolo.server.mcp.failures import CallRefusedError, SessionLostError, SignInNeededError, unreachable
from studiolo.server.mcp.sdk import import_with_sdk
from studiolo.server.mcp.session import McpSession as McpSession
from studiolo.server.mcp.session import ServerStatus as ServerStatus
from studiolo.server.mcp.warden import Warden

if TYPE_CHECKING:
    import httpx2

    from studiolo.server.mcp.connection import McpConnection
    from studiolo.server.mcp.exchange import Exchange
    from studiolo.server.mcp.program import ProgramLog

logger = logging.getLogger(__name__)

T = TypeVar("T")

AuthFactory = Callable[[ServerSpec], "httpx2.Auth | None"]
"""Makes the sign-in of a server that is reached by an address; None where its headers are all there is."""

IDLE_SECONDS = 300.0
"""A connection that nobody uses for so long is ended."""
_MOST_HELD = 100
_LONGEST_PAUSE_SECONDS = 60.0
_PATIENCE_SECONDS = 2.5
_SOUND_SECONDS = 60.0
_END_SECONDS = 7.0


class _Held:
    """One server: its connection, how it is doing, and who uses it. It is a Session."""

    def __init__(self, spec: ServerSpec, connect: "Callable[[_Held], Awaitable[Exchange]]") -> None:
        self._spec = spec
        self._connect = connect
        self._exchange: Exchange | None = None
        self._opening: asyncio.Task[Exchange] | None = None
        self._waiting = 0
        self._failures = 0
        self._again_at = 0.0
        self._since = 0.0
        self.users = 0
        self.retired = False
        self.idle: asyncio.TimerHandle | None = None
        self.status = ServerStatus()
        self.log: ProgramLog | None = None

    @property
    def spec(self) -> ServerSpec:
        return self._spec

    @property
    def connected(self) -> bool:
        return self._exchange is not None or self._opening is not None

    async def exchange(self) -> "Exchange":
        """The connection that is warm, or a new one that all share who wait for it. Raises McpServerError."""
        if self._exchange is not None:
            # What is called now would wait behind what hangs, and end with it.
            await self._exchange.connection.judged()
        while self._opening is not None and self._opening.cancelling():
            await asyncio.wait({self._opening})
        if self._exchange is not None and self._exchange.connection.usable:
            return self._exchange
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(), name=f"{self._spec.name.id} opening")
        opening = self._opening
        self._waiting += 1
        try:
            await asyncio.wait({opening})
        finally:
            self._waiting -= 1
            if not self._waiting and not opening.done():
                opening.cancel()
        if opening.cancelled():
            raise unreachable(self._spec.name, "is no longer connected")
        return opening.result()

    async def _open(self) -> "Exchange":
        try:
            await self._close_connection()
            await self._pause()
            self.status = replace(self.status, state="starting", error=None, hint=None)
            exchange = await self._connect(self)
            self._exchange = exchange
            self._since = asyncio.get_running_loop().time()
            connection, about = exchange.connection, exchange.connection.about
            connection.when_over(self._over)
            self.status = replace(
                self.status,
                state="ready",
                revision=about.revision,
                name=about.name,
                version=about.version,
                instructions=about.instructions,
            )
            return exchange
        except AppError as error:
            self._failed(error)
            raise
        except asyncio.CancelledError:
            self.status = replace(self.status, state="off")
            raise
        finally:
            self._opening = None

    async def _pause(self) -> None:
        """Between two starts of a program that fails there is more and more time."""
        rest = self._again_at - asyncio.get_running_loop().time()
        if rest > _PATIENCE_SECONDS:
            last = self.status.error or ""
            raise unreachable(
                self._spec.name,
                f"failed {self._failures} times in a row, and is started again in {rest:.0f} seconds at the earliest",
                hint=last,
            )
        if rest > 0:
            await asyncio.sleep(rest)

    def _over(self) -> None:
        """The connection ended by itself."""
        if self._exchange is None:
            return
        if asyncio.get_running_loop().time() - self._since > _SOUND_SECONDS:
            self._failures = 0
        failure = self._exchange.connection.failure
        self._failed(failure or unreachable(self._spec.name, "is no longer connected"))

    def _failed(self, error: AppError) -> None:
        state: ServerState = "sign_in_needed" if isinstance(error, SignInNeededError) else "failed"
        now = asyncio.get_running_loop().time()
        if now >= self._again_at and self._spec.command:
            self._failures += 1
            pause = 2.0 ** (self._failures - 2) if self._failures > 1 else 0.0
            self._again_at = now + min(_LONGEST_PAUSE_SECONDS, pause)
        elif self._again_at > now:
            return  # It was not even started.
        self.status = replace(self.status, state=state, error=error.message, hint=error.hint or None)

    async def tools(self) -> list[McpTool]:
        tools = await self._ask(lambda exchange: exchange.tools())
        self.status = replace(self.status, tools=tools)
        return tools

    async def call(
        self, tool: str, arguments: Body, watcher: Watcher | None, *, owner: object | None = None
    ) -> ToolResult:
        try:
            result = await self._call(tool, arguments, watcher, owner)
        except SessionLostError:
            result = await self._call(tool, arguments, watcher, owner)
        except CallRefusedError as error:
            self._refused(error)
            raise
        self._failures = 0
        self._taken()
        return result

    async def _call(self, tool: str, arguments: Body, watcher: Watcher | None, owner: object | None) -> ToolResult:
        try:
            exchange = await self.exchange()
        except McpServerError as error:
            raise ToolError(error.message, hint=error.hint, retryable=error.retryable) from None
        return await exchange.call(tool, arguments, watcher, owner)

    async def prompts(self) -> list[PromptInfo]:
        return await self._ask(lambda exchange: exchange.prompts())

    async def prompt(self, name: str, arguments: dict[str, str]) -> PromptText:
        return await self._ask(lambda exchange: exchange.prompt(name, arguments))

    async def resources(self) -> list[ResourceInfo]:
        return await self._ask(lambda exchange: exchange.resources())

    async def resource(self, uri: str) -> ResourceContent:
        return await self._ask(lambda exchange: exchange.resource(uri))

    async def _ask(self, ask: "Callable[[Exchange], Awaitable[T]]") -> T:
        """Ask for what changes nothing: once more, over a new connection, where the first one broke."""
        try:
            answer = await self._asked(ask)
        except SignInNeededError as error:
            self._refused(error)
            raise
        self._taken()
        return answer

    async def _asked(self, ask: "Callable[[Exchange], Awaitable[T]]") -> T:
        exchange = await self.exchange()
        try:
            return await ask(exchange)
        except McpServerError:
            if exchange.connection.usable:
                raise
        return await ask(await self.exchange())

    def _refused(self, error: AppError) -> None:
        """A server that took the connection refuses what is asked over it, as when a token is over."""
        self.status = replace(self.status, state="sign_in_needed", error=error.message, hint=error.hint or None)

    def _taken(self) -> None:
        """It answers, whatever it refused before."""
        if self.status.state == "sign_in_needed" and self._exchange and self._exchange.connection.usable:
            self.status = replace(self.status, state="ready", error=None, hint=None)

    async def _close_connection(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.connection.close()

    async def end(self) -> None:
        """End the connection. What is known of the server stays."""
        if self.idle is not None:
            self.idle.cancel()
        if self._opening is not None:
            # One that is cancelled already is ending its program: nobody else would.
            if not self._opening.cancelling():
                self._opening.cancel()
            await asyncio.wait({self._opening})
        await self._close_connection()
        if self.status.state in ("ready", "starting"):
            self.status = replace(self.status, state="off")


class McpSessions:
    """All servers that are connected. `folder`: of ours, for notes of which programs run."""

    def __init__(
        self,
        folder: Path,
        *,
        auth: AuthFactory | None = None,
        idle_seconds: float = IDLE_SECONDS,
        resolver: Resolver = resolve,
        network: Network | None = None,
    ) -> None:
        self._warden = Warden(folder)
        self._auth = auth
        self._idle_seconds = idle_seconds
        self._resolver = resolver
        self._network = network
        self._held: list[_Held] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """End what a server that was killed has left behind. Blocks for some milliseconds."""
        self._warden.end_leftovers()

    @asynccontextmanager
    async def session(self, spec: ServerSpec) -> AsyncIterator[McpSession]:
        """Use a server: the connection that is warm, or a new one. It is kept at least as long as it is used.

        Raises:
            McpServerError: It can't be reached, does not begin, or wants a sign-in.
        """
        held = self._hold(spec)
        held.users += 1
        if held.idle is not None:
            held.idle.cancel()
        try:
            await held.exchange()
            yield held
        finally:
            held.users -= 1
            if not held.users:
                self._let_go(held)

    def _hold(self, spec: ServerSpec) -> _Held:
        if self._closed:
            raise unreachable(spec.name, "is not connected any more: the server is ending")
        for held in self._held:
            if held.spec == spec:
                self._held.remove(held)
                self._held.append(held)
                return held
        if not spec.name.ephemeral:
            for former in [held for held in self._held if held.spec.name == spec.name]:
                self._retire(former)
        self._make_room(spec.name)
        held = _Held(spec, self._connect)
        self._held.append(held)
        return held

    def _make_room(self, name: ServerName) -> None:
        """The one that was used longest ago gives way; those of mcp.json are as many as it has."""
        if len(self._held) < _MOST_HELD:
            return
        idle = next((held for held in self._held if not held.users), None)
        if idle is None:
            raise unreachable(name, "can't be connected: too many are in use")
        self._retire(idle)

    async def _connect(self, held: _Held) -> "Exchange":
        connection_type, exchange_type, log_type = await asyncio.to_thread(_load)
        log = held.log = held.log or log_type(held.spec)
        exchange: Exchange | None = None

        def changed() -> None:
            if exchange is not None:
                exchange.forget_tools()

        connection = connection_type(
            held.spec,
            log,
            self._warden,
            auth=self._auth(held.spec) if self._auth and held.spec.url else None,
            resolver=self._resolver,
            network=self._network,
            on_changed=changed,
        )
        exchange = exchange_type(connection)
        await connection.open()
        return exchange

    def _let_go(self, held: _Held) -> None:
        if held.retired or self._closed:
            self._end(held)
        elif not held.connected and held.spec.name.ephemeral:
            self._held.remove(held)
        else:
            held.idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._idle, held)

    def _idle(self, held: _Held) -> None:
        if held.users:
            return
        if held.spec.name.ephemeral:
            self._retire(held)
        else:
            self._end(held)

    def _retire(self, held: _Held) -> None:
        """It is not found any more, and ends as soon as nobody uses it."""
        held.retired = True
        self._held.remove(held)
        if not held.users:
            self._end(held)

    def _end(self, held: _Held) -> None:
        task = asyncio.create_task(held.end(), name=f"{held.spec.name.id} end")
        self._ending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("an MCP server could not be ended", exc_info=error)

    def status(self, name: ServerName) -> ServerStatus:
        """Return how a server is doing; nothing is connected by asking."""
        held = self._find(name)
        return held.status if held else ServerStatus()

    def log(self, name: ServerName) -> list[str]:
        """Return what a program wrote to stderr lately, oldest first, and what a server sent to be logged."""
        held = self._find(name)
        return list(held.log.lines) if held and held.log else []

    def _find(self, name: ServerName) -> _Held | None:
        return next((held for held in reversed(self._held) if held.spec.name == name), None)

    async def drop(self, name: ServerName) -> None:
        """Forget a server that is changed, removed or signed out of: the next use connects anew, and at once.

        Whoever uses its connection still may finish; then it ends.
        """
        for held in [held for held in self._held if held.spec.name == name]:
            self._retire(held)
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=_END_SECONDS)

    async def close(self) -> None:
        """End every connection, and every program with it. Bounded in time; nothing can be used after it."""
        self._closed = True
        for held in list(self._held):
            self._end(held)
        self._held.clear()
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=_END_SECONDS)
        await asyncio.to_thread(self._warden.close)


def _load() -> "tuple[type[McpConnection], type[Exchange], type[ProgramLog]]":
    # The last is for who signs in, on the event loop.
    connection, exchange, program, _ = map(import_with_sdk, ("connection", "exchange", "program", "oauth"))
    return connection.McpConnection, exchange.Exchange, program.ProgramLog
