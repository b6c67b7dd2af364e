"""What a tool returned, in a dialog: texts and pictures, and nothing in them acts."""

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPixmap
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.language import translate
from studiolo.desktop.widgets.sizes import lines_height, wear_code_font
from studiolo.desktop.widgets.tool_content import ResultImage, ResultPiece

SIDE = 320
"""Pixels that the longer side of a picture has at most; twice as many are kept, for dense screens."""
_MOST_PIXELS = 40_000_000
_MOST_CHARACTERS = 200_000
_MOST_PIECES = 20


class ResultView(QWidget):
    """Empty until `show_pieces`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: list[QWidget] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_pieces(self, pieces: Sequence[ResultPiece]) -> None:
        """Show these pieces in place of what was there."""
        for part in self.parts:
            part.hide()
            part.deleteLater()
        self.parts = []
        for piece in pieces[:_MOST_PIECES]:
            part = _picture(piece, self) if isinstance(piece, ResultImage) else _text(piece.text, self)
            self.parts.append(part)
            self._layout.addWidget(part)

    @property
    def text(self) -> str:
        """Return all that is text in it."""
        return "\n\n".join(part.toPlainText() for part in self.parts if isinstance(part, QPlainTextEdit))


def read_image(data: bytes) -> QImage:
    """Return an image as large as it is ever shown; null where it is none, or one that is larger than any screen."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > _MOST_PIXELS:
        return QImage()
    if size.isValid() and max(size.width(), size.height()) > 2 * SIDE:
        reader.setScaledSize(size.scaled(2 * SIDE, 2 * SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _picture(image: ResultImage, parent: ResultView) -> QWidget:
    label = QLabel(parent)
    pixmap = QPixmap.fromImage(read_image(image.data))
    if pixmap.isNull():
        label.setText(translate("ResultView", "Image that can't be read (%1)").replace("%1", image.media_type))
    else:
        limit = QSize(min(SIDE, pixmap.width()), min(SIDE, pixmap.height()))
        label.setPixmap(
            pixmap.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        )
        label.setAccessibleName(translate("ResultView", "Image (%1)").replace("%1", image.media_type))
    return label


def _text(text: str, parent: ResultView) -> QWidget:
    field = QPlainTextEdit(parent)
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    wear_code_font(field)
    field.setAccessibleName(translate("ResultView", "Result"))
    cut = f"{text[:_MOST_CHARACTERS]}…" if len(text) > _MOST_CHARACTERS else text
    field.setPlainText(cut.replace("\0", "\ufffd"))
    lines = min(14, max(2, cut.count("\n") + 1))
    field.setFixedHeight(lines_height(field, lines) + 20)
    return field
