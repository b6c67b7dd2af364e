"""One message on screen: its runs from top to bottom and what belongs below them. Rows place their children by hand,
because the transcript asks for the height at a width long before anything is shown."""

from abc import abstractmethod

from PySide6.QtCore import QRect, Qt, QUrl, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPlainTextEdit, QStyle, QTextEdit, QWidget

from studiolo.desktop.chat.model import Message
from studiolo.desktop.theme import IconButton

GAP = 10
SMALL = 0.9


class Row(QWidget):
    """A widget that shows one message, which its signals name."""

    retry_requested = Signal(object)
    again_requested = Signal(object)
    go_on_requested = Signal(object)
    deletion_requested = Signal(object)
    branch_requested = Signal(object)
    edited = Signal(object, str)
    version_requested = Signal(object, int)
    link_followed = Signal(QUrl)
    resized = Signal(object)
    """It needs another height than before, though the message is the same."""
    editing = False
    """It holds what would be lost with it."""

    @abstractmethod
    def refresh(self) -> None:
        """Show the message as it is now."""

    @abstractmethod
    def arrange(self, width: int) -> int:
        """Place the children for a width in pixels and return the height they need, distance to the next row
        included."""

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
        """The fields with what is said, from top to bottom; reasoning is none of it."""

    @abstractmethod
    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""

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
        number, count = message.version
        self.setVisible(count > 1)
        self.label.setText(self.tr("%1 of %2").replace("%1", str(number)).replace("%2", str(count)))
        self.back.setEnabled(number > 1)
        self.forth.setEnabled(number < count)


class MoreButton(IconButton):
    """What is done with a message less often."""

    deletion_requested = Signal()
    branch_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("dots-horizontal", self.tr("More"), parent, size=16)
        self.clicked.connect(self.open)

    def open(self) -> QMenu:
        """Show the menu. It does not block and deletes itself."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("New chat from here")).triggered.connect(self.branch_requested)
        menu.addAction(self.tr("Delete from here on")).triggered.connect(self.deletion_requested)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
        return menu


def small_label(parent: QWidget) -> QLabel:
    """For what is beside the matter."""
    label = QLabel(parent)
    label.setProperty("kind", "muted")
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * SMALL)
    label.setFont(font)
    return label
