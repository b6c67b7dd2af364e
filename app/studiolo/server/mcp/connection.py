"""One server, connected by the official SDK: over a program's pipes, or over HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import mcp_types as types
from mcp.client.client import Client
from mcp.client.session import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp_types.version import LATEST_HANDSHAKE_VERSION, MODERN_PROTOCOL_VERSIONS

from studiolo import __version__
from studiolo.errors import AppError, McpServerError, OfflineError
from studiolo.network.network import Network
from studiolo.server.mcp.addresses import PrivateAddressError, Resolver, check_http, check_spelling, resolve
from studiolo.server.mcp.calls import RunningCalls
from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.failures import Mask, private_address, sign_in_needed, unreachable
from studiolo.server.mcp.messages import MOST_BYTES, Measured
from studiolo.server.mcp.program import Program, ProgramLog, run_program
from studiolo.server.mcp.tolerance import mend_result
from studiolo.server.mcp.warden import Warden
from studiolo.server.mcp.web import Refusal, make_client

logger = logging.getLogger(__name__)

_BEGIN_SECONDS = 60.0
"""npx and uvx fetch a program when it is started first."""
_END_SECONDS = 6.0
_HEED_SECONDS = 4.0
_LISTEN_AGAIN_SECONDS = 5.0
_INSTRUCTIONS_CHARACTERS = 20_000
_MOST_NOTED = 100
_SENT_BACK = "Check its address: it may have to end in /mcp or in /sse."

Streams = tuple[ReadStream[SessionMessage | Exception], WriteStream[SessionMessage]]
Transport = Literal["program", "http", "sse"]


@dataclass(frozen=True)
class About:
    """What a server says of itself."""

    revision: str
    name: str | None
    version: str | None
    instructions: str | None


class McpConnection:
    """A connection that is open. The SDK's client is entered and left by one task; anybody may use it in between."""

    def __init__(
        self,
        spec: ServerSpec,
        log: ProgramLog,
        warden: Warden,
        *,
        auth: httpx2.Auth | None = None,
        resolver: Resolver = resolve,
        network: Network | None = None,
        on_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec = spec
        self.mask = Mask(spec)
        self.calls = RunningCalls(spec.name)
        self.log = log
        self._warden = warden
        self._auth = auth
        self._resolver = resolver
        self._network = network or Network()
        self._on_changed = on_changed
        self._refusal = Refusal()
        self._program: Program | None = None
        self._client: Client | None = None
        self._about: About | None = None
        self._closing = False
        self._opened = asyncio.Event()
        self._stop = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None
        self._heeding: asyncio.Task[None] | None = None
        self._noted: set[str] = set()
        self.failure: AppError | None = None
        self.lost = False
        """The server does not know this connection any more."""

    @property
    def usable(self) -> bool:
        """Return whether calls can be sent on it: it is open, not ending, and its program, if it has one, runs."""
        return (
            not self.lost
            and self._client is not None
            and not self._stop.is_set()
            and self._owner is not None
            and not self._owner.done()
            and not (self._program and self._program.ended.is_set())
        )

    @property
    def client(self) -> Client:
        """Return the client. Raises McpServerError where the connection is over."""
        if self._client is None:
            raise self.failure or unreachable(self.spec.name, "is no longer connected")
        return self._client

    @property
    def about(self) -> About:
        """Return what the server said of itself; it is known once the connection is open."""
        assert self._about is not None
        return self._about

    @property
    def signed_in(self) -> bool:
        """Return whether the server is sent a sign-in of any kind."""
        return _authorization(self.spec) or bool(getattr(self._auth, "signed_in", self._auth))

    @property
    def modern(self) -> bool:
        """Return whether a revision of MCP is spoken that the SDK counts among its modern ones."""
        return self.about.revision in MODERN_PROTOCOL_VERSIONS

    async def open(self) -> None:
        """Connect.

        Raises:
            McpServerError: It can't be reached, does not begin within a minute, or wants a sign-in.
        """
        self._owner = asyncio.create_task(self._own(), name=f"{self.spec.name.id} connection")
        opened = asyncio.create_task(self._opened.wait())
        try:
            await asyncio.wait({opened, self._owner}, timeout=_BEGIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not self._opened.is_set():
                if not self._owner.done():
                    self.failure = unreachable(self.spec.name, f"did not begin within {_BEGIN_SECONDS:.0f} seconds")
                raise self.failure or unreachable(self.spec.name, "ended as it began", hint=self._last_words())
        finally:
            opened.cancel()
            if not self._opened.is_set():
                await self.close()

    def when_over(self, tell: Callable[[], None]) -> None:
        """Be told once an open connection is over and was not closed."""

        def over(_owner: object) -> None:
            if not self._closing:
                tell()

        assert self._owner is not None
        self._owner.add_done_callback(over)

    async def close(self) -> None:
        """End it, and the program with it. Bounded in time."""
        self._closing = True
        self._stop.set()
        tasks = {task for task in (self._owner, self._heeding) if task is not None and not task.done()}
        if self._heeding is not None:
            self._heeding.cancel()
        if not tasks:
            return
        if not self._opened.is_set() and self._owner is not None:
            self._owner.cancel()
        _done, late = await asyncio.wait(tasks, timeout=_END_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_END_SECONDS)

    async def judged(self) -> None:
        """Wait until it is known whether a program that is asked just now still says anything: seconds at most."""
        if self._heeding is not None:
            await asyncio.wait({self._heeding})

    def check_heeded(self) -> None:
        """End a program that says nothing any more, within a few seconds after a call was cancelled."""
        if self._program is not None and self.usable and (self._heeding is None or self._heeding.done()):
            self._heeding = asyncio.create_task(self._wait_heeded(), name=f"{self.spec.name.id} cancelled")

    async def _wait_heeded(self) -> None:
        session = self.client.session
        request: Any = types.PingRequest() if not self.modern else types.ListToolsRequest()
        kind: Any = types.EmptyResult if not self.modern else types.ListToolsResult
        # Not by a time limit of the request: that begins only once it is written, and its stdin may be full.
        asking = asyncio.create_task(session.send_request(request, kind))
        try:
            done, _pending = await asyncio.wait({asking}, timeout=_HEED_SECONDS)
            if not done and self.usable:
                self.log.add("It did not heed a cancelled call, and is ended.")
                self.failure = unreachable(self.spec.name, "hung, and was ended")
                self._stop.set()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def end_reason(self) -> AppError:
        """Return why a connection that broke did so.

        It waits a moment: who waits for an answer hears of the end first.
        """
        if self._owner is not None:
            await asyncio.wait({self._owner}, timeout=_END_SECONDS)
        return self.failure or unreachable(self.spec.name, "is no longer connected", hint=self._last_words())

    async def _own(self) -> None:
        first: Transport = "http" if self.spec.url else "program"
        try:
            await self._serve(first)
        except Exception as error:  # noqa: BLE001 - of all kinds and in groups; each is told
            if first != "http" or self._opened.is_set() or not self._refusal.speaks_otherwise:
                self._fail(error)
                return
            refused = self._refusal
            try:
                await self._serve("sse")
            except Exception as second:  # noqa: BLE001
                if not self._opened.is_set() and not self._refusal.wants_sign_in:
                    self._refusal = refused
                self._fail(second)
        finally:
            self._client = None

    async def _serve(self, transport: Transport) -> None:
        async with AsyncExitStack() as stack:
            streams = await stack.enter_async_context(self._streams(transport))
            client = Client(
                _Given(streams),
                mode="legacy" if transport == "sse" else "auto",
                elicitation_callback=self._elicit,
                logging_callback=self._logged,
                message_handler=self._noticed,
                client_info=types.Implementation(name="studiolo", title="Studiolo", version=__version__),
                cache=None,
            )
            self._client = await stack.enter_async_context(client)
            info = client.server_info
            self._about = About(
                client.protocol_version,
                info.name if info else None,
                info.version if info else None,
                self.mask(client.instructions, _INSTRUCTIONS_CHARACTERS) if client.instructions else None,
            )
            self._opened.set()
            await self._until_over(client)

    async def _until_over(self, client: Client) -> None:
        waiting = [asyncio.create_task(self._stop.wait())]
        if self._program is not None:
            waiting.append(asyncio.create_task(self._program.ended.wait()))
        tools = client.server_capabilities.tools
        listening = None
        if self.modern and tools is not None and tools.list_changed:
            listening = asyncio.create_task(self._listen(client), name=f"{self.spec.name.id} changes")
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*waiting, *([listening] if listening else [])):
                task.cancel()
            await asyncio.gather(*waiting, *([listening] if listening else []), return_exceptions=True)
        if self._program is not None and self._program.ended.is_set() and not self._stop.is_set():
            await asyncio.sleep(0.05)  # Its exit status comes a moment after the end of its output.
            code = self._program.exit_code
            reason = "ended" if code is None else f"ended by itself (exit status {code})"
            self.failure = unreachable(self.spec.name, reason, hint=self._last_words())

    @asynccontextmanager
    async def _streams(self, transport: Transport) -> AsyncIterator[Streams]:
        if transport == "program":
            async with run_program(self.spec, self.log, self._warden) as (program, (reading, writing)):
                self._program = program
                yield Measured(reading, self._mend), writing
            return
        url = self.spec.url or ""
        self._refusal = Refusal()
        (check_http if self.spec.private else check_spelling)(url, self.spec.name)
        if transport == "sse":

            def factory(
                headers: dict[str, str] | None = None,
                timeout: httpx2.Timeout | None = None,
                auth: httpx2.Auth | None = None,
            ) -> httpx2.AsyncClient:
                return self._make_client(auth, headers)

            async with sse_client(url, auth=self._auth, httpx_client_factory=factory) as (read, write):
                yield Measured(read, self._mend), write
            return
        async with (
            self._make_client(self._auth) as http,
            streamable_http_client(url, http_client=http, max_sse_event_size=MOST_BYTES) as (read, write),
        ):
            yield Measured(read, self._mend), write

    def _make_client(self, auth: httpx2.Auth | None, headers: dict[str, str] | None = None) -> httpx2.AsyncClient:
        return make_client(
            self.spec, self._refusal, network=self._network, auth=auth, headers=headers, resolver=self._resolver
        )

    def _mend(self, result: dict[str, Any]) -> None:
        mend_result(result, self._about.revision if self._about else LATEST_HANDSHAKE_VERSION, self._note)

    def _note(self, text: str) -> None:
        """Say in the server's log what of an answer is not used, each once."""
        if text not in self._noted and len(self._noted) < _MOST_NOTED:
            self._noted.add(text)
            self.log.add(text)

    async def _listen(self, client: Client) -> None:
        """Hear of changes in the newer revision; the notes themselves come to `_noticed`."""
        while True:
            try:
                async with client.listen(tools_list_changed=True) as subscription:
                    self._on_changed()
                    async for _event in subscription:
                        self._on_changed()
            except (MCPError, SubscriptionLost, TimeoutError) as error:
                logger.debug("%s: changes are not told of: %s", self.spec.name.id, type(error).__name__)
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def _elicit(self, context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        return await self.calls.elicit(params)

    async def _logged(self, params: types.LoggingMessageNotificationParams) -> None:
        self.log.add(f"{params.level}: {str(params.data)[:2000]}")

    async def _noticed(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._on_changed()

    def _last_words(self) -> str:
        return f"It said last: {self.mask(self.log.lines[-1])}" if self.log.lines else ""

    def _fail(self, error: BaseException) -> None:
        if self._stop.is_set():
            logger.debug("%s ended with %r", self.spec.name.id, error)
            return
        self.failure = self.failure or self._told(error)
        logger.info("%s", self.failure.message)

    def _told(self, error: BaseException) -> AppError:
        """An error of the SDK in words. Its own text is not shown: it may hold what was sent."""
        name, causes = self.spec.name, _flat(error)
        for cause in causes:
            if isinstance(cause, OfflineError):
                return unreachable(name, "was not asked: you are offline by choice", hint=cause.hint, retryable=False)
            if isinstance(cause, AppError):
                return cause
            if isinstance(cause, PrivateAddressError):
                return private_address(name)
        if self._refusal.wants_sign_in:
            return sign_in_needed(name, refused=self.signed_in)
        if self._refusal.redirects:
            return unreachable(name, "sends to another address, which is not followed", hint=_SENT_BACK)
        if self._refusal.status:
            return unreachable(name, f"answers with status {self._refusal.status}", hint=_SENT_BACK)
        kinds = ", ".join(type(cause).__name__ for cause in causes)
        if any(isinstance(cause, httpx2.TransportError | OSError) for cause in causes):
            return unreachable(name, "can't be reached", hint="Check its address, and that it runs.", details=kinds)
        if self._program is not None and self._program.ended.is_set():
            code = self._program.exit_code
            return unreachable(name, f"ended as it began (exit status {code})", hint=self._last_words())
        words = next((self.mask(cause.message) for cause in causes if isinstance(cause, MCPError)), "")
        return unreachable(name, "does not speak MCP as it should", hint=self._last_words(), details=words or kinds)


class _Given:
    """Streams that are there already, as the SDK's client takes a transport."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def __aenter__(self) -> Streams:
        return self._streams

    async def __aexit__(self, *_failure: object) -> None:
        return None


def _authorization(spec: ServerSpec) -> bool:
    return any(name.lower() in ("authorization", "x-api-key") for name in spec.headers)


def _flat(error: BaseException) -> list[BaseException]:
    """An error, those of its group, and what caused them."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 50:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        waiting.extend(cause for cause in (one.__cause__, one.__context__) if cause is not None)
    return found


def server_error(connection: McpConnection, error: MCPError) -> McpServerError:
    """Return the error for a server that answered with one instead of a list, a prompt or a resource."""
    words = connection.mask(error.message)
    return unreachable(connection.spec.name, f"answers with an error: {words.rstrip('.')}", retryable=False)
