"""What a server answers, as it comes: status, time, headers, text."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.server.code_box import CodeColours
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sizes import Resized, lines_height, wear_code_font
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_hints import Badge

MOST_SHOWN = 2_000_000
"""Characters of an answer; what is beyond is counted, and not kept."""
_LONGEST_LINE = 10_000
"""Characters: a field takes its time to break a longer one."""
_LEAST_LINES, _MOST_LINES = 3, 24


class AnswerView(Resized, QFrame):
    """Hidden until there is an answer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._whole = ""
        self._cut = False
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
        wear_code_font(self.field)
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
        """Return the answer as far as it is kept, which is what is copied."""
        return self._whole

    def show_waiting(self) -> None:
        """Show that a request is under way, in place of what was there."""
        self._whole, self._cut = "", False
        self._colours.language = ""
        self.field.clear()
        self.headers.setChecked(False)
        self.headers.hide()
        self.copy.hide()
        self.badge.setText("")
        self.badge.hide()
        set_kind(self.facts, "muted")
        self.facts.setText(self.tr("Waiting for the answer…"))
        self.fit()
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
        room = MOST_SHOWN - len(self._whole)
        self._cut = self._cut or len(text) > room
        if room > 0:
            self._whole += text[:room]
            bar = self.field.verticalScrollBar()
            at_end = bar.value() >= bar.maximum() - 4
            cursor = QTextCursor(self.field.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(shown_lines(text[:room]))
            self.fit()
            if at_end:
                bar.setValue(bar.maximum())

    def show_json(self, text: str) -> None:
        """Show a whole answer of JSON, which is set out in lines already."""
        self._cut = len(text) > MOST_SHOWN
        self._whole = text[:MOST_SHOWN]
        self._colours.language = "json"
        self.field.setPlainText(shown_lines(self._whole))
        self._colours.colour()
        self.fit()

    def show_end(self, seconds: float, size: int, *, problem: str = "") -> None:
        """Say how long it took and how much it was. problem: why it did not end well."""
        took = self.tr("%1 s").replace("%1", f"{seconds:.2f}")
        facts = [took, size_text(size)] if size else [took]
        if self._cut:
            facts.append(self.tr("shortened"))
        self.facts.setText(" · ".join([*facts, problem] if problem else facts))
        set_kind(self.facts, "error" if problem else "muted")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._colours.recolour(event)

    def _show_headers(self, shown: bool) -> None:
        self.header_text.setVisible(shown)

    def fit(self) -> None:
        lines = min(_MOST_LINES, max(_LEAST_LINES, self.field.document().blockCount()))
        self.field.setFixedHeight(lines_height(self.field, lines) + 12)


def shown_lines(text: str) -> str:
    """Return a text for a field, with the middle of its longest lines left out."""
    if len(text) <= _LONGEST_LINE:
        return text
    half = _LONGEST_LINE // 2
    return "\n".join(
        line if len(line) <= _LONGEST_LINE else f"{line[:half]} … {line[-half:]}" for line in text.split("\n")
    )
