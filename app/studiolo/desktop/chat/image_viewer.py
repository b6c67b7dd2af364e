"""An image, large: it fits the window first, and can be looked at as closely as one likes."""

import asyncio

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QPixmap, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QDialog, QFrame, QGraphicsScene, QGraphicsView, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studiolo.desktop.chat.save_dialogs import save_bytes
from studiolo.desktop.history.parts import ImagePart
from studiolo.desktop.widgets.dialogs import finished
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.errors import AppError

_STEP = 1.25
_CLOSEST = 32.0
_SAVE = 2


class _View(QGraphicsView):
    """Zooms with Ctrl and the wheel, moves with the mouse."""

    def __init__(self, image: QImage, parent: QWidget) -> None:
        scene = QGraphicsScene(parent)
        scene.addPixmap(QPixmap.fromImage(image)).setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        super().__init__(scene, parent)
        self.fits = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)

    def fit(self) -> None:
        """Show all of it, but no larger than it is."""
        self.fits = True
        self.resetTransform()
        whole = self.sceneRect().size()
        room = self.viewport().size()
        if whole.width() > room.width() or whole.height() > room.height():
            self.fitInView(self.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)

    def zoom(self, factor: float) -> None:
        self.fits = False
        scale = self.transform().m11() * factor
        if 0.02 < scale < _CLOSEST:
            self.scale(factor, factor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(_STEP if event.angleDelta().y() > 0 else 1 / _STEP)
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.fits:
            self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()


class ImageViewer(QDialog):
    """+ and - zoom, 0 fits, 1 is one pixel a pixel; Escape closes. Its result is `_SAVE` where it is to be saved."""

    def __init__(self, image: QImage, name: str, size: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(name or self.tr("Image"))
        self._image = image
        self.view = _View(image, self)
        self.view.setAccessibleName(self.tr("Image %1").replace("%1", name))
        described = QLabel(f"{name} · {image.width()} × {image.height()} · {size_text(size)}", self)
        described.setTextFormat(Qt.TextFormat.PlainText)
        described.setProperty("kind", "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 6, 8, 6)
        bar.addWidget(described, 1)
        for sign, text, run in (
            ("magnify-minus-outline", self.tr("Smaller (-)"), lambda: self.view.zoom(1 / _STEP)),
            ("magnify-plus-outline", self.tr("Larger (+)"), lambda: self.view.zoom(_STEP)),
            ("fit-to-page-outline", self.tr("Fit (0)"), self.view.fit),
            ("content-copy", self.tr("Copy image"), lambda: QGuiApplication.clipboard().setImage(self._image)),
            ("content-save-outline", self.tr("Save image"), lambda: self.done(_SAVE)),
        ):
            button = IconButton(sign, text, self)
            button.clicked.connect(run)
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)
        room = parent.window().size() * 0.9
        self.resize(QSize(image.width() + 24, image.height() + 64).boundedTo(room).expandedTo(QSize(420, 320)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.text():
            case "+" | "=":
                self.view.zoom(_STEP)
            case "-":
                self.view.zoom(1 / _STEP)
            case "0":
                self.view.fit()
            case "1":
                self.view.fits = False
                self.view.resetTransform()
            case _:
                super().keyPressEvent(event)


async def show_image(parent: QWidget, part: ImagePart, data: bytes) -> None:
    """Show it until it is closed, or save it. Raises AppError where it is no image."""
    # A large one takes long enough to be felt.
    image = await asyncio.to_thread(QImage.fromData, data)
    if image.isNull():
        raise AppError(QCoreApplication.translate("ImageViewer", "The image can't be read."), details=part.name)
    if await finished(ImageViewer(image, part.name, len(data), parent)) == _SAVE:
        await save_bytes(parent, data, part.name or "image.png")
