"""The machine of one of our own servers, and how fast models are there (extensions, spec section 8)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.machine import Benchmark, BenchmarkEvent, BenchmarkList, BenchmarkRequest, MachineInfo
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info

_MACHINE = "/api/v1/server/machine"
_BENCHMARKS = "/api/v1/server/benchmarks"


class MachineApi:
    """The machine of the server that a Client talks to. Raises what the Client raises; NotFoundError at LM Studio."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def look(self) -> MachineInfo:
        """Return what the machine is made of, and how busy it is (capability machine)."""
        return await self._client.request_json("GET", _MACHINE, MachineInfo)

    async def benchmarks(self) -> list[Benchmark]:
        """Return what was measured there, the oldest first (capability benchmarks)."""
        return (await self._client.request_json("GET", _BENCHMARKS, BenchmarkList)).benchmarks

    async def measure(self, request: BenchmarkRequest) -> AsyncGenerator[BenchmarkEvent, None]:
        """Measure a model and watch; the last event has the result. Closing the iterator gives it up.

        An error event is raised as its AppError.
        """
        async with aclosing(self._client.stream_json(_BENCHMARKS, BenchmarkEvent, request)) as events:
            async for event in events:
                if event.error is not None:
                    raise error_from_info(event.error)
                yield event
                if event.result is not None:
                    return

    async def forget_benchmark(self, benchmark_id: str) -> None:
        """Have the server forget what it measured once."""
        await self._client.request_json("DELETE", f"{_BENCHMARKS}/{quote(benchmark_id, safe='')}", Answer)
