"""A form made from a pydantic model: each field by its kind, with its title and description."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import QCoreApplication, QTime, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.settings import SECRETS
from studiolo.desktop.settings.fields import setting_text, titles_of, told_of
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.still_fields import StillComboBox, StillDoubleSpinBox, StillSpinBox
from studiolo.desktop.widgets.theme import keep_margins

_MOST = 2_000_000_000
_CLOCK = "HH:mm"
_EVENING, _MORNING = QTime(22, 0), QTime(7, 0)
_DIALOG_WIDTH = 540


class SettingsForm(QWidget):
    """`names`: the fields to show, in this order. `scales`: what a number is divided by to be shown, and its unit.

    `changed` tells the name and the new value of what was changed by hand.
    """

    changed = Signal(str, object)

    def __init__(
        self,
        values: BaseModel,
        names: Sequence[str],
        parent: QWidget | None = None,
        *,
        scales: dict[str, tuple[float, str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._values = values
        self._scales = scales or {}
        self.editors: dict[str, QWidget] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(10)
        fields = type(values).model_fields
        for name in names:
            self._add(name, fields[name], getattr(values, name))

    def _add(self, name: str, field: FieldInfo, value: Any) -> None:
        title, description = setting_text(field.title or name), setting_text(told_of(field))
        editor = self._editor(name, field, value)
        editor.setAccessibleName(title)
        editor.setAccessibleDescription(description)
        editor.setToolTip(description)
        self.editors[name] = editor
        if isinstance(editor, QCheckBox):
            editor.setText(title)
            self._form.addRow(editor)
        else:
            label = QLabel(title, self)
            label.setBuddy(editor)
            self._form.addRow(label, editor)
        if description:
            told = QLabel(description, self)
            told.setProperty("kind", "muted")
            told.setWordWrap(True)
            self._form.addRow(told)

    def _editor(self, name: str, field: FieldInfo, value: Any) -> QWidget:
        tell: Callable[[Any], None] = lambda now: self.changed.emit(name, now)  # noqa: E731
        choices = get_args(field.annotation)
        if isinstance(value, bool):
            box = QCheckBox(self)
            box.setChecked(value)
            box.toggled.connect(tell)
            return box
        if choices and all(isinstance(choice, str) for choice in choices):
            return self._choice(choices, titles_of(field), value, tell)
        if isinstance(value, int | float):
            return self._number(name, field, value, tell)
        if _is_clock(field):
            return _Clock(value, _EVENING if name.endswith("_from") else _MORNING, tell, self)
        if name in SECRETS:
            return self._secret(value, tell)
        line = QLineEdit(value, self)
        line.editingFinished.connect(lambda: tell(line.text().strip()))
        return line

    def _secret(self, value: str, tell: Callable[[Any], None]) -> QLineEdit:
        """Of one that is set nothing is known here: it stays as it is until another one is written."""
        line = QLineEdit(self)
        line.setEchoMode(QLineEdit.EchoMode.Password)
        if value:
            line.setPlaceholderText(QCoreApplication.translate("SettingsForm", "Saved; enter another to replace it"))
        line.textEdited.connect(lambda text: tell(text.strip()))
        return line

    def _choice(
        self, choices: Sequence[str], titles: dict[str, str], value: str, tell: Callable[[Any], None]
    ) -> QComboBox:
        box = StillComboBox(self)
        for choice in choices:
            box.addItem(setting_text(titles.get(choice, choice)), choice)
        box.setCurrentIndex(box.findData(value))
        box.currentIndexChanged.connect(lambda: tell(box.currentData()))
        return box

    def _number(self, name: str, field: FieldInfo, value: float, tell: Callable[[Any], None]) -> QWidget:
        scale, unit = self._scales.get(name, (1.0, ""))
        least, most = _range(field)
        box: QSpinBox | QDoubleSpinBox
        if isinstance(value, int) and scale == 1:
            box = StillSpinBox(self)
            keep_margins(box)
            box.setRange(int(least), int(min(most, _MOST)))
            box.setValue(value)
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            if none := extra.get("x-none"):  # The lowest number means something of its own.
                box.setSpecialValueText(setting_text(str(none)))
            if step := extra.get("x-step"):
                box.setSingleStep(int(str(step)))
                box.setGroupSeparatorShown(True)
            box.valueChanged.connect(tell)
            return box
        box = StillDoubleSpinBox(self)
        keep_margins(box)
        box.setDecimals(1)
        box.setRange(least / scale, min(most, _MOST * scale) / scale)
        box.setSuffix(f" {unit}" if unit else "")
        box.setValue(value / scale)
        whole = isinstance(value, int)
        box.valueChanged.connect(lambda now: tell(round(now * scale) if whole else now * scale))
        if least == 0 and scale != 1:
            box.setSpecialValueText(QCoreApplication.translate("SettingsForm", "None"))
        return box


class _Clock(QWidget):
    """A time of the day, or none."""

    def __init__(self, value: str, usual: QTime, tell: Callable[[Any], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._tell = tell
        self.used = QCheckBox(self)
        self.time = QTimeEdit(self)
        keep_margins(self.time)
        self.time.setDisplayFormat(_CLOCK)
        self.used.setChecked(bool(value))
        self.time.setTime(QTime.fromString(value, _CLOCK) if value else usual)
        self.time.setEnabled(bool(value))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.used)
        layout.addWidget(self.time, 1)
        self.used.toggled.connect(self._changed)
        self.time.timeChanged.connect(self._changed)

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.used.setAccessibleName(name)
        self.time.setAccessibleName(name)

    def _changed(self) -> None:
        self.time.setEnabled(self.used.isChecked())
        self._tell(self.time.time().toString(_CLOCK) if self.used.isChecked() else "")


class FormDialog(QDialog):
    """A form with Save and Cancel; `changes` is what is to be saved."""

    def __init__(self, title: str, form: SettingsForm, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.form = form
        self.changes: dict[str, Any] = {}
        form.setParent(self)
        form.changed.connect(self._note)
        self.save = primary_button(self.tr("Save"), self)
        self.save.clicked.connect(self.accept)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(16)
        self._layout.addWidget(form)
        self._layout.addLayout(button_row(self, self.save))
        self.setMinimumWidth(_DIALOG_WIDTH)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Before the style sheet's fonts are known, wrapped texts are measured as if they had fewer lines.
        self.setMinimumHeight(self._layout.totalHeightForWidth(self.width()))

    def _note(self, name: str, value: object) -> None:
        self.changes[name] = value


def _is_clock(field: FieldInfo) -> bool:
    return any("[0-5]" in str(getattr(part, "pattern", "")) for part in field.metadata)


def _range(field: FieldInfo) -> tuple[float, float]:
    least, most = 0.0, float(_MOST)
    for part in field.metadata:
        least = float(getattr(part, "ge", getattr(part, "gt", least)) or 0)
        most = float(getattr(part, "le", getattr(part, "lt", most)) or most)
    return least, most
