"""A stream that is closed costs the engine nothing for long."""

import os
import time
from contextlib import aclosing

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.events import MessageDelta
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from tests.stands.serving import RunningServer
from tests.stands.slots import busy, idle_within
from tests.stands.starter import STARTER

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
CLOSED, LIMIT = (50, 0.1) if FULL else (3, 1.0)


@pytest.mark.proof
@pytest.mark.alone
async def test_a_closed_stream_frees_its_slot(server: RunningServer, client: Client) -> None:
    seconds = []
    for number in range(CLOSED):
        request = ChatRequest(model=STARTER, input=f"Count from {number} to a thousand.", max_output_tokens=1000)
        async with aclosing(ChatApi(client).stream(request)) as events:
            async for event in events:
                if isinstance(event, MessageDelta):
                    assert await busy(server)
                    break
        began = time.perf_counter()
        assert await idle_within(server, LIMIT)
        seconds.append(time.perf_counter() - began)
    print(f"{CLOSED} closed streams: their slots free after {max(seconds) * 1000:.0f} ms at most")
