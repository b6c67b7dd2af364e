"""Replicas of llama.cpp behind one OpenAI-compatible address, placed and restarted by Ray Serve.

    pip install "ray[serve]" xllamacpp httpx
    serve run llama_serve:app model=/models/qwen3-8b.gguf name=qwen3-8b replicas=2

or, for a cluster, by llama_serve.yaml. Each replica is a process of Ray's that holds a child with the model in it. Add
the address to Studiolo with `studiolo upstream add http://<machine>:8000`. Nobody is asked for a key here: keep it
within a network that you trust.

Arguments:
    model: The file, at the same path on every machine of the cluster.
    name: What requests call the model; else the file's name.
    replicas: How many (2); Ray places them where there is room.
    context: Tokens that the requests of a replica share (8192).
    slots: Requests that a replica answers at once (16).
    threads: Of the processor, for each replica; else llama.cpp's choice.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from ray import serve
from ray.serve import Application

# The child ends when its stdin closes, so that it never outlives its replica, however that dies.
CHILD = """
import os, sys
import xllamacpp
model, context, slots, threads = sys.argv[1], *map(int, sys.argv[2:5])
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.kv_unified = model, context, slots, True
if threads:
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
params.ui = False
params.hostnames, params.port = ["127.0.0.1"], 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
while os.read(0, 4096):
    pass
os._exit(0)
"""

api = FastAPI()


@serve.deployment(
    ray_actor_options={"num_cpus": 0.5},
    health_check_period_s=2,
    health_check_timeout_s=10,
)
@serve.ingress(api)
class Llama:
    """One replica."""

    def __init__(self, model: str, name: str, context: int, slots: int, threads: int) -> None:
        """Load the model; the replica gets requests once it is."""
        self.name, self.context = name, context
        command = [sys.executable, "-c", CHILD, model, str(context), str(slots), str(threads)]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        address = self.child.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"{model} could not be loaded")
        threading.Thread(target=self._end_with_child, daemon=True).start()
        self.http = httpx.AsyncClient(base_url=address, timeout=None, limits=httpx.Limits(max_connections=None))

    def _end_with_child(self) -> None:
        """End the replica with its child.

        One without a child fails at once, which makes it the least busy of all: everything would go to it.
        """
        self.child.wait()
        os._exit(1)

    def check_health(self) -> None:
        """Raise where the child has ended; Ray asks."""
        if self.child.poll() is not None:
            raise RuntimeError(f"llama.cpp ended ({self.child.returncode})")

    @api.get("/v1/models")
    async def models(self) -> dict:
        """The one model, with the context that a request can have."""
        model = {"id": self.name, "object": "model", "owned_by": "llama.cpp", "max_model_len": self.context}
        return {"object": "list", "data": [model]}

    @api.post("/v1/{route:path}")
    async def ask(self, route: str, request: Request) -> StreamingResponse:
        """Whatever llama.cpp answers, as it comes."""
        content, headers = await request.body(), {"content-type": "application/json"}
        opened = self.http.stream("POST", f"/v1/{route}", content=content, headers=headers)
        answer = await opened.__aenter__()

        async def pieces() -> AsyncIterator[bytes]:
            try:
                async for piece in answer.aiter_raw():
                    yield piece
            finally:
                # Leaving closes the connection, which ends the work; it must not be cancelled half way.
                await asyncio.shield(opened.__aexit__(None, None, None))

        return StreamingResponse(pieces(), answer.status_code, media_type=answer.headers.get("content-type"))


def app(arguments: dict[str, str]) -> Application:
    """Return the application; Ray Serve gives the arguments of the command line, or of the file."""
    model, slots = arguments["model"], int(arguments.get("slots", 16))
    replicas = int(arguments.get("replicas", 2))
    return Llama.options(num_replicas=replicas, max_ongoing_requests=2 * slots).bind(
        model,
        arguments.get("name") or Path(model).stem,
        int(arguments.get("context", 8192)),
        slots,
        int(arguments.get("threads", 0)),
    )
