"""Cards with rows, as the panels of the network have them: a title and help at the left, a field at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

_MARGIN = 16
_FIELD_WIDTH = 260


class Card(QFrame):
    """Rows below each other, with a line between two of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(0)

    def add(self, row: QWidget) -> None:
        """Add a row at the end."""
        self.rows.addWidget(row)


class CardRow(QWidget):
    """A title with help below it, a field at the right, and below both what is wrong."""

    def __init__(self, title: str, help_text: str, field: QWidget | None, card: Card) -> None:
        super().__init__(card)
        self.title = QLabel(title, self)
        self.help = plain_label(help_text, "muted", self)
        self.help.setVisible(bool(help_text))
        self.problem = plain_label("", "error", self)
        self.problem.hide()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.help)
        line = QHBoxLayout()
        line.setSpacing(_MARGIN)
        line.addLayout(words, 1)
        if field is not None:
            self.title.setBuddy(field)
            if not field.accessibleName():
                field.setAccessibleName(title)
            field.setAccessibleDescription(help_text)
            line.addWidget(field, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, 10, _MARGIN, 10)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.problem)
        card.add(self)

    def show_help(self, text: str) -> None:
        """Say something else below the title; nothing for an empty text."""
        self.help.setText(text)
        self.help.setVisible(bool(text))

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the field; an empty text for nothing."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))


def plain_label(text: str, kind: str, parent: QWidget) -> QLabel:
    """Return a label that wraps its words, and takes none of them for markup."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def heading(text: str, parent: QWidget) -> QLabel:
    """Return what stands above a card."""
    label = QLabel(text, parent)
    label.setProperty("kind", "heading")
    label.setAccessibleName(text)
    return label


def keep_field_width(field: QWidget) -> None:
    """Have a field as wide as those of the rows around it."""
    field.setFixedWidth(_FIELD_WIDTH)
