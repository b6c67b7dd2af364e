"""The view of the API: its endpoints as a list with a filter, and the one that is chosen. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.server.endpoint_panel import EndpointPanel
from studiolo.desktop.server.endpoints import (
    ANTHROPIC,
    CHAT,
    DOWNLOADS,
    MODELS,
    OLDER,
    OPENAI,
    SERVER,
    TOOLS,
    Endpoint,
)
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.notice import EmptyState
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import set_kind

_LIST_WIDTH = 340
_NARROW = 760
_KEY = Qt.ItemDataRole.UserRole


class ApiView(QWidget):
    """Endpoints of the server that is shown.

    Signals:
        seen: The view is in sight from now on.
        endpoint_chosen: The key of an endpoint.
        again_requested: The list shall be read again.
    """

    seen = Signal()
    endpoint_chosen = Signal(str)
    again_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._endpoints: list[Endpoint] = []
        self._inside = False
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(self.tr("Filter endpoints"))
        self.filter.setAccessibleName(self.tr("Filter endpoints"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(self.tr("Endpoints"))
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setIndentation(0)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.header().setStretchLastSection(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.currentItemChanged.connect(self._chosen)
        self.tree.itemClicked.connect(self._enter)
        self.tree.itemActivated.connect(self._enter)
        self.nothing = QLabel(self.tr("No endpoint has these words."), self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_kind(self.nothing, "muted")
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.note, "muted")
        self.back = IconButton("arrow-left", self.tr("All endpoints"), self)
        self.back.clicked.connect(self._leave)
        self.panel = EndpointPanel(self)
        self.away = EmptyState(self.tr("Try again"), self)
        self.away.action.clicked.connect(self.again_requested)
        self._stack = QStackedWidget(self)
        self._arrange()
        self.show_away("", "")

    @property
    def chosen(self) -> str:
        """Return the key of the endpoint that is chosen; empty for none."""
        item = self.tree.currentItem()
        return str(item.data(0, _KEY) or "") if item else ""

    @property
    def shown_endpoints(self) -> list[str]:
        """Return the keys of the endpoints in the list, as far as the filter lets them through."""
        items = [self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount())]
        return [str(item.data(0, _KEY)) for item in items if item and item.data(0, _KEY)]

    def show_endpoints(self, endpoints: Sequence[Endpoint], *, note: str) -> None:
        """Show endpoints, in their groups. note: what is to be said of the list; empty for nothing."""
        before = self.chosen
        self._endpoints = list(endpoints)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self._stack.setCurrentWidget(self._full)
        self._fill()
        self.choose(before if before in self.shown_endpoints else self.shown_endpoints[0])

    def show_away(self, title: str, text: str, *, again: bool = False) -> None:
        """Show why there are no endpoints to be seen."""
        self.away.show_text(title, text, action=again)
        self._stack.setCurrentWidget(self.away)

    def choose(self, key: str) -> None:
        """Choose an endpoint."""
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item and item.data(0, _KEY) == key:
                self.tree.setCurrentItem(item)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.back.isVisible():
            self._leave()
        else:
            super().keyPressEvent(event)

    def lead_to_filter(self) -> None:
        """Go where words are written."""
        self._leave()
        self.filter.setFocus()
        self.filter.selectAll()

    def _fill(self) -> None:
        words = self.filter.text().lower().split()
        chosen, group = self.chosen, ""
        with QSignalBlocker(self.tree):
            self.tree.clear()
            for one in self._endpoints:
                if not all(word in f"{one.key} {one.about}".lower() for word in words):
                    continue
                if one.group != group:
                    group = one.group
                    self._add_heading(group_text(group))
                item = QTreeWidgetItem([one.method, one.path])
                item.setData(0, _KEY, one.key)
                item.setToolTip(1, f"{one.path}\n{one.about}")
                self.tree.addTopLevelItem(item)
            self.choose(chosen)
        self.nothing.setVisible(not self.tree.topLevelItemCount())

    def _add_heading(self, text: str) -> None:
        item = QTreeWidgetItem([text])
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        self.tree.addTopLevelItem(item)
        item.setFirstColumnSpanned(True)

    def _chosen(self) -> None:
        if key := self.chosen:
            self.endpoint_chosen.emit(key)

    def _enter(self, item: QTreeWidgetItem) -> None:
        if item.data(0, _KEY):
            self._inside = True
            self._place()

    def _leave(self) -> None:
        """In a narrow window, from an endpoint back to the list."""
        self._inside = False
        self._place()
        self.tree.setFocus()

    def _place(self) -> None:
        narrow = self.width() < sizes().scaled(_NARROW)
        self._left.setVisible(not narrow or not self._inside)
        self._line.setVisible(not narrow)
        self._right.setVisible(not narrow or self._inside)
        self.back.setVisible(narrow)
        self._left.setMaximumWidth(16_777_215 if narrow else sizes().scaled(_LIST_WIDTH))

    def _arrange(self) -> None:
        self._left = QWidget(self)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(16, 12, 8, 8)
        left.setSpacing(8)
        left.addWidget(self.filter)
        left.addWidget(self.note)
        left.addWidget(self.nothing)
        left.addWidget(self.tree, 1)
        self._line = QFrame(self)
        self._line.setFixedWidth(1)
        self._line.setProperty("kind", "upright")
        self._right = QWidget(self)
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.panel, 1)
        self._full = QWidget(self)
        row = QHBoxLayout(self._full)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left, 2)
        row.addWidget(self._line)
        row.addWidget(self._right, 3)
        for widget in (self._full, self.away):
            self._stack.addWidget(widget)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)


def group_text(group: str) -> str:
    """Return what a group of endpoints is called."""
    return {
        CHAT: QCoreApplication.translate("ApiView", "Chat"),
        MODELS: QCoreApplication.translate("ApiView", "Models"),
        DOWNLOADS: QCoreApplication.translate("ApiView", "Downloads and the hub"),
        OPENAI: QCoreApplication.translate("ApiView", "As OpenAI's"),
        ANTHROPIC: QCoreApplication.translate("ApiView", "As Anthropic's"),
        TOOLS: QCoreApplication.translate("ApiView", "Tools"),
        SERVER: QCoreApplication.translate("ApiView", "Server"),
        OLDER: QCoreApplication.translate("ApiView", "LM Studio's older API"),
    }[group]
