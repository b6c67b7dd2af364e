"""The overview of a server: its state, what wants a decision, and its settings. Widgets only."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studiolo.api.settings import ServerSettings
from studiolo.desktop.server.state_card import StateCard
from studiolo.desktop.settings.card import SettingCard
from studiolo.desktop.settings.fields import setting_fields
from studiolo.desktop.widgets.notice import Notice
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import set_kind

ACCESS = (
    "serve_on_network",
    "serve_without_authentication",
    "require_authentication",
    "cors",
    "allowed_origins",
    "allowed_hosts",
    "port",
)
LOADING = (
    "just_in_time_loading",
    "answer_to_any_name",
    "unload_idle",
    "idle_minutes",
    "keep_last_only",
    "default_context_length",
)
MCP_SERVERS = ("allow_per_request_mcp", "allow_private_mcp", "allow_mcp_json")
_TWO_COLUMNS = 760


class ServerOverview(QScrollArea):
    """The rows of settings are hidden where there are none to be changed.

    rows: All rows of settings, by their names.

    Signals:
        setting_edited: The name and the value that a person wants.
    """

    setting_edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget(self)
        inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.card = StateCard(inside)
        self.trouble = Notice(self.tr("Try again"), inside, kind="danger")
        self.port = Notice(self.tr("Use it when it's free"), inside)
        self.pending = Notice(self.tr("Restart to apply"), inside)
        self.open = Notice(self.tr("Require authentication"), inside, kind="danger")
        self.network = QLabel(inside)
        self.network.setWordWrap(True)
        self.network.setTextFormat(Qt.TextFormat.PlainText)
        self.network.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._cards = (
            _card(self.tr("Access"), ACCESS, inside),
            _card(self.tr("Models"), LOADING, inside),
            _card(self.tr("Tools"), MCP_SERVERS, inside),
        )
        self.rows = {row.field.name: row for card in self._cards for row in card.rows}
        self.note = QLabel(inside)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.note, "muted")
        for name, row in self.rows.items():
            row.edited.connect(partial(self._edited, name))
        self._two = True
        self._arrange(inside)
        self.setWidget(inside)
        self.show_no_settings("")

    def show_settings(self, settings: ServerSettings) -> None:
        """Show what is in force; a row that means nothing just now is left out."""
        values = settings.model_dump(mode="json")
        for row in self.rows.values():
            row.show_values(values)
        meaningless = _meaningless(settings)
        for card in self._cards:
            card.show_rows([row for row in card.rows if row.field.name not in meaningless])
        self.note.hide()

    def show_no_settings(self, why: str) -> None:
        """Show that there are no settings to be changed here, and why; nothing while that is not known."""
        for card in self._cards:
            card.hide()
        self.note.setText(why)
        self.note.setVisible(bool(why))

    def set_usable(self, *, usable: bool) -> None:
        """Let settings be changed, or not while the server is away."""
        for row in self.rows.values():
            row.setEnabled(usable)

    def _edited(self, name: str, values: dict[str, Any]) -> None:
        self.setting_edited.emit(name, values[name])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        two = self.viewport().width() >= sizes().scaled(_TWO_COLUMNS)
        if two != self._two:
            self._two = two
            self._place()

    def _place(self) -> None:
        for card in self._cards:
            self._grid.removeWidget(card)
        places = ((0, 0, 2), (0, 1, 1), (1, 1, 1)) if self._two else ((0, 0, 1), (1, 0, 1), (2, 0, 1))
        for card, (row, column, rows) in zip(self._cards, places, strict=True):
            self._grid.addWidget(card, row, column, rows, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1 if self._two else 0)

    def _arrange(self, inside: QWidget) -> None:
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(24)
        self._place()
        notices = QVBoxLayout()
        notices.setSpacing(8)
        for notice in (self.trouble, self.port, self.open, self.pending):
            notices.addWidget(notice)
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 16, 16, 24)
        column.setSpacing(16)
        column.addWidget(self.card)
        column.addLayout(notices)
        column.addWidget(self.network)
        column.addLayout(self._grid)
        column.addWidget(self.note)
        column.addStretch()


def _card(heading: str, names: Sequence[str], parent: QWidget) -> SettingCard:
    fields = {field.name: field for field in setting_fields("server")}
    return SettingCard(heading, [fields[name] for name in names], parent)


def _meaningless(settings: ServerSettings) -> set[str]:
    """Return the names of settings that change nothing beside the others."""
    names = set()
    if settings.require_authentication and not settings.serve_without_authentication:
        names.add("serve_without_authentication")
    if settings.cors:
        names.add("allowed_origins")
    if not settings.just_in_time_loading:
        names |= {"unload_idle", "keep_last_only"}
    if not (settings.just_in_time_loading and settings.unload_idle):
        names.add("idle_minutes")
    if not settings.allow_per_request_mcp:
        names.add("allow_private_mcp")
    return names
