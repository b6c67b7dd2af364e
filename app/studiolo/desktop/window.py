"""The main window: it composes the pages and does nothing else."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSettings, QSize, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QSplitter

from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.paths import Paths

logger = logging.getLogger(__name__)

_GEOMETRY = "window/geometry"
_SIDEBAR, _SIDEBAR_WANTED = "window/sidebar", "window/sidebar_wanted"
_SIDEBAR_LEAST, _SIDEBAR_WIDTH = 180, 260
_WIDE_ENOUGH = 760


class MainWindow(QMainWindow):
    """`closed` is emitted whenever the window has been closed, by whichever way.

    may_close: asked first; where it says no, `close_refused` is emitted and the window stays, until `close_anyway`.
    """

    closed = Signal()
    close_refused = Signal()

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        self.may_close: Callable[[], bool] = lambda: True
        self._settings = QSettings(str(paths.config / "window.ini"), QSettings.Format.IniFormat)
        self.sidebar = Sidebar(self)
        self.page = ChatPage(self)
        self._splitter = QSplitter(self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self.sidebar)
        self._splitter.addWidget(self.page)
        self._splitter.setStretchFactor(1, 1)
        self.sidebar.setMinimumWidth(_SIDEBAR_LEAST)
        self._splitter.setSizes([_SIDEBAR_WIDTH, 1000])
        self.setCentralWidget(self._splitter)
        self._sidebar_wanted = True
        self._confirmed = False
        self.setWindowTitle("Studiolo")
        self.setMinimumSize(QSize(420, 420))
        self.resize(QSize(1000, 760))
        self._restore_geometry()
        self._add_actions()

    def close_anyway(self) -> None:
        """Close without asking."""
        self._confirmed = True
        self.close()

    def toggle_sidebar(self) -> None:
        """Show the list of chats, or hide it."""
        self._sidebar_wanted = not self.sidebar.isVisible()
        self._place_sidebar()

    def search_chats(self) -> None:
        """Lead to the search over everything."""
        self._sidebar_wanted = True
        self.sidebar.show()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def step_found(self, by: int) -> None:
        """Go to the next place that was found, in the chat if its search is open, else over everything."""
        if self.page.find_bar.isVisible():
            self.page.find_bar.stepped.emit(by)
        else:
            self.sidebar.list.step_hit(by)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_sidebar()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._confirmed and not self.may_close():
            event.ignore()
            self.close_refused.emit()
            return
        self._settings.setValue(_SIDEBAR, self._splitter.saveState())
        self._settings.setValue(_SIDEBAR_WANTED, self._sidebar_wanted)
        self._settings.setValue(_GEOMETRY, self.saveGeometry())
        self._settings.sync()
        if self._settings.status() is not QSettings.Status.NoError:
            logger.warning("the window's place could not be kept in %s", self._settings.fileName())
        super().closeEvent(event)
        self.closed.emit()

    def _place_sidebar(self) -> None:
        """A narrow window has no room for it."""
        shown = self._sidebar_wanted and self.width() >= _WIDE_ENOUGH
        self.sidebar.setVisible(shown)
        self.page.new_chat.setVisible(not shown)

    def _restore_geometry(self) -> None:
        split = self._settings.value(_SIDEBAR)
        if isinstance(split, QByteArray):
            self._splitter.restoreState(split)
        self._sidebar_wanted = self._settings.value(_SIDEBAR_WANTED, True, type=bool) is True
        kept = self._settings.value(_GEOMETRY)
        if isinstance(kept, QByteArray):
            self.restoreGeometry(kept)

    def _add_actions(self) -> None:
        for name, text, keys, run in (
            ("quit", self.tr("Quit"), "Ctrl+Q", self.close),
            ("new_chat", self.tr("New chat"), "Ctrl+N", self.page.new_chat.click),
            ("sidebar", self.tr("Show or hide the chats"), "Ctrl+B", self.toggle_sidebar),
            ("search", self.tr("Search chats"), "Ctrl+Shift+F", self.search_chats),
            ("undo", self.tr("Undo"), "Ctrl+Z", self.page.toast.undo_requested.emit),
            ("settings", self.tr("Settings of this chat"), "Ctrl+Shift+S", self.page.tune.toggle),
            ("find", self.tr("Find in this chat"), "Ctrl+F", self.page.find_bar.open),
            ("next", self.tr("Next place found"), "F3", lambda: self.step_found(1)),
            ("previous", self.tr("Previous place found"), "Shift+F3", lambda: self.step_found(-1)),
            ("write", self.tr("Write a message"), "Ctrl+L", self.page.composer.setFocus),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False, run=run: run())
            self.addAction(action)
