"""Where things are on the page of MCP servers and in its dialogs: nothing out of sight, and nothing empty between."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from studiolo.api.hints import ToolHints
from studiolo.api.mcp import McpServerEntry
from studiolo.desktop.chat.composing.address_dialog import AddressDialog, ToolPlace
from studiolo.desktop.mcp.entry_dialog import EntryDialog
from studiolo.desktop.mcp.text_dialogs import LogDialog
from tests.desktop.mcp.conftest import McpDesk
from tests.stands.cut_text import cut_texts
from tests.stands.tool_api import program, tool, tool_api
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[McpDesk]]
LONG = "a_tool_with_a_name_" * 8


def _widths_agree(area: QScrollArea) -> bool:
    inside = area.widget()
    return inside is not None and inside.width() == area.viewport().width()


def _right(widget: QWidget, above: QWidget) -> int:
    return widget.mapTo(above, QPoint(widget.width(), 0)).x()


@pytest.mark.parametrize("width", [420, 500, 700, 1000])
async def test_no_long_name_pushes_a_control_out_of_sight(mcp_desk: Desk, width: int) -> None:
    hints = ToolHints(destructive=True, open_world=True, idempotent=True)
    tools = [tool(LONG, "x" * 400, hints=hints, changed=True), tool("move", "Moves it.")]
    entry = {"command": "x" * 300, "cwd": "/home/" + "y" * 300}
    call = {"server": "files", "tool": LONG, "asked_by": "z" * 200, "at": "2026-01-01T10:00:00+00:00"}
    servers = {"files": program("files", *tools, entry=entry, name="n" * 300)}
    async with tool_api(servers=servers, calls=[call]) as api, mcp_desk(api.address) as desk:
        desk.page.resize(width, 700)
        await desk.listed("files")
        desk.page.choose("files")
        panel = desk.page.panel
        rows = await until(lambda: panel.tools.rows)
        await until(lambda: panel.calls.isVisible() and _widths_agree(panel))
        room = panel.viewport()
        for control in (panel.switch, panel.more, panel.tools.all, panel.calls.all, rows[LONG].policy, rows[LONG].name):
            assert control.isVisible()
            assert 0 < _right(control, room) <= room.width(), control
        assert "…" in rows[LONG].name.text()
        assert rows["move"].name.text() == "move", "what has room is shown whole"
        assert rows[LONG].name.accessibleName() == LONG


def test_dialogs_grow_with_what_is_in_them_and_have_no_empty_stretch(qapp: QApplication) -> None:
    dialog = AddressDialog(ToolPlace("Box", lists=False, asks=False))
    dialog.show()
    qapp.processEvents()
    gap = dialog.about.y() - dialog.tools.mapTo(dialog, QPoint(0, dialog.tools.height())).y()
    assert 0 <= gap < 40
    before = dialog.height()
    dialog.address.setText("https://example.com/mcp")
    for _ in range(3):
        dialog.headers.add.click()
        qapp.processEvents()
    assert dialog.height() > before
    bar = dialog.area.verticalScrollBar()
    assert not bar.isVisible() or dialog.height() >= dialog.screen().availableGeometry().height() - 80
    dialog.close()


def test_no_form_is_narrower_than_its_fields(qapp: QApplication) -> None:
    entry = McpServerEntry(command="npx", env={"LANG": "C", "API_KEY": "k"})
    for dialog in (EntryDialog(entry, "files"), AddressDialog(ToolPlace())):
        dialog.show()
        dialog.resize(200, 400)
        qapp.processEvents()
        inside = dialog.area.form
        assert inside.width() <= dialog.area.viewport().width()
        assert inside.minimumSizeHint().width() <= inside.width()
        dialog.close()


def test_a_log_begins_at_the_left_of_its_last_line(qapp: QApplication) -> None:
    dialog = LogDialog("files")
    dialog.show()
    dialog.show_lines([f"{number} {'x' * 2000}" for number in range(200)])
    qapp.processEvents()
    assert dialog.text.horizontalScrollBar().value() == 0
    bar = dialog.text.verticalScrollBar()
    assert bar.value() >= bar.maximum() - 1
    dialog.close()


async def test_no_word_is_cut_at_twice_the_text_size(large_text: None, mcp_desk: Desk) -> None:
    tools = [
        tool("move", "Moves it.", hints=ToolHints(destructive=True, open_world=True)),
        tool("look", "Looks at it."),
    ]
    call = {"server": "files", "tool": "move", "asked_by": "Somebody", "at": "2026-01-01T10:00:00+00:00"}
    servers = {"files": program("files", *tools), "lost": program("lost", state="failed")}
    async with tool_api(servers=servers, calls=[call]) as api, mcp_desk(api.address) as desk:
        desk.page.resize(900, 700)
        await desk.listed("files", "lost")
        await until(lambda: cut_texts(desk.page) == [], "all words of the list", seconds=10)
        for label in ("files", "lost"):
            desk.page.choose(label)
            desk.page.list.itemActivated.emit(desk.page.list.currentItem())
            await until(desk.page.panel.isVisible)
            await until(lambda: cut_texts(desk.page) == [], "all words of the server", seconds=10)


def test_no_word_of_the_dialogs_is_cut_at_twice_the_text_size(large_text: None, qapp: QApplication) -> None:
    entry = McpServerEntry(command="npx", env={"LANG": "C", "API_KEY": "k"})
    for dialog in (EntryDialog(entry, "files"), AddressDialog(ToolPlace()), LogDialog("files")):
        dialog.show()
        qapp.processEvents()
        assert cut_texts(dialog) == []
        dialog.close()
