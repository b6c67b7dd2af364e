"""Longer texts of the page: mcp.json to be edited, a program's log, the log of calls."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QColor, QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import LedgerEntry, McpFile
from studiolo.desktop.mcp.model import approval_words, ending_words
from studiolo.desktop.mcp.panel import time_text
from studiolo.desktop.widgets.sizes import room_for, wear_code_font
from studiolo.desktop.widgets.theme import colours, set_kind

_WIDTH, _HEIGHT = 700, 520
_LINE = re.compile(r"\bline (\d+)(?:,? column (\d+))?", re.IGNORECASE)


class FileDialog(QDialog):
    """mcp.json, in place. `saved` has the text; `show_problem` or `accept` follow."""

    saved = Signal(str)

    def __init__(self, file: McpFile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("mcp.json")
        self._before = file.text
        self.path = QLabel(file.path, self)
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.path.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.path, "muted")
        self.text = _field(self, read_only=False)
        self.text.setPlainText(file.text)
        self.text.setAccessibleName("mcp.json")
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.problem, "error")
        self.save = QPushButton(self.tr("Save"), self)
        self.save.setProperty("kind", "primary")
        self.save.setShortcut("Ctrl+S")
        self.save.clicked.connect(self._save)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.path)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.problem)
        layout.addLayout(_buttons(cancel, self.save))
        self.text.textChanged.connect(self._changed)
        self.resize(room_for(self, _WIDTH, _HEIGHT))
        self.problem.hide()
        if file.problem:
            self.show_problem(file.problem)
        self.text.setFocus()

    def show_problem(self, problem: str) -> None:
        """Say what is wrong; its line is marked, and the cursor goes there."""
        self.problem.setText(problem)
        self.problem.show()
        self.save.setEnabled(True)
        if found := _LINE.search(problem):
            block = self.text.document().findBlockByNumber(int(found[1]) - 1)
            if block.isValid():
                self._mark(QTextCursor(block), int(found[2] or 1))
        self.text.setFocus()

    def _mark(self, cursor: QTextCursor, column: int) -> None:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = cursor
        mark.format.setBackground(QColor(colours().danger_card))
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        self.text.setExtraSelections([mark])
        at = QTextCursor(cursor)
        at.setPosition(cursor.block().position() + min(column - 1, max(0, cursor.block().length() - 1)))
        self.text.setTextCursor(at)
        self.text.centerCursor()

    def _changed(self) -> None:
        self.text.setExtraSelections([])
        self.problem.hide()

    def _save(self) -> None:
        self.save.setEnabled(False)
        self.saved.emit(self.text.toPlainText())


class LogDialog(QDialog):
    """What a program wrote, the latest at the end."""

    refreshed = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Log of %1").replace("%1", label))
        self.text = _field(self, read_only=True)
        self.text.setAccessibleName(self.windowTitle())
        refresh = QPushButton(self.tr("Refresh"), self)
        refresh.clicked.connect(self.refreshed)
        shut = QPushButton(self.tr("Close"), self)
        shut.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addLayout(_buttons(refresh, shut))
        self.resize(room_for(self, _WIDTH, _HEIGHT))

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show the last lines that the server's program wrote."""
        self.text.setPlainText("\n".join(lines) or self.tr("The log is empty."))
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        # Of a long last line its beginning.
        self.text.moveCursor(QTextCursor.MoveOperation.StartOfBlock)
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())


class CallsDialog(QDialog):
    """The log of calls, the latest first; `more_requested`: older ones."""

    more_requested = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.calls: list[LedgerEntry] = []
        self.before: int | None = None
        """The number before which older ones are."""
        self.tree = QTreeWidget(self)
        self.tree.setRootIsDecorated(False)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setProperty("kind", "calls")
        self.tree.setAccessibleName(title)
        self.tree.setHeaderLabels(
            [self.tr("When"), self.tr("Tool"), self.tr("Asked by"), self.tr("Permission"), self.tr("Ended")]
        )
        self.tree.currentItemChanged.connect(self._show)
        self.details = _field(self, read_only=True)
        self.details.setAccessibleName(self.tr("Arguments and result"))
        self.details.setMaximumHeight(160)
        self.more = QPushButton(self.tr("Show older"), self)
        self.more.clicked.connect(self.more_requested)
        self.more.hide()
        self.none = QLabel(self.tr("No tools have been called yet."), self)
        set_kind(self.none, "muted")
        self.none.hide()
        shut = QPushButton(self.tr("Close"), self)
        shut.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.none)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.details)
        layout.addLayout(_buttons(self.more, shut))
        self.resize(room_for(self, _WIDTH, _HEIGHT))

    def add(self, calls: Sequence[LedgerEntry], *, more: bool) -> None:
        """Add calls behind those that are there."""
        for call in calls:
            self.calls.append(call)
            took = QLocale().toString(call.seconds, "f", 1)
            cells = [time_text(call.at), call.tool, call.asked_by, approval_words(call)]
            QTreeWidgetItem(self.tree, [*cells, f"{ending_words(call)} · {took} s"])
        self.more.setVisible(more)
        self.none.setVisible(not self.calls)
        self.details.setVisible(bool(self.calls))
        for column in range(4):
            self.tree.resizeColumnToContents(column)
        if (first := self.tree.topLevelItem(0)) and self.tree.currentItem() is None:
            self.tree.setCurrentItem(first)

    def _show(self, item: QTreeWidgetItem | None) -> None:
        row = self.tree.indexOfTopLevelItem(item) if item else -1
        if row >= 0:
            call = self.calls[row]
            given, came = self.tr("Arguments"), self.tr("Result")
            self.details.setPlainText(f"{given}: {call.arguments or '–'}\n\n{came}: {call.result or '–'}")


def _field(parent: QWidget, *, read_only: bool) -> QPlainTextEdit:
    field = QPlainTextEdit(parent)
    field.setReadOnly(read_only)
    wear_code_font(field)
    field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    # Whoever has no mouse gets out of it again.
    field.setTabChangesFocus(True)
    return field


def _buttons(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addStretch()
    for button in buttons:
        button.setAutoDefault(False)
        row.addWidget(button)
    return row
