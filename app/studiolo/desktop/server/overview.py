"""The overview of a server: its state, what wants a decision, and its settings. Widgets only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studiolo.api.settings import ServerSettings
from studiolo.desktop.server.setting_rows import ServerSettingRow, ServerSettingRows
from studiolo.desktop.server.state_card import StateCard
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

    Signals:
        setting_changed: The name and the value that a person wants.
    """

    setting_changed = Signal(str, object)

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
        self.access = ServerSettingRows(self.tr("Access"), ACCESS, inside)
        self.loading = ServerSettingRows(self.tr("Models"), LOADING, inside)
        self.mcp = ServerSettingRows(self.tr("Tools"), MCP_SERVERS, inside)
        self._groups = (self.access, self.loading, self.mcp)
        self.note = QLabel(inside)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.note, "muted")
        for group in self._groups:
            group.changed.connect(self.setting_changed)
        self._two = True
        self._arrange(inside)
        self.setWidget(inside)
        self.show_no_settings("")

    @property
    def rows(self) -> dict[str, ServerSettingRow]:
        """Return all rows of settings by their names."""
        return {name: row for group in self._groups for name, row in group.rows.items()}

    def show_settings(self, settings: ServerSettings) -> None:
        """Show what is in force; a row that means nothing just now is left out."""
        for group in self._groups:
            group.show_settings(settings)
            group.show()
        self.note.hide()
        self.access.show_row(
            "serve_without_authentication",
            shown=not settings.require_authentication or settings.serve_without_authentication,
        )
        self.access.show_row("allowed_origins", shown=not settings.cors)
        self.loading.show_row("unload_idle", shown=settings.just_in_time_loading)
        self.loading.show_row("idle_minutes", shown=settings.just_in_time_loading and settings.unload_idle)
        self.loading.show_row("keep_last_only", shown=settings.just_in_time_loading)
        self.mcp.show_row("allow_private_mcp", shown=settings.allow_per_request_mcp)

    def show_no_settings(self, why: str) -> None:
        """Show that there are no settings to be changed here, and why; nothing while that is not known."""
        for group in self._groups:
            group.hide()
        self.note.setText(why)
        self.note.setVisible(bool(why))

    def set_usable(self, *, usable: bool) -> None:
        """Let settings be changed, or not while the server is away."""
        for row in self.rows.values():
            row.set_usable(usable=usable)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        two = self.viewport().width() >= sizes().scaled(_TWO_COLUMNS)
        if two != self._two:
            self._two = two
            self._place()

    def _place(self) -> None:
        for group in self._groups:
            self._grid.removeWidget(group)
        places = ((0, 0, 2), (0, 1, 1), (1, 1, 1)) if self._two else ((0, 0, 1), (1, 0, 1), (2, 0, 1))
        for group, (row, column, rows) in zip(self._groups, places, strict=True):
            self._grid.addWidget(group, row, column, rows, 1)
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
