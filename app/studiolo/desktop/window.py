"""The main window: it composes the pages and does nothing else."""

import logging

from PySide6.QtCore import QByteArray, QSettings, QSize, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow

from studiolo.desktop.chat.page import ChatPage
from studiolo.paths import Paths

logger = logging.getLogger(__name__)

_GEOMETRY = "window/geometry"


class MainWindow(QMainWindow):
    """`closed` is emitted whenever the window has been closed, by whichever way."""

    closed = Signal()

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        self._settings = QSettings(str(paths.config / "window.ini"), QSettings.Format.IniFormat)
        self.page = ChatPage(self)
        self.setCentralWidget(self.page)
        self.setWindowTitle("Studiolo")
        self.setMinimumSize(QSize(420, 420))
        self.resize(QSize(1000, 760))
        self._restore_geometry()
        self._add_actions()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settings.setValue(_GEOMETRY, self.saveGeometry())
        self._settings.sync()
        if self._settings.status() is not QSettings.Status.NoError:
            logger.warning("the window's place could not be kept in %s", self._settings.fileName())
        super().closeEvent(event)
        self.closed.emit()

    def _restore_geometry(self) -> None:
        kept = self._settings.value(_GEOMETRY)
        if isinstance(kept, QByteArray):
            self.restoreGeometry(kept)

    def _add_actions(self) -> None:
        for name, text, keys, run in (
            ("quit", self.tr("Quit"), "Ctrl+Q", self.close),
            ("new_chat", self.tr("New chat"), "Ctrl+N", self.page.new_chat.click),
            ("write", self.tr("Write a message"), "Ctrl+L", self.page.composer.setFocus),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False, run=run: run())
            self.addAction(action)
