"""The server's settings as rows that act at once: what is asked for is shown until the server has said what it has."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic.fields import FieldInfo
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from studiolo.api.settings import ServerSettings
from studiolo.desktop.widgets.still_fields import StillDoubleSpinBox, StillSpinBox
from studiolo.desktop.widgets.switch import Switch
from studiolo.desktop.widgets.theme import keep_margins, set_kind

_FIELD_WIDTH = 120
_LIST_WIDTH = 220
_MOST = 2_000_000_000


class ServerSettingRow(QFrame):
    """One setting: its title and what it does at the left, what changes it at the right, a refusal below.

    Signals:
        changed: The name and the value that a person wants.
    """

    changed = Signal(str, object)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self._field = ServerSettings.model_fields[name]
        self._value: Any = None
        self.title = _label(text_of(self._field.title or name), self)
        self.help = _label(text_of(_told(self._field)), self, "muted")
        self.refusal = _label("", self, "error")
        self.refusal.hide()
        self.editor = self._make_editor()
        self.editor.setAccessibleName(self.title.text())
        self.editor.setAccessibleDescription(self.help.text())
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self.title)
        texts.addWidget(self.help)
        texts.addWidget(self.refusal)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 9, 0, 9)
        row.setSpacing(16)
        row.addLayout(texts, 1)
        row.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def value(self) -> Any:
        """Return the value in force, as far as it is known."""
        return self._value

    def show_value(self, value: Any) -> None:
        """Show what is in force. What somebody is writing just now stays."""
        self._value = value
        editor = self.editor
        if editor.hasFocus() and not isinstance(editor, Switch):
            return
        with QSignalBlocker(editor):
            if isinstance(editor, Switch):
                editor.setChecked(bool(value))
            elif isinstance(editor, QLineEdit):
                editor.setText(", ".join(value))
            elif isinstance(editor, StillSpinBox):
                editor.setValue(int(value))
            elif isinstance(editor, StillDoubleSpinBox):
                editor.setValue(float(value))

    def show_help(self, text: str) -> None:
        """Say another thing of the setting than its schema does; empty for what that says."""
        shown = text or text_of(_told(self._field))
        self.help.setText(shown)
        self.editor.setAccessibleDescription(shown)

    def show_refusal(self, text: str) -> None:
        """Say why the value was not taken, and show the one in force again; empty for nothing."""
        self.refusal.setText(_in_words(text))
        self.refusal.setVisible(bool(text))
        if text:
            with QSignalBlocker(self.editor):
                self.editor.clearFocus()
            self.show_value(self._value)

    def set_usable(self, *, usable: bool) -> None:
        """Let it be changed, or not while nobody takes the change."""
        self.editor.setEnabled(usable)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # The whole row is the switch's.
        if (
            isinstance(self.editor, Switch)
            and self.editor.isEnabled()
            and self.rect().contains(event.position().toPoint())
        ):
            self.editor.click()
        super().mouseReleaseEvent(event)

    def _make_editor(self) -> QWidget:
        kind = self._field.annotation
        if kind is bool:
            switch = Switch(self)
            switch.setAccessibleName(self.title.text())
            switch.toggled.connect(self._want)
            return switch
        if kind is int:
            return self._number(StillSpinBox(self))
        if kind is float:
            box = StillDoubleSpinBox(self)
            box.setDecimals(1)
            return self._number(box)
        line = QLineEdit(self)
        line.setFixedWidth(_LIST_WIDTH)
        line.setPlaceholderText(QCoreApplication.translate("ServerPage", "None"))
        line.setToolTip(QCoreApplication.translate("ServerPage", "Separate several by commas."))
        line.editingFinished.connect(lambda: self._want([one.strip() for one in line.text().split(",") if one.strip()]))
        return line

    def _number(self, box: StillSpinBox | StillDoubleSpinBox) -> QWidget:
        keep_margins(box)
        least, most = _range(self._field)
        box.setRange(int(least), int(most)) if isinstance(box, StillSpinBox) else box.setRange(least, most)
        box.setKeyboardTracking(False)
        box.setFixedWidth(_FIELD_WIDTH)
        extra = self._field.json_schema_extra if isinstance(self._field.json_schema_extra, dict) else {}
        if none := extra.get("x-none"):
            box.setSpecialValueText(text_of(str(none)))
        if isinstance(box, StillSpinBox) and (step := extra.get("x-step")):
            box.setSingleStep(int(str(step)))
            box.setGroupSeparatorShown(True)
        box.editingFinished.connect(lambda: self._want(box.value()))
        return box

    def _want(self, value: Any) -> None:
        if value != self._value:
            self.refusal.hide()
            self.changed.emit(self.name, value)


class ServerSettingRows(QWidget):
    """A group of settings, with a heading.

    Signals:
        changed: The name and the value that a person wants.
    """

    changed = Signal(str, object)

    def __init__(self, title: str, names: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        heading = _label(title, self, "heading")
        self.rows = {name: ServerSettingRow(name, self) for name in names}
        self._lines: dict[str, QFrame] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(heading)
        column.addSpacing(4)
        for name, row in self.rows.items():
            if self._lines or name != names[0]:
                line = self._lines[name] = QFrame(self)
                line.setProperty("kind", "line")
                column.addWidget(line)
            row.changed.connect(self.changed)
            column.addWidget(row)
        column.addStretch()

    def show_settings(self, settings: ServerSettings) -> None:
        """Show what is in force."""
        for name, row in self.rows.items():
            row.show_value(getattr(settings, name))

    def show_row(self, name: str, *, shown: bool) -> None:
        """Show a row, or not where it means nothing just now."""
        self.rows[name].setVisible(shown)
        if name in self._lines:
            self._lines[name].setVisible(shown)


def text_of(text: str) -> str:
    """Return a title or description of the schema in the window's language."""
    return QCoreApplication.translate("Settings", text) if text else ""


def _in_words(text: str) -> str:
    """Return what a server says with what its settings are called in place of their names."""
    for name, field in ServerSettings.model_fields.items():
        if "_" in name and field.title:
            text = re.sub(rf"'?\b{name}\b'?", f"“{text_of(field.title)}”", text)
    return text


def _told(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    told = extra.get("x-told") if isinstance(extra, dict) else None
    return str(told) if told is not None else field.description or ""


def _range(field: FieldInfo) -> tuple[float, float]:
    least, most = 0.0, float(_MOST)
    for part in field.metadata:
        least = float(getattr(part, "ge", getattr(part, "gt", least)) or 0)
        most = float(getattr(part, "le", getattr(part, "lt", most)) or most)
    return least, most


def _label(text: str, parent: QWidget, kind: str = "") -> QLabel:
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if kind:
        set_kind(label, kind)
    return label
