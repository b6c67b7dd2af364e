"""A field for JSON: coloured, and what is wrong with it is said while it is written, with its line."""

import json

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.server.code_box import CodeColours
from studiolo.desktop.widgets.sizes import Resized, lines_height, wear_code_font
from studiolo.desktop.widgets.theme import set_kind

_LOOK_MS = 250
_MOST = 1_000_000
"""Characters."""
_LEAST_LINES, _MOST_LINES = 4, 18


class JsonEditor(Resized, QWidget):
    """`text` is what is written; `problem` says what is wrong with it, empty for nothing.

    Signals:
        edited: Something was written by hand, or filled in.
    """

    edited = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = QPlainTextEdit(self)
        self.field.setAccessibleName(name)
        wear_code_font(self.field)
        self.field.setTabChangesFocus(True)
        self.field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._colours = CodeColours(self.field.document(), "json")
        self.problem_label = QLabel(self)
        self.problem_label.setTextFormat(Qt.TextFormat.PlainText)
        self.problem_label.setWordWrap(True)
        set_kind(self.problem_label, "error")
        self.problem_label.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.problem_label)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_LOOK_MS)
        self._wait.timeout.connect(self._look)
        self.field.textChanged.connect(self._changed)
        self._known = ""

    @property
    def text(self) -> str:
        """Return what is written."""
        return self.field.toPlainText()

    @property
    def problem(self) -> str:
        """Return what is wrong with it, with the line; empty for nothing."""
        text = self.text
        if len(text) > _MOST:
            return self.tr("The body has more than a million characters.")
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            told = self.tr("Line %1, column %2: %3.").replace("%1", str(error.lineno)).replace("%2", str(error.colno))
            return told.replace("%3", error.msg)
        except (ValueError, RecursionError):
            return self.tr("This is nested too deep, or has a number that is too long.")
        return ""

    def fill(self, text: str) -> None:
        """Show a text in place of what is there."""
        if text != self.text:
            self.field.setPlainText(text)
        self.fit()
        self._look()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._colours.recolour(event)

    def _changed(self) -> None:
        # Colouring changes the document as well.
        if self.text != self._known:
            self._known = self.text
            self.fit()
            self._wait.start()
            self.edited.emit()

    def _look(self) -> None:
        self._wait.stop()
        self._known = self.text
        self._colours.colour()
        problem = self.problem
        self.problem_label.setText(problem)
        self.problem_label.setVisible(bool(problem))
        self.field.setAccessibleDescription(problem)

    def fit(self) -> None:
        lines = min(_MOST_LINES, max(_LEAST_LINES, self.field.document().blockCount()))
        self.field.setFixedHeight(lines_height(self.field, lines) + 28)
