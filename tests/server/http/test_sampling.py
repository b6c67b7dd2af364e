"""Sampling where nobody chose, and why a reply ended, in every dialect."""

import asyncio
from typing import Any

import httpx
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.models import Sampling
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.paths import app_paths
from studiolo.server.library.sampling import USUAL
from tests.stands.serving import RunningServer
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = 1500
SAID = [{"role": "user", "content": "Hi"}]


def requests(model: str, limit: int | None, **more: Any) -> dict[str, dict[str, Any]]:
    """The same request on each route."""
    body = {"model": model, **more}
    return {
        "/api/v1/chat": {**body, "input": "Hi"} | ({"max_output_tokens": limit} if limit else {}),
        "/v1/chat/completions": {**body, "messages": SAID} | ({"max_tokens": limit} if limit else {}),
        "/v1/completions": {**body, "prompt": "Hi"} | ({"max_tokens": limit} if limit else {}),
        "/v1/responses": {**body, "input": "Hi"} | ({"max_output_tokens": limit} if limit else {}),
        "/v1/messages": {**body, "messages": SAID, "max_tokens": limit or 100_000},
        "/api/v0/chat/completions": {**body, "messages": SAID} | ({"max_tokens": limit} if limit else {}),
    }


async def in_force(http: httpx.AsyncClient, server: RunningServer, route: str, body: dict[str, Any]) -> Sampling:
    """What the engine is told while it answers."""
    async with http.stream("POST", route, json={**body, "stream": True}) as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        assert answer.status_code == 200
        (instance,) = server.pool.instances
        slots: list[dict[str, Any]] = []

        async def working() -> bool:
            slots[:] = [slot for slot in await instance.engine.slots() if slot["is_processing"]]  # type: ignore[attr-defined]
            return bool(slots)

        while not await working():
            await anext(lines)
        told = slots[0]["params"]
    await until(lambda: not instance.busy)
    while await working():
        # The engine ends what is left a moment later, and the next request would read what this one was told.
        await asyncio.sleep(0.01)
    return Sampling(**{name: round(told[name], 4) for name in Sampling.model_fields})


async def test_where_nobody_chose_every_route_samples_as_the_file_says_and_else_as_usual(
    http: httpx.AsyncClient, client: Client, own_server: RunningServer
) -> None:
    file = app_paths().models / "acme" / "keen" / "keen.gguf"
    write_tiny_llama(file, sampling={"temp": 0.25, "top_k": 7})
    (await http.post("/api/v1/models/load", json={"model": "acme/keen"})).raise_for_status()
    for route, body in requests("acme/keen", LONG).items():
        assert await in_force(http, own_server, route, body) == Sampling(temperature=0.25, top_k=7).over(USUAL), route
    chosen = {"temperature": 0.5}
    for route, body in requests("acme/keen", LONG, **chosen).items():
        told = await in_force(http, own_server, route, body)
        assert told == Sampling(temperature=0.5, top_k=7).over(USUAL), route
    own = {"acme/keen": {"sampling": {"temperature": 0.75, "min_p": 0.0}}}
    (await http.patch("/api/v1/server/settings", json={"model_defaults": own})).raise_for_status()
    expected = Sampling(temperature=0.75, min_p=0.0, top_k=7).over(USUAL)
    for route, body in requests("acme/keen", LONG).items():
        assert await in_force(http, own_server, route, body) == expected, route
    listed = [model for model in await ModelsApi(client).list_models() if model.key == "acme/keen"]
    assert [getattr(model, "sampling", None) for model in listed] == [expected]


async def test_a_full_context_is_told_and_a_limit_as_well(
    http: httpx.AsyncClient, client: Client, own_server: RunningServer, tiny: str
) -> None:
    (await http.post("/api/v1/models/load", json={"model": tiny, "context_length": 256})).raise_for_status()
    full, limited = requests(tiny, None), requests(tiny, 5)

    async def answer(bodies: dict[str, dict[str, Any]], route: str) -> Any:
        got = await http.post(route, json=bodies[route])
        assert got.status_code == 200, got.text
        return got.json()

    for bodies, reason, word in (
        (full, "contextLengthReached", "model_context_window_exceeded"),
        (limited, "maxPredictedTokensReached", "max_tokens"),
    ):
        assert (await answer(bodies, "/api/v1/chat"))["stats"]["stop_reason"] == reason
        assert (await answer(bodies, "/v1/messages"))["stop_reason"] == word
        assert (await answer(bodies, "/v1/responses"))["status"] == "incomplete"
        for route in ("/v1/chat/completions", "/v1/completions", "/api/v0/chat/completions"):
            whole = await answer(bodies, route)
            assert whole["choices"][0]["finish_reason"] == "length", route
        assert whole["stats"]["stop_reason"] == reason
    streamed = await http.post("/v1/chat/completions", json={**full["/v1/chat/completions"], "stream": True})
    assert '"finish_reason":"length"' in streamed.text.replace(" ", "")
    assert "context_full" not in streamed.text
    end = [event async for event in ChatApi(client).stream(ChatRequest(model=tiny, input="Hi", stream=True))][-1]
    assert end.result.stats.stop_reason == "contextLengthReached"  # type: ignore[union-attr]
