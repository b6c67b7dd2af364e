"""The page of the server: views of one machine, one at a time, each made when it is looked at first."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from studiolo.desktop.widgets.page_header import Page
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.undo import Toast

ViewFactory = Callable[[QWidget], QWidget]


class ServerPage(Page):
    """Whoever shows something of the server adds a view.

    Signals:
        seen: Whether the page is in sight.
        view_shown: The name of the view in sight.
        log_opened: Somebody wants to read the server's log file.
        settings_opened: Somebody wants to see all settings of the server.
        search_led: Somebody wants to write what is looked for.
    """

    seen = Signal(bool)
    view_shown = Signal(str)
    log_opened = Signal()
    settings_opened = Signal()
    search_led = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Server"), self.tr("Filter"), parent)
        self.search.hide()
        self.log = QPushButton(self.tr("Open log"), self)
        set_kind(self.log, "flat")
        self.log.clicked.connect(self.log_opened)
        self.settings = QPushButton(self.tr("All settings…"), self)
        self.settings.clicked.connect(self.settings_opened)
        self.header.add(self.log, self.settings)
        self.tabs = QTabBar(self)
        self.tabs.setProperty("kind", "views")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(self.tr("Views of the server"))
        self.tabs.currentChanged.connect(self._turn)
        self._factories: dict[str, ViewFactory] = {}
        self._views: dict[str, QWidget] = {}
        self._stack = QStackedWidget(self)
        self._stack.setMinimumWidth(1)
        self.toast = Toast(self)
        self._arrange()

    @property
    def views(self) -> Sequence[str]:
        """Return the names of the views, in their order."""
        return list(self._factories)

    @property
    def shown_view(self) -> str:
        """Return the name of the view in sight; empty for none."""
        index = self.tabs.currentIndex()
        return str(self.tabs.tabData(index)) if index >= 0 else ""

    def add_view(self, name: str, title: str, factory: ViewFactory, *, before: str = "") -> None:
        """Add a view.

        Args:
            name: By which it is shown; no other view has it.
            title: What its tab is called.
            factory: Makes it, as a child of the widget that it is given, when it is looked at first.
            before: The view to the left of which its tab stands; else it comes last.
        """
        names = list(self._factories)
        at = names.index(before) if before in names else len(names)
        names.insert(at, name)
        made = {**self._factories, name: factory}
        self._factories = {one: made[one] for one in names}
        # A tab that comes is made the current one before its name is known.
        blocked = self.tabs.blockSignals(True)
        self.tabs.insertTab(at, title.replace("&", "&&"))
        self.tabs.setTabData(at, name)
        self.tabs.blockSignals(blocked)

    def view(self, name: str) -> QWidget | None:
        """Return a view, if somebody has looked at it."""
        return self._views.get(name)

    def show_view(self, name: str) -> None:
        """Turn to a view. Raises ValueError for one that is not there."""
        index = self.views.index(name)
        if self.tabs.currentIndex() == index and name in self._views:
            return
        self.tabs.setCurrentIndex(index)
        self._turn(index)

    def take_focus(self) -> None:
        self.tabs.setFocus()

    def lead_to_search(self) -> None:
        self.search_led.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._factories and not self._views:
            self._turn(max(0, self.tabs.currentIndex()))
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _turn(self, index: int) -> None:
        if index < 0:
            return
        name = str(self.tabs.tabData(index))
        if name not in self._views:
            self._views[name] = self._factories[name](self._stack)
            self._stack.addWidget(self._views[name])
        self._stack.setCurrentWidget(self._views[name])
        self.view_shown.emit(name)

    def _arrange(self) -> None:
        line = QFrame(self)
        line.setProperty("kind", "line")
        tabs = QVBoxLayout()
        tabs.setContentsMargins(16, 0, 16, 0)
        tabs.setSpacing(0)
        tabs.addWidget(self.tabs)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.toast)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addLayout(tabs)
        whole.addWidget(line)
        whole.addWidget(self._stack, 1)
        whole.addLayout(foot)
