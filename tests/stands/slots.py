"""What an engine is at: its own word for it."""

import asyncio
from contextlib import suppress
from typing import Any

from studiolo.server.engine.http_client import WireErrors
from studiolo.server.engine.llama_server import LlamaServer
from tests.stands.serving import RunningServer
from tests.stands.starter import STARTER
from tests.stands.waiting import until


async def busy(server: RunningServer) -> bool:
    """Whether any slot of any model is processing. An engine that ends just now does not."""
    slots: list[dict[str, Any]] = []
    for model in _models(server):
        with suppress(*WireErrors):
            slots += await _slots(server, model)
    return any(slot["is_processing"] for slot in slots)


async def idle_within(server: RunningServer, seconds: float) -> bool:
    """Whether all its slots are free before so long: for those who measure it."""
    try:
        async with asyncio.timeout(seconds):
            while await busy(server):
                await asyncio.sleep(0.001)
    except TimeoutError:
        return False
    return True


async def cut_off(server: RunningServer, model: str = STARTER) -> int:
    """Wait until the slots of a model are free. Its last request must not have come to an end by itself.

    Returns:
        How many tokens that request had then, read and written: a measure of when it was cut off that does not
        depend on how fast the machine is.
    """

    async def rest() -> list[dict[str, Any]]:
        slots = await _slots(server, model)
        return [] if any(slot["is_processing"] for slot in slots) else slots

    slots = await until(rest, "slots that are free")
    last = max(slots, key=lambda slot: slot.get("id_task", -1))
    assert last["next_token"][0]["has_next_token"], f"it was not cut off, it had ended: {slots}"
    tokens: int = last["n_prompt_tokens"]
    return tokens


def _models(server: RunningServer) -> list[str]:
    return [instance.model.key for instance in server.pool.instances]


async def _slots(server: RunningServer, model: str) -> list[dict[str, Any]]:
    # By name: which models other tests of the module have loaded before is chance.
    (engine,) = [instance.engine for instance in server.pool.instances if instance.model.key == model]
    assert isinstance(engine, LlamaServer)
    return await engine.slots()
