"""Conversations that come back as they were: our own answers, and calls that went wrong."""

from typing import Any

import httpx
import pytest

from studiolo.server.chat.openai import with_one_system
from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import CHAT, MESSAGES, RESPONSES, answer_to, body_for, prompt_tokens
from tests.stands.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

Body = dict[str, Any]


def user(text: str = "Go on.") -> Body:
    return {"role": "user", "content": text}


async def test_an_answer_that_is_only_thought_has_an_empty_text_and_comes_back(
    http: httpx.AsyncClient, thinker: str
) -> None:
    message = (await answer_to(http, CHAT, model=thinker, limit=64))["choices"][0]["message"]
    assert message["content"] == ""
    assert message["reasoning_content"]
    await answer_to(http, CHAT, model=thinker, messages=[user(), message, user()])
    answer = await answer_to(http, RESPONSES, model=thinker, limit=64)
    await answer_to(http, RESPONSES, model=thinker, input=[user(), *answer["output"], user()])
    await answer_to(http, RESPONSES, model=thinker, previous_response_id=answer["id"])
    thought = await answer_to(http, MESSAGES, model=thinker, limit=64, thinking={"type": "adaptive"})
    again = [user(), {"role": "assistant", "content": thought["content"]}, user()]
    await answer_to(http, MESSAGES, model=thinker, messages=again)


async def test_content_that_is_null_is_an_empty_text_everywhere(http: httpx.AsyncClient) -> None:
    for role in ("user", "assistant", "system"):
        empty = [user(), {"role": role, "content": ""}, user()]
        null = [user(), {"role": role, "content": None}, user()]
        for route, name in ((CHAT, "messages"), (RESPONSES, "input"), (MESSAGES, "messages")):
            counts = {prompt_tokens(await answer_to(http, route, **{name: messages})) for messages in (empty, null)}
            assert len(counts) == 1, route
    parts = [{"role": "user", "content": [{"type": "text", "text": None}, {"type": "text", "text": "x"}]}]
    assert prompt_tokens(await answer_to(http, MESSAGES, messages=parts)) == prompt_tokens(
        await answer_to(http, MESSAGES, messages=[user("x")])
    )


def call_of(arguments: Any) -> Body:
    return {"id": "call_1", "type": "function", "function": {"name": "run", "arguments": arguments}}


BROKEN = ["", " ", None, '{"cmd": "ls', "ls -l", "[1, 2]", "null", '"ls"', {"cmd": "ls"}, 5, "[" * 100_000]


@pytest.mark.parametrize("arguments", BROKEN, ids=lambda value: repr(value)[:20])
async def test_a_broken_call_in_the_history_ends_no_conversation(http: httpx.AsyncClient, arguments: Any) -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": None}
    messages = [user(), {"role": "assistant", "content": None, "tool_calls": [call_of(arguments)]}, result]
    if isinstance(arguments, str) and len(arguments) > 5000:
        arguments = arguments[:5000]  # The models' context is no larger.
        messages[1]["tool_calls"] = [call_of(arguments)]
    await answer_to(http, CHAT, messages=messages)
    item = {"type": "function_call", "call_id": "call_1", "name": "run", "arguments": arguments}
    output = {"type": "function_call_output", "call_id": "call_1", "output": None}
    await answer_to(http, RESPONSES, input=[user(), item, output])
    block = {"type": "tool_use", "id": "call_1", "name": "run", "input": arguments}
    outcome = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": None}]}
    await answer_to(http, MESSAGES, messages=[user(), {"role": "assistant", "content": [block]}, outcome])


async def test_a_model_sees_what_was_wrong_with_its_call(server: RunningServer) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [call_of('{"cmd": "l')]}
    messages = with_one_system([user(), call, user()])
    prompt = (await server.pool.instances[0].engine.ask("/apply-template", {"messages": messages}))["prompt"]
    assert r"{\"cmd\": \"l" in prompt


async def test_a_call_without_an_id_or_a_type_is_read(http: httpx.AsyncClient) -> None:
    calls = [{"function": {"name": "run", "arguments": "{}"}}, {"id": None, "type": "custom", "custom": {"name": "x"}}]
    await answer_to(http, CHAT, messages=[user(), {"role": "assistant", "tool_calls": calls}, user()])
    await answer_to(http, CHAT, messages=[user(), {"role": "assistant", "content": "x", "tool_calls": []}, user()])


async def test_a_broken_call_that_is_kept_does_not_end_its_thread(http: httpx.AsyncClient) -> None:
    """Neither there, nor where LM Studio's own route goes on from it."""
    item = {"type": "function_call", "call_id": "call_1", "name": "run", "arguments": '{"cmd'}
    kept = (await answer_to(http, RESPONSES, input=[user(), item, user()]))["id"]
    await answer_to(http, RESPONSES, previous_response_id=kept)
    body = {"model": TALKER, "input": "Go on.", "max_output_tokens": 2, "previous_response_id": kept}
    assert (await http.post("/api/v1/chat", json=body)).status_code == 200


async def test_parts_of_other_dialects_are_read_on_chat_completions(http: httpx.AsyncClient) -> None:
    plain = await answer_to(http, CHAT, messages=[user("one\ntwo")])
    for kind in ("text", "input_text", "output_text"):
        parts = [{"type": kind, "text": "one"}, {"type": "text", "text": "two"}]
        read = await answer_to(http, CHAT, messages=[{"role": "user", "content": parts}])
        assert prompt_tokens(read) == prompt_tokens(plain)
    thought = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "one"}]
    with_thought = [user(), {"role": "assistant", "content": thought}, user()]
    without = [user(), {"role": "assistant", "content": "one"}, user()]
    counts = [prompt_tokens(await answer_to(http, CHAT, messages=messages)) for messages in (with_thought, without)]
    assert counts[0] == counts[1] + len("<think>\nHm.\n</think>\n\n")


async def test_a_message_without_content_is_refused_by_name(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body_for(CHAT) | {"messages": [{"role": "user"}]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "messages")
