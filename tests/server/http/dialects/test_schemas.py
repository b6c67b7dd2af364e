"""Odd schemas of tools and of answers, on every route, with the engine itself."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.server.http.dialects.conftest import load
from tests.server.http.dialects.requests import CHAT, COMPLETIONS, MESSAGES, RESPONSES, Body, body_for, function
from tests.stands.odd_schemas import OddSchemas
from tests.stands.serving import RunningServer
from tests.stands.template_model import TOOLS
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMAS = 200 if os.environ.get("STUDIOLO_PROVE") else 50
HELD = "acme/held"
_FIRST_BYTE = 5
ASCII = {str(_FIRST_BYTE + byte): -100 for byte in range(127, 256)}
"""Noise of other bytes is no text, and the engine says so where it reads its own answer."""
KILLERS: dict[str, Body] = {
    "itself": {"$ref": "#"},
    "circle": {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
    "shortest over longest": {
        "type": "object",
        "properties": {"a": {"type": "string", "minLength": 9, "maxLength": 2}},
    },
    "least over most": {"type": "object", "properties": {"a": {"type": "array", "minItems": 9, "maxItems": 2}}},
    "pattern": {"type": "object", "properties": {"a": {"type": "string", "pattern": "^a{9,2}$"}}},
    "wrapped": {"allOf": [{"allOf": [{"$ref": "#/nowhere"}]}]},
    "nowhere beside": {"type": "object", "properties": {"a": {"type": "string", "x-a": {"$ref": "#/nowhere"}}}},
    "nowhere within": {"type": "object", "not": {"$ref": "#/nowhere"}, "properties": {"a": {"default": {"$ref": "x"}}}},
    "many": {"type": "object", "properties": {"a": {"type": "array", "items": {}, "minItems": 10**9}}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(models: Path, server: RunningServer) -> int:
    """The process of a model that a grammar can hold."""
    file = models / HELD / "held-F32.gguf"
    write_tiny_llama(file, chat_template=TOOLS, context_length=16384, name="held", grammars=True)
    await load(server, HELD)
    return next(one.engine.pid for one in server.pool.instances if one.id == HELD)


def alive(server: RunningServer) -> int:
    return next(one.engine.pid for one in server.pool.instances if one.id == HELD)


async def ask(http: httpx.AsyncClient, route: str, **more: Any) -> Body:
    bias = {} if route in (MESSAGES, RESPONSES) else {"logit_bias": ASCII}
    limit = more.pop("limit", 1 if not bias else 8)
    answer = await http.post(route, json=body_for(route, limit=limit, **{"model": HELD, **bias, **more}))
    assert answer.status_code == 200, (answer.text, more)
    whole: Body = answer.json()
    return whole


def offers(route: str, schema: Any) -> list[Body]:
    """A tool that is odd and one that is not, in the words of a route."""
    odd = {"name": "odd", "description": None, "parameters": schema}
    if route == CHAT:
        return [{"type": "function", "function": odd}, function("good", a={"type": "string"})]
    good = {"name": "good", "parameters": function("good", a={"type": "string"})["function"]["parameters"]}
    if route == RESPONSES:
        return [{"type": "function", **odd}, {"type": "function", **good}]
    return [{"name": tool["name"], "input_schema": tool["parameters"]} for tool in (odd, good)]


def choices(route: str) -> list[Any]:
    if route == MESSAGES:
        return [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "good"}]
    flat = {"type": "function", "name": "good"}
    named = flat if route == RESPONSES else {"type": "function", "function": {"name": "good"}}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [named]}
    return ["auto", "required", named, allowed]


@pytest.mark.parametrize("name", KILLERS)
async def test_no_schema_ends_the_engine_on_any_route(
    http: httpx.AsyncClient, server: RunningServer, held: int, name: str
) -> None:
    schema = KILLERS[name]
    for route in (CHAT, RESPONSES, MESSAGES):
        for choice in choices(route):
            await ask(http, route, tools=offers(route, schema), tool_choice=choice)
    for route, place in (
        (CHAT, {"response_format": {"type": "json_schema", "schema": schema}}),
        (CHAT, {"json_schema": schema}),
        (COMPLETIONS, {"response_format": {"type": "json_schema", "schema": schema}}),
        (COMPLETIONS, {"json_schema": schema}),
        (RESPONSES, {"text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}),
        (MESSAGES, {"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
    ):
        await ask(http, route, **place)
    assert alive(server) == held


@pytest.mark.proof
async def test_odd_schemas_are_answered_and_the_engine_lives_on(
    http: httpx.AsyncClient, server: RunningServer, held: int
) -> None:
    for seed in range(SCHEMAS):
        schema = OddSchemas(seed).schema()
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        for choice in ("auto", "required"):
            await ask(http, CHAT, tools=offers(CHAT, schema), tool_choice=choice)
        await ask(http, CHAT, response_format=wanted)
        await ask(http, COMPLETIONS, response_format=wanted)
    assert alive(server) == held


async def test_a_good_function_beside_an_odd_one_is_called(http: httpx.AsyncClient, caller: str) -> None:
    for schema in (KILLERS["itself"], KILLERS["shortest over longest"]):
        named = {"type": "function", "function": {"name": "good"}}
        more = {"tools": offers(CHAT, schema), "tool_choice": named, "model": caller, "limit": 40, "temperature": 0.0}
        answer = await ask(http, CHAT, **more, logit_bias={})
        (call,) = answer["choices"][0]["message"]["tool_calls"]
        assert call["function"]["name"] == "good"


@pytest.mark.parametrize("choice", ["auto", "required", {"type": "allowed_tools", "mode": "required", "tools": []}])
async def test_a_reference_to_a_property_works_with_every_choice(
    http: httpx.AsyncClient, held: int, choice: Any
) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}, "b": {"$ref": "#/properties/a"}}}
    schema["required"] = ["a", "b"]
    tools = offers(CHAT, schema)[:1]
    if isinstance(choice, dict):
        choice = {**choice, "tools": [{"type": "function", "function": {"name": "odd"}}]}
    answer = await ask(http, CHAT, tools=tools, tool_choice=choice, limit=300, temperature=0)
    if choice != "auto":
        (call,) = answer["choices"][0]["message"]["tool_calls"]
        assert "".join(call["function"]["arguments"].split()) == '{"a":"x","b":"x"}'


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= "a"{10,2}',
        'root ::= "a"{99999}',
        'root ::= ("a" "b"){3000,}',
        "root ::= " + "(" * 30_000 + '"a"' + ")" * 30_000,
        "root ::= " + ' | "a"' * 40_000,
    ],
    ids=["the ends exchanged", "often", "often from", "deep", "long"],
)
async def test_a_grammar_that_would_end_the_engine_is_refused(
    http: httpx.AsyncClient, server: RunningServer, held: int, grammar: str
) -> None:
    for route in (CHAT, COMPLETIONS):
        answer = await http.post(route, json=body_for(route, model=HELD, grammar=grammar))
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "grammar"
    assert alive(server) == held
