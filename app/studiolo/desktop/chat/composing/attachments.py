"""What goes with a message that is being written."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QStyle, QWidget

from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.chat.composing.wrapping import too_long
from studiolo.desktop.history.parts import FilePart
from studiolo.desktop.widgets.formatting import size_text, tip_text
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours, may_recolour
from studiolo.errors import AppError

_SIDE = 36
_NAME_WIDTH = 180
_GAP = 6
_MOST_LINES = 3
"""In sight at once; what is beyond scrolls."""


class _Chip(QFrame):
    removed = Signal()
    opened = Signal()

    """told: why it is not attached."""

    def __init__(self, name: str, detail: str, parent: QWidget, image: bytes | None = None, told: str = "") -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        self.setAccessibleName(f"{name}, {detail}")
        self.setAccessibleDescription(told or self.tr("Enter shows it"))
        self._told = told
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._image = image
        self._sign = QLabel(self)
        room = sizes().scaled(_NAME_WIDTH)
        text = QLabel(f"{self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room)}\n{detail}", self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setToolTip(tip_text(told or name))
        self.remove = IconButton("close", self.tr("Remove %1").replace("%1", name), self, size=14)
        self.remove.clicked.connect(self.removed)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(8, 4, 4, 4)
        for widget in (self._sign, text, self.remove):
            self._line.addWidget(widget)
        self._dress()

    def add_unpack(self) -> IconButton:
        """Return a button that puts its text into the message."""
        button = IconButton("arrow-down", self.tr("Put it into the text"), self, size=14)
        self._line.insertWidget(2, button)
        return button

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_recolour(event):
            self._dress()

    def _dress(self) -> None:
        if self._told:
            self._sign.setPixmap(icon("alert-circle-outline", colours().danger, 20).pixmap(icon_size(20)))
            return
        if self._image is None:
            self._sign.setPixmap(icon("file-document-outline", colours().muted, 20).pixmap(icon_size(20)))
            return
        ratio = self.devicePixelRatioF()
        side = round(_SIDE * ratio)
        mode, how = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        shown = QImage.fromData(self._image).scaled(side, side, mode, how)
        shown = shown.copy((shown.width() - side) // 2, (shown.height() - side) // 2, side, side)
        pixmap = QPixmap.fromImage(shown)
        pixmap.setDevicePixelRatio(ratio)
        self._sign.setPixmap(pixmap)


@dataclass(frozen=True, slots=True, eq=False)
class _Refusal:
    """A file that can't be attached, and what is said of it."""

    name: str
    error: AppError


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A file that is being read. cancel: nobody wants it any more."""

    name: str
    cancel: Callable[[], object]


class AttachmentTray(QScrollArea):
    """Chips side by side and in as many lines as it takes, each with a button to remove it.

    `reading` while a file is still being read.
    """

    changed = Signal()
    opened = Signal(object)
    """An Attachment is to be shown."""
    unpacked = Signal(str)
    """The text of a document that is to be part of the message instead."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._attachments: list[Attachment] = []
        self._reading: list[Reading] = []
        self._refusals: list[_Refusal] = []
        self._chips: list[_Chip] = []
        self._inner = QWidget(self)
        self.setWidget(self._inner)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for ground in (self.viewport(), self._inner):
            ground.setAutoFillBackground(False)
        self.hide()

    @property
    def attachments(self) -> list[Attachment]:
        """Return what is attached."""
        return list(self._attachments)

    @property
    def reading(self) -> bool:
        """Return whether a file is still being read."""
        return bool(self._reading)

    def begin(self, name: str, cancel: Callable[[], object] = lambda: None) -> Reading:
        """Show that a file is being read; what is returned is what `end` is told. cancel: called by its button."""
        reading = Reading(name, cancel)
        self._reading.append(reading)
        self._show()
        return reading

    def end(self, reading: Reading, attachment: Attachment | None) -> None:
        """Show what became of it; None: it can't be attached, or is not to be."""
        self._reading.remove(reading)
        if attachment and attachment not in self._attachments:
            self._attachments.append(attachment)
        self._show()

    def refuse(self, reading: Reading, error: AppError) -> None:
        """Show why a file can't be attached, until somebody removes that or everything is sent."""
        self._reading.remove(reading)
        self._refusals.append(_Refusal(reading.name, error))
        self._show()

    @property
    def refusal(self) -> AppError | None:
        """Return why the last file that can't be attached can't be."""
        return self._refusals[-1].error if self._refusals else None

    def set_attachments(self, attachments: list[Attachment]) -> None:
        """Show what is attached to another draft."""
        self._attachments = list(attachments)
        self._refusals.clear()
        self._show()

    def clear(self) -> None:
        """Take everything away."""
        self.set_attachments([])

    def add(self, attachment: Attachment) -> None:
        """Add an attachment that needed no reading."""
        self.set_attachments([*self._attachments, attachment])

    def order_tabs(self, first: QWidget) -> None:
        """Let the Tab key visit the chips after `first`."""
        for chip in self._chips:
            for stop in (chip, *chip.findChildren(IconButton)):
                self.setTabOrder(first, stop)
                first = stop

    @property
    def pasted_name(self) -> str:
        """Return what a text is called that was pasted."""
        return self.tr("Pasted text")

    def _unpack(self, attachment: Attachment) -> None:
        self._remove(attachment)
        self.unpacked.emit(attachment.part.text)

    def _forget(self, refusal: _Refusal) -> None:
        self._refusals.remove(refusal)
        self._show()

    def _remove(self, attachment: Attachment) -> None:
        self._attachments.remove(attachment)
        self._show()

    def _show(self) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(one) for one in self._attachments]
        for reading in self._reading:
            chip = _Chip(reading.name, self.tr("Reading…"), self._inner)
            chip.removed.connect(reading.cancel)
            self._chips.append(chip)
        for refusal in self._refusals:
            chip = _Chip(refusal.name, self.tr("Not attached"), self._inner, told=str(refusal.error))
            chip.removed.connect(lambda refusal=refusal: self._forget(refusal))
            self._chips.append(chip)
        self.setVisible(bool(self._chips))
        self._place()
        self.changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """From left to right, line by line."""
        width = self.viewport().width()
        x = y = line = 0
        for chip in self._chips:
            size = chip.sizeHint()
            if x and x + size.width() > width:
                x, y = 0, y + line + _GAP
            line = size.height()
            place = QRect(QPoint(x, y), size)
            chip.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), place))
            chip.show()
            x += size.width() + _GAP
        self._inner.resize(width, y + line)
        self.setFixedHeight(min(y + line, _MOST_LINES * (line + _GAP) - _GAP))

    def _chip(self, attachment: Attachment) -> _Chip:
        part = attachment.part
        size = part.size if isinstance(part, FilePart) else len(attachment.data or b"")
        chip = _Chip(part.name, size_text(size), self._inner, attachment.preview or attachment.data)
        chip.opened.connect(lambda: self.opened.emit(attachment))
        chip.removed.connect(lambda: self._remove(attachment))
        if isinstance(part, FilePart) and part.name.startswith(self.pasted_name) and not too_long(part.text):
            chip.add_unpack().clicked.connect(lambda: self._unpack(attachment))
        return chip
