"""A server in a process of its own whose log gets lines at a given pace: what the window does with them is measured.

The lines are made by the logbook's own `begin` and `end`, and told by the server's own stream; only the requests
themselves are left out, since no client could send so many beside a window on two cores.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.listening import HttpServer
from studiolo.server.ports import bind_listener
from studiolo.server.request_log import RequestLogbook
from studiolo.server.settings import ServerSettingsStore

_STEP_SECONDS = 0.01


@contextmanager
def request_flood(lines_a_second: int) -> Iterator[str]:
    """The address of such a server; its home is that of the test."""
    command = [sys.executable, "-m", "tests.stands.request_flood", str(lines_a_second)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait()


async def _serve(lines_a_second: int) -> None:
    listener = bind_listener("127.0.0.1", 0, any_port=False)
    app = build_app(app_paths(), ServerSettingsStore(app_paths().config / "server.json"), local_key="key")
    server = HttpServer(app.asgi, grace_seconds=1)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    feeding = asyncio.create_task(_feed(app.logbook, lines_a_second))
    print(json.dumps(f"http://127.0.0.1:{listener.getsockname()[1]}"), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    feeding.cancel()
    server.should_exit = True
    await asyncio.wait([serving, feeding])
    await app.mcp.aclose()
    await app.store.aclose()
    await app.usage.aclose()


async def _feed(logbook: RequestLogbook, lines_a_second: int) -> None:
    loop = asyncio.get_running_loop()
    began, made = loop.time(), 0
    while True:
        due = int((loop.time() - began) * lines_a_second)
        for number in range(made, due):
            record = logbook.begin("POST", "/v1/chat/completions", "192.168.1.40", "VS Code")
            entry = record.entry
            entry.model, entry.token_name = f"acme/model-{number % 7}", f"laptop {number % 5}"
            entry.input_tokens, entry.output_tokens, entry.tokens_per_second = 3912, 148, 38.1
            failed = number % 10 == 0
            entry.error = "The model is busy." if failed else None
            logbook.end(record, status=503 if failed else 200, seconds=0.05)
        made = due
        await asyncio.sleep(_STEP_SECONDS)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
