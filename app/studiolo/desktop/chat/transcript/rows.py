"""One message on screen: its runs from top to bottom and what belongs below them.

Rows place their children by hand, because the transcript asks for the height at a width long before anything is shown.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPlainTextEdit, QStyle, QTextEdit, QWidget

from studiolo.desktop.chat.messages import Message
from studiolo.desktop.chat.transcript.actions import Edit
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.popups import new_menu

GAP = 10


@dataclass(frozen=True, slots=True)
class RowAction:
    """Something that can be done with a message, in its menu and by its keys."""

    text: str
    run: Callable[[], object]
    keys: str = ""


class Row(QWidget):
    """A widget that shows one message, or a section of it. `action_requested` has a MessageAction."""

    action_requested = Signal(object)
    resized = Signal(object)
    """The message needs another height than before, though it is the same."""
    _editor: MessageEditor | None = None

    def __init__(self, parent: QWidget, options: RowOptions) -> None:
        super().__init__(parent)
        self._options = options

    @property
    @abstractmethod
    def message(self) -> Message:
        """Return what it shows, or shows a section of."""

    @property
    def editor(self) -> MessageEditor | None:
        """Return the field in the message's place, while it is edited."""
        return self._editor

    @property
    def editing(self) -> bool:
        """Return whether it holds what would be lost with it."""
        return self._editor is not None

    @abstractmethod
    def refresh(self) -> None:
        """Show the message as it is now."""

    @abstractmethod
    def arrange(self, width: int) -> int:
        """Place the children for a width in pixels; the height they need, with the distance to the next row."""

    def select(self, text: str, number: int) -> "QTextEdit | QPlainTextEdit | None":
        """Select the `number`th place of `text` in what is said; where it is, or None if it is nowhere to be seen.

        Markdown has signs that are not shown: where there are fewer places than that, it is the last one.
        """
        found: tuple[QTextEdit | QPlainTextEdit, QTextCursor] | None = None
        for field in self.said():
            cursor = QTextCursor(field.document())
            while number >= 0 and not (cursor := field.document().find(text, cursor)).isNull():
                found = field, cursor
                number -= 1
        if found is None:
            return None
        found[0].setTextCursor(found[1])
        return found[0]

    @abstractmethod
    def said(self) -> "list[QTextEdit | QPlainTextEdit]":
        """Return the fields with what is said, from top to bottom; reasoning is none of it."""

    @abstractmethod
    def tab_stops(self) -> list[QWidget]:
        """Return what the Tab key visits, in order."""

    def asks(self) -> list[ApprovalBox | ElicitationBox]:
        """Return what waits for the person in it."""
        return []

    @abstractmethod
    def actions_now(self) -> Sequence[RowAction]:
        """Return what can be done with the message as it is."""

    @abstractmethod
    def focus(self) -> None:
        """Let the keys be the message's."""

    def fill(self, menu: QMenu) -> None:
        """Add what can be done."""
        for action in self.actions_now():
            entry = menu.addAction(action.text)
            entry.setShortcut(QKeySequence(action.keys))
            entry.triggered.connect(action.run)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pressed = QKeySequence(event.keyCombination())
        for action in self.actions_now():
            if action.keys and pressed == QKeySequence(action.keys):
                action.run()
                return
        super().keyPressEvent(event)

    def _open_editor(self, message: Message, *, verb: str, long: bool = False) -> None:
        """Put a field in the message's place; what is written there becomes a version beside it."""
        self._editor = editor = MessageEditor(
            message.text, self, verb=verb, breaks=long or self._options.send_with != "enter"
        )
        editor.sent.connect(lambda text: self._close_editor(message, text))
        editor.cancelled.connect(lambda: self._close_editor(message))
        editor.grown.connect(lambda: self.resized.emit(message))
        self.refresh()
        editor.show()
        editor.field.setFocus()
        self.resized.emit(message)

    def _close_editor(self, message: Message, text: str = "") -> None:
        if self._editor:
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
        self.refresh()
        self.focus()
        self.resized.emit(message)
        if text:
            self.action_requested.emit(Edit(message, text))

    def _put(self, child: QWidget, rect: QRect, width: int) -> None:
        mirrored = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), rect)
        if child.geometry() != mirrored:
            child.setGeometry(mirrored)


class VersionSwitch(QWidget):
    """Which of its versions a message is, between two arrows; hidden where there is one."""

    turned = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.back = IconButton("chevron-left", self.tr("Previous version"), self, size=16)
        self.forth = IconButton("chevron-right", self.tr("Next version"), self, size=16)
        self.label = small_label(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.back, self.label, self.forth):
            layout.addWidget(widget)
        self.back.clicked.connect(lambda: self.turned.emit(-1))
        self.forth.clicked.connect(lambda: self.turned.emit(1))
        self.hide()

    def show_version(self, message: Message) -> None:
        """Show which version of a message is in sight; hidden where there is one."""
        number, count = message.version
        self.setVisible(count > 1)
        self.label.setText(self.tr("%1 of %2").replace("%1", str(number)).replace("%2", str(count)))
        self.back.setEnabled(number > 1)
        self.forth.setEnabled(number < count)


class MoreButton(IconButton):
    """What can be done with a message, as a menu."""

    def __init__(self, row: Row) -> None:
        super().__init__("dots-horizontal", self.tr("More"), row, size=16)
        self._row = row
        self.clicked.connect(self.open)

    def open(self) -> QMenu:
        """Show the menu. It does not block and deletes itself."""
        menu = new_menu(self)
        self._row.fill(menu)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
        return menu


def small_label(parent: QWidget) -> QLabel:
    """Return a label for what is beside the matter."""
    label = QLabel(parent)
    label.setProperty("kind", "muted")
    label.setProperty("scale", "small")
    return label
