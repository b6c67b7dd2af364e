"""The main window: it composes the pages and does nothing else."""

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studiolo.desktop.actions.catalog import (
    ATTACH_FILES,
    CHAT_SETTINGS,
    CHOOSE_MODEL,
    FIND,
    FIND_NEXT,
    FIND_PREVIOUS,
    LARGER_TEXT,
    NEW_CHAT,
    QUIT,
    SEARCH_CHATS,
    SIDEBAR,
    SMALLER_TEXT,
    STOP_REPLY,
    UNDO,
    USUAL_TEXT,
    WRITE,
)
from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.shell.navigation import CHAT, Navigation
from studiolo.desktop.widgets.page_header import Page, PageHeader
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.kept_json import make_way
from studiolo.paths import Paths

logger = logging.getLogger(__name__)

_GEOMETRY = "window/geometry"
_SIDEBAR, _SIDEBAR_WANTED = "window/sidebar_width", "window/sidebar_wanted"
_SPLITTER = "window/sidebar"
"""Where older versions kept the width, as the splitter's state."""
_SIDEBAR_LEAST, _SIDEBAR_WIDTH = 180, 260
_WIDE_ENOUGH, _LEAST_WIDE = 760, 680
"""Pixels at which there is room for the list of chats, at any text size and at the usual one."""


class MainWindow(Resized, QMainWindow):
    """`closed` is emitted whenever the window has been closed, by whichever way.

    may_close: asked first; where it says no, `close_refused` is emitted and the window stays, until `close_anyway`.
    factories: make the pages beside the chat, each when it is shown first.
    registry: what can be done here, and the keys for it.
    """

    closed = Signal()
    close_refused = Signal()
    quit_requested = Signal()
    text_step_requested = Signal(int)
    """So many steps larger the text is wanted; 0: as it was at first."""
    page_shown = Signal(str)

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        self.may_close: Callable[[], bool] = lambda: True
        make_way(paths.config / "window.ini")
        self._settings = QSettings(str(paths.config / "window.ini"), QSettings.Format.IniFormat)
        self.registry = ActionRegistry(self)
        self.sidebar = Sidebar(self.registry, self)
        self.page = ChatPage(self)
        self.navigation = Navigation(self.registry, self)
        self.factories: dict[str, Callable[[], QWidget]] = {}
        self._wanted: str | None = None
        self._pages: dict[str, QWidget] = {CHAT: self.page}
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.page)
        # A page that would like to be wider takes nothing from the sidebar.
        self._stack.setMinimumWidth(1)
        right = QWidget(self)
        right.setMinimumWidth(1)
        self._right = QVBoxLayout(right)
        self._right.setContentsMargins(0, 0, 0, 0)
        self._right.setSpacing(0)
        self._right.addWidget(self._stack, 1)
        self._side = QWidget(self)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(0)
        side.addWidget(self.sidebar, 1)
        side.addWidget(self.navigation)
        self._splitter = QSplitter(self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self._side)
        self._splitter.addWidget(right)
        # What is left or missing is the page's.
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._side.setMinimumWidth(_SIDEBAR_LEAST)
        self._splitter.setSizes([_SIDEBAR_WIDTH, 1000])
        self.setCentralWidget(self._splitter)
        self._sidebar_wanted = True
        self._sidebar_width = _SIDEBAR_WIDTH
        self._splitter.splitterMoved.connect(self._keep_sidebar_width)
        self._confirmed = False
        self.setWindowTitle("Studiolo")
        self.setMinimumSize(QSize(420, 420))
        self.resize(QSize(1000, 760))
        self._restore_geometry()
        self._bind_actions()
        self.navigation.chosen.connect(self.show_page)
        self.page.transcript.text_step_requested.connect(self.text_step_requested)
        self.page.pages.clicked.connect(lambda: self.navigation.open_menu(self.page.pages))
        self.sidebar.list.opened.connect(lambda *_: self.show_page(CHAT))
        self.sidebar.list.hit_opened.connect(lambda *_: self.show_page(CHAT))
        self.sidebar.new_chat.clicked.connect(lambda: self.show_page(CHAT))

    @property
    def shown_page(self) -> str:
        """Return the name of the page in sight (see navigation)."""
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    @property
    def current_page(self) -> QWidget:
        """Return the page in sight."""
        return self._pages[self.shown_page]

    def show_page(self, name: str) -> None:
        """Turn to a page; to one that there is no factory for yet once `show_wanted` is called."""
        self._wanted = None
        if name not in self._pages:
            if name not in self.factories:
                self._wanted = name
                return
            self._pages[name] = self.factories[name]()
            self._stack.addWidget(self._pages[name])
            for header in self._pages[name].findChildren(PageHeader):
                header.menu_requested.connect(lambda menu=header.menu: self.navigation.open_menu(menu))
        self._stack.setCurrentWidget(self._pages[name])
        self.navigation.set_current(name)
        page = self.navigation.name_of(name)
        self.setWindowTitle("Studiolo" if name == CHAT else f"{page} – Studiolo")
        self._place_sidebar()
        self._take_focus(self._pages[name])
        self.page_shown.emit(name)

    def add_above(self, widget: QWidget) -> None:
        """Have a widget above the pages: what is true of all of them."""
        self._right.insertWidget(self._right.count() - 1, widget)

    def focus_page(self) -> None:
        """Have the keys go to the page in sight."""
        self._take_focus(self.current_page)

    def show_wanted(self) -> None:
        """Turn to the page that was asked for before there were factories for all."""
        if self._wanted:
            self.show_page(self._wanted)

    def come_up(self) -> None:
        """Be the window in front, wherever it was."""
        self.show()
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    def close_anyway(self) -> None:
        """Close without asking."""
        self._confirmed = True
        self.close()

    def toggle_sidebar(self) -> None:
        """Show the list of chats, or hide it."""
        self._sidebar_wanted = not self._side.isVisible()
        self._place_sidebar()

    def search_chats(self) -> None:
        """Lead to the search over everything."""
        self._sidebar_wanted = True
        self._side.show()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def find_here(self) -> None:
        """Lead to the search of the page in sight."""
        page = self._pages[self.shown_page]
        if isinstance(page, Page):
            page.lead_to_search()
        else:
            self.page.find_bar.open()

    def _undo(self) -> None:
        page = self._pages[self.shown_page]
        if not (isinstance(page, Page) and page.undo_last()):
            self.page.toast.undo_requested.emit()

    def step_found(self, by: int) -> None:
        """Go to the next place that was found, in the chat if its search is open, else over everything."""
        if self.shown_page == CHAT and self.page.find_bar.isVisible():
            self.page.find_bar.stepped.emit(by)
        else:
            self.sidebar.list.step_hit(by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.shown_page == CHAT:
            self.page.escape()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_sidebar()

    def fit(self) -> None:
        """Share out the width."""
        self._place_sidebar()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._confirmed and not self.may_close():
            event.ignore()
            self.close_refused.emit()
            return
        self._settings.setValue(_SIDEBAR, self._sidebar_width)
        self._settings.setValue(_SIDEBAR_WANTED, self._sidebar_wanted)
        self._settings.setValue(_GEOMETRY, self.saveGeometry())
        self._settings.sync()
        if self._settings.status() is not QSettings.Status.NoError:
            logger.warning("the window's place could not be kept in %s", self._settings.fileName())
        super().closeEvent(event)
        self.closed.emit()

    def new_chat(self) -> None:
        """Begin one, wherever the window is."""
        self.show_page(CHAT)
        self.page.new_chat.click()

    def _write(self) -> None:
        self.show_page(CHAT)
        self.page.take_focus()

    def _take_focus(self, page: QWidget) -> None:
        # A focus proxy would do the same, and end the way of the Tab key at whatever is the proxy's parent.
        if isinstance(page, ChatPage | Page):
            page.take_focus()
        else:
            page.setFocus()

    def _keep_sidebar_width(self) -> None:
        self._sidebar_width = max(_SIDEBAR_LEAST, round(self._side.width() * 100 / sizes().text_size))

    def _place_sidebar(self) -> None:
        """A narrow window has no room for it."""
        # Larger text needs more room for as many words, beside the chats as within them.
        shown = self._sidebar_wanted and self.width() >= max(_WIDE_ENOUGH, sizes().scaled(_LEAST_WIDE))
        width = sizes().scaled(self._sidebar_width)
        self._side.setMinimumWidth(sizes().scaled(_SIDEBAR_LEAST))
        self._side.setVisible(shown)
        if shown and self._side.width() != width:
            # A splitter shares out what it has as it likes; this one's left side is as wide as a person has made it.
            self._splitter.setSizes([width, self.width() - width])
        self.page.new_chat.setVisible(not shown)
        self.page.pages.setVisible(not shown)
        for header in self._stack.findChildren(PageHeader):
            header.menu.setVisible(not shown)

    def _restore_geometry(self) -> None:
        split = self._settings.value(_SPLITTER)
        if isinstance(split, QByteArray):
            self._splitter.restoreState(split)
            self._sidebar_width = self._splitter.sizes()[0] or _SIDEBAR_WIDTH
        width = self._settings.value(_SIDEBAR)
        if isinstance(width, int | str) and str(width).isdecimal():
            self._sidebar_width = max(_SIDEBAR_LEAST, int(width))
        self._sidebar_wanted = self._settings.value(_SIDEBAR_WANTED, True, type=bool) is True
        kept = self._settings.value(_GEOMETRY)
        if isinstance(kept, QByteArray):
            self.restoreGeometry(kept)

    def _bind_actions(self) -> None:
        """What the window does by itself; the rest is bound when there is somebody who does it."""
        for action, run in (
            (QUIT, self.quit_requested.emit),
            (NEW_CHAT, self.new_chat),
            (SIDEBAR, self.toggle_sidebar),
            (SEARCH_CHATS, self.search_chats),
            (UNDO, self._undo),
            (FIND, self.find_here),
            (FIND_NEXT, lambda: self.step_found(1)),
            (FIND_PREVIOUS, lambda: self.step_found(-1)),
            (WRITE, self._write),
            (LARGER_TEXT, partial(self.text_step_requested.emit, 1)),
            (SMALLER_TEXT, partial(self.text_step_requested.emit, -1)),
            (USUAL_TEXT, partial(self.text_step_requested.emit, 0)),
            (CHAT_SETTINGS, lambda: self._in_chat(self.page.tune)),
            (CHOOSE_MODEL, lambda: self._in_chat(self.page.picker)),
            (ATTACH_FILES, lambda: self._in_chat(self.page.composer.attach)),
        ):
            self.registry.bind(action, run)
        self.registry.bind(STOP_REPLY, self.page.escape, enabled=lambda: self.page.busy)
        self.registry.tip(self.page.toast.undo, UNDO)
        self.registry.tip(self.page.tune, CHAT_SETTINGS)

    def _in_chat(self, button: QAbstractButton) -> None:
        self.show_page(CHAT)
        button.click()
