"""Servers from what a documentation gives people to copy, and the last look at them before anything runs."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import McpServerChange, McpServerEntry
from studiolo.api.mcp_entry import references, shown_command
from studiolo.api.mcp_notation import read_servers
from studiolo.desktop.widgets.exact_text import ExactText
from studiolo.desktop.widgets.pairs import Pairs
from studiolo.desktop.widgets.sizes import room_for, sizes, wear_code_font
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import RequestError
from studiolo.visible import visible

_WIDTH, _HEIGHT = 580, 420
_MOST_HEIGHT, _AROUND = 680, 170


class PasteDialog(QDialog):
    """`servers` is what was understood. `form_wanted`: somebody would rather fill in a form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a server"))
        self.servers: dict[str, McpServerEntry] = {}
        self.form_wanted = False
        about = QLabel(
            self.tr(
                "Paste what the server's documentation gives: JSON for any program, a link, an address or a command."
            ),
            self,
        )
        about.setWordWrap(True)
        self.text = QPlainTextEdit(self)
        wear_code_font(self.text)
        self.text.setPlaceholderText('{"mcpServers": {"filesystem": {"command": "npx", "args": […]}}}')
        self.text.setAccessibleName(about.text())
        self.text.setTabChangesFocus(True)
        self.text.textChanged.connect(self._changed)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.problem, "error")
        self.problem.hide()
        self.form = QPushButton(self.tr("Fill in a form instead"), self)
        set_kind(self.form, "flat")
        self.form.clicked.connect(self._to_form)
        self.next = QPushButton(self.tr("Continue"), self)
        self.next.setProperty("kind", "primary")
        self.next.setDefault(True)
        self.next.setEnabled(False)
        self.next.clicked.connect(self._read)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.form)
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(about)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)
        self.resize(room_for(self, _WIDTH, _HEIGHT))
        self.text.setFocus()

    def _changed(self) -> None:
        self.problem.hide()
        self.next.setEnabled(bool(self.text.toPlainText().strip()))

    def _read(self) -> None:
        try:
            self.servers = read_servers(self.text.toPlainText())
        except RequestError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.text.setFocus()
            return
        self.accept()

    def _to_form(self) -> None:
        self.form_wanted = True
        self.reject()


class ConfirmDialog(QDialog):
    """What would be run or asked, in full. `changes` is what is to be kept, by label. elsewhere: as of EntryDialog."""

    def __init__(
        self,
        servers: Mapping[str, McpServerEntry],
        parent: QWidget | None = None,
        *,
        elsewhere: str = "",
        replaced: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add %n server(s)?", "", len(servers)))
        self._servers = servers
        self._pairs: dict[str, dict[str, Pairs]] = {}
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for label, entry in servers.items():
            for widget in self._card(label, entry, elsewhere, replaced=label in replaced):
                column.addWidget(widget)
            column.addSpacing(12)
        column.addStretch()
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        warning = _text(
            self.tr("A program can do whatever you can do on that computer. Add only what you trust."), self, "muted"
        )
        self.add = QPushButton(self.tr("Add"), self)
        self.add.setProperty("kind", "primary")
        self.add.clicked.connect(self.accept)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.add)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(_text(self.windowTitle(), self, "heading"))
        layout.addWidget(area, 1)
        layout.addWidget(warning)
        layout.addLayout(buttons)
        most = room_for(self, _WIDTH, _MOST_HEIGHT)
        wanted = column.totalHeightForWidth(most.width() - 40) + sizes().scaled(_AROUND)
        self.resize(most.width(), min(most.height(), wanted))
        self.cancel.setFocus()

    @property
    def changes(self) -> dict[str, McpServerChange]:
        """Return what is to be added, by the servers' names."""
        made = {}
        for label, entry in self._servers.items():
            whole: dict[str, Any] = entry.model_dump(exclude_none=True)
            secrets: list[str] = []
            for name, pairs in self._pairs[label].items():
                whole[name] = pairs.values
                secrets += [f"{name}.{one}" for one in pairs.secrets]
            if isinstance(whole.get("auth"), dict) and whole["auth"].get("CLIENT_SECRET"):
                secrets.append("auth.CLIENT_SECRET")
            made[label] = McpServerChange(entry=whole, secrets=secrets)
        return made

    def _card(self, label: str, entry: McpServerEntry, elsewhere: str, *, replaced: bool) -> list[QWidget]:
        widgets: list[QWidget] = [_text(visible(label), self, "heading")]
        if replaced:
            widgets.append(_text(self.tr("It replaces the server that has this name now."), self, "warning"))
        if entry.url:
            widgets += self._exact(self.tr("Connects to this address:"), entry.url)
        else:
            place = elsewhere or self.tr("this computer")
            widgets += self._exact(self.tr("Runs this program on %1:").replace("%1", place), shown_command(entry))
            if entry.cwd:
                widgets.append(_text(self.tr("In the folder %1").replace("%1", visible(entry.cwd)), self, "muted"))
        self._pairs[label] = {}
        for name, values, title in (
            ("env", entry.env, self.tr("With these variables:")),
            ("headers", entry.headers, self.tr("With these headers:")),
        ):
            if values:
                pairs = self._pairs[label][name] = Pairs(values, "", self, fixed=True)
                widgets += [_text(title, self, "muted"), pairs]
        if taken := references(entry):
            told = self.tr("Gets these variables and secrets of that computer: %1")
            widgets.append(_text(told.replace("%1", visible(", ".join(taken))), self, "warning"))
        return widgets

    def _exact(self, title: str, text: str) -> list[QWidget]:
        exact = ExactText(text, self)
        exact.setAccessibleName(title)
        return [_text(title, self, "muted"), exact]


def _text(text: str, parent: QWidget, kind: str) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    set_kind(label, kind)
    return label
