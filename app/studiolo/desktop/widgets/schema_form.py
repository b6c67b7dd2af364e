"""A form made from a JSON schema that somebody else wrote: labels, fields, and what is wrong under each."""

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.widgets.formatting import button_text
from studiolo.desktop.widgets.schema_fields import FieldError, SchemaField, fields_of, value_of
from studiolo.desktop.widgets.sizes import sizes, wear_code_font
from studiolo.desktop.widgets.still_fields import StillComboBox

_JSON_HEIGHT = 84
_MOST_WORDS = 1000


class SchemaForm(QWidget):
    """`values` checks what was written. `changed`: something was written; `resized`: it has another height."""

    changed = Signal()
    resized = Signal()

    def __init__(self, schema: Mapping[str, Any] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields = fields_of(schema)
        self.editors: dict[str, QWidget] = {}
        self.problems: dict[str, QLabel] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        for field in self.fields:
            self._add(field)

    @property
    def written(self) -> dict[str, Any]:
        """Return what the fields have, as it was written; for `write`."""
        return {field.name: self._written(field) for field in self.fields}

    def write(self, written: Mapping[str, Any]) -> None:
        """Put back what an earlier form of the same schema had."""
        for field in self.fields:
            if field.name in written:
                _put(field, self.editors[field.name], written[field.name])

    def values(self) -> dict[str, Any] | None:
        """Return what is to be sent; None, with the reasons under the fields, where something is wrong."""
        values: dict[str, Any] = {}
        first: QWidget | None = None
        for field in self.fields:
            wrong = ""
            try:
                value = value_of(field, self._written(field))
                if value is not None:
                    values[field.name] = value
            except FieldError as error:
                wrong = str(error)
                first = first or self.editors[field.name]
            self._tell(field, wrong)
        if first is None:
            return values
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.resized.emit()
        return None

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return [
            box
            for editor in self.editors.values()
            for box in (editor.findChildren(QCheckBox) if isinstance(editor, _Boxes) else [editor])
        ]

    def _tell(self, field: SchemaField, wrong: str) -> None:
        problem = self.problems[field.name]
        problem.setText(wrong)
        problem.setVisible(bool(wrong))
        said = ". ".join(filter(None, (wrong, field.description)))
        self.editors[field.name].setAccessibleDescription(said)

    def _add(self, field: SchemaField) -> None:
        editor = self._editor(field)
        title = field.title if field.required else self.tr("%1 (optional)").replace("%1", field.title)
        editor.setAccessibleName(title)
        editor.setAccessibleDescription(field.description)
        if isinstance(editor, QCheckBox):
            editor.setText(button_text(field.title))
        else:
            label = _label(title, self)
            label.setBuddy(editor)
            self._layout.addWidget(label)
        self._layout.addWidget(editor)
        if field.description and field.description != field.title:
            told = _label(field.description[:_MOST_WORDS], self)
            told.setProperty("kind", "muted")
            self._layout.addWidget(told)
        problem = _label("", self)
        problem.setProperty("kind", "error")
        problem.hide()
        self._layout.addWidget(problem)
        self._layout.addSpacing(6)
        self.editors[field.name], self.problems[field.name] = editor, problem
        if field.default is not None:
            _put(field, editor, field.default)

    def _editor(self, field: SchemaField) -> QWidget:
        match field.kind:
            case "boolean" if field.required or isinstance(field.default, bool):
                box = QCheckBox(self)
                box.toggled.connect(self.changed)
                return box
            case "boolean":
                return self._combo([(self.tr("Yes"), True), (self.tr("No"), False)], optional=True)
            case "choice":
                return self._combo([(one.title, one.value) for one in field.choices], optional=True)
            case "choices":
                boxes = _Boxes(field, self)
                for each in boxes.findChildren(QCheckBox):
                    each.toggled.connect(self.changed)
                return boxes
            case "json":
                text = QPlainTextEdit(self)
                wear_code_font(text)
                text.setFixedHeight(sizes().scaled(_JSON_HEIGHT))
                text.setTabChangesFocus(True)
                text.setPlaceholderText(self.tr('JSON, such as [1, 2] or {"a": 1}'))
                text.textChanged.connect(self.changed)
                return text
        line = QLineEdit(self)
        if field.format == "password":
            line.setEchoMode(QLineEdit.EchoMode.Password)
        line.textEdited.connect(self.changed)
        line.editingFinished.connect(lambda: self._left(field))
        return line

    def _combo(self, choices: list[tuple[str, Any]], *, optional: bool) -> QComboBox:
        box = StillComboBox(self)
        if optional:
            box.addItem("–", None)
        for title, value in choices:
            box.addItem(title, value)
        box.currentIndexChanged.connect(self.changed)
        return box

    def _left(self, field: SchemaField) -> None:
        """A wrong value is told as soon as somebody goes on to the next field; an empty one when it is sent."""
        written = self._written(field)
        if not written:
            return
        try:
            value_of(field, written)
            wrong = ""
        except FieldError as error:
            wrong = str(error)
        if wrong != self.problems[field.name].text():
            self._tell(field, wrong)
            self.resized.emit()

    def _written(self, field: SchemaField) -> Any:
        editor = self.editors[field.name]
        match editor:
            case QCheckBox():
                return editor.isChecked()
            case QComboBox():
                return editor.currentData()
            case _Boxes():
                return editor.chosen
            case QPlainTextEdit():
                return editor.toPlainText()
            case QLineEdit():
                return editor.text()
        return None


class _Boxes(QWidget):
    """Any number of choices."""

    def __init__(self, field: SchemaField, parent: QWidget) -> None:
        super().__init__(parent)
        self._boxes = [(QCheckBox(button_text(one.title), self), one.value) for one in field.choices]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for box, _ in self._boxes:
            layout.addWidget(box)

    @property
    def chosen(self) -> list[Any]:
        return [value for box, value in self._boxes if box.isChecked()]

    def choose(self, values: list[Any]) -> None:
        for box, value in self._boxes:
            box.setChecked(value in values)


def _put(field: SchemaField, editor: QWidget, value: Any) -> None:
    match editor:
        case QCheckBox():
            editor.setChecked(value is True)
        case QComboBox():
            editor.setCurrentIndex(max(0, editor.findData(value)))
        case _Boxes():
            editor.choose(value if isinstance(value, list) else [])
        case QPlainTextEdit():
            editor.setPlainText(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2))
        case QLineEdit():
            editor.setText(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _label(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
