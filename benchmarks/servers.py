"""The same model behind two doors: our server's, in a process of its own, and an engine's own."""

import os
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, self_command
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.executable import ExecutableProcess
from studiolo.server.engine.process import EngineProcess
from studiolo.server.library.scan import Library
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

MODEL = "huggingfacetb/smollm2-135m-instruct"


@asynccontextmanager
async def both_doors(
    home: Path, file: Path | None = None, *, runtime: Runtime = BUNDLED_RUNTIME, at_a_port: bool = False
) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """The server's address, and a client of an engine that was started just as the server starts its own.

    file: the engine's model; without it the starter model. runtime: what both engines are. at_a_port: whether others
    can reach the engine as well.
    """
    os.environ[HOME_VARIABLE] = str(home)
    _choose(runtime)
    if file is None:
        model = Library([]).find(MODEL)
        assert model, "the starter model is not installed"
        file = model.path
    settings = EngineSettings(model=file, size_bytes=file.stat().st_size, context_length=4096)
    kind = ExecutableProcess if runtime.kind == "llama-server" else EngineProcess
    # No socket has a path that long.
    sockets = home / ("s" * 200 if at_a_port else "s")
    engine: EngineProcess = await kind.spawn(settings, sockets, runtime)
    server = subprocess.Popen(
        self_command("server", "start", "--foreground", "--port", "0", "--with-parent"), stdin=subprocess.PIPE
    )
    try:
        ready = await engine.wait_ready(settings, lambda _: None)
        while not (state := running_server(app_paths())):
            time.sleep(0.02)
        async with _engine_client(ready.address, engine.key) as direct:
            yield state.address, direct
    finally:
        assert server.stdin
        server.stdin.close()
        server.wait(20)
        await engine.close()


def _choose(runtime: Runtime) -> None:
    """Have the server that is started next load models with a runtime."""
    if runtime.kind == BUNDLED:
        return
    registry = RuntimeRegistry(app_paths())
    added = registry.add(str(runtime.executable or runtime.folder), runtime.name, [])
    registry.note_proof(added.id, RuntimeProof(passed=True))
    registry.choose(added.id)


def _engine_client(address: str, key: str) -> httpx.AsyncClient:
    socket = address.removeprefix("unix://") if address.startswith("unix://") else None
    transport = httpx.AsyncHTTPTransport(uds=socket, limits=httpx.Limits(max_keepalive_connections=0))
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(
        transport=transport, base_url="http://engine" if socket else address, headers=headers, timeout=600
    )
