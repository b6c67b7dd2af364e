"""Every control of the Tools page and of its dialogs is reached by Tab, and says what it is to a screen reader."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from studiolo.api.hints import ToolHints
from studiolo.api.mcp import LedgerEntry, McpFile, McpServerEntry, PromptArgument, PromptInfo, ResourceInfo
from studiolo.desktop.chat.composing.address_dialog import AddressDialog, ToolPlace
from studiolo.desktop.chat.composing.offer_dialogs import PromptDialog, ResourceDialog
from studiolo.desktop.chat.tool_choice import ChosenServer
from studiolo.desktop.mcp.entry_dialog import EntryDialog
from studiolo.desktop.mcp.paste_dialog import ConfirmDialog, PasteDialog
from studiolo.desktop.mcp.text_dialogs import CallsDialog, FileDialog, LogDialog
from studiolo.desktop.mcp.tool_dialog import ToolDialog
from tests.desktop.mcp.conftest import McpDesk
from tests.stands.tool_api import program, tool, tool_api
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[McpDesk]]

PROGRAM = McpServerEntry(command="npx", args=["-y", "x"], env={"API_KEY": "${keyring:a}", "LANG": "C"}, cwd="/")
SERVICE = McpServerEntry(url="https://example.com/mcp", headers={"X-Key": "k"})
SCHEMA = {
    "type": "object",
    "required": ["path"],
    "properties": {
        "path": {"type": "string"},
        "depth": {"type": "integer"},
        "deep": {"type": "boolean"},
        "mode": {"enum": ["a", "b"]},
        "more": {"type": "array", "items": {"type": "object"}},
    },
}
CALL = LedgerEntry(id=1, at="2026-01-01T10:00:00+00:00", tool="look", server="files", approved="once", ended="failed")


_WHOLE = (QAbstractSpinBox, QComboBox, QAbstractItemView)
"""What is in these belongs to them."""


def _calls() -> CallsDialog:
    dialog = CallsDialog("Calls of files")
    dialog.add([CALL], more=True)
    return dialog


DIALOGS: dict[str, Callable[[], QDialog]] = {
    "paste": PasteDialog,
    "form of a program": lambda: EntryDialog(PROGRAM, "files"),
    "form of a service": lambda: EntryDialog(SERVICE, None),
    "confirm": lambda: ConfirmDialog({"files": PROGRAM, "web": SERVICE}),
    "tool": lambda: ToolDialog(tool("look", "Looks.", schema=SCHEMA, hints=ToolHints(destructive=True)), "files"),
    "file": lambda: FileDialog(McpFile(path="/mcp.json", text="{}", problem="line 1: a comma")),
    "log": lambda: LogDialog("files"),
    "calls": _calls,
    "address": lambda: AddressDialog(ToolPlace(), ChosenServer(id="a", url="https://a.test", headers=("X-A", "X-B"))),
    "address at a plain server": lambda: AddressDialog(ToolPlace("Box", lists=False, asks=False)),
    "prompt": lambda: PromptDialog(PromptInfo(name="p", arguments=[PromptArgument(name="a", required=True)])),
    "resource": lambda: ResourceDialog("files", [ResourceInfo(uri="file:///a", name="a")]),
}


def _controls(above: QWidget) -> list[QWidget]:
    """Those in sight that can be used now; of several that exclude each other the one that is chosen."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QAbstractItemView)
    found = [one for one in above.findChildren(QWidget) if isinstance(one, kinds)]
    return [
        one
        for one in found
        if one.isVisible()
        and one.isEnabled()
        and not (isinstance(one, QRadioButton) and not one.isChecked())
        and not any(isinstance(parent, _WHOLE) for parent in _parents(one))
    ]


def _parents(widget: QWidget) -> list[QWidget]:
    parent = widget.parentWidget()
    return [parent, *_parents(parent)] if parent else []


def _name_of(widget: QWidget) -> str:
    told = QAccessible.queryAccessibleInterface(widget)
    return told.text(QAccessible.Text.Name) if told else ""


def _way(first: QWidget) -> set[QWidget]:
    first.setFocus()
    visited: set[QWidget] = set()
    while (focus := QApplication.focusWidget()) and focus not in visited:
        visited.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    return visited


@pytest.mark.parametrize("name", DIALOGS)
async def test_every_control_of_a_dialog_is_reached_and_named(qapp: QApplication, name: str) -> None:
    dialog = DIALOGS[name]()
    dialog.show()
    dialog.activateWindow()
    await until(dialog.isActiveWindow)
    controls = _controls(dialog)
    assert len(controls) > 1
    assert [type(one).__name__ for one in controls if not _name_of(one)] == []
    visited = _way(controls[0])
    assert [_name_of(one) for one in controls if one not in visited] == []
    dialog.close()
    dialog.deleteLater()


async def test_every_control_of_the_page_is_reached_and_named(mcp_desk: Desk) -> None:
    servers = {
        "files": program("files", tool("look", "Looks."), tool("wipe", "Wipes.")),
        "broken": program("broken", state="failed", error="It did not start."),
        "locked": program("locked", state="sign_in_needed", entry={"url": "https://a.test"}, kind="url"),
    }
    call = CALL.model_dump(mode="json")
    async with tool_api(servers=servers, calls=[call]) as api, mcp_desk(api.address) as desk:
        await desk.listed(*servers)
        desk.page.activateWindow()
        await until(desk.page.isActiveWindow)
        for label in servers:
            desk.page.choose(label)
            await until(lambda label=label: desk.page.panel.name.text() == label)  # type: ignore[misc]
            controls = _controls(desk.page)
            assert [type(one).__name__ for one in controls if not _name_of(one)] == []
            visited = _way(desk.page.list)
            assert [_name_of(one) for one in controls if one not in visited] == [], label
