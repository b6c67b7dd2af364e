"""What agents send: tools of every kind, and all that they were ever sent."""

import json
from typing import Any

import httpx
import pytest

from studiolo.api.openai import ResponsesRequest
from studiolo.server.chat.calls import text_input
from studiolo.server.chat.response_events import ResponseEvents
from studiolo.server.chat.tools import chosen, offered
from studiolo.server.engine.chunk import Chunk
from tests.server.http.dialects.requests import (
    CHAT,
    RESPONSES,
    answer_to,
    frames_of,
    function,
    prompt_tokens,
    refusal_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Body = dict[str, Any]

RUN: Body = {"type": "function", "name": "run", "parameters": {"type": "object", "properties": {}}}
SPAWN: Body = {"type": "function", "name": "spawn", "parameters": {"type": "object", "properties": {}}}
TEAM: Body = {"type": "namespace", "name": "multi_agent_v1", "description": "A team.", "tools": [SPAWN]}
PATCH: Body = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar", "definition": "start: /.+/"}}
HOSTED: list[Body] = [{"type": "web_search"}, {"type": "image_generation"}, {"type": "local_shell"}, {"type": "mcp"}]
STEADY: Body = {"temperature": 0.0, "limit": 24}


def user(text: str = "Go on.") -> Body:
    return {"role": "user", "content": text}


async def test_hosted_tools_are_left_out_as_long_as_something_is_left(http: httpx.AsyncClient) -> None:
    bare = await answer_to(http, RESPONSES, tools=[RUN])
    assert prompt_tokens(await answer_to(http, RESPONSES, tools=[*HOSTED, RUN])) == prompt_tokens(bare)
    chat = function("run")
    among = await answer_to(http, CHAT, tools=[{"type": "web_search"}, chat], web_search_options={})
    assert prompt_tokens(among) == prompt_tokens(await answer_to(http, CHAT, tools=[chat]))
    for route in (CHAT, RESPONSES):
        assert (await refusal_of(http, route, tools=HOSTED))["param"] == "tools.0"


async def test_a_namespace_s_functions_are_offered_and_named_back(http: httpx.AsyncClient, caller: str) -> None:
    forced = {"model": caller, "tools": [TEAM, RUN], **STEADY, "limit": 60}
    forced["tool_choice"] = {"type": "function", "namespace": "multi_agent_v1", "name": "spawn"}
    events = await frames_of(http, RESPONSES, **forced)
    answer = events[-1]["response"]
    (call,) = answer["output"]
    assert (call["type"], call["namespace"], call["name"]) == ("function_call", "multi_agent_v1", "spawn")
    added = next(event for event in events if event["type"] == "response.output_item.added")
    assert (added["item"]["namespace"], added["item"]["name"]) == ("multi_agent_v1", "spawn")
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": {"success": True, "content": "Ok."}}
    await answer_to(http, RESPONSES, input=[user(), call, output], tools=[TEAM])
    await answer_to(http, RESPONSES, input=[output], tools=[TEAM], previous_response_id=answer["id"])
    read = (await http.get(f"{RESPONSES}/{answer['id']}")).json()
    assert read["output"] == answer["output"]


async def test_functions_of_one_name_in_two_namespaces_are_two() -> None:
    other = {**TEAM, "name": "mcp__team__"}
    offer = offered([TEAM, other, SPAWN])
    names = [one["function"]["name"] for one in offer.functions]
    assert names == ["multi_agent_v1__spawn", "mcp__team__spawn", "spawn"]
    assert [offer.tool(name).namespace for name in names] == ["multi_agent_v1", "mcp__team__", None]


async def test_a_custom_tool_is_called_with_plain_text(http: httpx.AsyncClient, caller: str) -> None:
    forced = {"model": caller, "tools": [PATCH], "tool_choice": {"type": "custom", "name": "apply_patch"}, **STEADY}
    answer = await answer_to(http, RESPONSES, **forced)
    (call,) = answer["output"]
    assert (call["type"], call["name"]) == ("custom_tool_call", "apply_patch")
    assert isinstance(call["input"], str)
    events = [
        event for event in await frames_of(http, RESPONSES, **forced) if "custom_tool_call_input" in event["type"]
    ]
    assert [event["type"].rpartition(".")[2] for event in events] == ["delta", "done"]
    output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "Done."}
    await answer_to(http, RESPONSES, input=[user(), call, output], tools=[PATCH])


async def test_a_custom_tool_of_chat_completions_is_named_back(http: httpx.AsyncClient, caller: str) -> None:
    tool = {"type": "custom", "custom": {"name": "apply_patch"}}
    choice = {"type": "custom", "custom": {"name": "apply_patch"}}
    forced = {"model": caller, "tools": [tool], "tool_choice": choice, **STEADY}
    (call,) = (await answer_to(http, CHAT, **forced))["choices"][0]["message"]["tool_calls"]
    assert (call["type"], call["custom"]["name"]) == ("custom", "apply_patch")
    assert "function" not in call
    frames = await frames_of(http, CHAT, **forced)
    calls = [one for frame in frames for one in frame["choices"][0]["delta"].get("tool_calls", ())]
    assert calls[0]["custom"] == call["custom"]
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "Done."}
    await answer_to(http, CHAT, messages=[user(), message, result], tools=[tool])


async def test_text_that_was_cut_off_is_taken_out_of_its_json_too() -> None:
    assert text_input('{\n "input": "a\\n\\"b') == 'a\n"b'
    assert text_input('{"input": "a\\') == "a"
    assert text_input('{"inp') == ""
    assert text_input("[" * 100_000) == ""


async def test_text_that_a_custom_tool_is_called_with_is_taken_out_of_its_json() -> None:
    events = ResponseEvents(ResponsesRequest(model="x", input=""), "x", "resp_" + "0" * 48, offered([PATCH]))
    piece: Body = {"index": 0, "id": "call_1", "function": {"name": "apply_patch", "arguments": '{"input": "a\\n'}}
    rest: Body = {"index": 0, "function": {"arguments": 'b"}'}}
    for call in (piece, rest):
        events.feed(Chunk.of({"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": None}]}))
    events.finish()
    assert events.response["output"][0]["input"] == "a\nb"
    assert json.loads(events.message()["tool_calls"][0]["function"]["arguments"]) == {"input": "a\nb"}


@pytest.mark.parametrize("route", [CHAT, RESPONSES])
async def test_allowed_tools_are_those_that_are_offered(http: httpx.AsyncClient, route: str) -> None:
    tools: list[Body] = [function(name) if route == CHAT else {**RUN, "name": name} for name in ("run", "stop")]
    allowed: Body = {"mode": "auto", "tools": tools[:1]}
    choice = {"type": "allowed_tools", **({"allowed_tools": allowed} if route == CHAT else allowed)}
    few = await answer_to(http, route, tools=tools, tool_choice=choice)
    assert prompt_tokens(few) == prompt_tokens(await answer_to(http, route, tools=tools[:1]))
    nothing = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}]}
    assert (await refusal_of(http, route, tools=tools, tool_choice=nothing))["param"] == "tool_choice"


async def test_a_choice_is_understood_in_the_words_of_either_dialect() -> None:
    offer = offered([TEAM, RUN])
    for choice in (
        {"type": "function", "name": "run"},
        {"type": "function", "function": {"name": "run"}},
    ):
        assert chosen(offer, choice)[1] == {"type": "function", "function": {"name": "run"}}
    required = {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"namespace": "multi_agent_v1", "name": "spawn"}],
    }
    functions, mode = chosen(offer, required)
    assert ([one["function"]["name"] for one in functions], mode) == (["multi_agent_v1__spawn"], "required")


SHELL = {"type": "local_shell_call", "id": "x", "call_id": "c1", "action": {"type": "exec", "command": ["ls"]}}


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
        {"type": "image_generation_call", "id": "ig_1", "result": "…"},
        {"type": "item_reference", "id": "msg_unknown"},
        {"id": "rs_of_another_server"},
        {"type": "compaction", "encrypted_content": "…"},
        {"type": "ghost_snapshot", "ghost_commit": {"id": "x"}},
        {"type": "mcp_list_tools", "tools": []},
        {"type": "reasoning", "summary": [], "encrypted_content": "…", "content": None},
        {"type": "something_of_next_year", "payload": {"a": 1}},
        SHELL,
    ],
)
async def test_an_item_with_nothing_to_read_is_left_out(http: httpx.AsyncClient, item: Body) -> None:
    plain = await answer_to(http, RESPONSES, input=[user(), user()])
    assert prompt_tokens(await answer_to(http, RESPONSES, input=[user(), item, user()])) == prompt_tokens(plain)


@pytest.mark.parametrize("output", ["a.txt", [{"type": "input_text", "text": "a.txt"}], {"content": "a.txt"}, None, 5])
async def test_a_call_of_any_kind_that_was_answered_is_a_call(http: httpx.AsyncClient, output: Any) -> None:
    plain = prompt_tokens(await answer_to(http, RESPONSES, input=[user()]))
    for call, kind in (
        (
            {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "+a"},
            "custom_tool_call_output",
        ),
        (SHELL, "local_shell_call_output"),
        ({"type": "computer_call", "call_id": "c1", "action": {"type": "click"}}, "computer_call_output"),
    ):
        answered = [user(), call, {"type": kind, "call_id": "c1", "output": output}]
        assert prompt_tokens(await answer_to(http, RESPONSES, input=answered)) > plain + 60


async def test_a_reference_brings_back_what_was_answered(http: httpx.AsyncClient, caller: str) -> None:
    forced = {"model": caller, "tools": [TEAM], "tool_choice": "required", **STEADY}
    (call,) = (await answer_to(http, RESPONSES, **forced))["output"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Ok."}
    reference = {"type": "item_reference", "id": call["id"]}
    whole = await answer_to(http, RESPONSES, input=[user(), call, output])
    again = await answer_to(http, RESPONSES, input=[user(), reference, output])
    assert prompt_tokens(again) == prompt_tokens(whole)
    text = await answer_to(http, RESPONSES, model=caller, **STEADY)  # the other one talks noise, which may be no text
    more = [user(), {"type": "item_reference", "id": text["output"][0]["id"]}, user()]
    less = await answer_to(http, RESPONSES, input=[user(), user()])
    assert prompt_tokens(await answer_to(http, RESPONSES, input=more)) > prompt_tokens(less)


async def test_tools_that_came_in_the_course_of_the_input_are_offered(http: httpx.AsyncClient) -> None:
    found = [{"type": "tool_search_call", "arguments": {}}, {"type": "tool_search_output", "tools": [TEAM]}]
    late = await answer_to(http, RESPONSES, input=[user(), *found], tools=[RUN])
    assert prompt_tokens(late) == prompt_tokens(await answer_to(http, RESPONSES, input=[user()], tools=[RUN, TEAM]))
