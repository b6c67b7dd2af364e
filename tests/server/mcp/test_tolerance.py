"""Answers of which a part is not of MCP: the rest is used, and what is not is named."""

import copy
from typing import Any

import pytest

from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.tolerance import mend_result
from tests.server.mcp.conftest import Person, program
from tests.stands.mcp_servers.bad_web import BadWeb
from tests.stands.mcp_servers.hostile import TOOLS
from tests.stands.on_a_port import on_a_port

SPEC = program("hostile.py", "--odd")
GOOD = {"name": "good", "inputSchema": {"type": "object"}}


async def test_one_bad_tool_takes_no_other_away_and_is_named(sessions: McpSessions) -> None:
    async with sessions.session(SPEC) as session:
        assert [tool.name for tool in await session.tools()] == TOOLS
        assert (await session.call("echo", {}, None)).is_error is False
        log = "\n".join(sessions.log(SPEC.name))
        assert 'The tool "no_schema" is left out: inputSchema.type: field required.' in log
        assert 'The tool "numeric" is left out: description' in log
        assert f"The tool number {len(TOOLS) + 4} is left out" in log


async def test_prompts_and_resources_are_sorted_out_as_well(sessions: McpSessions) -> None:
    async with sessions.session(SPEC) as session:
        assert [one.name for one in await session.prompts()] == ["good"]
        assert [one.uri for one in await session.resources()] == ["a:good"]
        unread = "[Something without a type, which can't be read here]"
        assert (await session.resource("a:good")).text == f"good\n{unread}\n{unread}"
        text = (await session.prompt("good", {})).text
        assert text == 'good\n\n[Something of the type "video", which can\'t be read here]'


async def test_a_result_is_what_of_it_is_known(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("mixed", {}, None)
    texts = [item["text"] for item in result.content]
    assert texts == [
        "half of it",
        '[Something of the type "video", which can\'t be read here]',
        "[Something without a type, which can't be read here]",
        '[Something of the type "image", which can\'t be read here]',
    ]
    assert result.structured == {"result": [1, 2]}


async def test_progress_that_is_no_number_is_left_out(sessions: McpSessions) -> None:
    person = Person()
    async with sessions.session(program("hostile.py")) as session:
        await session.call("no_numbers", {}, person)
    assert person.notes == [(0.5, None, None), (1.0, 1.0, None)]


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"])
def test_good_answers_are_left_as_they_are_in_every_revision(version: str) -> None:
    answers: list[dict[str, Any]] = [
        {"tools": [GOOD], "nextCursor": "x"},
        {"content": [{"type": "text", "text": "a"}], "isError": True},
        {"prompts": [{"name": "a"}]},
        {"messages": [{"role": "user", "content": {"type": "text", "text": "a"}}]},
        {"tools": "many", "content": 5},
        {},
    ]
    modern = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if version == "2026-07-28" else {}
    for answer in answers:
        said = (modern | answer) if answer else answer
        mended, told = copy.deepcopy(said), list[str]()
        mend_result(mended, version, told.append)
        assert (mended, told) == (said, [])


async def test_what_the_newest_revision_leaves_out_is_assumed(sessions: McpSessions) -> None:
    web = BadWeb()
    async with on_a_port(web) as address:
        spec = ServerSpec(ServerName("terse"), url=f"{address}/terse")
        async with sessions.session(spec) as session:
            assert sessions.status(spec.name).revision == "2026-07-28"
            assert [tool.name for tool in await session.tools()] == ["act"]
            assert (await session.call("act", {}, None)).content == [{"type": "text", "text": "done"}]
            assert [one.name for one in await session.prompts()] == ["greet"]
            assert (await session.prompt("greet", {})).text == "hello"
            assert [one.uri for one in await session.resources()] == ["a:b"]
            assert (await session.resource("a:b")).text == "note"
        await sessions.close()
    assert "initialize" not in web.methods


def test_what_is_said_of_keeping_an_answer_stays() -> None:
    said = {"tools": [], "resultType": "complete", "ttlMs": 5000, "cacheScope": "public"}
    mended = dict(said)
    mend_result(mended, "2026-07-28", lambda _text: None)
    assert mended == said
    asked = {"resultType": "input_required", "inputRequests": {}, "requestState": "a"}
    mended = dict(asked)
    mend_result(mended, "2026-07-28", lambda _text: None)
    assert mended == asked


def test_many_bad_ones_are_told_of_in_a_few_words() -> None:
    told: list[str] = []
    answer = {"tools": [GOOD, *({"name": f"n{number}\n"} for number in range(500))]}
    mend_result(answer, "2025-11-25", told.append)
    assert answer == {"tools": [GOOD]}
    assert len(told) == 11
    assert told[-1] == "490 more are left out."
