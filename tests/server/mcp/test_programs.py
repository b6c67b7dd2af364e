"""Programs as MCP servers, of both eras, friendly and hostile, over their pipes."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from studiolo.errors import McpServerError, ToolError
from studiolo.server.mcp.contract import ElicitationReply, Question, ServerName, ServerSpec, Wanted
from studiolo.server.mcp.failures import Mask
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from tests.server.mcp.conftest import Person, program
from tests.stands.mcp_servers.friendly import TOOLS
from tests.stands.waiting import until

ERAS = pytest.mark.parametrize(("era", "revision"), [((), "2026-07-28"), (("--old",), "2025-11-25")])


@ERAS
async def test_tools_are_listed_and_called(sessions: McpSessions, era: tuple[str, ...], revision: str) -> None:
    spec = program("friendly.py", *era)
    async with open_toolset(sessions, [Wanted(spec)]) as toolset:
        add = toolset.find("add")
        assert add is not None
        assert add.tool.description == "Add two numbers."
        assert add.tool.hints.read_only is True
        assert add.tool.hints.destructive is False
        result = await toolset.call(add, {"a": 2, "b": 3}, None)
    assert result.output == '[{"type":"text","text":"5"}]'
    assert result.structured == {"result": 5}
    status = sessions.status(spec.name)
    assert (status.state, status.revision, status.name, status.version) == ("ready", revision, "friendly", "1.2")
    assert status.instructions == "Be kind."
    assert [tool.name for tool in status.tools or []] == TOOLS


@ERAS
async def test_a_question_reaches_who_watches(sessions: McpSessions, era: tuple[str, ...], revision: str) -> None:
    person = Person(ElicitationReply("accept", {"colour": "green"}))
    async with sessions.session(program("friendly.py", *era)) as session:
        result = await session.call("paint", {}, person)
        assert result.content == [{"type": "text", "text": "painted green"}]
        assert [question.message for question in person.questions] == ["Which colour?"]
        assert (person.questions[0].schema or {})["required"] == ["colour"]
        declined = await session.call("paint", {}, None)
        assert declined.is_error


@ERAS
async def test_the_clock_stands_still_while_the_person_thinks(
    sessions: McpSessions, era: tuple[str, ...], revision: str
) -> None:
    async def thinks(question: Question) -> ElicitationReply:
        await asyncio.sleep(1.5)  # Longer than the call may take.
        return ElicitationReply("accept", {"colour": "blue"})

    spec = program("friendly.py", *era, timeout=1.0)
    async with sessions.session(spec) as session:
        result = await session.call("paint", {}, Person(thinks))
    assert result.content == [{"type": "text", "text": "painted blue"}]


@ERAS
async def test_progress_is_told_and_the_last_of_it_always(
    sessions: McpSessions, era: tuple[str, ...], revision: str
) -> None:
    person = Person()
    async with sessions.session(program("friendly.py", *era)) as session:
        await session.call("wait", {"steps": 40, "seconds": 0}, person)
    assert person.notes[-1] == (40, 40, "step 40")
    assert len(person.notes) < 20


@ERAS
async def test_cancelling_reaches_the_tool(sessions: McpSessions, era: tuple[str, ...], revision: str) -> None:
    spec = program("friendly.py", *era)
    person = Person()
    async with sessions.session(spec) as session:
        call = asyncio.create_task(session.call("wait", {"steps": 1, "seconds": 60}, person))
        await until(lambda: person.notes)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: "waited" in sessions.log(spec.name))
        assert (await session.call("add", {"a": 1, "b": 1}, None)).structured == {"result": 2}


@ERAS
async def test_a_changed_tool_is_listed_anew_and_not_run_as_the_old_one(
    sessions: McpSessions, era: tuple[str, ...], revision: str
) -> None:
    spec = program("friendly.py", *era)
    async with open_toolset(sessions, [Wanted(spec)]) as toolset:
        fail, another = toolset.find("fail"), toolset.find("another")
        assert fail
        assert another
        await toolset.call(another, {}, None)
        async with sessions.session(spec) as session:

            async def changed() -> bool:
                return any(tool.description.startswith("Send all files") for tool in await session.tools())

            await until(changed)
        with pytest.raises(ToolError, match="was changed by its server"):
            await toolset.call(fail, {}, None)


@ERAS
async def test_prompts_and_resources_are_read(sessions: McpSessions, era: tuple[str, ...], revision: str) -> None:
    async with sessions.session(program("friendly.py", *era)) as session:
        prompts = await session.prompts()
        assert [(prompt.name, prompt.arguments[0].name) for prompt in prompts] == [("greet", "who")]
        assert (await session.prompt("greet", {"who": "Ada"})).text == "Say hello to Ada."
        assert [resource.uri for resource in await session.resources()] == ["note://one"]
        assert (await session.resource("note://one")).text == "The first note."
        with pytest.raises(McpServerError, match="note://two"):
            await session.resource("note://two")


@pytest.mark.parametrize("tool", ["large", "deep", "many_parts", "nonsense"])
async def test_a_result_that_can_not_be_read_fails_at_once_and_the_server_goes_on(
    sessions: McpSessions, tool: str
) -> None:
    async with sessions.session(program("hostile.py")) as session:
        with pytest.raises(ToolError, match="no usable result"):
            await session.call(tool, {}, None)
        assert (await session.call("echo", {"a": [1]}, None)).content[0]["text"] == '{"a": [1]}'


async def test_a_long_text_is_cut_and_that_is_told(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("large", {"megabytes": 5}, None)
    assert len(result.output) < 300_000
    assert result.cut == "The result was too large: 5,042,880 characters of text were left out."


async def test_ten_thousand_notes_of_progress_are_a_few(sessions: McpSessions) -> None:
    person = Person()
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("notes", {}, person)
    assert result.content == [{"type": "text", "text": "noted"}]
    assert 0 < len(person.notes) < 200


async def test_what_a_program_prints_beside_the_protocol_is_passed_over(sessions: McpSessions) -> None:
    spec = program("hostile.py")
    async with sessions.session(spec) as session:
        assert (await session.call("chatter", {}, None)).content[0]["text"] == "said"
        await until(lambda: "and 1999 to stderr" in sessions.log(spec.name))
    assert len(sessions.log(spec.name)) <= 200


async def test_a_question_of_the_older_era_is_asked_of_the_only_caller(sessions: McpSessions) -> None:
    person = Person(ElicitationReply("accept", {"name": "Ada"}))
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("ask", {}, person)
    assert json.loads(result.content[0]["text"]) == {"action": "accept", "content": {"name": "Ada"}}


async def test_a_page_to_open_is_a_question_and_only_one_of_the_web_is(sessions: McpSessions) -> None:
    person = Person(ElicitationReply("accept"))
    async with sessions.session(program("hostile.py")) as session:
        opened = await session.call("open", {"url": "https://far.example/in"}, person)
        assert opened.content[0]["text"] == "accept"
        assert [question.url for question in person.questions] == ["https://far.example/in"]
        for url in ("file:///etc/passwd", "javascript:alert(1)", "studiolo://add", "http://[", "https:"):
            assert (await session.call("open", {"url": url}, person)).content[0]["text"] == "decline"
        assert len(person.questions) == 1


async def test_a_tool_behind_a_page_is_run_once_the_person_opened_it(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        person = Person(ElicitationReply("accept"))
        assert (await session.call("locked", {"a": 1}, person)).content[0]["text"] == '{"a": 1}'
        assert [question.url for question in person.questions] == ["https://far.example/in"]


async def test_a_tool_behind_a_page_that_nobody_opens_answers_with_an_error(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("locked", {}, None)
    assert result.is_error
    assert result.content[0]["text"] == "Locked"


@pytest.mark.parametrize("wish", ["sample", "roots"])
async def test_models_and_folders_of_ours_are_not_offered(sessions: McpSessions, wish: str) -> None:
    async with sessions.session(program("hostile.py")) as session:
        offered = json.loads((await session.call("capabilities", {}, None)).content[0]["text"])
        assert set(offered) == {"elicitation"}
        assert "not supported" in (await session.call(wish, {}, Person(ElicitationReply("accept")))).content[0]["text"]


async def test_an_error_of_the_protocol_is_a_result(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        result = await session.call("refuse", {}, None)
        assert (result.is_error, result.content[0]["text"]) == (True, "Not like this.")
        assert not (await session.call("echo", {}, None)).is_error


async def test_a_flood_beside_the_protocol_ends_nothing(sessions: McpSessions) -> None:
    async with sessions.session(program("hostile.py")) as session:
        assert (await session.call("flood", {}, None)).content[0]["text"] == "flooded"


async def test_who_watches_another_call_is_not_asked_for_this_one(sessions: McpSessions) -> None:
    """A program of the older era does not say which call it asks for."""
    one, two = Person(ElicitationReply("accept", {"name": "One"})), Person(ElicitationReply("accept", {"name": "Two"}))
    async with sessions.session(program("hostile.py")) as session:
        asking = asyncio.create_task(session.call("ask", {}, one, owner="one"))
        other = asyncio.create_task(session.call("echo", {}, two, owner="two"))
        await asyncio.wait({asking, other})
    assert not two.questions


async def test_secrets_of_arguments_and_variables_are_not_in_the_log(sessions: McpSessions) -> None:
    spec = program("hostile.py", "--api-key", "argument-secret", "--token=other-secret", PASSWORD="variable-secret")
    async with sessions.session(spec) as session:
        with pytest.raises(ToolError):
            await session.call("crash", {}, None)
    shown = Mask(spec)("argument-secret other-secret variable-secret hostile.py")
    assert shown == "… … … hostile.py"


async def test_a_crash_in_a_call_is_told_with_the_last_words_and_it_is_started_again(sessions: McpSessions) -> None:
    spec = program("hostile.py")
    async with sessions.session(spec) as session:
        with pytest.raises(ToolError) as raised:
            await session.call("crash", {}, None)
        assert "exit status 3" in raised.value.message
        assert "it was all too much" in raised.value.hint
        assert "hunter2" not in raised.value.hint
        assert sessions.status(spec.name).state == "failed"
        assert (await session.call("echo", {}, None)).content[0]["text"] == "{}"
        assert sessions.status(spec.name).state == "ready"


async def test_a_program_that_crashes_again_and_again_is_left_alone_for_a_while(sessions: McpSessions) -> None:
    spec = program("hostile.py", "--dies-at-once")
    messages = []
    for _time in range(8):
        with pytest.raises(McpServerError) as raised:
            async with sessions.session(spec):
                pass
        messages.append(raised.value.message)
        if "times in a row" in raised.value.message:
            break
    assert "exit status 7" in messages[0]
    assert "times in a row" in messages[-1]
    assert "no configuration found" in sessions.log(spec.name)


async def test_a_hung_tool_ends_with_its_time_and_the_next_call_is_run_by_a_new_program(sessions: McpSessions) -> None:
    spec = program("hostile.py", timeout=1.0)
    async with sessions.session(spec) as session:
        with pytest.raises(ToolError, match="did not answer within 1 seconds"):
            await session.call("hang", {}, None)
        # At once, while nobody knows yet whether it still says anything.
        results = await asyncio.gather(*(session.call("echo", {}, None) for _number in range(3)))
        assert [result.content[0]["text"] for result in results] == ["{}"] * 3
        assert "It did not heed a cancelled call, and is ended." in sessions.log(spec.name)


async def test_a_program_that_reads_nothing_any_more_is_ended_once_its_calls_are_cancelled(
    sessions: McpSessions,
) -> None:
    spec = program("hostile.py")
    long = {"a": "x" * 2_000_000}
    async with sessions.session(spec) as session:
        calls = [asyncio.create_task(session.call("hang", {}, None))]
        calls += [asyncio.create_task(session.call("echo", long, None)) for _number in range(30)]
        await asyncio.sleep(0.5)  # Until its stdin is full, which nothing tells of.
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await until(lambda: sessions.status(spec.name).state == "failed")
        assert not (await session.call("echo", {}, None)).is_error


async def test_only_what_is_safe_of_the_environment_is_passed_on(
    sessions: McpSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-programs")
    async with sessions.session(program("hostile.py", GIVEN="yes")) as session:
        environment = json.loads((await session.call("env", {}, None)).content[0]["text"])
    assert environment["GIVEN"] == "yes"
    assert "PATH" in environment
    assert "OPENAI_API_KEY" not in environment


@pytest.mark.parametrize(
    ("command", "cwd", "words"),
    [
        ("no-such-program-anywhere", None, 'there is no program "no-such-program-anywhere"'),
        ("/etc/passwd", None, "may not be run"),
        (sys.executable, "/no/such/folder", "the folder it is to work in does not exist"),
        ("a\0b", None, "can't be started"),
    ],
)
async def test_what_can_not_be_started_is_told(
    sessions: McpSessions, command: str, cwd: str | None, words: str
) -> None:
    with pytest.raises(McpServerError) as raised:
        async with sessions.session(ServerSpec(ServerName("odd"), command=command, cwd=cwd)):
            pass
    assert words in raised.value.message
    assert sessions.status(ServerName("odd")).state == "failed"


async def test_two_hundred_tools_of_several_pages_with_recursive_schemas(sessions: McpSessions, tmp_path: Path) -> None:
    async with open_toolset(sessions, [Wanted(program("hostile.py", "--many"))]) as toolset:
        assert len(toolset.tools) == 200
        schema = toolset.tools[199].tool.input_schema
        assert schema["$defs"]["node"]["properties"]["children"]["items"] == {"$ref": "#/$defs/node"}
