"""What a server answers, as it comes: status, time, headers, text."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.server.code_box import CodeColours
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_hints import Badge

MOST_SHOWN = 2_000_000
"""Characters of an answer; what is beyond is counted, and not kept."""
_MOST_TIDIED = 200_000
_LEAST_LINES, _MOST_LINES = 3, 24


class AnswerView(QFrame):
    """Hidden until there is an answer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._length = 0
        self._headers = ""
        self.badge = Badge("", "plain", parent=self)
        self.facts = QLabel(self)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.facts, "muted")
        self.headers = QPushButton(self.tr("Headers"), self)
        self.headers.setCheckable(True)
        self.headers.toggled.connect(self._show_headers)
        self.copy = QPushButton(self.tr("Copy"), self)
        self.copy.setAccessibleName(self.tr("Copy answer"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        for button in (self.headers, self.copy):
            set_kind(button, "flat")
        self.header_text = QLabel(self)
        self.header_text.setTextFormat(Qt.TextFormat.PlainText)
        self.header_text.setWordWrap(True)
        self.header_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_kind(self.header_text, "muted")
        self.header_text.hide()
        self.field = QPlainTextEdit(self)
        self.field.setReadOnly(True)
        self.field.setTabChangesFocus(True)
        self.field.setAccessibleName(self.tr("Answer"))
        self.field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.field.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._colours = CodeColours(self.field.document(), "")
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 4, 0)
        head.setSpacing(8)
        head.addWidget(self.badge)
        head.addWidget(self.facts, 1)
        head.addWidget(self.headers)
        head.addWidget(self.copy)
        inside = QVBoxLayout()
        inside.setContentsMargins(12, 4, 8, 8)
        inside.setSpacing(6)
        inside.addWidget(self.header_text)
        inside.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(inside)
        self.hide()

    @property
    def text(self) -> str:
        """Return the answer as far as it is kept."""
        return self.field.toPlainText()

    def show_waiting(self) -> None:
        """Show that a request is under way, in place of what was there."""
        self._length = 0
        self._colours.language = ""
        self.field.clear()
        self.headers.setChecked(False)
        self.headers.hide()
        self.copy.hide()
        self.badge.setText("")
        self.badge.hide()
        set_kind(self.facts, "muted")
        self.facts.setText(self.tr("Waiting for the answer…"))
        self._fit()
        self.show()

    def show_head(self, status: int, reason: str, headers: Sequence[tuple[str, str]]) -> None:
        """Show how the server answers."""
        self.badge.setText(f"{status} {reason}".strip())
        self.badge.show_kind("ok" if status < 400 else "danger")
        self.badge.show()
        self.header_text.setText("\n".join(f"{name}: {value}" for name, value in headers))
        self.headers.show()
        self.copy.show()

    def add_text(self, text: str) -> None:
        """Show more of the answer, where it ends."""
        room = MOST_SHOWN - self._length
        self._length += len(text)
        if room > 0:
            bar = self.field.verticalScrollBar()
            at_end = bar.value() >= bar.maximum() - 4
            cursor = QTextCursor(self.field.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[:room])
            self._fit()
            if at_end:
                bar.setValue(bar.maximum())

    def show_end(self, seconds: float, size: int, *, is_json: bool, problem: str = "") -> None:
        """Say how long it took and how much it was; JSON is set out in lines. problem: why it did not end well."""
        took = self.tr("%1 s").replace("%1", f"{seconds:.2f}")
        facts = [took, size_text(size)] if size else [took]
        if self._length > MOST_SHOWN:
            facts.append(self.tr("shortened"))
        self.facts.setText(" · ".join([*facts, problem] if problem else facts))
        set_kind(self.facts, "error" if problem else "muted")
        if is_json and self._length <= _MOST_TIDIED:
            self._tidy()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._colours.recolour(event)

    def _tidy(self) -> None:
        try:
            tidied = json.dumps(json.loads(self.text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return
        self._colours.language = "json"
        self.field.setPlainText(tidied)
        self._colours.colour()
        self._fit()

    def _show_headers(self, shown: bool) -> None:
        self.header_text.setVisible(shown)

    def _fit(self) -> None:
        lines = min(_MOST_LINES, max(_LEAST_LINES, self.field.document().blockCount()))
        self.field.setFixedHeight(lines * self.field.fontMetrics().lineSpacing() + 12)
