"""MCP servers among the tools of OpenAI's Responses API, by OpenAI's own client."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.paths import app_paths
from tests.stands.homes import use_home
from tests.stands.plain_http import http_client
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import LOCAL_KEY, RunningServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

_FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
_CALLS: dict[str, dict[str, Any]] = {"add": {"a": 3, "b": 4}}
_ROUNDS = 3
_NUMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
FUNCTION = {"type": "function", "name": "add", "parameters": _NUMBERS}


def friendly(**more: Any) -> Any:
    return {"type": "mcp", "server_label": "friendly", "require_approval": "never", **more}


@pytest.fixture(scope="module")
def module_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def application_home(module_home: Path, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the module's server, which every test of it shares."""
    use_home(module_home, monkeypatch)
    return module_home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(module_home: Path) -> AsyncIterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        use_home(module_home, patch)
        models: dict[str, dict[str, Any]] = {
            "adder": {},
            "writer": {"as_text": True},
            "tireless": {"as_text": True, "tireless": True},
            "scribe": {"calls": {}, "reply": '{"name": "add", "arguments": {}}'},
        }
        for name, more in models.items():
            write_scripted_llama(app_paths().models / "acme" / name / f"{name}-F32.gguf", **{"calls": _CALLS, **more})
        write_scripted_llama(app_paths().models / "acme/late/late-F32.gguf", calls=_CALLS)
        app_paths().config.mkdir(parents=True, exist_ok=True)
        entry = {"command": sys.executable, "args": [str(_FRIENDLY)]}
        servers: dict[str, Any] = {"friendly": entry, "away": {"url": "http://127.0.0.1:9/mcp"}}
        (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        async with (
            serving(mcp_rounds=_ROUNDS) as running,
            openai.AsyncOpenAI(base_url=f"{running.address}/v1", api_key=LOCAL_KEY) as gpt,
        ):
            # Engine and program are there before the first test looks at what runs.
            async with Client(running.address, LOCAL_KEY) as client:
                for name in models:
                    await ModelsApi(client).load(LoadRequest(model=f"acme/{name}", context_length=16384))
            await gpt.responses.create(model="acme/adder", input="Please add.", tools=[friendly()])
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def gpt(server: RunningServer) -> AsyncIterator[openai.AsyncOpenAI]:
    """This machine's own user."""
    async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key=LOCAL_KEY, max_retries=0) as client:
        yield client


async def test_a_tool_is_called_and_told_in_openai_s_items(gpt: openai.AsyncOpenAI) -> None:
    made = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[friendly()])
    listed, call, message = made.output
    assert listed.type == "mcp_list_tools"
    assert {tool.name for tool in listed.tools} >= {"add", "fail"}
    assert call.type == "mcp_call"
    assert (call.name, call.server_label, call.output, call.error, call.status) == (
        "add",
        "friendly",
        "7",
        None,
        "completed",
    )
    assert json.loads(call.arguments) == {"a": 3, "b": 4}
    assert message.type == "message"
    assert made.output_text == REPLY
    assert made.status == "completed"


async def test_a_model_is_loaded_once_for_all_rounds(gpt: openai.AsyncOpenAI, server: RunningServer) -> None:
    made = await gpt.responses.create(model="acme/late", input="Please add.", tools=[friendly()])
    loaded = [instance.id for instance in server.pool.instances if instance.model.key == "acme/late"]
    for name in loaded:
        await server.pool.unload(name)
    assert made.output_text == REPLY
    assert loaded == ["acme/late"]


async def test_the_events_come_in_openai_s_order(gpt: openai.AsyncOpenAI) -> None:
    stream = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[friendly()], stream=True)
    events = [event async for event in stream]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events if "delta" not in event.type]
    assert kinds[:12] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.mcp_list_tools.in_progress",
        "response.mcp_list_tools.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.mcp_call.in_progress",
        "response.mcp_call_arguments.done",
        "response.mcp_call.completed",
        "response.output_item.done",
        "response.output_item.added",
    ]
    assert kinds[-1] == "response.completed"
    deltas = "".join(event.delta for event in events if event.type == "response.mcp_call_arguments.delta")
    assert json.loads(deltas) == {"a": 3, "b": 4}


async def test_without_more_said_a_call_waits_for_its_program(gpt: openai.AsyncOpenAI) -> None:
    server = friendly(require_approval="always")
    asked = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[server])
    request = asked.output[-1]
    assert request.type == "mcp_approval_request"
    assert (request.name, request.server_label) == ("add", "friendly")
    answer: Any = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}
    made = await gpt.responses.create(model="acme/adder", input=[answer], tools=[server], previous_response_id=asked.id)
    call = next(item for item in made.output if item.type == "mcp_call")
    assert (call.output, call.approval_request_id) == ("7", request.id)
    assert made.output_text == REPLY


async def test_a_call_that_is_not_approved_is_not_made(gpt: openai.AsyncOpenAI) -> None:
    server = friendly(require_approval={"always": {"tool_names": ["add"]}})
    asked = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[server])
    request = asked.output[-1]
    answer: Any = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": False}
    made = await gpt.responses.create(model="acme/adder", input=[answer], tools=[server], previous_response_id=asked.id)
    assert not [item for item in made.output if item.type == "mcp_call"]
    assert made.output_text == REPLY


@pytest.mark.parametrize("answers", [[True, False], [False, True], [True, None]])
async def test_of_two_answers_a_denial_counts(gpt: openai.AsyncOpenAI, answers: list[Any]) -> None:
    server = friendly(require_approval="always")
    asked = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[server])
    about = {"type": "mcp_approval_response", "approval_request_id": asked.output[-1].id}
    said: Any = [{**about, "approve": answer} for answer in answers]
    made = await gpt.responses.create(model="acme/adder", input=said, tools=[server], previous_response_id=asked.id)
    assert not [item for item in made.output if item.type == "mcp_call"]
    assert made.output_text == REPLY


@pytest.mark.parametrize("stream", [False, True])
async def test_an_approved_call_whose_tool_is_gone_says_so(gpt: openai.AsyncOpenAI, stream: bool) -> None:
    asked = await gpt.responses.create(
        model="acme/adder", input="Please add.", tools=[friendly(require_approval="always")]
    )
    request = asked.output[-1]
    said: Any = [{"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}]
    left: Any = [friendly(allowed_tools=["paint"])]
    more: Any = {"model": "acme/adder", "input": said, "tools": left, "previous_response_id": asked.id}
    if stream:
        events = [event async for event in await gpt.responses.create(**more, stream=True)]
        assert "response.mcp_call.failed" in [event.type for event in events]
        made = events[-1].response
    else:
        made = await gpt.responses.create(**more)
    call = next(item for item in made.output if item.type == "mcp_call")
    assert (call.name, call.server_label, call.status) == ("add", "friendly", "failed")
    assert call.approval_request_id == request.id
    assert "its tool is gone" in str(call.error)
    assert made.output[-1].type == "message"


async def test_a_program_may_keep_the_conversation_itself(gpt: openai.AsyncOpenAI) -> None:
    server = friendly(require_approval="always")
    question: Any = {"role": "user", "content": "Please add."}
    asked = await gpt.responses.create(model="acme/adder", input=[question], tools=[server], store=False)
    kept: list[Any] = [question, *(item.model_dump(mode="json") for item in asked.output)]
    kept.append({"type": "mcp_approval_response", "approval_request_id": asked.output[-1].id, "approve": True})
    made = await gpt.responses.create(model="acme/adder", input=kept, tools=[server], store=False)
    assert [item.type for item in made.output] == ["mcp_call", "message"]
    kept += [item.model_dump(mode="json") for item in made.output]
    again = await gpt.responses.create(model="acme/adder", input=[*kept, question], tools=[server], store=False)
    assert again.output_text == REPLY


async def test_a_tool_that_is_another_since_it_was_approved_is_not_run(
    gpt: openai.AsyncOpenAI, server: RunningServer
) -> None:
    mcp = friendly(server_label="shifting", require_approval="always")
    place = "/api/v1/mcp/servers/shifting"

    def entry(*options: str) -> dict[str, Any]:
        return {"entry": {"command": sys.executable, "args": [*options, str(_FRIENDLY)]}}

    async with http_client(server.address, headers={"Authorization": f"Bearer {LOCAL_KEY}"}) as http:
        await http.put(place, json=entry())
        asked = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[mcp])
        answer: Any = {"type": "mcp_approval_response", "approval_request_id": asked.output[-1].id, "approve": True}
        more: Any = {"model": "acme/adder", "input": [answer], "tools": [mcp], "previous_response_id": asked.id}
        await http.put(place, json=entry("-B"))
        made = await gpt.responses.create(**more)
        call = next(item for item in made.output if item.type == "mcp_call")
        assert (call.status, call.output) == ("failed", None)
        assert "changed since it was approved" in str(call.error)
        assert made.output_text == REPLY
        await http.put(place, json=entry())
        made = await gpt.responses.create(**more)
        assert next(item for item in made.output if item.type == "mcp_call").output == "7"
        await http.delete(place)


async def test_a_continuation_without_servers_remembers_what_they_did(gpt: openai.AsyncOpenAI) -> None:
    first = await gpt.responses.create(model="acme/adder", input="Please add.", tools=[friendly()])
    read = await gpt.responses.retrieve(first.id)
    assert [item.type for item in read.output] == ["mcp_call", "message"]
    second = await gpt.responses.create(model="acme/adder", input="Why?", previous_response_id=first.id)
    assert [item.type for item in second.output] == ["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_that_is_written_as_text_is_made(gpt: openai.AsyncOpenAI, stream: bool) -> None:
    order: Any = {"model": "acme/writer", "input": "Please add.", "tools": [friendly()]}
    if not stream:
        made = await gpt.responses.create(**order)
    else:
        events = [event async for event in await gpt.responses.create(**order, stream=True)]
        assert [event.sequence_number for event in events] == list(range(len(events)))
        texts = [event.delta for event in events if event.type == "response.output_text.delta"]
        assert "".join(texts) == REPLY, "nothing of the call is told as text"
        made = events[-1].response
    assert len(made.output) == 3, made.output_text
    _listed, call, message = made.output
    assert (call.type, call.name, call.output) == ("mcp_call", "add", "7")
    assert json.loads(call.arguments) == {"a": 3, "b": 4}
    assert message.content[0].text == REPLY
    second = await gpt.responses.create(model="acme/writer", input="Why?", previous_response_id=made.id)
    assert [item.type for item in second.output] == ["message"], "it is kept as a call"


async def test_a_written_call_waits_for_its_program(gpt: openai.AsyncOpenAI) -> None:
    server = friendly(require_approval="always")
    asked = await gpt.responses.create(model="acme/writer", input="Please add.", tools=[server])
    assert [item.type for item in asked.output] == ["mcp_list_tools", "mcp_approval_request"]


async def test_a_written_call_of_what_is_not_offered_stays_text(gpt: openai.AsyncOpenAI) -> None:
    tools: Any = [friendly(allowed_tools=["picture"]), FUNCTION | {"name": "add_up"}]
    made = await gpt.responses.create(model="acme/scribe", input="Please add.", tools=tools)
    assert [item.type for item in made.output] == ["mcp_list_tools", "message"]
    assert json.loads(made.output_text) == {"name": "add", "arguments": {}}


@pytest.mark.parametrize("stream", [False, True])
async def test_the_limit_of_rounds_is_told(gpt: openai.AsyncOpenAI, stream: bool) -> None:
    order: Any = {"model": "acme/tireless", "input": "Please add.", "tools": [friendly()]}
    if not stream:
        made = await gpt.responses.create(**order)
    else:
        events = [event async for event in await gpt.responses.create(**order, stream=True)]
        assert events[-1].type == "response.incomplete"
        made = events[-1].response
    calls = [item for item in made.output if item.type == "mcp_call"]
    assert [call.output for call in calls] == ["7"] * _ROUNDS
    assert made.output[-1].type == "message", "what it wrote in the end is no call any more"
    assert (made.status, made.incomplete_details.reason) == ("incomplete", "max_tool_calls")
    kept = await gpt.responses.retrieve(made.id)
    assert kept.incomplete_details
    assert (kept.status, kept.incomplete_details.reason) == ("incomplete", "max_tool_calls")


async def test_the_limit_of_rounds_is_told_natively(server: RunningServer) -> None:
    order = {"model": "acme/tireless", "input": "Please add.", "integrations": ["mcp/friendly"]}
    async with http_client(server.address, headers={"Authorization": f"Bearer {LOCAL_KEY}"}, timeout=60) as http:
        output = (await http.post("/api/v1/chat", json=order)).json()["output"]
    assert [item["type"] for item in output] == [*["tool_call"] * _ROUNDS, "message", "message"]
    assert output[-1]["content"] == f"(Stopped after {_ROUNDS} rounds of tools.)"


@pytest.mark.parametrize("most", [0, 1, 2])
async def test_no_more_calls_are_made_than_the_request_allows(gpt: openai.AsyncOpenAI, most: int) -> None:
    order: Any = {"input": "Please add.", "tools": [friendly()], "max_tool_calls": most}
    made = await gpt.responses.create(model="acme/tireless", **order)
    assert [item.type for item in made.output] == ["mcp_list_tools", *["mcp_call"] * most, "message"]
    assert made.status == "completed"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_server_that_can_t_be_listed_is_an_item_that_says_so(gpt: openai.AsyncOpenAI, stream: bool) -> None:
    tools: Any = [friendly(server_label="away"), friendly()]
    order: Any = {"model": "acme/adder", "input": "Please add.", "tools": tools}
    if not stream:
        made = await gpt.responses.create(**order)
    else:
        events = [event async for event in await gpt.responses.create(**order, stream=True)]
        assert [event.type for event in events][2:6] == [
            "response.output_item.added",
            "response.mcp_list_tools.in_progress",
            "response.mcp_list_tools.failed",
            "response.output_item.done",
        ]
        assert events[4].item_id == events[5].item.id
        made = events[-1].response
    failed, listed, call, message = made.output
    assert (failed.type, failed.server_label, failed.tools) == ("mcp_list_tools", "away", [])
    assert "away" in failed.error
    assert (listed.type, listed.error) == ("mcp_list_tools", None)
    assert (call.output, message.content[0].text) == ("7", REPLY), "the others are used"
    kept: list[Any] = [item.model_dump(mode="json") for item in made.output]
    again = await gpt.responses.create(**(order | {"input": [*kept, {"role": "user", "content": "Again."}]}))
    assert [item.server_label for item in again.output if item.type == "mcp_list_tools"] == ["away"]


async def test_a_choice_that_needs_a_server_that_is_away_is_refused(gpt: openai.AsyncOpenAI) -> None:
    order: Any = {"input": "Please add.", "tools": [friendly(server_label="away")], "tool_choice": "required"}
    with pytest.raises(openai.APIStatusError, match="away"):
        await gpt.responses.create(model="acme/adder", **order)


async def test_a_tool_and_a_function_of_one_name_are_refused(gpt: openai.AsyncOpenAI) -> None:
    tools: Any = [friendly(), FUNCTION]
    with pytest.raises(openai.BadRequestError, match="both called 'add'"):
        await gpt.responses.create(model="acme/adder", input="Please add.", tools=tools)


async def test_functions_beside_servers_go_back_to_the_program(gpt: openai.AsyncOpenAI) -> None:
    tools: Any = [friendly(allowed_tools=["picture"]), FUNCTION]
    made = await gpt.responses.create(model="acme/adder", input="Please add.", tools=tools, temperature=0)
    assert [item.type for item in made.output] == ["mcp_list_tools", "function_call"]


@pytest.mark.parametrize(
    "tool",
    [
        friendly(server_label="nobody"),
        friendly(server_url="nothing"),
        friendly(allowed_tools=[3]),
        friendly(require_approval="sometimes"),
        friendly(headers={"X": 3}, server_url="https://example.org"),
    ],
)
async def test_what_is_wrong_with_a_server_is_told(gpt: openai.AsyncOpenAI, tool: Any) -> None:
    with pytest.raises(openai.BadRequestError):
        await gpt.responses.create(model="acme/adder", input="Please add.", tools=[tool])


async def test_strangers_may_not_use_servers_of_mcp_json(server: RunningServer) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as stranger:
        with pytest.raises(openai.PermissionDeniedError):
            await stranger.responses.create(model="acme/adder", input="Please add.", tools=[friendly()])
