"""The main window: it composes the pages and does nothing else."""

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.shell.navigation import CHAT, PAGES, Navigation
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
    """

    closed = Signal()
    close_refused = Signal()
    quit_requested = Signal()
    text_step_requested = Signal(int)
    """So many steps larger the text is wanted; 0: as it was at first."""
    settings_requested = Signal()
    page_shown = Signal(str)

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        self.may_close: Callable[[], bool] = lambda: True
        make_way(paths.config / "window.ini")
        self._settings = QSettings(str(paths.config / "window.ini"), QSettings.Format.IniFormat)
        self.sidebar = Sidebar(self)
        self.page = ChatPage(self)
        self.navigation = Navigation(self)
        self.factories: dict[str, Callable[[], QWidget]] = {}
        self._wanted: str | None = None
        self._pages: dict[str, QWidget] = {CHAT: self.page}
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.page)
        # A page that would like to be wider takes nothing from the sidebar.
        self._stack.setMinimumWidth(1)
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
        self._splitter.addWidget(self._stack)
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
        self._add_actions()
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

    def _add_actions(self) -> None:
        for name, text, keys, run in (
            ("quit", self.tr("Quit"), "Ctrl+Q", self.quit_requested.emit),
            ("new_chat", self.tr("New chat"), "Ctrl+N", self.new_chat),
            ("sidebar", self.tr("Show or hide the chats"), "Ctrl+B", self.toggle_sidebar),
            ("search", self.tr("Search chats"), "Ctrl+Shift+F", self.search_chats),
            ("preferences", self.tr("Settings"), "Ctrl+,", self.settings_requested.emit),
            ("undo", self.tr("Undo"), "Ctrl+Z", self._undo),
            ("settings", self.tr("Settings of this chat"), "Ctrl+Shift+S", self.page.tune.toggle),
            ("find", self.tr("Find on this page"), "Ctrl+F", self.find_here),
            ("next", self.tr("Next place found"), "F3", lambda: self.step_found(1)),
            ("previous", self.tr("Previous place found"), "Shift+F3", lambda: self.step_found(-1)),
            ("write", self.tr("Write a message"), "Ctrl+L", self._write),
            # The plus may be on a key that needs Shift, and the equals sign on it without.
            ("larger", self.tr("Larger text"), "Ctrl++ Ctrl+=", partial(self.text_step_requested.emit, 1)),
            ("smaller", self.tr("Smaller text"), "Ctrl+-", partial(self.text_step_requested.emit, -1)),
            ("usual", self.tr("Usual text size"), "Ctrl+0", partial(self.text_step_requested.emit, 0)),
            *(
                (page, self.navigation.name_of(page), f"Ctrl+{number}", partial(self.show_page, page))
                for number, page in enumerate(PAGES, 1)
            ),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcuts([QKeySequence(one) for one in keys.split(" ")])
            action.triggered.connect(lambda _checked=False, run=run: run())
            self.addAction(action)
