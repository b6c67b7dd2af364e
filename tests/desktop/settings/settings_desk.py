"""A window with the dialog of settings over it, and the hands that use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QMainWindow, QWidget

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.settings.dialog import SettingsDialog
from studiolo.desktop.settings.editors import EntriesEditor, FieldEditor, ModelsEditor, SecretEditor, SegmentsEditor
from studiolo.desktop.settings.fields import FieldKind, Owner, SettingField, setting_fields
from studiolo.desktop.settings.presenter import SettingsPresenter
from studiolo.desktop.settings.row import SettingRow
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.widgets.hours_field import HoursField
from studiolo.desktop.widgets.number_field import NumberField
from studiolo.desktop.widgets.segmented import SegmentedControl
from studiolo.paths import app_paths
from tests.stands.waiting import until


class SettingsDesk:
    """`heard` has the names that each change of the desktop's settings told, `reported` what failed."""

    def __init__(self, file: Path | None = None) -> None:
        self.window = QMainWindow()
        self.behind = QLineEdit(self.window)
        self.window.setCentralWidget(self.behind)
        self.window.resize(1000, 700)
        self.window.show()
        self.window.activateWindow()
        self.behind.setFocus()
        self.store = DesktopSettingsStore(file or app_paths().config / "desktop.json")
        self.heard: list[set[str]] = []
        self.store.changed.connect(lambda names: self.heard.append(set(names)))
        self.reported: list[BaseException] = []
        self.servers = Servers(app_paths(), self.reported.append)
        self.presenter = SettingsPresenter(
            self.window,
            self.store,
            self.servers,
            app_paths(),
            self.reported.append,
            name_of=lambda address: self.servers.name_of(address) if address else "This computer",
            again_seconds=(0.02,),
        )

    @property
    def dialog(self) -> SettingsDialog:
        assert self.presenter.dialog
        return self.presenter.dialog

    def field(self, name: str, owner: Owner | None = None) -> SettingField:
        fields = [*setting_fields("desktop"), *setting_fields("server")]
        return next(one for one in fields if name in one.names and owner in (None, one.owner))

    def row(self, name: str, owner: Owner | None = None) -> SettingRow:
        """The row of a field, in sight."""
        field = self.field(name, owner)
        self.dialog.show_section(field.section)
        return self.dialog.row(field)

    async def settled(self, name: str, owner: Owner | None = None) -> SettingRow:
        row = self.row(name, owner)
        await until(lambda: not row.saving, f"the change of {name}")
        return row

    async def choose_server(self, address: str, token: str | None = None, name: str = "") -> None:
        self.servers.select(await self.servers.add(address, name, token))
        await until(lambda: isinstance(self.servers.selected.state, Ready))

    async def open_at_server(self, section: str = "models") -> None:
        self.presenter.open_dialog(section)
        await until(lambda: self.presenter.source.values is not None, "the server's settings")

    async def aclose(self) -> None:
        await self.presenter.aclose()
        await self.servers.aclose()
        self.window.close()
        self.window.deleteLater()


@asynccontextmanager
async def settings_desk(address: str = "", token: str | None = None) -> AsyncIterator[SettingsDesk]:
    desk = SettingsDesk()
    if address:
        await desk.choose_server(address, token)
    try:
        yield desk
    finally:
        await desk.aclose()
    assert desk.reported == []


def operate(editor: FieldEditor, value: Any) -> None:
    """Change a field as a person does: with keys and clicks."""
    _HANDS[editor.field.kind](editor, value)


def _switch(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor.widget, QAbstractButton)
    if editor.widget.isChecked() is not value:
        QTest.mouseClick(editor.widget, Qt.MouseButton.LeftButton)


def _choose(editor: FieldEditor, value: Any) -> None:
    if isinstance(editor, SegmentsEditor):
        assert isinstance(editor.widget, SegmentedControl)
        QTest.mouseClick(editor.widget.buttons[value], Qt.MouseButton.LeftButton)
        return
    box = editor.widget
    assert isinstance(box, QComboBox)
    box.setFocus()
    steps = box.findData(value) - box.currentIndex()
    for _ in range(abs(steps)):
        QTest.keyClick(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)


def _number(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor.widget, NumberField)
    write(editor.widget, f"{value / editor.field.scale:g}")
    QTest.keyClick(editor.widget, Qt.Key.Key_Return)


def _share(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor.focus, NumberField)
    write(editor.focus, str(value))
    QTest.keyClick(editor.focus, Qt.Key.Key_Return)


def _text(editor: FieldEditor, value: Any) -> None:
    line = editor.focus
    assert isinstance(line, QLineEdit)
    write(line, value)
    QTest.keyClick(line, Qt.Key.Key_Return)


def _secret(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor, SecretEditor)
    if value:
        _text(editor, value)
    else:
        QTest.mouseClick(editor.remove, Qt.MouseButton.LeftButton)


def _entries(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor, EntriesEditor)
    (added,) = (one for one in value if one not in editor.list.entries)
    _text(editor, added)


def _hours(editor: FieldEditor, value: Any) -> None:
    hours = editor.widget
    assert isinstance(hours, HoursField)
    if not hours.used.isChecked():
        QTest.mouseClick(hours.used, Qt.MouseButton.LeftButton)
    for field, time in zip((hours.begin, hours.end), value, strict=True):
        field.setFocus()
        field.setSelectedSection(field.Section.HourSection)
        QTest.keyClicks(field, time.replace(":", ""))
        QTest.keyClick(field, Qt.Key.Key_Return)


def _models(editor: FieldEditor, value: Any) -> None:
    assert isinstance(editor, ModelsEditor)
    (gone,) = (key for key in editor.removers if key not in value)
    QTest.mouseClick(editor.removers[gone], Qt.MouseButton.LeftButton)


def write(field: QWidget, text: str) -> None:
    """Replace what is in a field."""
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)


def leave(field: QWidget) -> None:
    """Go on with the Tab key."""
    QTest.keyClick(QApplication.focusWidget() or field, Qt.Key.Key_Tab)


_HANDS = {
    FieldKind.SWITCH: _switch,
    FieldKind.CHOICE: _choose,
    FieldKind.NUMBER: _number,
    FieldKind.SHARE: _share,
    FieldKind.TEXT: _text,
    FieldKind.SECRET: _secret,
    FieldKind.ENTRIES: _entries,
    FieldKind.HOURS: _hours,
    FieldKind.MODELS: _models,
}
