"""Messages that are sent once the reply under way has ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.icons import IconButton


@dataclass(frozen=True, slots=True, eq=False)
class Unsent:
    """A message as it was written."""

    text: str
    attachments: tuple[Attachment, ...] = ()

    @property
    def title(self) -> str:
        """Return one line that tells the message from others."""
        line = " ".join(self.text.split())
        names = ", ".join(attachment.part.name for attachment in self.attachments)
        return " · ".join(filter(None, [line, names]))


class WaitingList(QFrame):
    """The messages in line, each to be changed or removed; hidden where there is none."""

    edited = Signal(object)
    removed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.lines: list[QWidget] = []
        self._shown: list[Unsent] = []
        title = QLabel(self.tr("Sent after this reply"), self)
        title.setProperty("kind", "muted")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 8, 8, 8)
        self._layout.setSpacing(2)
        self._layout.addWidget(title)
        self.setAccessibleName(title.text())
        self.hide()

    def show_messages(self, messages: Sequence[Unsent]) -> None:
        """Show the messages that wait, in the order in which they are sent."""
        if list(messages) == self._shown:
            return
        self._shown = list(messages)
        for line in self.lines:
            line.hide()
            line.deleteLater()
        self.lines = [self._line(message) for message in messages]
        for line in self.lines:
            self._layout.addWidget(line)
        self.setVisible(bool(messages))

    def _line(self, message: Unsent) -> QWidget:
        line = QWidget(self)
        text = ElidedLabel(message.title, line)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setToolTip(tip_text(message.title))
        text.setMinimumWidth(1)
        edit = IconButton("pencil-outline", self.tr("Edit this message"), line, size=16)
        remove = IconButton("close", self.tr("Don't send this message"), line, size=16)
        edit.clicked.connect(lambda: self.edited.emit(message))
        remove.clicked.connect(lambda: self.removed.emit(message))
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(text, 1)
        layout.addWidget(edit)
        layout.addWidget(remove)
        return line
