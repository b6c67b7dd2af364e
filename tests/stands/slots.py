"""What an engine is at: its own word for it."""

import asyncio
from typing import Any

from studiolo.server.engine.llama_server import LlamaServer
from tests.stands.serving import RunningServer
from tests.stands.waiting import until


async def busy(server: RunningServer) -> bool:
    """Whether any slot of the first instance is processing."""
    return any(slot["is_processing"] for slot in await _slots(server))


async def idle_within(server: RunningServer, seconds: float) -> bool:
    """Whether all its slots are free before so long: for those who measure it."""
    try:
        async with asyncio.timeout(seconds):
            while await busy(server):
                await asyncio.sleep(0.001)
    except TimeoutError:
        return False
    return True


async def cut_off(server: RunningServer) -> int:
    """Wait until its slots are free. The last request must not have come to an end by itself.

    Returns:
        How many tokens that request had then, read and written: a measure of when it was cut off that does not
        depend on how fast the machine is.
    """

    async def rest() -> list[dict[str, Any]]:
        slots = await _slots(server)
        return [] if any(slot["is_processing"] for slot in slots) else slots

    slots = await until(rest, "slots that are free")
    last = max(slots, key=lambda slot: slot.get("id_task", -1))
    assert last["next_token"][0]["has_next_token"], f"it was not cut off, it had ended: {slots}"
    tokens: int = last["n_prompt_tokens"]
    return tokens


async def _slots(server: RunningServer) -> list[dict[str, Any]]:
    engine = server.pool.instances[0].engine
    assert isinstance(engine, LlamaServer)
    return await engine.slots()
