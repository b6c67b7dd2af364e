"""Tools in a chat with the real server, a real engine and a real MCP program."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from studiolo.client.client import Client
from studiolo.client.mcp import McpClient
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox
from studiolo.desktop.chat.transcript.result_picture import ResultPicture
from studiolo.desktop.history.parts import ToolPart
from studiolo.paths import app_paths
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.desktop.chat.test_tool_calls import asked, elicited, last_reply, runs
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import LOCAL_KEY, RunningServer, serving
from tests.stands.waiting import until

FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
CHOICE = ToolChoice(servers=(ChosenServer(id="mcp/friendly"),))
CALLS: dict[str, dict[str, Any]] = {
    "adder": {"add": {"a": 3, "b": 4}},
    "painter": {"paint": {}},
    "patient": {"wait": {"steps": 3, "seconds": 60}},
    "photographer": {"picture": {}},
}


@pytest.fixture
async def tools() -> AsyncIterator[RunningServer]:
    """A server with models that call a tool each."""
    for name, calls in CALLS.items():
        write_scripted_llama(app_paths().models / "acme" / name / f"{name}-F32.gguf", calls=calls)
    app_paths().config.mkdir(parents=True, exist_ok=True)
    servers = {"friendly": {"command": sys.executable, "args": [str(FRIENDLY)]}}
    (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    async with serving() as running:
        yield running


def at(server: RunningServer, model: str) -> AbstractAsyncContextManager[ChatDesk]:
    return chat_desk(server.address, defaults=ChatSettings(), model=f"acme/{model}", token=LOCAL_KEY)


def call_of(desk: ChatDesk) -> ToolPart:
    [part] = [part for part in last_reply(desk).parts if isinstance(part, ToolPart)]
    return part


async def test_a_tool_runs_once_it_is_allowed_and_always_is_asked_no_more(tools: RunningServer) -> None:
    async with at(tools, "adder") as desk:
        desk.composer.tools.click()
        picker = desk.composer.tool_picker
        await until(lambda: (item := picker.tree.topLevelItem(0)) and item.childCount() > 3)
        item = picker.tree.topLevelItem(0)
        assert item
        item.setCheckState(0, Qt.CheckState.Checked)
        await until(lambda: desk.presenter.tooling.tokens > 20)
        picker.close()
        desk.presenter.send("Three and four?")
        box = await asked(desk)
        assert isinstance(box, ApprovalBox)
        assert '"a": 3' in runs(desk)[0].given.field.toPlainText()
        menu = box.open_menu()
        menu.actions()[0].trigger()
        menu.close()
        await desk.ended()
        assert last_reply(desk).text == REPLY
        part = call_of(desk)
        assert (part.approval, part.output) == ("always", '[{"type":"text","text":"7"}]')
        assert part.seconds is not None
        await desk.ask("Thank you.")
        assert not last_reply(desk).whole, "the server remembers the chat"
        desk.presenter.new_chat()
        desk.presenter.tooling.choose(CHOICE)
        await desk.ask("Three and four?")
        assert (call_of(desk).output, call_of(desk).approval) == (part.output, "")


async def test_a_tool_that_is_not_allowed_does_not_run_and_the_model_goes_on(tools: RunningServer) -> None:
    async with at(tools, "adder") as desk:
        desk.presenter.tooling.choose(CHOICE)
        desk.presenter.send("Three and four?")
        (await asked(desk)).deny.click()
        await desk.ended()
        assert call_of(desk).denied
        assert last_reply(desk).text == REPLY
        assert runs(desk)[0].header.text() == "add was not allowed · friendly"
        async with Client(tools.address, LOCAL_KEY) as client:
            [entry] = (await McpClient(client).calls()).calls
        assert (entry.tool, entry.ended) == ("add", "denied")


async def test_what_a_tool_asks_is_answered_in_its_card(tools: RunningServer) -> None:
    async with at(tools, "painter") as desk:
        desk.presenter.tooling.choose(CHOICE)
        desk.presenter.send("Paint.")
        (await asked(desk)).once.click()
        box = await until(lambda: next((run.box for run in runs(desk) if isinstance(run.box, ElicitationBox)), None))
        assert box is await elicited(desk)
        assert box.form
        editor = box.form.editors["colour"]
        assert isinstance(editor, QLineEdit)
        editor.setText("blue")
        box.send.click()
        await desk.ended()
        assert "painted blue" in (call_of(desk).output or "")


async def test_progress_is_shown_and_stopping_reaches_the_tool(tools: RunningServer) -> None:
    async with at(tools, "patient") as desk:
        desk.presenter.tooling.choose(CHOICE)
        desk.presenter.send("Wait.")
        (await asked(desk)).once.click()
        await until(lambda: runs(desk)[0].badge.text().startswith("3 / 3"))
        desk.presenter.stop()
        await desk.ended()
        assert runs(desk)[0].header.text() == "wait did not end · friendly"
        async with Client(tools.address, LOCAL_KEY) as client:
            mcp = McpClient(client)

            async def cancelled() -> bool:
                return "cancelled" in [entry.ended for entry in (await mcp.calls()).calls]

            await until(cancelled)


async def test_an_image_of_a_tool_is_shown(tools: RunningServer) -> None:
    async with at(tools, "photographer") as desk:
        desk.presenter.tooling.choose(CHOICE)
        desk.presenter.send("Show me.")
        (await asked(desk)).chat.click()
        await desk.ended()
        [run] = runs(desk)
        run.header.click()
        desk.page.transcript.flush()
        [picture] = [one for one in run.results if isinstance(one, ResultPicture)]
        assert not picture.pixmap.isNull()


async def test_prompts_and_resources_of_a_real_server_are_offered(tools: RunningServer) -> None:
    async with at(tools, "adder") as desk:
        desk.presenter.tooling.choose(CHOICE)

        def offered() -> bool:
            desk.composer.set_text("/gre")
            return desk.composer.presets.isVisible()

        await until(offered)
        menu = desk.composer._attach()
        assert menu
        assert [action.text() for action in menu.actions()] == ["Files…", "From friendly…"]
        menu.close()
