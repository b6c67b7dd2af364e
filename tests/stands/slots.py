"""Whether an engine works: its own word for it."""

import asyncio

from tests.stands.serving import RunningServer


async def busy(server: RunningServer) -> bool:
    """Whether any slot of the first instance is processing."""
    slots = await server.pool.instances[0].engine.wire.get("/slots")
    return any(slot["is_processing"] for slot in slots)


async def idle_within(server: RunningServer, seconds: float) -> bool:
    """Whether all its slots are free before so long."""
    try:
        async with asyncio.timeout(seconds):
            while await busy(server):
                await asyncio.sleep(0.01)
    except TimeoutError:
        return False
    return True
