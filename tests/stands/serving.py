"""A server in this process, on a real port, with real engines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.engine.pool import InstancePool
from studiolo.server.listening import HttpServer
from studiolo.server.ports import Listening, bind_listener
from studiolo.server.settings import ServerSettingsStore
from tests.stands.starter import STARTER as STARTER

SHORT_CONTEXT = 4096
LOCAL_KEY = "the key of this machine"


@dataclass
class RunningServer:
    """Where it listens, and the models that it has loaded."""

    address: str
    pool: InstancePool


@asynccontextmanager
async def serving(*, port: int = 0, exact_names: bool = False, **changes: object) -> AsyncIterator[RunningServer]:
    """A server on the folders of the home in force; `changes` are settings. Nothing of it is left afterwards.

    Contexts are short unless they say otherwise, so that models are loaded in no time. With `exact_names` an unknown
    name means nothing: else it depends on how many models the tests of a module happen to have loaded before.
    """
    listener = bind_listener("127.0.0.1", port, any_port=False)
    settings = ServerSettingsStore(app_paths().config / "server.json")
    if changes:
        settings.change(changes)
    usual: dict[str, object] = {"answer_to_any_name": False} if exact_names else {}
    if "default_context_length" not in changes and not settings.current.default_context_length:
        usual["default_context_length"] = SHORT_CONTEXT
    settings.current = settings.current.model_copy(update=usual)
    listening = Listening(*listener.getsockname()[:2])
    app = build_app(app_paths(), settings, local_key=LOCAL_KEY, listening=listening)
    await app.open()
    server = HttpServer(app.asgi, grace_seconds=2)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    beside = asyncio.create_task(app.run())
    try:
        yield RunningServer(f"http://127.0.0.1:{listener.getsockname()[1]}", app.pool)
    finally:
        beside.cancel()
        await app.pool.aclose()
        await app.mcp.disconnect()
        server.should_exit = True
        await task
        await asyncio.wait([beside])
        await app.mcp.aclose()
        await app.store.aclose()
        await app.usage.aclose()
