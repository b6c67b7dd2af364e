"""Finding within the chat: the bar, and where in the messages the text is."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from studiolo.desktop.chat.messages import Message
from studiolo.desktop.history.parts import ReasoningPart
from studiolo.desktop.widgets.icons import IconButton

_TYPING_MS = 120


@dataclass(frozen=True, slots=True)
class Place:
    """The `number`th time, from 0, that a message has the text."""

    message: Message
    number: int


def places_of(text: str, messages: Sequence[Message]) -> list[Place]:
    """Return where `text` is, whatever its case, from the first message to the last.

    Not in reasoning, which is folded.
    """
    wanted = text.casefold()
    if not wanted:
        return []
    return [Place(message, number) for message in messages for number in range(_said(message).casefold().count(wanted))]


def _said(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if not isinstance(part, ReasoningPart))


class _Field(QLineEdit):
    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.left.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case _:
                super().keyPressEvent(event)


class FindBar(QFrame):
    """A field to find text in a chat with. Enter and Shift+Enter step, Escape leaves.

    Signals:
        query_changed: What is looked for, a moment after it was typed.
        stepped: 1 for the next place, -1 for the one before.
    """

    query_changed = Signal(str)
    stepped = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.field = _Field(self)
        self.field.setPlaceholderText(self.tr("Find in this chat"))
        self.field.setAccessibleName(self.tr("Find in this chat"))
        self.count = QLabel(self)
        self.count.setProperty("kind", "muted")
        self.before = IconButton("chevron-up", self.tr("Previous place"), self)
        self.after = IconButton("chevron-down", self.tr("Next place"), self)
        self.leave = IconButton("close", self.tr("End the search"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.field, 1)
        for widget in (self.count, self.before, self.after, self.leave):
            layout.addWidget(widget)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPING_MS)
        self._typed.timeout.connect(lambda: self.query_changed.emit(self.field.text()))
        self.field.textChanged.connect(self._typed.start)
        self.field.stepped.connect(self.stepped)
        self.field.left.connect(self.closed)
        self.before.clicked.connect(lambda: self.stepped.emit(-1))
        self.after.clicked.connect(lambda: self.stepped.emit(1))
        self.leave.clicked.connect(self.closed)
        self.show_count(0, 0)
        self.hide()

    def tab_stops(self) -> list[QWidget]:
        """Return what the Tab key visits, in order."""
        return [self.field, self.before, self.after, self.leave]

    def open(self) -> None:
        """Let something be typed; what was there is typed over."""
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def show_count(self, number: int, count: int) -> None:
        """Show that the `number`th of `count` places is in sight."""
        text = self.tr("%1 of %2").replace("%1", str(number)).replace("%2", str(count))
        self.count.setText(text if count else self.tr("Nothing found") if self.field.text() else "")
        for button in (self.before, self.after):
            button.setEnabled(count > 0)


class TextFinder:
    """Goes from place to place; `bar` tells how many there are."""

    def __init__(self, bar: FindBar) -> None:
        self._bar = bar
        self._places: list[Place] = []
        self._at = 0
        self._text = ""

    @property
    def text(self) -> str:
        """Return what is looked for."""
        return self._text

    def find(self, text: str, messages: Sequence[Message]) -> Place | None:
        """Return the latest place: whoever looks for something in a chat remembers its end."""
        self._text = text
        self._places = places_of(text, messages)
        self._at = len(self._places) - 1
        return self._shown()

    def step(self, by: int) -> Place | None:
        """Return the place that many further on; after the last comes the first."""
        if self._places:
            self._at = (self._at + by) % len(self._places)
        return self._shown()

    def _shown(self) -> Place | None:
        self._bar.show_count(self._at + 1, len(self._places))
        return self._places[self._at] if self._places else None
