"""The runtimes of one of our own servers: extensions below `/api/v1/runtimes`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.runtimes import (
    AddRuntimeRequest,
    RefreshRuntimesRequest,
    RuntimeEvent,
    RuntimeInfo,
    RuntimeList,
    RuntimeRequest,
)
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info

_RUNTIMES = "/api/v1/runtimes"


class RuntimesApi:
    """The runtimes of the server that a Client talks to. Raises what the Client raises; NotFoundError at LM Studio."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def runtimes(self) -> RuntimeList:
        """Return those that are there and those that can be downloaded, the bundled one first (capability runtimes)."""
        return await self._client.request_json("GET", _RUNTIMES, RuntimeList)

    async def runtime_devices(self) -> list[RuntimeInfo]:
        """Return those that are there with the devices that each of them finds; it takes a second for each."""
        return (await self._client.request_json("GET", f"{_RUNTIMES}/devices", RuntimeList)).runtimes

    async def get_runtime(self, runtime_id: str) -> RuntimeInfo:
        """Have one downloaded; `job_id` of what is returned is the download."""
        return await self._client.request_json("POST", f"{_RUNTIMES}/get", RuntimeInfo, RuntimeRequest(id=runtime_id))

    async def use_runtime(self, runtime_id: str) -> RuntimeInfo:
        """Have models loaded with this one from now on."""
        return await self._client.request_json("POST", f"{_RUNTIMES}/use", RuntimeInfo, RuntimeRequest(id=runtime_id))

    async def test_runtime(self, runtime_id: str) -> AsyncGenerator[RuntimeEvent, None]:
        """Have one proved and watch; the last event has the result. Closing the iterator gives it up.

        An error event is raised as its AppError. That the runtime fails is a result, and no error.
        """
        request = RuntimeRequest(id=runtime_id)
        async with aclosing(self._client.stream_json(f"{_RUNTIMES}/test", RuntimeEvent, request)) as events:
            async for event in events:
                if event.error is not None:
                    raise error_from_info(event.error)
                yield event
                if event.result is not None:
                    return

    async def add_runtime(self, path: str, name: str | None = None, rpc: list[str] | None = None) -> RuntimeInfo:
        """Have an executable, or a folder, on the server's disk be a runtime, too."""
        request = AddRuntimeRequest(path=path, name=name, rpc=rpc or [])
        return await self._client.request_json("POST", f"{_RUNTIMES}/add", RuntimeInfo, request)

    async def remove_runtime(self, runtime_id: str) -> None:
        """Remove one that was downloaded, from the disk; of one of a person's own, only that it is known."""
        await self._client.request_json("DELETE", f"{_RUNTIMES}/{quote(runtime_id, safe='')}", Answer)

    async def refresh_runtimes(self, address: str) -> RuntimeList:
        """Have a newer list of what can be downloaded fetched, and return what there is by that."""
        request = RefreshRuntimesRequest(address=address)
        return await self._client.request_json("POST", f"{_RUNTIMES}/refresh", RuntimeList, request)
