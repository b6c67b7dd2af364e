"""Contexts that nobody chose, and requests that need a longer one."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from studiolo.paths import app_paths
from studiolo.server.chat.inference import Inference, ModelLoading
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.contract import COMPLETIONS
from studiolo.server.engine.instance import Instance
from tests.stands.minilm import write_minilm
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL, MOST, SHORT = "acme/roomy", 16_384, 512
LONG = "word " * 300
"""Of tokens that are bytes: more than the short context, less than the model was made for."""


@asynccontextmanager
async def server_with(**changes: Any) -> AsyncIterator[tuple[RunningServer, httpx.AsyncClient]]:
    """Contexts are automatic, and short ones at first."""
    write_tiny_llama(app_paths().models / MODEL / "roomy-F32.gguf", context_length=MOST)
    settings = {"default_context_length": 0, "automatic_context_limit": SHORT, **changes}
    async with serving(**settings) as server, http_client(server.address, timeout=60) as http:
        yield server, http


def bodies(text: str, limit: int = 3) -> dict[str, dict[str, Any]]:
    said = [{"role": "user", "content": text}]
    return {
        "/api/v1/chat": {"model": MODEL, "input": text, "max_output_tokens": limit},
        "/v1/chat/completions": {"model": MODEL, "messages": said, "max_tokens": limit},
        "/v1/completions": {"model": MODEL, "prompt": text, "max_tokens": limit},
        "/v1/responses": {"model": MODEL, "input": text, "max_output_tokens": limit},
        "/v1/messages": {"model": MODEL, "messages": said, "max_tokens": limit},
    }


def context_of(server: RunningServer) -> int:
    (instance,) = server.pool.instances
    return instance.config.context_length


async def test_a_model_that_a_request_loads_has_the_context_that_it_was_made_for() -> None:
    async with server_with(automatic_context_limit=32_768) as (server, http):
        (await http.post("/v1/completions", json=bodies("Hi")["/v1/completions"])).raise_for_status()
        assert context_of(server) == MOST
    async with server_with(default_context_length=1024) as (server, http):
        (await http.post("/v1/completions", json=bodies("Hi")["/v1/completions"])).raise_for_status()
        assert context_of(server) == 1024, "a number that a person has set stays"


@pytest.mark.parametrize("route", bodies("x"))
async def test_a_request_that_needs_more_is_answered_with_more(route: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="studiolo")
    async with server_with() as (server, http):
        (await http.post(route, json=bodies("Hi")[route])).raise_for_status()
        assert context_of(server) == SHORT
        answer = await http.post(route, json=bodies(LONG)[route])
        assert answer.status_code == 200, answer.text
        assert len(LONG) < context_of(server) <= MOST
        assert server.pool.instances[0].id == MODEL, "it is the same model to everybody"
        (told,) = [record.getMessage() for record in caplog.records if "is loaded again" in record.getMessage()]
        assert MODEL in told
        assert str(context_of(server)) in told
        before = server.pool.instances[0]
        (await http.post(route, json=bodies(LONG)[route])).raise_for_status()
        assert server.pool.instances == [before], "there is room by now"


async def test_a_chat_is_told_that_its_model_is_loaded_again() -> None:
    async with server_with() as (_, http):
        (await http.post("/api/v1/chat", json=bodies("Hi")["/api/v1/chat"])).raise_for_status()
        async with http.stream("POST", "/api/v1/chat", json=bodies(LONG)["/api/v1/chat"] | {"stream": True}) as answer:
            told = [json.loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: ")]
    kinds = [event["type"] for event in told]
    begun, ended = kinds.index("model_load.start"), kinds.index("model_load.end")
    assert kinds.count("model_load.start") == kinds.count("model_load.end") == 1
    assert set(kinds[begun + 1 : ended]) == {"model_load.progress"}
    shares = [event["progress"] for event in told[begun + 1 : ended]]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(event["model_instance_id"] == MODEL for event in told[begun : ended + 1])
    assert kinds[0] == "chat.start"
    assert ended < kinds.index("prompt_processing.end")
    loaded = told[-1]["result"]["stats"]["model_load_time_seconds"]
    assert loaded == pytest.approx(told[ended]["load_time_seconds"])


async def test_nobody_s_reply_is_cut_and_those_who_come_meanwhile_are_answered_after_it() -> None:
    async with server_with() as (server, http):
        route = "/v1/chat/completions"
        (await http.post(route, json=bodies("Hi")[route])).raise_for_status()
        first = server.pool.instances[0]
        async with http.stream("POST", route, json=bodies("Hi", 200)[route] | {"stream": True}) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            long = [asyncio.create_task(http.post(route, json=bodies(LONG)[route])) for _ in range(2)]
            await until(lambda: first.successor is not None)
            late = asyncio.create_task(http.post(route, json=bodies("Late")[route]))
            rest = [json.loads(line[6:]) async for line in lines if line.startswith("data: {")]
        reasons = [choice["finish_reason"] for chunk in rest for choice in chunk["choices"] if choice["finish_reason"]]
        assert reasons == ["length"], "it has all the tokens that it was allowed"
        answers = [*await asyncio.gather(*long), await late]
        assert [answer.text for answer in answers if answer.status_code != 200] == []
        await until(lambda: len(server.pool.instances) == 1)
        (instance,) = server.pool.instances
        assert instance is await server.pool.growing.settled(first), "it was loaded once for all of them"


class SlowEnd:
    """An engine that takes as long to end as a test wants."""

    def __init__(self, instance: Instance, patch: pytest.MonkeyPatch) -> None:
        self.begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._end = instance.engine.close
        patch.setattr(instance.engine, "close", self._close)

    async def _close(self) -> None:
        self.begun.set()
        await self.may_go_on.wait()
        await self._end()


async def test_who_comes_while_there_is_no_engine_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server_with() as (server, http):
        load = {"model": MODEL, "identifier": "mine"}
        (await http.post("/api/v1/models/load", json=load)).raise_for_status()
        (first,) = server.pool.instances
        end = SlowEnd(first, monkeypatch)
        route = "/v1/chat/completions"
        long = asyncio.create_task(http.post(route, json=bodies(LONG)[route]))
        await end.begun.wait()
        for name in ("mine", MODEL, MODEL.upper()):
            assert await server.pool.find(name) is first, name
        assert server.pool.only_chat_model is first
        late = [
            asyncio.create_task(http.post(route, json=bodies("Late")[route] | {"model": name}))
            for name in ("mine", MODEL, "of-another-server")
        ]
        end.may_go_on.set()
        for answer in await asyncio.gather(long, *late):
            assert answer.status_code == 200, answer.text
            assert answer.json()["model"] == "mine"
        assert len(server.pool.instances) == 1


@pytest.mark.parametrize("when", ["it waits for a reply", "its engine ends", "it is loaded again"])
async def test_what_is_unloaded_meanwhile_is_not_loaded_again(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with server_with() as (server, http):
        (await http.post("/api/v1/models/load", json={"model": MODEL})).raise_for_status()
        (first,) = server.pool.instances
        end = SlowEnd(first, monkeypatch)
        route = "/v1/chat/completions"
        talking = asyncio.create_task(http.post(route, json=bodies("Hi", 400)[route]))
        await until(lambda: first.busy)
        long = asyncio.create_task(http.post(route, json=bodies(LONG)[route]))
        await until(lambda: first.successor is not None)
        if when != "it waits for a reply":
            await end.begun.wait()
        if when == "it is loaded again":
            end.may_go_on.set()
            await until(lambda: server.pool.loadings)
        unloading = asyncio.create_task(http.post("/api/v1/models/unload", json={"instance_id": MODEL}))
        assert first.successor
        await until(first.successor.done)
        end.may_go_on.set()
        assert (await unloading).status_code == 200
        answer = await long
        assert answer.status_code >= 500
        assert "unloaded" in answer.text or "given up" in answer.text
        await talking
        assert (server.pool.instances, server.pool.loadings) == ([], [])


@pytest.mark.parametrize(
    ("changes", "load"),
    [({"grow_context": False}, {}), ({"default_context_length": SHORT}, {}), ({}, {"context_length": SHORT})],
    ids=["switched off", "set by a person", "chosen for this load"],
)
async def test_a_context_that_is_to_stay_stays(changes: dict[str, Any], load: dict[str, Any]) -> None:
    async with server_with(**changes) as (server, http):
        (await http.post("/api/v1/models/load", json={"model": MODEL, **load})).raise_for_status()
        for route, body in bodies(LONG).items():
            answer = await http.post(route, json=body)
            assert answer.status_code == 400, route
            assert str(SHORT) in answer.text
        assert context_of(server) == SHORT


async def test_what_no_context_of_the_model_holds_is_refused_and_nothing_is_loaded_again() -> None:
    async with server_with() as (server, http):
        (await http.post("/api/v1/models/load", json={"model": MODEL})).raise_for_status()
        first = server.pool.instances[0]
        for text in ("word " * 5000, "word " * 1_000_000):
            for route, body in bodies(text).items():
                answer = await http.post(route, json=body)
                assert answer.status_code == 400, route
                assert "exceeds the available context size" in answer.text or "prompt is too long" in answer.text
        assert server.pool.instances == [first]


async def test_a_text_to_embed_makes_room_as_well() -> None:
    write_minilm(app_paths().models / "acme" / "minilm" / "minilm-F16.gguf")
    async with server_with(automatic_context_limit=256) as (server, http):
        for text in ("Hi", LONG):
            body = {"model": "acme/minilm", "input": text}
            answer = await http.post("/v1/embeddings", json=body)
            assert answer.status_code == 200, answer.text
        assert context_of(server) == 512


async def test_a_server_that_ends_meanwhile_leaves_nobody_waiting() -> None:
    async with server_with() as (server, http):
        route = "/v1/chat/completions"
        (await http.post(route, json=bodies("Hi")[route])).raise_for_status()
        first = server.pool.instances[0]
        async with http.stream("POST", route, json=bodies("Hi", 400)[route] | {"stream": True}) as stream:
            await anext(stream.aiter_lines())
            long = asyncio.create_task(http.post(route, json=bodies(LONG)[route]))
            await until(lambda: first.successor is not None)
            await server.pool.aclose()
            assert (await long).status_code >= 400


async def test_a_model_that_was_unloaded_after_it_grew_is_loaded_again_for_who_found_it_before() -> None:
    async with server_with() as (server, http):
        body = bodies("Hi")["/v1/completions"]
        (await http.post("/v1/completions", json=body)).raise_for_status()
        inference = await Inference.prepare(server.pool, MODEL)
        (await http.post("/v1/completions", json=bodies(LONG)["/v1/completions"])).raise_for_status()
        (await http.post("/api/v1/models/unload", json={"instance_id": MODEL})).raise_for_status()
        told = [step async for step in inference.watch(COMPLETIONS, {"prompt": "Hi", "max_tokens": 3})]
        assert isinstance(told[0], ModelLoading)
        assert isinstance(told[-1], Chunk)
        assert server.pool.instances == [inference.instance]
