"""A client of some server, for as long as a command runs."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from studiolo.cli.output import say
from studiolo.client.client import Client
from studiolo.errors import UnreachableError
from studiolo.local_server import running_server, start_background
from studiolo.paths import app_paths

T = TypeVar("T")


class ClientSession:
    """Makes the client's coroutines callable from plain code. Ctrl+C while `run` waits cancels what it waits for."""

    def __init__(self, host: str | None, token: str | None, *, start: bool = False) -> None:
        """`host` None means our own server on this machine; `start`: start it in the background if none runs."""
        self._runner = asyncio.Runner()
        address, key = (host, None) if host else _own_server(start=start)
        self.client = Client(address, token or key)

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self.run(self.client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.run(self.client.__aexit__(kind, error, traceback))
        finally:
            self._runner.__exit__(kind, error, traceback)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`. Raises KeyboardInterrupt when Ctrl+C ended it."""
        return self._runner.run(work)


def _own_server(*, start: bool) -> tuple[str, str]:
    """Return the address of our own server on this machine, and the key by which it knows its user."""
    paths = app_paths()
    state = running_server(paths)
    if state is None:
        if not start:
            raise UnreachableError(
                "No server is running.",
                hint="Start it with `studiolo server start`, or name another one's address with --host.",
            )
        say("Starting the server …")
        state = start_background(paths, any_port=True)
        say(f"It listens on {state.address} until `studiolo server stop`.")
    return state.address, state.key
