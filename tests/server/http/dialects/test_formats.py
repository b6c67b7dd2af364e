"""Schemas for the answer, wherever a program puts them."""

from typing import Any

import httpx
import pytest

from studiolo.server.chat.formats import read_format
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    answer_to,
    function,
    prompt_tokens,
    refusal_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = {"type": "object", "properties": {"colour": {"enum": ["red"]}}, "required": ["colour"]}


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_schema", "json_schema": {"name": "output", "schema": SCHEMA}},
        {"type": "json_schema", "schema": SCHEMA},
        {"type": "json_schema", "name": "output", "schema": SCHEMA, "strict": True},
        {"type": "json_schema", "json_schema": SCHEMA},
        {"type": "json_object", "schema": SCHEMA},
        {"schema": SCHEMA},
        SCHEMA,
    ],
)
async def test_a_schema_is_found_wherever_its_meaning_is_plain(wanted: dict[str, Any]) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "output", "schema": SCHEMA}}
    assert read_format(wanted, "response_format") == schema


@pytest.mark.parametrize(
    ("route", "place"),
    [
        (CHAT, {"response_format": {"type": "json_schema", "schema": SCHEMA}}),
        (RESPONSES, {"text": {"format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}}),
        (RESPONSES, {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}),
        (MESSAGES, {"output_config": {"format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}}),
        (MESSAGES, {"output_format": {"type": "json_schema", "schema": SCHEMA}}),
        (COMPLETIONS, {"response_format": {"type": "json_schema", "schema": SCHEMA}}),
    ],
)
async def test_a_schema_is_obeyed_on_every_route(
    http: httpx.AsyncClient, caller: str, route: str, place: dict[str, Any]
) -> None:
    answer = await answer_to(http, route, model=caller, limit=40, temperature=0.0, **place)
    assert '"red"' in str(answer).replace('\\"', '"')


@pytest.mark.parametrize(
    "wanted", [{"type": "json_schema"}, {"type": "poem"}, {"json_schema": {"name": "x"}}, {"a": 1}]
)
async def test_a_form_that_is_not_understood_is_refused_by_name(
    http: httpx.AsyncClient, wanted: dict[str, Any]
) -> None:
    assert (await refusal_of(http, CHAT, response_format=wanted))["param"] == "response_format"
    assert (await refusal_of(http, RESPONSES, text={"format": wanted}))["param"] == "text.format"
    assert "output_config" in (await refusal_of(http, MESSAGES, output_config={"format": wanted}))["message"]


async def test_nulls_in_a_schema_stay_where_they_are(http: httpx.AsyncClient) -> None:
    """They are values there."""
    tool = function("pick", colour={"enum": ["red"], "default": None})
    bare = function("pick", colour={"enum": ["red"]})
    with_null = prompt_tokens(await answer_to(http, CHAT, tools=[tool]))
    assert with_null > prompt_tokens(await answer_to(http, CHAT, tools=[bare]))
