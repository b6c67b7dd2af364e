"""A name that nobody knows means the only chat model that is loaded."""

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.server.http.dialects.conftest import TALKER, load
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MESSAGES,
    RESPONSES,
    answer_to,
    body_for,
    frames_of,
)
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = (CHAT, COMPLETIONS, RESPONSES, MESSAGES)


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def any_name(server: RunningServer) -> None:
    """The shared server as its settings are by default."""
    async with http_client(server.address) as http:
        await http.patch("/api/v1/server/settings", json={"answer_to_any_name": True})


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ["local-model", "gpt-4o-mini", ""])
async def test_the_only_chat_model_answers_to_a_name_that_is_not_known(
    http: httpx.AsyncClient, embedder: str, route: str, name: str
) -> None:
    assert embedder, "a model that embeds is not one that chats"
    assert (await answer_to(http, route, model=name))["model"] == TALKER


async def test_a_stream_tells_which_model_answers(http: httpx.AsyncClient) -> None:
    assert {frame["model"] for frame in await frames_of(http, CHAT, model="local-model")} == {TALKER}


async def test_a_message_is_counted_by_the_only_chat_model(http: httpx.AsyncClient) -> None:
    body = {"model": "claude-haiku", "messages": [{"role": "user", "content": "Hi"}]}
    answer = await http.post("/v1/messages/count_tokens", json=body)
    assert answer.status_code == 200
    assert answer.json()["input_tokens"] > 2


async def test_embeddings_are_never_those_of_another_model(http: httpx.AsyncClient, embedder: str) -> None:
    assert embedder
    answer = await http.post(EMBEDDINGS, json={"model": "text-embedding-ada-002", "input": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_not_found")


async def test_what_is_asked_about_a_model_is_about_that_one(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/models/local-model")).status_code == 404
    native = await http.post("/api/v1/chat", json={"model": "local-model", "input": "Hi"})
    assert (native.status_code, native.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_a_program_can_have_its_name_taken_exactly(http: httpx.AsyncClient, route: str) -> None:
    answer = await http.post(route, json=body_for(route, model="local-model", exact_model=True))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_not_found")


async def test_with_two_chat_models_a_name_must_be_known(
    http: httpx.AsyncClient, models: Path, server: RunningServer
) -> None:
    write_tiny_llama(models / "acme" / "second" / "second.gguf")
    second = await load(server, "acme/second")
    try:
        answer = await http.post(CHAT, json=body_for(CHAT, model="local-model"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "model_not_found")
    finally:
        await server.pool.unload(second)
