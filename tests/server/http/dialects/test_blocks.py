"""Anthropic's blocks, tools and turns, as Claude Code and others send them."""

import base64
from typing import Any

import httpx
import pytest

from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import CHAT, MESSAGES, RESPONSES, answer_to, prompt_tokens, refusal_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Body = dict[str, Any]

COUNT = f"{MESSAGES}/count_tokens"
RUN: Body = {"name": "run", "input_schema": {"type": "object", "properties": {}}}
HOSTED: list[Body] = [
    {"type": "web_search_20250305", "name": "web_search"},
    {"type": "bash_20250124", "name": "bash"},
    {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
]
PDF = base64.b64encode(b"%PDF-1.7\0").decode()
NOTES = base64.b64encode("Größe".encode()).decode()


def text(words: str) -> Body:
    return {"type": "text", "text": words}


async def count(http: httpx.AsyncClient, *contents: Any, **more: Any) -> int:
    """The tokens of a prompt with a user's turns, as /v1/messages has them; counting says the same."""
    messages = [{"role": "user", "content": content} for content in contents]
    used = prompt_tokens(await answer_to(http, MESSAGES, messages=messages, **more))
    counted = await http.post(COUNT, json={"model": TALKER, "messages": messages, **more})
    assert counted.json() == {"input_tokens": used}
    return used


async def test_texts_are_read_wherever_they_stand(http: httpx.AsyncClient) -> None:
    plain = await count(http, "Größe")
    for source in (
        {"type": "text", "media_type": "text/plain", "data": "Größe"},
        {"type": "base64", "media_type": "text/markdown", "data": NOTES},
        {"type": "content", "content": [text("Größe")]},
        {"type": "content", "content": "Größe"},
    ):
        assert await count(http, [{"type": "document", "source": source}]) == plain
    assert await count(http, [{"type": "tool_reference", "tool_name": "Größe"}]) == plain
    assert (
        await count(http, [{"type": "search_result", "source": "", "title": "", "content": [text("Größe")]}]) == plain
    )


@pytest.mark.parametrize(
    "block",
    [
        {
            "type": "document",
            "title": "a.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
        },
        {"type": "document", "source": {"type": "url", "url": "http://127.0.0.1:9/a.pdf"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "of_next_year"},
    ],
)
async def test_what_can_t_be_read_is_told_to_the_model(http: httpx.AsyncClient, block: Body) -> None:
    assert await count(http, [text("x"), block]) > await count(http, "x") + 20
    result = {"type": "tool_result", "tool_use_id": "t", "content": [block]}
    assert await count(http, [result]) > await count(http, [{**result, "content": ""}]) + 20


async def test_documents_are_read_by_openai_s_routes_too(http: httpx.AsyncClient) -> None:
    data = f"data:text/plain;base64,{NOTES}"
    pdf = f"data:application/pdf;base64,{PDF}"
    for route, name, kind in ((CHAT, "messages", "file"), (RESPONSES, "input", "input_file")):
        counts = []
        for content in (data, pdf):
            file: Body = {"filename": "a", "file_data": content}
            part = {"type": kind, "file": file} if kind == "file" else {"type": kind, **file}
            answer = await answer_to(http, route, **{name: [{"role": "user", "content": [part]}]})
            counts.append(prompt_tokens(answer))
        plain = prompt_tokens(await answer_to(http, route, **{name: [{"role": "user", "content": "a\nGröße"}]}))
        assert counts[0] == plain
        assert counts[1] > plain + 20


async def test_a_tool_s_result_may_name_tools(http: httpx.AsyncClient) -> None:
    content = [{"type": "tool_reference", "tool_name": "run"}]
    named = {"type": "tool_result", "tool_use_id": "t", "content": content}
    assert await count(http, [named]) == await count(http, [{**named, "content": "run"}])


async def test_anthropic_s_own_tools_are_left_out_when_functions_remain(http: httpx.AsyncClient) -> None:
    assert await count(http, "x", tools=[*HOSTED, RUN]) == await count(http, "x", tools=[RUN])
    assert "web_search" in (await refusal_of(http, MESSAGES, tools=HOSTED))["message"]


async def test_what_anthropic_s_own_tools_did_is_left_out(http: httpx.AsyncClient) -> None:
    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "redacted_thinking", "data": "…"},
        text("y"),
    ]
    counts = []
    for content in (blocks, "y"):
        messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}]
        messages.append({"role": "user", "content": "z"})
        counts.append(prompt_tokens(await answer_to(http, MESSAGES, messages=messages)))
    assert counts[0] == counts[1]


async def test_turns_of_one_role_in_a_row_are_one(http: httpx.AsyncClient) -> None:
    assert await count(http, "x", "y") == await count(http, [text("x"), text("y")])
    use = {"type": "tool_use", "id": "t", "name": "run", "input": {}}
    results = [{"type": "tool_result", "tool_use_id": "t", "content": words} for words in ("a", "b")]
    counts = []
    for turns in ([[results[0]], [text("x")], [results[1]]], [[*results, text("x")]]):
        messages: list[Body] = [{"role": "user", "content": "x"}, {"role": "assistant", "content": [use]}]
        messages += [{"role": "user", "content": turn} for turn in turns]
        counts.append(prompt_tokens(await answer_to(http, MESSAGES, messages=messages)))
    assert counts[0] == counts[1]
