"""An image in a reply."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QStyle, QWidget

from studiolo.desktop.chat.transcript.pictures import PictureBox, Pictures
from studiolo.desktop.chat.transcript.runs import Run
from studiolo.desktop.history.parts import ImagePart, Part


class ImageRun(Run):
    """One image, as large as it is up to a limit."""

    def __init__(self, parent: QWidget, pictures: Pictures) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._part: Part | None = None
        self.box: PictureBox | None = None

    def show_part(self, part: Part) -> None:
        if part == self._part or not isinstance(part, ImagePart):
            return
        self._part = part
        if self.box:
            self.box.deleteLater()
        self.box = PictureBox(part, self._pictures, self)
        self.box.action_requested.connect(self.action_requested)
        self.box.resized.connect(self.resized)
        self.box.show()

    def height_for(self, width: int) -> int:
        if not self.box:
            return 0
        size = self.box.sizeHint()
        wide = min(size.width(), width)
        height = size.height() * wide // max(1, size.width())
        place = QRect(0, 0, wide, height)
        self.box.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), place))
        return height

    def tab_stops(self) -> list[QWidget]:
        return [self.box] if self.box else []
