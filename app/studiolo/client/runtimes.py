"""Runtimes of one of our own servers: builds of llama.cpp that run models there (extensions, spec section 8)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.runtimes import AddRuntimeRequest, RuntimeEvent, RuntimeInfo, RuntimeList, RuntimeRequest
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info

_RUNTIMES = "/api/v1/runtimes"


class RuntimesApi:
    """The runtimes of the server that a Client talks to. Raises what the Client raises; NotFoundError at LM Studio."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def runtimes(self) -> RuntimeList:
        """Return what is there and what can be downloaded (capability runtimes)."""
        return await self._client.request_json("GET", _RUNTIMES, RuntimeList)

    async def get_runtime(self, runtime_id: str) -> RuntimeInfo:
        """Have the server download a runtime; the answer names the job."""
        return await self._order("get", runtime_id)

    async def use_runtime(self, runtime_id: str) -> RuntimeInfo:
        """Have models loaded with another runtime from now on."""
        return await self._order("use", runtime_id)

    async def test_runtime(self, runtime_id: str) -> AsyncGenerator[RuntimeEvent, None]:
        """Have a runtime proved and watch; the last event has the result. Closing the iterator gives it up.

        An error event is raised as its AppError.
        """
        request = RuntimeRequest(id=runtime_id)
        async with aclosing(self._client.stream_json(f"{_RUNTIMES}/test", RuntimeEvent, request)) as events:
            async for event in events:
                if event.error is not None:
                    raise error_from_info(event.error)
                yield event
                if event.result is not None:
                    return

    async def remove_runtime(self, runtime_id: str) -> None:
        """Remove a runtime from the server's disk; of one that a person named only the entry."""
        await self._client.request_json("DELETE", f"{_RUNTIMES}/{quote(runtime_id, safe='')}", Answer)

    async def add_runtime(self, path: str, name: str | None = None, rpc: Sequence[str] = ()) -> RuntimeInfo:
        """Make an executable or a folder on the server's disk a runtime.

        Args:
            path: Where it is.
            name: What it is called; None for the server's choice.
            rpc: `host:port` of workers on other machines.
        """
        request = AddRuntimeRequest(path=path, name=name, rpc=list(rpc))
        return await self._client.request_json("POST", f"{_RUNTIMES}/add", RuntimeInfo, request)

    async def runtime_devices(self) -> list[RuntimeInfo]:
        """Return the runtimes that are there, each with the devices that it can compute on."""
        return (await self._client.request_json("GET", f"{_RUNTIMES}/devices", RuntimeList)).runtimes

    async def _order(self, order: str, runtime_id: str) -> RuntimeInfo:
        request = RuntimeRequest(id=runtime_id)
        return await self._client.request_json("POST", f"{_RUNTIMES}/{order}", RuntimeInfo, request)
