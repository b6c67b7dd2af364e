"""The page on which models are found: a search, what it found, and the page of the chosen one. Widgets only."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.hub import HubDetails
from studiolo.desktop.discover.panel import ModelPanel
from studiolo.desktop.discover.results import ResultList, Results
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.page_header import Page
from studiolo.desktop.widgets.sizes import sizes

_WAIT_MS = 250
_LIST_WIDTHS = (270, 320)
_LEAST_LIST = 220
"""Of the list, in a page of usual width and in a wide one."""
_WIDE = 900
_NARROW = 720


class DiscoverPage(Page):
    """`searched` carries the words a moment after they were written, `chosen` the name of a model."""

    searched = Signal(str)
    chosen = Signal(str)
    more_requested = Signal()
    retry_requested = Signal()
    online_requested = Signal()
    """Somebody no longer wants to be offline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Discover"), self.tr("Search for models, or paste a link"), parent)
        self.notice = QLabel(self)
        self.notice.setWordWrap(True)
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setProperty("kind", "muted")
        self.notice.hide()
        self.busy = QProgressBar(self)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.results = Results()
        self.list = ResultList(self.results, self.tr("Models found"), self)
        self.panel = ModelPanel(self)
        self.back = IconButton("arrow-left", self.tr("Back to what was found"), self, size=20)
        self.retry = QPushButton(self.tr("Try again"), self)
        self.go_online = QPushButton(self.tr("Go online"), self)
        self.go_online.clicked.connect(self.online_requested)
        self.go_online.hide()
        self.problem = QLabel(self)
        self.panel_problem = QLabel(self)
        self._panel_waits = QLabel(self.tr("Asking…"), self)
        self._right = QStackedWidget(self)
        self._left = QStackedWidget(self)
        self._splitter = QSplitter(self)
        self._looked_at = self._width_kept = False
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(lambda: self.searched.emit(self.search.text()))
        self._arrange()
        self.search.textChanged.connect(lambda: self._wait.start())
        self.search.returnPressed.connect(self._search_now)
        self.list.chosen.connect(lambda row: self.chosen.emit(self.results.models[row].name))
        self.list.row_activated.connect(self._open)
        self.list.end_reached.connect(self.more_requested)
        self.back.clicked.connect(lambda: self._look(False))
        self.retry.clicked.connect(self.retry_requested)
        self.show_busy(False)
        self.show_nothing()

    def take_focus(self) -> None:
        self.search.setFocus()

    def show_busy(self, busy: bool) -> None:
        """Say that a search goes on."""
        # Hidden, it would move what is below.
        self.busy.setRange(0, 0 if busy else 1)
        self.busy.setStyleSheet("" if busy else "QProgressBar { background: transparent; }")

    def show_found(self, *, problem: str = "", offline: bool = False) -> None:
        """Hear that `results` were filled. problem: what went wrong beside. offline: that is what somebody wanted."""
        self.go_online.setVisible(offline)
        self._left.setCurrentIndex(0 if self.results.models else 1)
        self.retry.hide()
        if not self.results.models:
            self.problem.setText(self.tr("Nothing found. Try fewer words, or paste a link."))
        self.notice.setText(problem)
        self.notice.setVisible(bool(problem))

    def show_failure(self, text: str, *, offline: bool = False) -> None:
        """Say that the search failed. offline: as somebody wanted."""
        self.notice.hide()
        self.go_online.setVisible(offline)
        self.results.show([], more=False)
        self._left.setCurrentIndex(1)
        self.retry.show()
        self.problem.setText(text)

    def show_nothing(self) -> None:
        """No model is chosen."""
        self.panel_problem.setText(self.tr("Choose a model to see what there is of it."))
        self._right.setCurrentIndex(1)
        self._look(False)

    def show_asking(self) -> None:
        """Say that it is asked what there is of a model."""
        self._right.setCurrentIndex(2)

    def show_details(self, details: HubDetails, *, server: str, settable: bool) -> None:
        """Show a model, and what there is of it."""
        self.panel.show_details(details, server=server, settable=settable)
        self._right.setCurrentIndex(0)

    def show_details_failure(self, text: str) -> None:
        """Say why nothing is known of a model."""
        self.panel_problem.setText(text)
        self._right.setCurrentIndex(1)

    @property
    def shows_problem(self) -> bool:
        """Return whether there is a reason in the place of a model, or nothing."""
        return self._right.currentIndex() == 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.back.isVisible():
            self._look(False)
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def look_at_panel(self) -> None:
        """Have the model in sight: in a narrow window there is room for it or the list only."""
        self._look(True)

    def lead_to_search(self) -> None:
        self._look(False)
        super().lead_to_search()

    def fit(self) -> None:
        self._left.setMinimumWidth(min(sizes().scaled(_LEAST_LIST), self.width() // 2))
        if not self._width_kept:
            width = sizes().scaled(_LIST_WIDTHS[self.width() >= sizes().scaled(_WIDE)])
            self._splitter.setSizes([width, self.width() - width])
        self._place()

    def _keep_width(self) -> None:
        """Somebody made it as it is to be."""
        self._width_kept = True

    def _open(self) -> None:
        self._look(True)
        if self.back.isVisible():
            self.back.setFocus()

    def _search_now(self) -> None:
        self._wait.stop()
        self.searched.emit(self.search.text())
        if self.results.models:
            self.list.setFocus()

    def _look(self, at_panel: bool) -> None:
        self._looked_at = at_panel
        self._place()

    def _place(self) -> None:
        narrow = self.width() < sizes().scaled(_NARROW)
        self._left.setVisible(not narrow or not self._looked_at)
        self._right.setVisible(not narrow or self._looked_at)
        self.back.setVisible(narrow and self._looked_at)

    def _arrange(self) -> None:
        self.header.add(self.back)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.panel)
        self._right.addWidget(scroll)
        for label in (self.panel_problem, self._panel_waits, self.problem):
            label.setProperty("kind", "muted")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMargin(24)
        self._right.addWidget(self.panel_problem)
        self._right.addWidget(self._panel_waits)
        failed = QWidget(self)
        inside = QVBoxLayout(failed)
        inside.addStretch(1)
        inside.addWidget(self.problem)
        inside.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch(2)
        self._left.addWidget(self.list)
        self._left.addWidget(failed)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(self._right)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.splitterMoved.connect(self._keep_width)
        above = QHBoxLayout()
        above.setContentsMargins(16, 0, 16, 6)
        above.addWidget(self.search)
        told = QHBoxLayout()
        told.setContentsMargins(18, 0, 18, 4)
        told.addWidget(self.notice, 1)
        told.addWidget(self.go_online, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addLayout(above)
        layout.addLayout(told)
        layout.addWidget(self.busy)
        layout.addWidget(self._splitter, 1)
