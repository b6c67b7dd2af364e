"""What came with a message: images and documents, side by side."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QToolButton, QWidget

from studiolo.desktop.chat.transcript.pictures import PictureBox, Pictures
from studiolo.desktop.history.parts import FilePart, ImagePart, Part
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.icons import icon, icon_size
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours

_GAP = 8
_NAME_WIDTH = 240


class FileChip(Recoloured, QToolButton):
    """A document: its name and how large it was. Pressed, its text is copied."""

    def __init__(self, file: FilePart, parent: QWidget) -> None:
        super().__init__(parent)
        self._file = file
        self.setProperty("kind", "chip")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Document %1").replace("%1", file.name))
        self.setToolTip(self.tr("Copy the text of %1").replace("%1", file.name))
        self.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._file.text))
        self.dress()

    def dress(self) -> None:
        room = sizes().scaled(_NAME_WIDTH)
        name = self.fontMetrics().elidedText(self._file.name, Qt.TextElideMode.ElideMiddle, room)
        self.setText(f"{name} · {size_text(self._file.size)}")
        self.setIconSize(icon_size(18))
        self.setIcon(icon("file-document-outline", colours().muted, 18))


class AttachmentStrip(QWidget):
    """At the far side, as the bubble below it."""

    action_requested = Signal(object)
    resized = Signal()

    def __init__(self, parent: QWidget, pictures: Pictures) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._parts: list[Part] = []
        self._boxes: list[PictureBox | FileChip] = []
        self.hide()

    def show_parts(self, parts: list[Part]) -> None:
        """Show those of `parts` that are no text."""
        shown: list[Part] = [part for part in parts if isinstance(part, ImagePart | FilePart)]
        if shown == self._parts:
            return
        self._parts = shown
        for box in self._boxes:
            box.hide()
            box.deleteLater()
        self._boxes = [self._box(part) for part in shown]
        for made in self._boxes:
            made.show()
        self.setVisible(bool(shown))

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return list(self._boxes)

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        y, line = 0, 0
        rows: list[list[PictureBox | FileChip]] = [[]]
        used = 0
        for box in self._boxes:
            wide = min(box.sizeHint().width(), width)
            if rows[-1] and used + wide > width:
                rows.append([])
                used = 0
            rows[-1].append(box)
            used += wide + _GAP
        for row in rows:
            right, line = width, max((box.sizeHint().height() for box in row), default=0)
            for box in reversed(row):
                size = box.sizeHint()
                right -= min(size.width(), width)
                place = QRect(right, y + line - size.height(), min(size.width(), width), size.height())
                box.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), place))
                right -= _GAP
            y += line + _GAP
        return max(0, y - _GAP)

    def _box(self, part: Part) -> PictureBox | FileChip:
        if isinstance(part, ImagePart):
            box = PictureBox(part, self._pictures, self, side=200)
            box.action_requested.connect(self.action_requested)
            box.resized.connect(self.resized)
            return box
        assert isinstance(part, FilePart)
        return FileChip(part, self)
