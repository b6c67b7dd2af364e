"""One tool: what its server says of it, its schema, and a form to try it by hand."""

import json

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import ToolCallResult, ToolInfo
from studiolo.desktop.widgets.result_view import ResultView
from studiolo.desktop.widgets.schema_form import SchemaForm
from studiolo.desktop.widgets.sizes import room_for, sizes, wear_code_font
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_content import ResultText, content_pieces, is_content
from studiolo.desktop.widgets.tool_hints import hint_badges
from studiolo.errors import AppError

_WIDTH, _HEIGHT = 600, 640
_SCHEMA_HEIGHT = 200
_MOST_SCHEMA = 100_000


class ToolDialog(QDialog):
    """A dialog to call a tool by hand with.

    Signals:
        call_requested: The arguments of a call; `show_result` or `show_error` follow.
        stop_requested: The call is given up.
    """

    call_requested = Signal(dict)
    stop_requested = Signal()

    def __init__(self, tool: ToolInfo, server: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{tool.name} – {server}")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(_text(tool.hints.title or tool.name, "heading", inside))
        badges = hint_badges(tool.hints, inside)
        if badges:
            row = QHBoxLayout()
            for badge in badges:
                row.addWidget(badge)
            row.addStretch()
            column.addLayout(row)
        if tool.description:
            column.addWidget(_text(tool.description, "", inside))
        takes = self.tr("Its definition takes about %1 tokens.").replace("%1", QLocale().toString(tool.tokens))
        column.addWidget(_text(takes, "muted", inside))
        self.show_schema = QPushButton(self.tr("Show schema"), inside)
        set_kind(self.show_schema, "flat")
        self.show_schema.setCheckable(True)
        self.schema = QPlainTextEdit(inside)
        self.schema.setReadOnly(True)
        self.schema.setTabChangesFocus(True)
        self.schema.setFixedHeight(sizes().scaled(_SCHEMA_HEIGHT))
        wear_code_font(self.schema)
        self.schema.setAccessibleName(self.tr("Schema"))
        self.schema.setPlainText(json.dumps(tool.input_schema, indent=2, ensure_ascii=False)[:_MOST_SCHEMA])
        self.schema.hide()
        self.show_schema.toggled.connect(self.schema.setVisible)
        column.addWidget(self.show_schema, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.schema)
        line = QFrame(inside)
        line.setProperty("kind", "line")
        column.addWidget(line)
        column.addWidget(_text(self.tr("Try it"), "heading", inside))
        self.form = SchemaForm(tool.input_schema, inside)
        if not self.form.fields:
            column.addWidget(_text(self.tr("It takes no arguments."), "muted", inside))
        column.addWidget(self.form)
        self.outcome = _text("", "muted", inside)
        self.outcome.hide()
        self.returned = ResultView(inside)
        column.addWidget(self.outcome)
        column.addWidget(self.returned)
        column.addStretch()
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        self.run = QPushButton(self.tr("Run"), self)
        self.run.setProperty("kind", "primary")
        self.run.setAutoDefault(False)
        self.run.clicked.connect(self._run)
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(self._stop)
        self.stop.hide()
        self.shut = QPushButton(self.tr("Close"), self)
        self.shut.setAutoDefault(False)
        self.shut.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (self.shut, self.stop, self.run):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.area, 1)
        layout.addLayout(buttons)
        self.resize(room_for(self, _WIDTH, _HEIGHT))

    def show_result(self, result: ToolCallResult) -> None:
        """Show what came back."""
        self._running(False)
        took = QLocale().toString(result.seconds, "f", 2)
        text = self.tr("It reported an error after %1 s.") if result.is_error else self.tr("Done in %1 s.")
        self._tell(" ".join(filter(None, (text.replace("%1", took), result.cut))), wrong=result.is_error)
        pieces = content_pieces(result.content) if is_content(result.content) else []
        if result.structured is not None and not pieces:
            pieces = [ResultText(json.dumps(result.structured, indent=2, ensure_ascii=False), json=True)]
        self.returned.show_pieces(pieces)
        self.area.ensureWidgetVisible(self.outcome)

    def show_error(self, error: AppError) -> None:
        """Show why nothing came back."""
        self._running(False)
        self._tell(str(error), wrong=True)
        self.returned.show_pieces([])
        self.area.ensureWidgetVisible(self.outcome)

    def _tell(self, text: str, *, wrong: bool = False) -> None:
        set_kind(self.outcome, "error" if wrong else "muted")
        self.outcome.setText(text)
        self.outcome.show()

    def _run(self) -> None:
        if (values := self.form.values()) is not None:
            self._running(True)
            self._tell(self.tr("Running…"))
            self.returned.show_pieces([])
            self.call_requested.emit(values)

    def _stop(self) -> None:
        self._running(False)
        self._tell(self.tr("Stopped."))
        self.stop_requested.emit()

    def _running(self, running: bool) -> None:
        self.run.setVisible(not running)
        self.stop.setVisible(running)


def _text(text: str, kind: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        set_kind(label, kind)
    return label
