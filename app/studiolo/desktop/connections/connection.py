"""One server to talk to: found, started, watched, started again, ended."""

import asyncio
import logging
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from studiolo.client.certificates import SYSTEM, Certificate
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.remote import RemoteServer
from studiolo.desktop.connections.states import Lost as Lost
from studiolo.desktop.connections.states import Ready as Ready
from studiolo.desktop.connections.states import Starting as Starting
from studiolo.desktop.connections.states import State as State
from studiolo.desktop.connections.states import Stopped as Stopped
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, StoppedError, UnreachableError
from studiolo.local_server import (
    OwnedServer,
    ServerState,
    UnresponsiveError,
    end_process,
    running_server,
    start_detached,
    start_owned,
    stop,
)
from studiolo.network.network import Network
from studiolo.paths import Paths

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_NOTICES_EVERY = 20
"""Looks."""
_BACK_OFF_SECONDS = 0.5
_ANSWER_SECONDS = 10.0
_DYING_SECONDS = 1.0
# A server that lived this long and died has earned another start.
_STABLE_SECONDS = 60.0


class Connection(QObject):
    """Keeps a server at hand.

    Without `address` that is the running server of `paths`, or one that is started for this program and ends with it;
    if it dies, `Lost` is followed by one new start, and by more only where the last server was stable. With `address`
    no process is ever started, and a server that does not answer is asked again and again. token: asked in a thread for
    what is to be sent with each request. certificate: which one of the server is trusted. network: the way there.
    `report` hears of what is a fault of the program, and of files that the server of this installation found damaged; a
    server that fails is a state.
    """

    changed = Signal()

    def __init__(
        self,
        paths: Paths,
        report: Report,
        *,
        address: str | None = None,
        token: Callable[[], str | None] = lambda: None,
        certificate: Callable[[], Certificate] = lambda: SYSTEM,
        network: Network | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._paths = paths
        self._address = address
        self._network = network or Network()
        self._remote: RemoteServer | None = None
        if address is not None:
            self._remote = RemoteServer(
                address,
                token=token,
                certificate=certificate,
                network=self._network,
                become=self._become,
                able=self._take_capabilities,
            )
        self._capabilities: frozenset[str] = frozenset()
        self._report = report
        self._scope = TaskScope(self, report)
        self._state: State = Stopped()
        self._client: Client | None = None
        self._owned: OwnedServer | None = None
        self._told: set[str] = set()
        """What the server of this installation wanted to be heard of, and was."""
        self._restarted = False
        self._pid = 0

    @property
    def state(self) -> State:
        """Return how the server is doing."""
        return self._state

    @property
    def client(self) -> Client:
        """Return the client of the server at hand; don't keep it over a change.

        Raises UnreachableError if there is none.
        """
        client = self._remote.client if self._remote else self._client
        if client is None or not isinstance(self._state, Ready):
            raise UnreachableError("There is no server to talk to.", hint="Try again in a moment.")
        return client

    @property
    def current(self) -> "Connection":
        """Return itself; of Selected, the connection that is talked to now."""
        return self

    @property
    def address(self) -> str | None:
        """Return the address of a server that was named; None for the one of this installation."""
        return self._address

    @property
    def owned(self) -> bool:
        """Return whether the server was started here, and ends when this program does."""
        return self._owned is not None

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what the server at hand can do beyond the documented API (see the constants in api)."""
        return self._capabilities

    def stop(self) -> None:
        """End the server of this installation, whoever started it; `retry` starts it again."""
        if self._address is None:
            self._scope.start(self._stop(), replace="keep")

    def restart(self) -> None:
        """End the server of this installation and start it again; one that outlives this program does so again."""
        if self._address is None:
            self._scope.start(self._start_again(), replace="keep")

    def replace_stuck(self) -> None:
        """End the server of this installation that does not answer, and start another."""
        if isinstance(self._state, Lost) and self._state.stuck is not None:
            self._scope.start(self._replace(self._state.stuck), replace="keep")

    def open(self) -> None:
        """Start looking for a server; one that was named is talked to anew, as it is to be now."""
        self._open(anew=True)

    def try_now(self) -> None:
        """Ask a server at once that does not answer and would be asked again in a while."""
        if self._remote and isinstance(self._state, Lost) and self._state.again:
            self._remote.try_now()

    def retry(self) -> None:
        """Look for a server again, now; nothing happens where that is under way, and nothing that still runs is cut."""
        if not isinstance(self._state, Starting):
            self._open(anew=False)

    def _open(self, *, anew: bool) -> None:
        self._scope.start(self._keep_remote(self._remote, anew) if self._remote else self._keep(), replace="keep")

    async def aclose(self) -> None:
        """Let go of the server, and end it if it was started here. Takes up to ten seconds; idempotent."""
        await self._scope.aclose()
        self._become(Stopped())
        await self._drop_client()
        await self._end_owned()

    async def _keep_remote(self, remote: RemoteServer, anew: bool) -> None:
        if anew:
            await remote.drop()
        try:
            await remote.keep()
        except Exception as error:
            self._become(_not_asked(error))
            raise

    async def _keep(self) -> None:
        died = False
        while True:
            self._become(Starting())
            try:
                address = await self._reach()
            except AppError as error:
                # Who retries may be quicker than the end of the server that was just killed.
                if not died and await self._owned_ends():
                    died = True
                    continue
                logger.warning("no server: %s %s", error, error.details)
                self._become(Lost(error, stuck=error.pid if isinstance(error, UnresponsiveError) else None))
                return
            except Exception as error:
                # Nobody could try again while it seems to be starting.
                self._become(_not_asked(error))
                raise
            self._become(Ready(address))
            began = time.monotonic()
            await self._until_gone(address)
            stable = time.monotonic() - began > _STABLE_SECONDS
            again = stable or not self._restarted
            self._restarted = not stable
            self._become(Lost(_death(again=again), again=again))
            if not again:
                return
            await asyncio.sleep(_BACK_OFF_SECONDS)

    async def _reach(self) -> str:
        """Return the address of a server that answers."""
        await self._drop_client()
        state = await self._local()
        self._pid = state.pid
        client = Client(state.address, state.key or None, network=self._network)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                info = await ServerApi(client).info()
        except (TimeoutError, UnreachableError) as error:
            await client.aclose()
            if await asyncio.to_thread(running_server, self._paths) == state:
                raise UnresponsiveError(
                    f"The server of this computer does not answer (process {state.pid}).",
                    pid=state.pid,
                    hint="It can be ended and started anew.",
                    details=str(error),
                ) from error
            if isinstance(error, UnreachableError):
                raise
            raise UnreachableError("The server does not answer.", hint=f"Its address is {client.address}.") from error
        except BaseException:
            await client.aclose()
            raise
        self._client = client
        self._capabilities = frozenset(info.capabilities) if info else frozenset()
        return client.address

    async def _stop(self) -> None:
        self._become(Lost(StoppedError("The server was stopped.", hint="It can be started again.")))
        await self._drop_client()
        await self._end_owned()
        try:
            await asyncio.to_thread(stop, self._paths)
        except AppError as error:
            self._become(Lost(error))

    async def _start_again(self) -> None:
        outlives = self._owned is None
        self._become(Starting())
        await self._drop_client()
        await self._end_owned()
        try:
            await asyncio.to_thread(stop, self._paths)
            if outlives:
                await asyncio.to_thread(start_detached)
        except AppError as error:
            self._become(Lost(error))
            return
        await self._keep()

    async def _replace(self, pid: int) -> None:
        self._become(Starting())
        await self._drop_client()
        try:
            await asyncio.to_thread(end_process, pid)
        except AppError as error:
            self._become(Lost(error, stuck=pid))
            return
        await self._end_owned()
        await self._keep()

    async def _local(self) -> ServerState:
        """Return the running server, or one that is started."""
        state = await asyncio.to_thread(running_server, self._paths)
        if state is not None and self._owned is not None and self._owned.state.pid == state.pid:
            return state
        await self._end_owned()
        started = await self._start()
        if isinstance(started, ServerState):
            logger.info("found the server at %s (process %d)", started.address, started.pid)
            return started
        logger.info("started the server at %s (process %d)", started.state.address, started.state.pid)
        self._owned = started
        return started.state

    async def _start(self) -> OwnedServer | ServerState:
        cancelled = threading.Event()
        offline = self._network.choice.offline
        starting = asyncio.ensure_future(
            asyncio.to_thread(start_owned, self._paths, cancelled=cancelled, offline=offline)
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread can't be cancelled: what it has started by now must not be lost.
            cancelled.set()
            with suppress(AppError):
                if isinstance(started := await starting, OwnedServer):
                    await asyncio.to_thread(started.stop)
            raise

    async def _owned_ends(self) -> bool:
        """Return whether the server that was started here has ended, or does so in a moment."""
        if self._owned is None:
            return False
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._owned.process.wait, _DYING_SECONDS)
        return self._owned.process.poll() is not None

    async def _until_gone(self, address: str) -> None:
        """Wait until the process that serves `address` has ended."""
        looks = 0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if looks % _NOTICES_EVERY == 0:
                self._tell(await asyncio.to_thread(running_server, self._paths))
            looks += 1
            if self._owned is not None:
                if self._owned.process.poll() is not None:
                    logger.error("the server ended with status %d", self._owned.process.returncode)
                    return
            elif (state := await asyncio.to_thread(running_server, self._paths)) is None or (
                state.address != address and state.pid != self._pid  # It may have got the port that it was to have.
            ):
                logger.error("the server at %s is gone", address)
                return

    def _tell(self, state: ServerState | None) -> None:
        """Let a person hear what the server found damaged, once."""
        for notice in state.notices if state else ():
            if notice not in self._told:
                self._told.add(notice)
                self._report(AppError(notice))

    async def _drop_client(self) -> None:
        if self._remote:
            await self._remote.drop()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _end_owned(self) -> None:
        owned, self._owned = self._owned, None
        if owned is not None:
            await asyncio.to_thread(owned.stop)

    def _take_capabilities(self, capabilities: frozenset[str]) -> None:
        self._capabilities = capabilities

    def _become(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.changed.emit()


def _not_asked(error: Exception) -> Lost:
    return Lost(AppError("The server could not be asked.", hint="Try again.", details=repr(error)))


def _death(*, again: bool) -> UnreachableError:
    hint = "It is being started again." if again else "It ended twice in a short time: its log says more."
    return UnreachableError("The server has ended unexpectedly.", hint=hint, retryable=True)
