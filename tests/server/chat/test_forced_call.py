"""Tool calls by a grammar: the schema, and the way back from its JSON."""

import json
from typing import Any

from studiolo.server.chat.forced_call import ForcedCall, force_call
from studiolo.server.engine.chunk import Chunk


def tool(name: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def schema_of(body: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = body["response_format"]["json_schema"]["schema"]
    return schema


def test_definitions_of_several_functions_do_not_mix() -> None:
    point: dict[str, Any] = {
        "type": "object",
        "properties": {"at": {"$ref": "#/$defs/Point"}},
        "$defs": {"Point": {"type": "string"}},
    }
    other: dict[str, Any] = {"type": "object", "properties": {"at": {"$ref": "#/definitions/Point"}}}
    other["definitions"] = {"Point": {"type": "array", "items": {"$ref": "#/definitions/Point"}}}
    body = {"messages": [], "tools": [tool("one", point), tool("two", other)], "tool_choice": "required"}
    schema = schema_of(force_call(body, knows_tools=True))
    assert schema["$defs"] == {
        "0.Point": {"type": "string"},
        "1.Point": {"type": "array", "items": {"$ref": "#/$defs/1.Point"}},
    }
    first, second = schema["anyOf"]
    assert first["properties"]["arguments"]["properties"]["at"] == {"$ref": "#/$defs/0.Point"}
    assert second["properties"]["arguments"]["properties"]["at"] == {"$ref": "#/$defs/1.Point"}
    assert "$defs" not in first["properties"]["arguments"]
    assert point["$defs"], "the caller's own schema is not touched"


def test_only_the_named_function_may_be_called() -> None:
    choice = {"type": "function", "function": {"name": "two"}}
    body = {"messages": [], "tools": [tool("one"), tool("two")], "tool_choice": choice}
    assert schema_of(force_call(body, knows_tools=True))["properties"]["name"] == {"const": "two"}


def test_a_template_without_tools_gets_them_as_a_system_message() -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "x"}]
    body = {"messages": messages, "tools": [tool("one")], "tool_choice": "required"}
    forced = force_call(body, knows_tools=False)
    assert "tools" not in forced
    assert forced["messages"][0]["content"].startswith("Be brief.\n\n")
    assert '"one"' in forced["messages"][0]["content"]
    assert len(forced["messages"]) == 2
    assert force_call(body, knows_tools=True)["messages"] == messages


def chunk(finish: str | None = None, **delta: str) -> Chunk:
    return Chunk.of({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def fed(call: ForcedCall, *texts: str) -> tuple[list[str | None], list[str]]:
    """What the call's entries say, put together: names and arguments."""
    deltas = [call.feed(chunk(content=text)).raw["choices"][0]["delta"] for text in texts]
    functions = [entry["function"] for delta in deltas for entry in delta.get("tool_calls", ())]
    return [function.get("name") for function in functions], [function["arguments"] for function in functions]


def test_the_json_becomes_a_call_as_it_comes_and_reasoning_passes() -> None:
    call = ForcedCall(["one"])
    assert call.feed(chunk(reasoning_content="hm")).raw["choices"][0]["delta"] == {"reasoning_content": "hm"}
    names, arguments = fed(call, '{"name": "one", ', '"arguments": {"a"', ': "}\\"', ' " }', " }")
    assert names == ["one", None, None]
    assert arguments[0] == '{"a"', "the first piece is not withheld"
    assert json.loads("".join(arguments)) == {"a": '}" '}
    last = call.feed(chunk(finish="stop")).raw["choices"][0]
    assert (last["finish_reason"], last["delta"]) == ("tool_calls", {})


def test_half_a_call_is_a_call_with_what_there_is_of_it() -> None:
    call = ForcedCall(["one", "two"])
    assert fed(call, '{"name": "two", "arguments": {"a": [1') == (["two"], ['{"a": [1'])
    last = call.feed(chunk(finish="length")).raw["choices"][0]
    assert (last["finish_reason"], last["delta"]) == ("length", {})


def test_a_call_that_was_cut_off_in_its_name_is_known_where_there_is_only_one() -> None:
    for names, called in ((["one"], ["one"]), (["one", "two"], [])):
        call = ForcedCall(names)
        call.feed(chunk(content='{"na'))
        delta = call.feed(chunk(finish="length")).raw["choices"][0]["delta"]
        assert [entry["function"]["name"] for entry in delta.get("tool_calls", ())] == called
