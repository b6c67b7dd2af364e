"""A line of its own for what a person should know or decide about the server, with what can be done about it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours, set_kind


class Notice(Recoloured, QFrame):
    """Hidden while there is nothing to say. kind: "attention" or "danger"."""

    def __init__(self, action: str, parent: QWidget, *, kind: str = "attention") -> None:
        super().__init__(parent)
        self._danger = kind == "danger"
        self.setProperty("kind", kind)
        self._sign = QLabel(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.hint, "muted")
        self.action = QPushButton(action, self)
        self.action.setVisible(bool(action))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.label)
        texts.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 10, 8)
        row.setSpacing(10)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(self.action)
        self.dress()
        self.hide()

    def show_text(self, text: str, hint: str = "") -> None:
        """Say something, or nothing."""
        self.label.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.setAccessibleName(f"{text} {hint}".strip())
        self.setVisible(bool(text))

    def dress(self) -> None:
        colour = colours().danger if self._danger else colours().warning
        self._sign.setPixmap(icon("alert-circle-outline", colour).pixmap(QSize(18, 18)))


class EmptyState(QWidget):
    """Why there is nothing to be seen, in the middle of a view, with one thing to do about it."""

    def __init__(self, action: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = _centred(self, "heading")
        self.text = _centred(self, "muted")
        self.action = QPushButton(action, self)
        self.action.setProperty("kind", "primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        for widget in (self.title, self.text):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(widget, 6)
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(6)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def show_text(self, title: str, text: str, *, action: bool) -> None:
        """Say something. action: whether the button helps."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.text.setText(text)
        self.action.setVisible(action)


def _centred(parent: QWidget, kind: str) -> QLabel:
    label = QLabel(parent)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    set_kind(label, kind)
    return label
