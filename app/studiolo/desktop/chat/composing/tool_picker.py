"""Which servers and tools a chat may use: a button that tells how many, and a list to choose from above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QLocale, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import McpServerInfo, PricedTool, ToolInfo, ToolPrice
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours, set_kind

_WIDTH, _HEIGHT = 420, 440
_ROLE = Qt.ItemDataRole.UserRole
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_MOST_TIP = 400


class ToolsButton(Recoloured, QToolButton):
    """Says how many are chosen, and what their definitions take."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._count = 0
        set_kind(self, "quiet")
        self.show_chosen(0, 0)

    def show_chosen(self, servers: int, tools: int, tokens: int = 0) -> None:
        """Show how much is chosen.

        tools: 0 where it is not known how many a server has. tokens: that their definitions take.
        """
        self._count = servers
        if not servers:
            self.setText(self.tr("Tools"))
        elif tools:
            self.setText(self.tr("%n tool(s)", "", tools))
        else:
            self.setText(self.tr("%n server(s)", "", servers))
        tip = self.tr("Choose what the model may use in this chat")
        if tokens:
            took = self.tr("Their definitions take about %1 tokens.").replace("%1", QLocale().toString(tokens))
            tip = f"{tip}\n{took}"
        self.setToolTip(tip)
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(tip)
        self.dress()

    def dress(self) -> None:
        # Wider than the sign, so that it does not touch the words.
        self.setIconSize(QSize(sizes().scaled(20), sizes().scaled(16)))
        self.setIcon(icon("wrench-outline", colours().accent if self._count else colours().muted, 16))


@dataclass(frozen=True)
class AddressTools:
    """What was found at the address of a server that one chat uses; problem: why it was nothing."""

    tools: tuple[PricedTool, ...] = ()
    problem: str = ""


class ToolPicker(QFrame):
    """`chosen` has the ToolChoice as it is now.

    `add_requested`: a server for this chat alone is to be added; `edit_requested`: one of those, a ChosenServer, is to
    be changed.
    """

    chosen = Signal(object)
    add_requested = Signal()
    edit_requested = Signal(object)
    setup_requested = Signal()
    """Servers are to be added, or looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "popup")
        self.setAccessibleName(self.tr("Tools of this chat"))
        self._choice, self._listed = ToolChoice(), True
        self._seen: dict[str, ChosenServer] = {}
        """Those in the list that were chosen: one that is taken out can be put in again as it was."""
        self._filling = False
        self.title = QLabel(self.tr("Tools in this chat"), self)
        set_kind(self.title, "heading")
        self.tree = QTreeWidget(self)
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName(self.tr("Servers and their tools"))
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemChanged.connect(self._changed)
        self.tree.itemActivated.connect(self._edit)
        self.note = QLabel(self)
        self.add = QPushButton(self.tr("Add an address…"), self)
        set_kind(self.add, "flat")
        self.add.clicked.connect(self._add)
        self.price = QLabel(self)
        for label in (self.note, self.price):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            set_kind(label, "muted")
        self.setup = QPushButton(self.tr("Set up tools…"), self)
        set_kind(self.setup, "flat")
        self.setup.clicked.connect(self._set_up)
        self._arrange()

    def show_servers(
        self,
        servers: Sequence[McpServerInfo],
        choice: ToolChoice,
        addresses: Mapping[str, AddressTools] = MappingProxyType({}),
    ) -> None:
        """Show the tools of a server that lists them; what was chosen and is not there any more can be taken out.

        Args:
            servers: Those of mcp.json.
            choice: What the chat has now.
            addresses: What is known of the chat's own servers, by their ids.
        """
        self._begin(choice, listed=True)
        known = {server.id for server in servers}
        for server in servers:
            self._add_server(server, choice.find(server.id))
        for gone in (one for one in choice.servers if one.id not in known):
            self._add_named(gone, "" if gone.url else self.tr("Not there"), addresses.get(gone.id))
        self.note.setText("" if servers else self.tr("No server is set up yet. A server gives a model its tools."))
        self.note.setVisible(not servers)
        self.tree.setVisible(bool(servers or choice.servers))
        self._filling = False

    def show_named(self, choice: ToolChoice) -> None:
        """Show those of a server that does not tell which it has: what was named is all that is known."""
        self._begin(choice, listed=False)
        for one in choice.servers:
            self._add_named(one, "")
        self.note.setText(
            self.tr(
                "This server does not say which plugins it has. A plugin is named mcp/ and its name in the server's "
                "mcp.json. What is added here runs without asking again."
            )
        )
        self.note.show()
        self.tree.setVisible(bool(choice.servers))
        self._filling = False

    def show_waiting(self) -> None:
        """Say that the server is being asked."""
        self.note.setText(self.tr("Looking for tools…"))
        self.note.show()

    def show_problem(self, text: str) -> None:
        """Say why the tools can't be listed."""
        self.note.setText(text)
        self.note.show()

    def show_price(self, price: ToolPrice | None, limit: int, *, trained: bool) -> None:
        """Show what the definitions take of a context of `limit` tokens, 0 for one that is not known.

        trained: whether the model was made for tools.
        """
        pieces = []
        if price is not None and price.tools:
            exact = self.tr("The definitions take %1 tokens") if price.exact else self.tr("About %1 tokens")
            text = exact.replace("%1", QLocale().toString(price.total))
            pieces.append(
                self.tr("%1 of %2.").replace("%1", text).replace("%2", QLocale().toString(limit))
                if limit
                else f"{text}."
            )
        if not trained:
            pieces.append(self.tr("The model that answers was not made for tools."))
        self.price.setText(" ".join(pieces))
        self.price.setVisible(bool(pieces))

    def open_above(self, button: QWidget) -> None:
        """Open above the button, within its window, without blocking."""
        self.fit(button)
        self.show()
        (self.tree if self.tree.isVisible() else self.add).setFocus()

    def fit(self, button: QWidget) -> None:
        """Take as much room as there is to show."""
        window = button.window()
        width = min(sizes().scaled(_WIDTH), window.width() - 24)
        rows = sum(self._rows_of(self.tree.topLevelItem(row)) for row in range(self.tree.topLevelItemCount()))
        self.tree.setFixedHeight(max(40, min(260, rows * (self.fontMetrics().height() + 12) + 8)))
        self.setFixedWidth(width)
        wanted = max(self._layout.totalHeightForWidth(width), self._layout.totalSizeHint().height())
        height = min(_HEIGHT, wanted)
        self.setFixedHeight(height)
        at = button.mapToGlobal(QPoint(0, -height - 6))
        left = window.mapToGlobal(QPoint(12, 0)).x()
        self.move(max(left, min(at.x(), left + window.width() - 24 - width)), at.y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    @staticmethod
    def _rows_of(item: QTreeWidgetItem | None) -> int:
        return 0 if item is None else 1 + (item.childCount() if item.isExpanded() else 0)

    def _begin(self, choice: ToolChoice, *, listed: bool) -> None:
        self._choice, self._listed = choice, listed
        self._seen = {one.id: one for one in choice.servers}
        self._filling = True
        self._expanded = {
            item.data(0, _ROLE)
            for row in range(self.tree.topLevelItemCount())
            if (item := self.tree.topLevelItem(row)) and item.isExpanded()
        }
        self.tree.clear()
        self.add.setText(self.tr("Add an address…") if listed else self.tr("Add a server…"))
        self.setup.setVisible(listed)

    def _add_server(self, server: McpServerInfo, chosen: ChosenServer | None) -> None:
        item = self._item(server.id, server.label)
        told, tip = self._state_of(server)
        item.setText(1, told)
        item.setToolTip(1, tip_text(tip))
        item.setForeground(1, QColor(colours().muted))
        usable = not server.entry.disabled
        self._add_tools(item, [tool for tool in server.tools or () if tool.policy != "deny"], chosen)
        item.setDisabled(not usable)

    def _add_tools(
        self, item: QTreeWidgetItem, tools: Sequence[ToolInfo | PricedTool], chosen: ChosenServer | None
    ) -> None:
        for tool in tools:
            row = QTreeWidgetItem(item, [tool.name, self.tr("%1 tokens").replace("%1", str(tool.tokens))])
            row.setData(0, _ROLE, tool.name)
            row.setForeground(1, QColor(colours().muted))
            row.setToolTip(0, tip_text(tool.description[:_MOST_TIP]))
            allowed = chosen is not None and (chosen.allowed is None or tool.name in chosen.allowed)
            row.setCheckState(0, _CHECKED if allowed else _UNCHECKED)
        if tools:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsAutoTristate)
        else:
            item.setCheckState(0, _CHECKED if chosen else _UNCHECKED)
        item.setExpanded(item.data(0, _ROLE) in self._expanded)

    def _add_named(self, one: ChosenServer, told: str, found: AddressTools | None = None) -> None:
        item = self._item(one.id, one.id)
        tip = [one.url, *one.headers] if one.url else []
        if found and found.problem:
            told = self.tr("Can't be reached")
            tip.append(found.problem)
        elif found:
            told = self.tr("%n tool(s)", "", len(found.tools))
        elif one.allowed is not None and not told:
            told = self.tr("%n tool(s)", "", len(one.allowed))
        elif one.headers:
            told = self.tr("%n header(s)", "", len(one.headers))
        if one.url or not self._listed:
            tip.append(self.tr("Press Enter or double-click to edit it."))
            item.setToolTip(0, tip_text("\n".join(tip)))
            item.setToolTip(1, tip_text("\n".join(tip)))
            item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, "\n".join(tip))
        item.setForeground(1, QColor(colours().muted))
        item.setText(1, told)
        self._add_tools(item, found.tools if found else (), one)

    def _item(self, server_id: str, name: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self.tree, [name, ""])
        item.setData(0, _ROLE, server_id)
        return item

    def _state_of(self, server: McpServerInfo) -> tuple[str, str]:
        if server.entry.disabled:
            return self.tr("Switched off"), ""
        match server.state:
            case "failed":
                return self.tr("Did not start"), " ".join(filter(None, (server.error, server.hint)))
            case "sign_in_needed":
                return self.tr("Sign-in needed"), server.hint or ""
            case "starting":
                return self.tr("Starting…"), ""
        return (self.tr("%n tool(s)", "", len(server.tools)), "") if server.tools is not None else ("", "")

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if self._filling or column:
            return
        top = item.parent() or item
        server_id = str(top.data(0, _ROLE))
        before = self._choice.find(server_id)
        state = top.checkState(0)
        if state == _UNCHECKED:
            self._choose(self._choice.without(server_id))
            return
        known = before or self._seen.get(server_id) or ChosenServer(id=server_id)
        tools = [tool for row in range(top.childCount()) if (tool := top.child(row))]
        checked = tuple(str(tool.data(0, _ROLE)) for tool in tools if tool.checkState(0) == _CHECKED)
        # Where none are listed, nobody has chosen among them here.
        allowed = known.allowed if not tools else None if state == _CHECKED else checked
        chosen = known.model_copy(update={"allowed": allowed})
        if chosen != before:
            self._choose(self._choice.with_server(chosen))

    def _choose(self, choice: ToolChoice) -> None:
        if choice != self._choice:
            self._choice = choice
            self.chosen.emit(choice)

    def _add(self) -> None:
        self.close()
        self.add_requested.emit()

    def _edit(self, item: QTreeWidgetItem) -> None:
        server = self._seen.get(str(item.data(0, _ROLE))) if item.parent() is None else None
        if server and (server.url or not self._listed):
            self.close()
            self.edit_requested.emit(server)

    def _set_up(self) -> None:
        self.close()
        self.setup_requested.emit()

    def _arrange(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.add)
        below.addStretch()
        below.addWidget(self.setup)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.note)
        layout.addWidget(self.tree)
        layout.addWidget(self.price)
        layout.addLayout(below)
