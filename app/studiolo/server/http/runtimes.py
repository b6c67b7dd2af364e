"""Runtimes, the builds of llama.cpp that run models: extensions, with the permission `admin`: each is a program."""

from fastapi import APIRouter, Response

from studiolo.api.base import EXTENSION
from studiolo.api.runtimes import (
    AddRuntimeRequest,
    RefreshRuntimesRequest,
    RuntimeInfo,
    RuntimeList,
    RuntimeRequest,
)
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import event_stream
from studiolo.server.runtime_desk import RuntimeDesk


def runtime_routes(desk: RuntimeDesk) -> APIRouter:
    """Return the routes under `/api/v1/runtimes`."""
    router = APIRouter(prefix="/api/v1/runtimes", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.get("", openapi_extra=EXTENSION)
    async def list_runtimes() -> RuntimeList:
        """The runtimes that are here, and those that can be downloaded, with why they fit or don't."""
        return await desk.listing()

    @router.get("/devices", openapi_extra=EXTENSION)
    async def list_devices() -> RuntimeList:
        """What each runtime that is here can compute on, as it says itself."""
        return await desk.devices()

    @router.post("/get", openapi_extra=EXTENSION)
    async def get(body: RuntimeRequest) -> RuntimeInfo:
        """Download a runtime; nothing uses it by that."""
        return await desk.get(body.id)

    @router.post("/use", openapi_extra=EXTENSION)
    async def use(body: RuntimeRequest) -> RuntimeInfo:
        """Load models with a runtime from now on, once it was proved."""
        return await desk.use(body.id)

    @router.post("/test", openapi_extra=EXTENSION)
    async def prove(body: RuntimeRequest) -> Response:
        """Prove a runtime; how far it is comes as events. Closing the connection gives it up."""
        return event_stream(desk.prove(body.id))

    @router.post("/add", openapi_extra=EXTENSION)
    async def add(body: AddRuntimeRequest) -> RuntimeInfo:
        """Have an executable or a folder on the server's disk be a runtime."""
        return await desk.add(body.path, body.name, body.rpc)

    @router.post("/refresh", openapi_extra=EXTENSION)
    async def refresh(body: RefreshRuntimesRequest) -> RuntimeList:
        """Fetch a newer list of what can be downloaded; one that is not signed, or older, is refused."""
        return await desk.refresh(body.address)

    @router.delete("/{runtime_id}", openapi_extra=EXTENSION, status_code=204)
    async def remove(runtime_id: str) -> Response:
        """Delete a runtime that was downloaded; one of a person's own is only forgotten."""
        await desk.remove(runtime_id)
        return Response(status_code=204)

    return router
