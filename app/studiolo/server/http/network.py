"""What leaves this machine: the ledger of connections, and a test of the way to the hub. An extension."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from fastapi import APIRouter, Response

from studiolo.api.base import EXTENSION
from studiolo.api.network import ConnectionList, NetworkHop, NetworkTestRequest
from studiolo.api.settings import ServerSettings
from studiolo.hub.huggingface import endpoint_in_force, token_in_force
from studiolo.network.diagnosis import diagnose
from studiolo.network.network import Network
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import event_stream


def network_routes(network: Network, settings: Callable[[], ServerSettings]) -> APIRouter:
    """Return the routes under `/api/v1/server` that tell of the network."""
    router = APIRouter(responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.get("/api/v1/server/connections", openapi_extra=EXTENSION)
    async def list_connections() -> ConnectionList:
        """The connections that were opened to other machines, newest first."""
        return ConnectionList(connections=await asyncio.to_thread(network.ledger.entries))

    @router.delete("/api/v1/server/connections", openapi_extra=EXTENSION, status_code=204)
    async def clear_connections() -> Response:
        """Forget all connections that ended."""
        await asyncio.to_thread(network.ledger.clear)
        return Response(status_code=204)

    @router.post("/api/v1/server/network/test", openapi_extra=EXTENSION)
    async def test_network(body: NetworkTestRequest) -> Response:
        """Walk the way to the hub; its hops come as events. Closing the connection ends it."""
        current = settings()
        endpoint = endpoint_in_force(current.hub_endpoint)
        return event_stream(_hops(network, endpoint, token_in_force(current.hub_token, current.hub_endpoint)))

    return router


async def _hops(network: Network, endpoint: str, token: str | None) -> AsyncGenerator[NetworkHop, None]:
    async with aclosing(diagnose(network, endpoint, token)) as hops:
        async for hop in hops:
            yield hop
    yield NetworkHop(kind="end", state="passed")
