"""A server with runtimes: a real one behind a front that answers the routes of runtimes, over real HTTP.

A graphics card can't be had in a test: here a download goes on as far as the test says, and a test
of a runtime finds what the test wants.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from studiolo.api.downloads import DownloadInfo
from studiolo.api.models import MemoryEstimate
from studiolo.api.runtimes import (
    BUNDLED,
    RUNTIMES,
    AddRuntimeRequest,
    RuntimeDevice,
    RuntimeInfo,
    RuntimeList,
    RuntimeProof,
)
from tests.stands.on_a_port import on_a_port
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, serving

VULKAN, CUDA = "vulkan-b11429", "cuda13-b11429"
CARD = RuntimeDevice(id="Vulkan0", name="Radeon RX 7800 XT", kind="gpu", total_bytes=16 << 30, free_bytes=14 << 30)
PASSED = RuntimeProof(
    time="2026-11-27T10:00:00Z", passed=True, text="The capital of France is", devices_used=["Vulkan0"],
    tokens_per_second=41.2,
)  # fmt: skip


@dataclass
class StandRuntimes:
    """What the server has. `refusals`: how an order ("use", "add", …) is refused from now on, as an error's body.

    `finding`: what the next test finds. `passing`: holds a test until it is set. `estimates`: what is answered for a
    model in place of what it would take here.
    """

    address: str = ""
    behind: str = ""
    runtimes: dict[str, RuntimeInfo] = field(default_factory=dict)
    jobs: dict[str, DownloadInfo] = field(default_factory=dict)
    fallback: str = ""
    finding: RuntimeProof = field(default_factory=lambda: PASSED)
    passing: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: dict[str, dict[str, str]] = field(default_factory=dict)
    estimates: dict[str, MemoryEstimate] = field(default_factory=dict)
    orders: list[tuple[str, str]] = field(default_factory=list)
    ended_tests: int = 0

    def change(self, runtime_id: str, **changes: Any) -> RuntimeInfo:
        """Let a runtime be as it is now."""
        self.runtimes[runtime_id] = self.runtimes[runtime_id].model_copy(update=changes)
        return self.runtimes[runtime_id]

    def move_on(self, runtime_id: str, received: int) -> None:
        """Let so many bytes of a download have come; all of them: it is on the disk."""
        info = self.runtimes[runtime_id]
        job = self.jobs[info.job_id or ""]
        if received >= info.size_bytes:
            self.jobs.pop(job.job_id or "")
            self.change(runtime_id, state="installed", job_id=None, downloaded_bytes=None, folder="/runtimes/x")
        else:
            self.jobs[job.job_id or ""] = job.model_copy(update={"downloaded_bytes": received})
            self.change(runtime_id, downloaded_bytes=received)

    @property
    def listed(self) -> RuntimeList:
        """What the list is now."""
        return RuntimeList(runtimes=list(self.runtimes.values()), fallback=self.fallback, manifest="2026-11-20")


def usual_runtimes() -> dict[str, RuntimeInfo]:
    """The bundled one in use, one that is offered, and one that the machine can't have."""
    made = (
        RuntimeInfo(
            id=BUNDLED, name="Bundled", kind="bundled", build="b11429", state="ready", in_use=True,
            size_bytes=54_000_000,
        ),
        RuntimeInfo(
            id=VULKAN, name="Vulkan b11429", build="b11429", backend="vulkan", offered=True, size_bytes=32_000_000,
            licence="MIT", reason="This machine has a Radeon RX 7800 XT with 16 GB and a Vulkan driver.",
        ),
        RuntimeInfo(
            id=CUDA, name="CUDA 13 b11429", build="b11429", backend="cuda13", fits=False, size_bytes=410_000_000,
            reason="There is no NVIDIA driver here.", needs="An NVIDIA driver of version 580 or newer.",
        ),
    )  # fmt: skip
    return {one.id: one for one in made}


@asynccontextmanager
async def runtimes_server(*, behind_of: StandRuntimes | None = None, **changes: Any) -> AsyncIterator[StandRuntimes]:
    """The stand; `changes` are settings of the server behind it. behind_of: another stand, with which it shares that:
    two servers can't have the same files."""
    stand = StandRuntimes(runtimes=usual_runtimes())
    async with AsyncExitStack() as stack:
        stand.behind = behind_of.behind if behind_of else (await stack.enter_async_context(serving(**changes))).address
        behind = await stack.enter_async_context(http_client(stand.behind, timeout=120))

        async def front(request: Request) -> Response:
            path = request.url.path
            if path.startswith("/api/v1/runtimes"):
                return await _answer(stand, request)
            if path.startswith("/api/v1/models/download/") and (job := _job_of(stand, path)):
                return _steer(stand, job, path.rpartition("/")[2])
            body = await request.body()
            if path == "/api/v1/models/estimate" and (found := stand.estimates.get(json.loads(body)["model"])):
                return _model(found)
            asked = behind.build_request(
                request.method,
                str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
                content=body,
                headers={
                    "content-type": "application/json",
                    "authorization": f"Bearer {LOCAL_KEY}",
                    "accept": request.headers.get("accept", "*/*"),
                },
            )
            answer = await behind.send(asked, stream=True)
            kind = str(answer.headers.get("content-type", "application/json"))
            if path == "/api/v1/server":
                info = json.loads(await answer.aread())
                info["capabilities"] = sorted({*info["capabilities"], RUNTIMES})
                return JSONResponse(info)
            return StreamingResponse(answer.aiter_raw(), answer.status_code, {"content-type": kind})

        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        async with on_a_port(Starlette(routes=[Route("/{path:path}", front, methods=methods)])) as address:
            stand.address = address
            yield stand
            stand.passing.set()


async def _answer(stand: StandRuntimes, request: Request) -> Response:
    order = request.url.path.removeprefix("/api/v1/runtimes").strip("/")
    if request.method == "GET":
        if refusal := stand.refusals.get(order or "list"):
            return _refused(refusal)
        if order == "devices":
            here = [one for one in stand.runtimes.values() if one.devices]
            return _model(RuntimeList(runtimes=here))
        return _model(stand.listed)
    if request.method == "DELETE":
        stand.orders.append(("remove", order))
        if stand.runtimes[order].in_use:
            stand.change(BUNDLED, in_use=True)
        if stand.runtimes[order].own:
            del stand.runtimes[order]
        else:
            stand.change(order, state="available", in_use=False, proof=None, devices=[], folder="")
        return JSONResponse({})
    body = await request.json()
    stand.orders.append((order, body.get("id") or body.get("path")))
    if refusal := stand.refusals.get(order):
        return _refused(refusal)
    if order == "test":
        return StreamingResponse(_test(stand, body["id"]), media_type="text/event-stream")
    return _model(_obey(stand, order, body))


def _obey(stand: StandRuntimes, order: str, body: dict[str, Any]) -> RuntimeInfo:
    if order == "get":
        name = f"job-{body['id']}"
        size = stand.runtimes[body["id"]].size_bytes
        stand.jobs[name] = DownloadInfo(
            status="downloading", state="downloading", job_id=name, total_size_bytes=size, downloaded_bytes=0
        )
        return stand.change(body["id"], state="downloading", job_id=name, downloaded_bytes=0)
    if order == "use":
        stand.fallback = ""
        for one in stand.runtimes:
            stand.change(one, in_use=one == body["id"])
        return stand.runtimes[body["id"]]
    request = AddRuntimeRequest(**body)
    made = RuntimeInfo(
        id="own-1",
        name=request.name or "llama-server",
        state="installed",
        own=True,
        folder=request.path,
        rpc=request.rpc,
    )
    stand.runtimes[made.id] = made
    return made


async def _test(stand: StandRuntimes, runtime_id: str) -> AsyncIterator[str]:
    try:
        for stage, progress in (("devices", 0.1), ("load", 0.3), ("card", 0.6)):
            yield _event({"type": "runtime.progress", "stage": stage, "progress": progress})
        await stand.passing.wait()
        found = stand.finding
        info = stand.change(
            runtime_id,
            state="ready" if found.passed else "failed",
            proof=found,
            problem=found.problem,
            hint=found.hint,
            devices=[CARD] if found.passed else [],
        )
        yield _event({"type": "runtime.result", "progress": 1.0, "result": info.model_dump()})
    finally:
        stand.ended_tests += 1


def _job_of(stand: StandRuntimes, path: str) -> DownloadInfo | None:
    return next((job for name, job in stand.jobs.items() if name in path), None)


def _steer(stand: StandRuntimes, job: DownloadInfo, order: str) -> Response:
    name = job.job_id or ""
    if order == "cancel":
        runtime_id = name.removeprefix("job-")
        del stand.jobs[name]
        stand.change(runtime_id, state="available", job_id=None, downloaded_bytes=None)
        return JSONResponse({})
    if order in ("pause", "resume"):
        state = "paused" if order == "pause" else "downloading"
        stand.jobs[name] = job = job.model_copy(update={"state": state, "status": state})
    return _model(job)


def _model(answer: Any) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")


def _refused(refusal: dict[str, str]) -> Response:
    status = int(refusal.get("status", "400"))
    return JSONResponse({"error": {key: value for key, value in refusal.items() if key != "status"}}, status)


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"
