"""The machine that the server runs on, and how fast models are there: extensions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Response

from studiolo.api.base import EXTENSION
from studiolo.api.machine import BenchmarkEvent, BenchmarkList, BenchmarkRequest, MachineInfo
from studiolo.errors import AppError
from studiolo.server.chat.turn import error_info
from studiolo.server.engine.bench import ModelBench
from studiolo.server.engine.bench_file import BenchmarkFile
from studiolo.server.engine.build import ENGINE, engine_version
from studiolo.server.engine.instance import Instance
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import event_stream
from studiolo.server.library.scan import LibraryModel
from studiolo.server.machine.info import MachineReader


def machine_routes(machine: MachineReader, pool: InstancePool, kept: BenchmarkFile) -> APIRouter:
    """Return the routes of the machine and of what was measured on it."""
    router = APIRouter(prefix="/api/v1/server", responses=NATIVE_ERRORS, route_class=CheckedRoute)
    bench = ModelBench(pool)

    @router.get("/machine", openapi_extra=EXTENSION)
    async def look() -> MachineInfo:
        """What the machine is made of, and how busy it is; it is looked at only when this is asked."""
        engines = [instance.engine.pid for instance in pool.instances]
        found = await asyncio.to_thread(machine.look, engines)
        return found.model_copy(update={"engine": ENGINE, "engine_version": engine_version()})

    @router.get("/benchmarks", openapi_extra=EXTENSION)
    async def list_benchmarks() -> BenchmarkList:
        """What was measured on this machine, the oldest first."""
        return BenchmarkList(benchmarks=await asyncio.to_thread(kept.all))

    @router.post("/benchmarks", openapi_extra=EXTENSION)
    async def measure(body: BenchmarkRequest) -> Response:
        """Measure how fast a model is; how far it is comes as events. Closing the connection gives it up."""
        return event_stream(_measured(bench, body, await bench.find(body), machine, kept))

    @router.delete("/benchmarks/{benchmark_id}", openapi_extra=EXTENSION, status_code=204)
    async def forget(benchmark_id: str) -> Response:
        """Forget what was measured once."""
        await asyncio.to_thread(kept.remove, benchmark_id)
        return Response(status_code=204)

    return router


async def _measured(
    bench: ModelBench,
    body: BenchmarkRequest,
    target: Instance | LibraryModel,
    machine: MachineReader,
    kept: BenchmarkFile,
) -> AsyncGenerator[BenchmarkEvent, None]:
    try:
        async with aclosing(bench.run(body, target)) as events:
            async for event in events:
                if event.result is not None:
                    found = await asyncio.to_thread(machine.look, [])
                    on = {"processor": found.processor.name, "graphics": [one.name for one in found.graphics]}
                    result = event.result.model_copy(update=on)
                    event = event.model_copy(update={"result": await asyncio.to_thread(kept.add, result)})
                yield event
    except AppError as error:
        yield BenchmarkEvent(type="error", error=error_info(error))
