"""The tools of a server: name, description and hints of each, and whether a model may use it."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studiolo.api.mcp import Policy, ToolInfo
from studiolo.desktop.widgets.elided import ElidedButton, ElidedLabel
from studiolo.desktop.widgets.formatting import button_text, tip_text
from studiolo.desktop.widgets.sizes import wear_code_font
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_hints import Badge, hint_badges

_POLICIES: tuple[Policy, ...] = ("ask", "allow", "deny")
_MOST_LINE = 160
_MOST_TIP = 1500


class PolicyBox(StillComboBox):
    """Ask first, allow, or don't allow. `decided`: by hand."""

    decided = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        for policy, text in (("ask", self.tr("Ask first")), ("allow", self.tr("Allow")), ("deny", self.tr("Off"))):
            self.addItem(text, policy)
        self.activated.connect(lambda _: self.decided.emit(self.currentData()))

    def show_policy(self, policy: Policy) -> None:
        """Show what happens to a tool's calls."""
        with QSignalBlocker(self):
            self.setCurrentIndex(_POLICIES.index(policy))


class ToolRow(QFrame):
    """One tool. `opened`: it is to be looked at and tried."""

    opened = Signal(str)
    decided = Signal(str, str)

    def __init__(self, tool: ToolInfo, parent: QWidget) -> None:
        super().__init__(parent)
        self.tool = tool
        self.name = ElidedButton(button_text(tool.name), self)
        self.name.setAccessibleName(tool.name)
        self.name.setProperty("kind", "name")
        wear_code_font(self.name)
        self.name.setToolTip(tip_text(tool.description[:_MOST_TIP]))
        self.name.setAccessibleDescription(self.tr("Shows the tool, and lets you try it"))
        self.name.clicked.connect(lambda: self.opened.emit(tool.name))
        self.about = ElidedLabel(_line(tool.hints.title or tool.description), self)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.about, "muted")
        self.policy = PolicyBox(self)
        self.policy.setAccessibleName(self.tr("May %1 be used?").replace("%1", tool.name))
        self.policy.show_policy(tool.policy)
        self.policy.decided.connect(lambda policy: self.decided.emit(tool.name, policy))
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.name)
        self.badges = hint_badges(tool.hints, self)[:2]
        if tool.changed:
            tip = self.tr("It has changed since you decided, so you are asked again.")
            self.badges.insert(0, Badge(self.tr("Changed"), "warning", tip, self))
        for badge in self.badges:
            first.addWidget(badge)
        first.addStretch()
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addLayout(first)
        texts.addWidget(self.about)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(12)
        row.addLayout(texts, 1)
        row.addWidget(self.policy)

    def set_narrow(self, narrow: bool) -> None:
        """Show only the first badge where there is little room."""
        for badge in self.badges[1:]:
            badge.setVisible(not narrow)


class ToolRows(QWidget):
    """All of them. `decided` carries a name and a policy, `all_decided` a policy, `opened` a name."""

    decided = Signal(str, str)
    all_decided = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: dict[str, ToolRow] = {}
        self._shown: list[ToolInfo] = []
        self._narrow = False
        self.title = QLabel(self)
        set_kind(self.title, "heading")
        self._all_label = QLabel(self.tr("Set all to"), self)
        set_kind(self._all_label, "muted")
        self.all = StillComboBox(self)
        self.all.setAccessibleName(self.tr("Set all to"))
        self.all.addItem("–", None)
        for policy, text in (("ask", self.tr("Ask first")), ("allow", self.tr("Allow")), ("deny", self.tr("Off"))):
            self.all.addItem(text, policy)
        self.all.activated.connect(self._set_all)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        head.addWidget(self._all_label)
        head.addWidget(self.all)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addSpacing(4)

    def show_tools(self, tools: Sequence[ToolInfo]) -> None:
        """Show these; a row that is the same stays, and with it the focus."""
        if list(tools) == self._shown:
            return
        same = [_without_policy(one) for one in tools] == [_without_policy(one) for one in self._shown]
        self._shown = list(tools)
        self.title.setText(self.tr("%n tool(s)", "", len(tools)))
        for shared in (self._all_label, self.all):
            shared.setVisible(len(tools) > 1)
        if same:
            for tool in tools:
                self.rows[tool.name].policy.show_policy(tool.policy)
            return
        while (item := self._column.itemAt(2)) is not None:
            self._column.takeAt(2)
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for tool in tools:
            self._line()
            row = self.rows[tool.name] = ToolRow(tool, self)
            row.opened.connect(self.opened)
            row.decided.connect(self.decided)
            row.set_narrow(self._narrow)
            self._column.addWidget(row)

    def set_narrow(self, narrow: bool) -> None:
        """Say whether there is little room."""
        self._narrow = narrow
        for row in self.rows.values():
            row.set_narrow(narrow)

    def _line(self) -> None:
        line = QFrame(self)
        line.setProperty("kind", "line")
        self._column.addWidget(line)

    def _set_all(self) -> None:
        policy = self.all.currentData()
        self.all.setCurrentIndex(0)
        if policy:
            self.all_decided.emit(policy)


def _without_policy(tool: ToolInfo) -> ToolInfo:
    return tool.model_copy(update={"policy": "ask"})


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LINE else f"{line[:_MOST_LINE].rstrip()}…"
