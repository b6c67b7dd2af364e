"""What goes with a message that is being written."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.history.parts import FilePart
from studiolo.desktop.theme import IconButton, colours, icon
from studiolo.desktop.words import size_text, tip_text

_SIDE = 36
_NAME_WIDTH = 180
_MOST_SHOWN = 3


class _Chip(QFrame):
    removed = Signal()

    def __init__(self, name: str, detail: str, parent: QWidget, image: bytes | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        self.setAccessibleName(f"{name}, {detail}")
        self._image = image
        self._sign = QLabel(self)
        text = QLabel(
            f"{self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)}\n{detail}", self
        )
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setToolTip(tip_text(name))
        self.remove = IconButton("close", self.tr("Remove %1").replace("%1", name), self, size=14)
        self.remove.clicked.connect(self.removed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 4)
        for widget in (self._sign, text, self.remove):
            layout.addWidget(widget)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        if self._image is None:
            self._sign.setPixmap(icon("file-document-outline", colours().muted, 20).pixmap(QSize(20, 20)))
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
class Reading:
    """A file that is being read. cancel: nobody wants it any more."""

    name: str
    cancel: Callable[[], object]


class AttachmentTray(QWidget):
    """Chips side by side, each with a button to remove it; `reading` while a file is still being read."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._attachments: list[Attachment] = []
        self._reading: list[Reading] = []
        self._chips: list[_Chip] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addStretch()
        self._more = QLabel(self)
        self._more.setProperty("kind", "muted")
        self._layout.insertWidget(0, self._more)
        self.hide()

    @property
    def attachments(self) -> list[Attachment]:
        return list(self._attachments)

    @property
    def reading(self) -> bool:
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

    def set_attachments(self, attachments: list[Attachment]) -> None:
        """Those of another draft."""
        self._attachments = list(attachments)
        self._show()

    def clear(self) -> None:
        self.set_attachments([])

    def _remove(self, attachment: Attachment) -> None:
        self._attachments.remove(attachment)
        self._show()

    def _show(self) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(one) for one in self._attachments[:_MOST_SHOWN]]
        for reading in self._reading[:1]:
            chip = _Chip(reading.name, self.tr("Reading…"), self)
            chip.removed.connect(reading.cancel)
            self._chips.append(chip)
        for number, chip in enumerate(self._chips):
            self._layout.insertWidget(number, chip)
        beyond = len(self._attachments) - _MOST_SHOWN
        self._more.setText(self.tr("and %n more", "", beyond) if beyond > 0 else "")
        self.setVisible(bool(self._chips))
        self.changed.emit()

    def _chip(self, attachment: Attachment) -> _Chip:
        part = attachment.part
        size = part.size if isinstance(part, FilePart) else len(attachment.data or b"")
        chip = _Chip(part.name, size_text(size), self, attachment.preview or attachment.data)
        chip.removed.connect(lambda: self._remove(attachment))
        return chip
