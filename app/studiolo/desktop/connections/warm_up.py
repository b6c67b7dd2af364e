"""Pay for the first request before it is made."""

import asyncio
import socket
from contextlib import suppress

from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.errors import AppError


def warm_client() -> None:
    """Make a request that is refused at once: what httpx imports and sets up on its first would stop the window.

    Call it in a thread.
    """
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        asyncio.run(_ask(f"http://127.0.0.1:{nobody.getsockname()[1]}"))


async def _ask(address: str) -> None:
    async with Client(address) as client:
        with suppress(AppError):
            await ServerApi(client).info()
