"""A server that was named by its address: asked whether it is there, and again, ever more rarely, while it is not."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress

from studiolo.client.certificates import Certificate
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.states import Lost, Ready, Starting, State
from studiolo.errors import AccessError, AppError, UnreachableError
from studiolo.network.network import Network

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Until a server that is gone is asked again: the first time, the second and so on."""
_JITTER = 0.2
"""By this share a wait is longer or shorter, so that the windows of many do not all ask at once."""
_SILENT_SECONDS = 20.0
"""So long nothing is asked of a server that is there only to hear whether it still is."""


class RemoteServer:
    """Keeps the client of one server.

    Its connections outlive a time in which the server is not there: a reply that still runs over one of them is not cut
    because another request failed.
    """

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str | None],
        certificate: Callable[[], Certificate],
        network: Network,
        become: Callable[[State], None],
        able: Callable[[frozenset[str]], None],
    ) -> None:
        """Keep nothing yet.

        Args:
            address: As of normalize_address.
            token: What is sent with each request; asked in a thread, whenever a client is made.
            certificate: Which certificate of the server is trusted.
            network: The way there.
            become: Hears how the server is doing.
            able: Hears, before that, what a server that answers can do.
        """
        self._address = address
        self._token = token
        self._certificate = certificate
        self._network = network
        self._become = become
        self._able = able
        self._doubted = asyncio.Event()
        self._now = asyncio.Event()
        self._ready = False
        self.client: Client | None = None

    async def keep(self) -> None:
        """Ask for the server and watch it until cancelled, or until asking again can't help."""
        tries = 0
        self._become(Starting())
        while True:
            try:
                await self._reach()
            except AppError as error:
                self._ready = False
                if not tries:
                    logger.warning("no answer from a server: %s %s", error, error.details)
                if not isinstance(error, UnreachableError):
                    # A new token or another certificate may be needed: the next client is made with those.
                    await self.drop()
                    self._become(Lost(error))
                    return
                await self._wait(error, tries)
                tries += 1
            else:
                tries = 0
                self._doubted.clear()
                self._ready = True
                self._become(Ready(self._address))
                await self._until_doubted()

    def try_now(self) -> None:
        """End the wait until the server is asked again, if there is one."""
        self._now.set()

    async def drop(self) -> None:
        """Let go of the client, and of what runs over it."""
        self._ready = False
        client, self.client = self.client, None
        if client is not None:
            await client.aclose()

    def _doubt(self) -> None:
        """A request has failed as if nobody were there: until that is known, nothing more is to be sent."""
        if self._ready:
            self._ready = False
            self._doubted.set()
            self._become(Starting())

    async def _reach(self) -> None:
        if self.client is None:
            token, certificate = await asyncio.to_thread(self._token), self._certificate()
            # To load the authorities of a system takes tens of milliseconds.
            self.client = await asyncio.to_thread(
                lambda: Client(
                    self._address, token, certificate=certificate, network=self._network, doubted=self._doubt
                )
            )
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                info = await ServerApi(self.client).info()
        except TimeoutError as error:
            raise UnreachableError("The server does not answer.", hint=f"Its address is {self._address}.") from error
        self._able(frozenset(info.capabilities) if info else frozenset())

    async def _wait(self, error: AppError, tries: int) -> None:
        usual = BACK_OFF_SECONDS[min(tries, len(BACK_OFF_SECONDS) - 1)]
        seconds = usual * random.uniform(1 - _JITTER, 1 + _JITTER)
        self._now.clear()
        self._become(Lost(error, again=True, due=time.monotonic() + seconds))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._now.wait()
        self._become(Lost(error, again=True))

    async def _until_doubted(self) -> None:
        """Return when a request has failed as if nobody were there, or the server does not answer a greeting."""
        while not self._doubted.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_SILENT_SECONDS):
                    await self._doubted.wait()
            if not self._doubted.is_set() and not await self._answers():
                self._doubt()

    async def _answers(self) -> bool:
        """Return whether anybody is there; whatever is answered will do."""
        if self.client is None:
            return False
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await ServerApi(self.client).greets()
        except AccessError:
            return True
        except (TimeoutError, AppError):
            return False
        return True
