"""The model of tests that says what it was written to say: what it is relied upon for."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import app_paths
from tests.stands.homes import use_home
from tests.stands.plain_http import http_client
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MODEL = "acme/scripted"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A server with the model loaded."""
    with pytest.MonkeyPatch.context() as patch:
        use_home(tmp_path_factory.mktemp("home"), patch)
        write_scripted_llama(app_paths().models / _MODEL / "scripted-F32.gguf", calls={"light": {"lamp": 3}})
        async with serving() as running, http_client(running.address, timeout=60) as client:
            (await client.post("/api/v1/models/load", json={"model": _MODEL})).raise_for_status()
            yield client


async def choice_of(http: httpx.AsyncClient, *more: dict[str, Any], **options: Any) -> dict[str, Any]:
    body = {"model": _MODEL, "messages": [{"role": "user", "content": "Hi"}, *more], **options}
    answer = (await http.post("/v1/chat/completions", json=body)).raise_for_status()
    choice: dict[str, Any] = answer.json()["choices"][0]
    return choice


def function(name: str) -> dict[str, Any]:
    properties = {"lamp": {"type": "integer"}, "of": {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": ["lamp"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"temperature": 2, "top_p": 1, "frequency_penalty": 2}])
async def test_it_says_its_reply_and_ends_whatever_the_sampling(
    http: httpx.AsyncClient, options: dict[str, Any]
) -> None:
    choice = await choice_of(http, **options)
    assert (choice["message"]["content"], choice["finish_reason"]) == (REPLY, "stop")


async def test_it_calls_its_tool_once_and_then_says_its_reply(http: httpx.AsyncClient) -> None:
    tools = [function("other"), function("light")]
    message = (await choice_of(http, tools=tools))["message"]
    (call,) = message["tool_calls"]
    assert (call["function"]["name"], call["function"]["arguments"]) == ("light", '{"lamp": 3}')
    result = {"role": "tool", "tool_call_id": call["id"], "content": "Lit."}
    assert (await choice_of(http, message, result, tools=tools))["message"]["content"] == REPLY
    assert (await choice_of(http, tools=[function("other")]))["message"]["content"] == REPLY


async def test_what_a_grammar_asks_for_comes_to_an_end(http: httpx.AsyncClient) -> None:
    """The likeliest end does; what is sampled may be a number or a text of any length."""
    forced = await choice_of(http, tools=[function("other")], tool_choice="required", temperature=0)
    assert [call["function"]["name"] for call in forced["message"]["tool_calls"]] == ["other"]
    chosen = await choice_of(http, response_format={"type": "json_object"}, temperature=0)
    assert chosen["finish_reason"] == "stop"
    assert chosen["message"]["content"].startswith("{")
