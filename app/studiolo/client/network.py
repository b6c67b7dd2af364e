"""What leaves the machine of one of our own servers: an extension (capability network)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from studiolo.api.base import Answer
from studiolo.api.network import ConnectionEntry, ConnectionList, NetworkHop, NetworkTestRequest
from studiolo.client.client import Client
from studiolo.errors import UnreachableError

_CONNECTIONS = "/api/v1/server/connections"


class NetworkApi:
    """The network of the server that a Client talks to. Raises what the Client raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def connections(self) -> list[ConnectionEntry]:
        """Return the connections that the server opened, the newest first."""
        return (await self._client.request_json("GET", _CONNECTIONS, ConnectionList)).connections

    async def clear_connections(self) -> None:
        """Forget those that ended."""
        await self._client.request_json("DELETE", _CONNECTIONS, Answer)

    async def test(self) -> AsyncGenerator[NetworkHop, None]:
        """Yield the hops of the way to the server's hub: each when it begins, and when it ended."""
        hops = self._client.stream_json("/api/v1/server/network/test", NetworkHop, NetworkTestRequest())
        async with aclosing(hops) as stream:
            async for hop in stream:
                if hop.kind == "end":
                    return
                if not hop.kind:
                    raise UnreachableError("The test ended early.", hint="Try again.")
                yield hop
