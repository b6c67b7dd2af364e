"""The page of MCP servers, over the real server with a real program, and over a script for states that are rare."""

import base64
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from studiolo.api.hints import ToolHints
from studiolo.api.mcp import McpServerEntry, McpServerInfo
from studiolo.desktop.mcp.entry_dialog import EntryDialog
from studiolo.desktop.mcp.paste_dialog import ConfirmDialog, PasteDialog
from studiolo.desktop.mcp.text_dialogs import CallsDialog, FileDialog, LogDialog
from studiolo.desktop.mcp.tool_dialog import ToolDialog
from studiolo.desktop.widgets.exact_text import ExactText
from studiolo.desktop.widgets.pairs import Pairs
from studiolo.errors import RequestError
from tests.desktop.mcp.conftest import McpDesk
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tool_api import program, tool, tool_api
from tests.stands.waiting import stays, until

Desk = Callable[..., AbstractAsyncContextManager[McpDesk]]

FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
ENTRY = {"command": sys.executable, "args": [str(FRIENDLY)], "env": {"GREETING": "hello"}}


def texts(dialog: object) -> str:
    """All that a dialog says."""
    assert hasattr(dialog, "findChildren")
    labels = [label.text() for label in dialog.findChildren(QLabel) if not label.isHidden()]
    return "\n".join([*labels, *(field.toPlainText() for field in dialog.findChildren(ExactText))])


async def add_by_pasting(desk: McpDesk, text: str) -> ConfirmDialog:
    desk.page.add.click()
    paste = await desk.dialog(PasteDialog)
    paste.text.setPlainText(text)
    paste.next.click()
    return await desk.dialog(ConfirmDialog)


async def test_a_server_is_pasted_shown_run_tried_and_removed(mcp_desk: Desk) -> None:
    async with serving() as server, mcp_desk(server.address, LOCAL_KEY) as desk:
        page = desk.page
        await until(lambda: page.first.isVisible(), "that it says that there is none")
        confirm = await add_by_pasting(desk, json.dumps({"mcpServers": {"friendly": ENTRY}}))
        shown = texts(confirm)
        assert str(FRIENDLY) in shown
        assert "GREETING" in [field.text() for field in confirm.findChildren(QLineEdit)]
        assert page.servers == []
        confirm.add.click()
        await desk.listed("friendly")
        await until(lambda: page.panel.tools.rows, "the tools of a program that runs")
        assert page.panel.badge.text() == "Running"

        rows = page.panel.tools.rows
        rows["add"].name.click()
        dialog = await desk.dialog(ToolDialog)
        dialog.run.click()
        assert dialog.form.problems["a"].text() == "This is needed."
        for name, value in (("a", "2"), ("b", "3")):
            editor = dialog.form.editors[name]
            assert isinstance(editor, QLineEdit)
            editor.setText(value)
        dialog.run.click()
        await until(lambda: dialog.returned.text.startswith("5"), "what the tool returned")
        dialog.reject()

        box = page.panel.tools.rows["add"].policy
        box.setCurrentIndex(box.findData("deny"))
        box.activated.emit(box.currentIndex())
        await until(lambda: [one.policy for one in page.servers[0].tools or () if one.name == "add"] == ["deny"])
        await until(lambda: page.panel.calls.isVisible(), "the call that was tried")

        page.list.delete_pressed.emit()
        await desk.listed()
        assert page.undo_last()
        await desk.listed("friendly")
        assert desk.reported == []


async def test_a_mistake_in_mcp_json_is_told_with_its_line_and_nothing_is_lost(mcp_desk: Desk) -> None:
    async with serving() as server, mcp_desk(server.address, LOCAL_KEY) as desk:
        await until(lambda: desk.page.file.isVisible())
        desk.page.file.click()
        dialog = await desk.dialog(FileDialog)
        wrong = '{\n  "mcpServers": {\n    "one": {"command": "x"}\n    "two": {"command": "y"}\n  }\n}\n'
        dialog.text.setPlainText(wrong)
        dialog.save.click()
        await until(lambda: "4" in dialog.problem.text(), "the line of the mistake")
        assert dialog.isVisible()
        assert dialog.text.toPlainText() == wrong
        assert dialog.text.textCursor().blockNumber() == 3
        assert dialog.text.extraSelections()
        dialog.text.setPlainText(
            wrong.replace('"x"}', '"x", "disabled": true},').replace('"y"', '"y", "disabled": true')
        )
        dialog.save.click()
        await desk.listed("one", "two")


async def test_a_program_that_does_not_start_says_why_and_shows_its_log(mcp_desk: Desk) -> None:
    script = "import sys; print('no such database', file=sys.stderr); sys.exit(3)"
    async with serving() as server, mcp_desk(server.address, LOCAL_KEY) as desk:
        await until(lambda: desk.page.add.isVisible())
        entry = {"broken": {"command": sys.executable, "args": ["-c", script]}}
        (await add_by_pasting(desk, json.dumps(entry))).add.click()
        panel = desk.page.panel
        await until(lambda: panel.trouble.isVisible(), "that it tells of the failure")
        assert panel.message.text()
        assert panel.again.isVisible()
        assert desk.page.list.item(0).text() == ""
        panel.log.click()
        log = await desk.dialog(LogDialog)
        await until(lambda: "no such database" in log.text.toPlainText())
        log.reject()


async def test_nothing_of_a_link_runs_before_it_was_confirmed(mcp_desk: Desk) -> None:
    entry = {"command": "npx", "args": ["-y", "thing"], "env": {"API_KEY": "abc"}}
    packed = base64.urlsafe_b64encode(json.dumps(entry).encode()).decode()
    async with tool_api() as api, mcp_desk(api.address) as desk:
        await until(lambda: desk.page.add.isVisible())
        for scheme in ("lmstudio", "studiolo"):
            link = f"{scheme}://add_mcp?name=thing&config={packed}"
            desk.presenter.add_from(link)
            confirm = await desk.dialog(ConfirmDialog)
            assert "npx -y thing" in texts(confirm)
            assert confirm.cancel.hasFocus() or confirm.cancel.isDefault()
            await stays(lambda: not api.puts)
            confirm.reject()
            await until(lambda: not confirm.isVisible())  # noqa: B023
        assert api.puts == []
        desk.presenter.add_from(link)
        confirm = await desk.dialog(ConfirmDialog)
        confirm.add.click()
        await until(lambda: api.puts)
        [(label, body)] = api.puts
        assert (label, body["secrets"]) == ("thing", ["env.API_KEY"])
        for other in ("lmstudio://open?model=x", "npx -y thing", "https://example.com/mcp"):
            with pytest.raises(RequestError):
                desk.presenter.add_from(other)


def test_what_a_link_would_take_of_the_computer_is_told(qapp: QApplication) -> None:
    headers = {"X-Key": "${OPENAI_API_KEY}", "X-Token": "${keyring:tracker.headers.X-Key}"}
    dialog = ConfirmDialog({"a": McpServerEntry(url="https://far.example/mcp", headers=headers)})
    assert "that computer: OPENAI_API_KEY, keyring:tracker.headers.X-Key" in texts(dialog)
    dialog.deleteLater()


def test_what_would_hide_in_a_command_is_spelled_out(qapp: QApplication) -> None:
    field = ExactText("npx \u202egpj.exe\x00 --ok\u200b")
    assert field.toPlainText() == "npx \\u202egpj.exe\\u0000 --ok\\u200b"
    field.deleteLater()


async def test_a_mistake_in_the_form_loses_nothing_that_was_written(mcp_desk: Desk) -> None:
    async with tool_api(servers={"files": program("files")}) as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        desk.page.add.click()
        (await desk.dialog(PasteDialog)).form.click()
        form = await desk.dialog(EntryDialog)
        form.save.click()
        assert form.isVisible()
        assert form.problem.text()
        form.command.setText("uvx mcp-server-time --local")
        form.name.setText("files")
        form.save.click()
        again = await until(lambda: next((one for one in desk.page.findChildren(EntryDialog) if one is not form), None))
        assert "files" in again.problem.text()
        assert (again.command.text(), again.arguments.toPlainText()) == ("uvx", "mcp-server-time\n--local")
        again.name.setText("time")
        again.save.click()
        await until(lambda: api.puts)
        assert api.puts[0] == (
            "time",
            {"entry": {"command": "uvx", "args": ["mcp-server-time", "--local"]}, "secrets": []},
        )


async def test_what_has_no_field_in_the_form_stays_as_it_is(mcp_desk: Desk) -> None:
    entry = {"command": "x", "env": {"TOKEN": "${keyring:a}"}, "timeout": 5, "alwaysAllow": ["read"]}
    async with tool_api(servers={"files": program("files", entry=entry)}) as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        desk.page.panel.edit.click()
        form = await desk.dialog(EntryDialog)
        assert form.variables.rows[0].field.text() == ""
        form.folder.setText("/tmp")
        form.save.click()
        await until(lambda: api.puts)
        assert api.puts[0][1] == {"entry": {**entry, "cwd": "/tmp"}, "secrets": []}


async def test_signing_in_opens_the_page_waits_and_can_be_cancelled(mcp_desk: Desk) -> None:
    remote = {"label": "web", "id": "mcp/web", "kind": "url", "entry": {"url": "https://example.com/mcp"}}
    needed = McpServerInfo.model_validate({**remote, "state": "sign_in_needed"})
    async with tool_api(servers={"web": needed}) as api, mcp_desk(api.address) as desk:
        panel = desk.page.panel
        await until(lambda: panel.sign_in.isVisible())
        panel.sign_in.click()
        await until(lambda: panel.cancel.isVisible())
        assert desk.opened == [api.sign_in]
        panel.cancel.click()
        await until(lambda: panel.sign_in.isVisible())
        panel.sign_in.click()
        await until(lambda: panel.cancel.isVisible())
        api.servers["web"] = McpServerInfo.model_validate({**remote, "state": "ready", "tools": [], "signed_in": True})
        await until(lambda: not panel.trouble.isVisible())
        assert panel.badge.text() == "Connected"


async def test_a_sign_in_that_was_refused_is_told_and_can_be_begun_again(mcp_desk: Desk) -> None:
    remote = {"label": "web", "id": "mcp/web", "kind": "url", "entry": {"url": "https://example.com/mcp"}}
    needed = McpServerInfo.model_validate({**remote, "state": "sign_in_needed"})
    async with tool_api(servers={"web": needed}) as api, mcp_desk(api.address) as desk:
        panel = desk.page.panel
        await until(lambda: panel.sign_in.isVisible())
        panel.sign_in.click()
        await until(lambda: panel.cancel.isVisible())
        api.servers["web"] = needed.model_copy(update={"sign_in_error": "The sign-in was refused."})
        await until(lambda: desk.reported)
        assert "The sign-in was refused." in str(desk.reported[0])
        await until(lambda: panel.sign_in.isVisible())


async def test_a_page_to_sign_in_at_that_is_none_is_not_opened(mcp_desk: Desk) -> None:
    needed = McpServerInfo.model_validate(
        {"label": "web", "id": "mcp/web", "kind": "url", "state": "sign_in_needed", "entry": {"url": "https://a.b"}}
    )
    async with tool_api(servers={"web": needed}, sign_in="file:///etc/passwd") as api, mcp_desk(api.address) as desk:
        await until(lambda: desk.page.panel.sign_in.isVisible())
        desk.page.panel.sign_in.click()
        await until(lambda: desk.reported)
        assert desk.opened == []


async def test_allowing_all_tools_takes_a_second_thought_where_something_may_be_lost(mcp_desk: Desk) -> None:
    tools = [tool("look", hints=ToolHints(read_only=True)), tool("wipe", hints=ToolHints(destructive=True))]
    async with tool_api(servers={"files": program("files", *tools)}) as api, mcp_desk(api.address) as desk:
        await until(lambda: desk.page.panel.tools.rows)
        desk.page.panel.tools.all_decided.emit("deny")
        await until(lambda: len(api.policies) == 2)
        desk.page.panel.tools.all_decided.emit("allow")
        box = await until(lambda: QApplication.activeModalWidget())
        box.close()
        await stays(lambda: len(api.policies) == 2)


async def test_switching_a_server_off_keeps_what_is_set_up(mcp_desk: Desk) -> None:
    async with tool_api(servers={"files": program("files", tool("look"))}) as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        before = api.servers["files"].entry.model_dump(exclude_none=True)
        desk.page.panel.switch.click()
        await until(lambda: api.puts)
        assert api.puts[-1][1]["entry"] == before | {"disabled": True}
        await until(lambda: desk.page.panel.badge.text() == "Switched off")
        assert not desk.page.panel.tools.isVisible()
        desk.page.panel.switch.click()
        await until(lambda: len(api.puts) == 2)
        assert api.puts[-1][1]["entry"] == before


async def test_a_removed_server_keeps_its_secrets_as_long_as_it_can_be_put_back(mcp_desk: Desk) -> None:
    entry = {"command": "x", "env": {"TOKEN": "${keyring:a}"}}
    async with tool_api(servers={"files": program("files", entry=entry)}) as api:
        async with mcp_desk(api.address) as desk:
            await desk.listed("files")
            desk.page.list.delete_pressed.emit()
            await desk.listed()
            assert api.servers["files"].entry.disabled
            desk.page.undo_last()
            await desk.listed("files")
            await until(lambda: api.puts[-1][1]["entry"] == entry, "that it is switched on again")
            desk.page.list.delete_pressed.emit()
            await desk.listed()
            assert "files" in api.servers
        assert api.servers == {}


async def test_a_plain_server_says_what_cant_be_known_there(mcp_desk: Desk) -> None:
    async with tool_api(capabilities=[]) as api, mcp_desk(api.address) as desk:
        await until(lambda: "mcp/" in desk.page.notice.text())
        assert not desk.page.add.isVisible()


async def test_a_broken_file_is_told_while_the_last_good_one_is_in_use(mcp_desk: Desk) -> None:
    files = {"files": program("files")}
    async with tool_api(servers=files, problem="Line 3: a comma is missing.") as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        await until(lambda: desk.page.problem.isVisible())
        assert "Line 3" in desk.page.problem.label.text()
        desk.page.problem.action.click()
        dialog = await desk.dialog(FileDialog)
        assert "Line 3" in dialog.problem.text()
        dialog.reject()


async def test_the_log_of_calls_tells_how_each_was_permitted(mcp_desk: Desk) -> None:
    call = {"id": 1, "at": "2026-11-25T14:02:00Z", "asked_by": "Office", "server": "mcp/files", "tool": "look"}
    call |= {"approved": "always", "ended": "succeeded", "arguments": '{"a": 1}', "seconds": 0.5}
    other = call | {"server": "mcp/other", "tool": "peek"}
    async with tool_api(servers={"files": program("files")}, calls=[call, other]) as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        await until(lambda: desk.page.panel.calls.isVisible())
        desk.page.panel.calls.all.click()
        dialog = await desk.dialog(CallsDialog)
        await until(lambda: dialog.tree.topLevelItemCount() == 1)
        item = dialog.tree.topLevelItem(0)
        assert item
        assert [item.text(column) for column in (1, 2, 3)] == ["look", "Office", "Always allowed"]
        assert '{"a": 1}' in dialog.details.toPlainText()
        dialog.reject()


async def test_a_narrow_window_shows_the_list_or_one_server(mcp_desk: Desk) -> None:
    async with tool_api(servers={"files": program("files", tool("look"))}) as api, mcp_desk(api.address) as desk:
        await desk.listed("files")
        page = desk.page
        page.resize(430, 600)
        await until(lambda: page.list.isVisible() and not page.panel.isVisible())
        page.list.setFocus()
        page.list.itemActivated.emit(page.list.currentItem())
        assert page.panel.isVisible()
        assert not page.list.isVisible()
        inside = page.panel.widget()
        assert inside
        assert inside.minimumSizeHint().width() <= page.width()
        page.back.click()
        assert page.list.isVisible()


def test_values_that_sound_secret_go_to_the_keyring_unless_somebody_says_otherwise(qapp: QApplication) -> None:
    pairs = Pairs({"API_KEY": "abc", "MODE": "fast", "KEPT": "${keyring:x}"}, "Add")
    assert pairs.secrets == ["API_KEY"]
    assert pairs.values == {"API_KEY": "abc", "MODE": "fast", "KEPT": "${keyring:x}"}
    pairs.rows[0].secret.setChecked(False)
    pairs.rows[2].field.setText("new")
    assert pairs.secrets == ["KEPT"]
    pairs.deleteLater()


async def test_tab_goes_through_the_headers_as_one_sees_them(qapp: QApplication) -> None:
    dialog = EntryDialog(McpServerEntry(url="https://example.com/mcp", headers={"X-Key": "abc"}), "web")
    dialog.show()
    dialog.headers.add.click()
    first, second = dialog.headers.rows
    await until(second.field.isVisible)
    dialog.address.setFocus()
    way: list[QWidget | None] = [dialog.address]
    for _ in range(9):
        assert way[-1]
        QTest.keyClick(way[-1], Qt.Key.Key_Tab)
        way.append(qapp.focusWidget())
    rows = [widget for row in (first, second) for widget in (row.name, row.field, row.secret, row.remove)]
    assert way == [dialog.address, *rows, dialog.headers.add]
    dialog.close()
    dialog.deleteLater()
