"""OpenAI's dialect, spoken by OpenAI's own package."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, AsyncStream
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.server.http import sse
from tests.server.http.images import image_url
from tests.stands.serving import RunningServer
from tests.stands.slots import busy, cut_off
from tests.stands.starter import STARTER
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string"}},
            "required": ["place"],
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time"}}
LONG_STORY: dict[str, Any] = {"text": "Tell a very long story.", "max_tokens": 3000}
AT_ONCE = 300
"""Tokens, the question's among them, within which an answer of thousands ends when nobody wants it any more."""


def said(text: str = "Say hello.") -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def request_of(text: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"model": STARTER, "messages": said(text), "max_tokens": 12, "temperature": 0.0, **more}


async def ask(gpt: AsyncOpenAI, text: str = "Say hello.", **more: Any) -> ChatCompletion:
    answer = await gpt.chat.completions.create(**request_of(text, more))
    assert isinstance(answer, ChatCompletion)
    return answer


async def stream(gpt: AsyncOpenAI, text: str = "Say hello.", **more: Any) -> AsyncStream[ChatCompletionChunk]:
    answer = await gpt.chat.completions.create(**request_of(text, more), stream=True)
    assert isinstance(answer, AsyncStream)
    return answer


async def tokens_asked(gpt: AsyncOpenAI, **more: Any) -> int:
    """How many tokens the engine read for a request."""
    answer = await ask(gpt, **{"max_tokens": 1, **more})
    assert answer.usage
    return answer.usage.prompt_tokens


def text_of(answer: ChatCompletion) -> str:
    return answer.choices[0].message.content or ""


async def test_chat_whole_and_streamed_are_the_same(gpt: AsyncOpenAI) -> None:
    whole = await ask(gpt)
    chunks = [chunk async for chunk in await stream(gpt, stream_options={"include_usage": True})]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text_of(whole) == text
    assert whole.model == chunks[0].model == STARTER
    assert whole.choices[0].finish_reason == "length"
    streamed = chunks[-1].usage
    assert whole.usage
    assert streamed
    assert whole.usage.completion_tokens == 12
    assert streamed.completion_tokens == 12
    assert streamed.prompt_tokens == whole.usage.prompt_tokens > 10
    assert whole.id.startswith("chatcmpl-")


async def test_usage_is_streamed_to_those_who_ask(gpt: AsyncOpenAI) -> None:
    chunks = [chunk async for chunk in await stream(gpt)]
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


async def test_max_completion_tokens_and_stop_and_seed(gpt: AsyncOpenAI) -> None:
    usage = (await ask(gpt, max_tokens=None, max_completion_tokens=3)).usage
    assert usage
    assert usage.completion_tokens == 3
    assert "hello" not in text_of(await ask(gpt, "Say hello.", stop=["ello"]))
    texts = [text_of(await ask(gpt, temperature=1.5, seed=7)) for _ in range(2)]
    assert texts[0] == texts[1]


async def test_logprobs(gpt: AsyncOpenAI) -> None:
    logprobs = (await ask(gpt, logprobs=True, top_logprobs=2, max_tokens=3)).choices[0].logprobs
    assert logprobs
    assert logprobs.content
    assert len(logprobs.content) == 3
    assert all(len(entry.top_logprobs) == 2 and entry.logprob <= 0 for entry in logprobs.content)


async def test_a_schema_is_kept_to(gpt: AsyncOpenAI) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "colour", "schema": schema, "strict": True}}
    answer = await ask(gpt, "Name a colour.", response_format=wanted, max_tokens=40)
    assert json.loads(text_of(answer))["colour"] in ("red", "blue")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
async def test_a_call_that_is_required_is_made(gpt: AsyncOpenAI, choice: str | dict[str, Any]) -> None:
    """Even by a model whose template knows no tools."""
    answer = await ask(gpt, "The weather in Paris?", tools=[WEATHER], tool_choice=choice, max_tokens=80)
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments)["place"], str)


async def test_a_named_function_is_the_one_called_in_a_stream_too(gpt: AsyncOpenAI, caller: str) -> None:
    choice = {"type": "function", "function": {"name": "get_time"}}
    chunks = await stream(
        gpt, "The weather in Paris?", model=caller, max_tokens=80, tools=[WEATHER, TIME], tool_choice=choice
    )
    calls = [call async for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.function.name for call in calls if call.function and call.function.name] == ["get_time"]
    assert calls[0].id
    assert calls[0].id.startswith("call_")


async def test_calls_that_the_model_makes_and_their_results_are_read(gpt: AsyncOpenAI, caller: str) -> None:
    """As small as it is, it goes on as the conversation began: with a call."""
    messages: list[dict[str, Any]] = []
    for number, place in enumerate(("Paris", "London", "Berlin")):
        function = {"name": "get_weather", "arguments": json.dumps({"place": place})}
        messages += [
            *said(f"What is the weather in {place}?"),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": f"call_{number}", "content": "Sunny"},
            {"role": "assistant", "content": f"It is sunny in {place}."},
        ]
    messages += said("What is the weather in Rome?")
    answer = await ask(gpt, model=caller, messages=messages, tools=[WEATHER], max_tokens=60)
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.id
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"place": "Rome"}
    assert answer.usage
    bare = await tokens_asked(gpt, model=caller, messages=messages[-1:], tools=[WEATHER])
    assert answer.usage.prompt_tokens > bare + 60


async def test_a_developer_and_a_system_message_become_one(gpt: AsyncOpenAI) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."}, *said()]
    assert text_of(await ask(gpt, messages=messages))


async def test_reasoning_comes_apart_and_can_be_switched_off(gpt: AsyncOpenAI, thinker: str) -> None:
    thought = await ask(gpt, model=thinker, max_tokens=8)
    assert (thought.choices[0].message.model_extra or {})["reasoning_content"]
    assert not thought.choices[0].message.content
    assert thought.usage
    assert thought.usage.completion_tokens_details
    assert thought.usage.completion_tokens_details.reasoning_tokens
    plain = await ask(gpt, model=thinker, max_tokens=8, reasoning_effort="none")
    assert plain.choices[0].message.content
    assert not hasattr(plain.choices[0].message, "reasoning_content")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_images_are_read(gpt: AsyncOpenAI, seer: str, kind: str) -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": image_url(kind)}}]
    seen = await tokens_asked(gpt, model=seer, messages=[{"role": "user", "content": parts}])
    assert seen > await tokens_asked(gpt, model=seer, messages=said("What is this?")) + 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA", ""])
async def test_other_images_are_refused(gpt: AsyncOpenAI, seer: str, url: str) -> None:
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(openai.BadRequestError, match="image"):
        await ask(gpt, model=seer, messages=[{"role": "user", "content": parts}])


async def test_images_are_refused_by_a_model_that_does_not_see(gpt: AsyncOpenAI) -> None:
    parts = [{"type": "image_url", "image_url": {"url": image_url("PNG")}}]
    with pytest.raises(openai.BadRequestError, match="does not read images"):
        await ask(gpt, messages=[{"role": "user", "content": parts}])


async def complete(gpt: AsyncOpenAI, prompt: str | list[str], *, logprobs: int | None = None) -> Completion:
    return await gpt.completions.create(model=STARTER, prompt=prompt, logprobs=logprobs, max_tokens=6, temperature=0.0)


async def test_text_completions(gpt: AsyncOpenAI) -> None:
    whole = await complete(gpt, "Once upon a", logprobs=1)
    chunks = await gpt.completions.create(
        model=STARTER, prompt="Once upon a", max_tokens=6, temperature=0.0, stream=True
    )
    assert whole.choices[0].text == "".join([chunk.choices[0].text async for chunk in chunks])
    assert whole.id.startswith("cmpl-")
    logprobs = whole.choices[0].logprobs
    assert logprobs
    assert logprobs.tokens
    assert logprobs.text_offset
    assert "".join(logprobs.tokens) == whole.choices[0].text
    assert logprobs.text_offset[1] == len(logprobs.tokens[0])
    several = await complete(gpt, ["Once", "Twice"])
    assert [choice.index for choice in several.choices] == [0, 1]
    assert several.usage
    assert several.usage.completion_tokens == 12


async def test_embeddings_mean_something(gpt: AsyncOpenAI, embedder: str) -> None:
    texts = ["A cat sits on the mat.", "A kitten is on the rug.", "Interest rates rose by a quarter point."]
    answer = await gpt.embeddings.create(model=embedder, input=texts)
    cat, kitten, rates = (entry.embedding for entry in answer.data)
    assert len(cat) == 384
    assert dot(cat, kitten) > 0.5 > dot(cat, rates)
    plain = await gpt.embeddings.create(model=embedder, input=texts[0], encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(cat, abs=1e-5)
    assert answer.model == embedder
    assert answer.usage.prompt_tokens > 15


async def test_what_does_not_embed_says_so(gpt: AsyncOpenAI, embedder: str) -> None:
    with pytest.raises(openai.BadRequestError, match="not an embedding model"):
        await gpt.embeddings.create(model=STARTER, input="x")
    with pytest.raises(openai.BadRequestError, match="it can't chat"):
        await ask(gpt, model=embedder)
    with pytest.raises(openai.BadRequestError, match="tokens"):
        await gpt.embeddings.create(model=embedder, input="word " * 3000)


async def test_models_are_listed_and_read(gpt: AsyncOpenAI, own_server: RunningServer) -> None:
    listed = [model async for model in await gpt.models.list()]
    assert [model.id for model in listed] == [STARTER]
    one = await gpt.models.retrieve(STARTER)
    assert (one.id, one.object, one.created > 10**9) == (STARTER, "model", True)
    with pytest.raises(openai.NotFoundError):
        await gpt.models.retrieve("no/body")


async def test_without_just_in_time_loading_only_what_is_loaded_is_there(
    gpt: AsyncOpenAI, http: httpx.AsyncClient, client: Client, own_server: RunningServer, tiny: str
) -> None:
    await change(http, just_in_time_loading=False)
    assert [model async for model in await gpt.models.list()] == []
    with pytest.raises(openai.BadRequestError, match="not loaded"):
        await ask(gpt, model=tiny)
    await ModelsApi(client).load(LoadRequest(model=tiny))
    assert [model.id async for model in await gpt.models.list()] == [tiny]
    assert (await ask(gpt, model=tiny)).choices


async def test_errors_have_openai_s_shape(
    gpt: AsyncOpenAI, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else a slow machine sends the stream's status before its error.
    monkeypatch.setattr(sse, "HEAD_SECONDS", 60.0)
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(gpt, model="no/body")
    assert (caught.value.code, caught.value.param, caught.value.type) == (
        "model_not_found",
        "model",
        "invalid_request_error",
    )
    with pytest.raises(openai.BadRequestError, match="'n'"):
        await ask(gpt, n=2)
    with pytest.raises(openai.BadRequestError, match=r"4096"):
        await ask(gpt, "word " * 6000)
    with pytest.raises(openai.BadRequestError, match=r"4096"):
        await stream(gpt, "word " * 6000)
    empty = (await http.post("/v1/chat/completions", json={"messages": said()})).json()["error"]
    assert (empty["code"], empty["param"]) == ("missing_required_parameter", "model")
    assert (await http.post("/v1/nonsense", json={})).status_code == 404


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "elephant", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages"),
        ({"tools": [{"type": "web_search"}]}, "tools.0"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TIME], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
async def test_a_body_that_is_not_right_is_refused_by_name(gpt: AsyncOpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(gpt, extra_body=more)
    assert caught.value.param == param


async def test_leaving_a_stream_or_a_whole_answer_frees_the_slot(gpt: AsyncOpenAI, server: RunningServer) -> None:
    chunks = await stream(gpt, **LONG_STORY)
    async for _ in chunks:
        break
    await chunks.close()
    assert await cut_off(server) < AT_ONCE
    whole = asyncio.create_task(ask(gpt, **LONG_STORY))
    await until(lambda: busy(server))
    whole.cancel()
    await asyncio.wait([whole])
    assert await cut_off(server) < AT_ONCE


async def test_ttl_is_taken_from_the_request(gpt: AsyncOpenAI, own_server: RunningServer, tiny: str) -> None:
    await ask(gpt, model=tiny, max_tokens=1, extra_body={"ttl": 1000})
    remaining = own_server.pool.instances[0].remaining_ttl_seconds
    assert remaining
    assert 900 < remaining <= 1000


async def test_a_silent_stream_sends_comments(
    http: httpx.AsyncClient, own_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here, while the model loads."""
    monkeypatch.setattr(sse, "COMMENT_SECONDS", 0.05)
    monkeypatch.setattr(sse, "HEAD_SECONDS", 0.01)
    body = {"model": STARTER, "messages": said(), "max_tokens": 2, "stream": True}
    text = (await http.post("/v1/chat/completions", json=body)).text
    assert text.startswith(": waiting\n\n")
    assert text.endswith("data: [DONE]\n\n")


async def test_what_fails_after_the_status_is_told_in_the_stream(
    http: httpx.AsyncClient, starter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEAD_SECONDS", 0.0)
    body = {"model": STARTER, "messages": said("word " * 6000), "stream": True}
    answer = await http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200
    last = json.loads(answer.text.strip().split("\n\n")[-2].removeprefix("data: "))
    assert "4096" in last["error"]["message"]


async def test_it_is_in_the_request_log(gpt: AsyncOpenAI, http: httpx.AsyncClient) -> None:
    before = await logged(http)
    await ask(gpt)
    [entry] = [entry for entry in await logged(http) if entry["id"] not in {one["id"] for one in before}]
    assert (entry["route"], entry["model"], entry["output_tokens"]) == ("/v1/chat/completions", STARTER, 12)
    assert entry["time_to_first_token_seconds"] > 0


async def test_a_token_is_asked_for_in_openai_s_words(
    gpt: AsyncOpenAI, http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    await change(http, require_authentication=True)
    with pytest.raises(openai.AuthenticationError) as caught:
        await ask(gpt)
    assert caught.value.code == "invalid_api_key"


async def change(http: httpx.AsyncClient, **settings: object) -> None:
    (await http.patch("/api/v1/server/settings", json=settings)).raise_for_status()


async def logged(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What the request log holds of the dialects' routes."""
    entries = (await http.get("/api/v1/server/log")).json()["entries"]
    return [entry for entry in entries if entry["route"].startswith("/v1/")]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


async def test_several_prompts_without_a_limit_do_not_fill_the_context_for_each_other(
    http: httpx.AsyncClient, babbler: str
) -> None:
    prompts = [f"{number} and" for number in range(9)]
    answer = await http.post("/v1/completions", json={"model": babbler, "prompt": prompts})
    assert answer.status_code == 200, answer.text
    choices = answer.json()["choices"]
    assert [choice["index"] for choice in choices] == list(range(9))
    assert {choice["finish_reason"] for choice in choices} == {"length"}
    assert all(choice["text"] for choice in choices)
