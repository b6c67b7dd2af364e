"""The page of MCP servers: the list, the one that is chosen, and how another is added. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from studiolo.api.mcp import LedgerEntry, McpServerInfo
from studiolo.desktop.mcp.model import ServerAction
from studiolo.desktop.mcp.panel import ServerPanel
from studiolo.desktop.mcp.server_list import ServerList
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.page_header import Page
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours, set_kind
from studiolo.desktop.widgets.undo import Toast

_NARROW = 620
_LIST_WIDTH = 250
_BUTTONS_WIDTH = 460


class McpPage(Page):
    """`chosen` carries the label of a server; `seen` tells whether the page is in sight."""

    seen = Signal(bool)
    add_requested = Signal()
    file_requested = Signal()
    chosen = Signal(str)
    action_requested = Signal(object, str)
    """A ServerAction, for a server."""
    decided = Signal(str, str, str)
    """A policy for a tool of a server."""
    all_decided = Signal(str, str)
    tool_opened = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Tools"), self.tr("Filter"), parent)
        self.search.hide()
        self._servers: list[McpServerInfo] = []
        self._inside = False
        self.file = QPushButton(self.tr("Edit mcp.json"), self)
        set_kind(self.file, "flat")
        self.add = QPushButton(self.tr("Add a server…"), self)
        self.back = IconButton("arrow-left", self.tr("All servers"), self)
        self.list = ServerList(self)
        self.panel = ServerPanel(self)
        self.toast = Toast(self)
        self.problem = _Banner(self)
        self.title = _centred(self, "heading")
        self.notice = _centred(self, "muted")
        self.first = QPushButton(self.tr("Add a server…"), self)
        self.first.setProperty("kind", "primary")
        self._stack = QStackedWidget(self)
        self._arrange()
        self._connect()
        self.show_waiting(self.tr("Looking…"))

    @property
    def servers(self) -> Sequence[McpServerInfo]:
        """Return the servers that are shown."""
        return self._servers

    def server(self, label: str) -> McpServerInfo | None:
        """Return a server by its name in mcp.json, if it is shown."""
        return next((one for one in self._servers if one.label == label), None)

    def show_servers(self, servers: Sequence[McpServerInfo], *, problem: str, signing_in: frozenset[str]) -> None:
        """Show the servers.

        problem: what is wrong with mcp.json; empty for nothing. signing_in: whose pages are open in a browser.
        """
        self._servers = list(servers)
        for button in (self.file, self.add):
            button.show()
        self.problem.show_text(problem)
        self.list.show_servers(servers)
        if servers:
            self._stack.setCurrentIndex(0)
            if server := self.server(self.list.chosen):
                self.panel.show_server(server, signing_in=server.label in signing_in)
        else:
            self.title.setText(self.tr("No tools yet"))
            self.title.show()
            self.notice.setText(
                self.tr(
                    "Tools let a model read, search and act outside the chat. They come from MCP servers: programs on "
                    "this machine or services on the web, which you choose."
                )
            )
            self.first.show()
            self._stack.setCurrentIndex(1)
        self._place()

    @property
    def shows_servers(self) -> bool:
        """Return whether servers are in sight, and not why there are none."""
        return self._stack.currentIndex() == 0

    def show_waiting(self, text: str, title: str = "") -> None:
        """Show why there is nothing to be seen."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.notice.setText(text)
        for widget in (self.first, self.file, self.add):
            widget.hide()
        self.problem.hide()
        self._stack.setCurrentIndex(1)

    def show_calls(self, calls: Sequence[LedgerEntry]) -> None:
        """Show the last calls of the server that is chosen."""
        self.panel.show_calls(calls)

    def choose(self, label: str) -> None:
        """Show this server."""
        self.list.choose(label)
        self._enter(label)

    def take_focus(self) -> None:
        if self._stack.currentIndex() == 0:
            self.list.setFocus()
        elif self.first.isVisible():
            self.first.setFocus()
        else:
            self.setFocus()

    def fit(self) -> None:
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.back.isVisible():
            self._leave()
        else:
            super().keyPressEvent(event)

    def _enter(self, label: str) -> None:
        if server := self.server(label):
            self.panel.show_server(server, signing_in=False)
        self._inside = True
        self._place()
        self.chosen.emit(label)

    def _leave(self) -> None:
        """In a narrow window, from a server back to the list."""
        self._inside = False
        self._place()
        self.list.setFocus()

    def _place(self) -> None:
        """Where there is no room for both, the list or the one that was chosen."""
        narrow = self.width() < sizes().scaled(_NARROW)
        self.list.setVisible(not narrow or not self._inside)
        self._line.setVisible(not narrow)
        self.panel.setVisible(not narrow or self._inside)
        self.back.setVisible(narrow and self._inside and self._stack.currentIndex() == 0)
        self.list.setMaximumWidth(16_777_215 if narrow else sizes().scaled(_LIST_WIDTH))
        room = self.width() >= sizes().scaled(_BUTTONS_WIDTH)
        self.file.setVisible(self.file.isVisibleTo(self) and not self.add.isHidden() and room)

    def _ask(self, what: ServerAction) -> None:
        if self.list.chosen:
            self.action_requested.emit(what, self.list.chosen)

    def _connect(self) -> None:
        self.file.clicked.connect(self.file_requested)
        self.problem.action.clicked.connect(self.file_requested)
        self.add.clicked.connect(self.add_requested)
        self.first.clicked.connect(self.add_requested)
        self.back.clicked.connect(self._leave)
        self.list.opened.connect(self._choose)
        self.list.itemClicked.connect(lambda _: self._enter(self.list.chosen))
        self.list.itemActivated.connect(lambda _: self._enter(self.list.chosen))
        self.list.delete_pressed.connect(lambda: self._ask(ServerAction.REMOVE))
        self.panel.action_requested.connect(self._ask)
        tools = self.panel.tools
        tools.decided.connect(lambda tool, policy: self.decided.emit(self.list.chosen, tool, policy))
        tools.all_decided.connect(lambda policy: self.all_decided.emit(self.list.chosen, policy))
        tools.opened.connect(lambda tool: self.tool_opened.emit(self.list.chosen, tool))

    def _choose(self, label: str) -> None:
        if server := self.server(label):
            self.panel.show_server(server, signing_in=False)
        self.chosen.emit(label)

    def _arrange(self) -> None:
        self.header.add(self.file, self.add)
        self._line = QFrame(self)
        self._line.setFixedWidth(1)
        self._line.setProperty("kind", "upright")
        full = QWidget(self)
        beside = QHBoxLayout(full)
        beside.setContentsMargins(8, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.list, 1)
        beside.addWidget(self._line)
        beside.addWidget(self.panel, 3)
        empty = QWidget(self)
        column = QVBoxLayout(empty)
        column.setContentsMargins(24, 0, 24, 0)
        column.setSpacing(10)
        column.addStretch(2)
        for widget in (self.title, self.notice):
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(widget, 6)
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(6)
        column.addWidget(self.first, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._stack.addWidget(full)
        self._stack.addWidget(empty)
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 8)
        top.addWidget(self.problem)
        leading = QHBoxLayout()
        leading.setContentsMargins(12, 0, 12, 0)
        leading.addWidget(self.back)
        leading.addStretch()
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 4, 16, 12)
        foot.addWidget(self.toast)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addLayout(top)
        whole.addLayout(leading)
        whole.addWidget(self._stack, 1)
        whole.addLayout(foot)


class _Banner(QFrame):
    """What is wrong with mcp.json."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        set_kind(self, "danger")
        self._sign = QLabel(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.action = QPushButton(self.tr("Fix…"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 10, 8)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        row.addWidget(self.action)
        self.hide()

    def show_text(self, text: str) -> None:
        self._sign.setPixmap(icon("alert-circle-outline", colours().danger).pixmap(icon_size(18)))
        what = self.tr("mcp.json can't be read. Its last good version stays in use. %1")
        self.label.setText(what.replace("%1", text))
        self.setAccessibleName(self.label.text())
        self.setVisible(bool(text))


def _centred(parent: QWidget, kind: str) -> QLabel:
    label = QLabel(parent)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    set_kind(label, kind)
    return label
