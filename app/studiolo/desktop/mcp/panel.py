"""One server: how it is, what is run or asked, what to do where it fails, its tools, its last calls. Widgets only."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDate, QDateTime, QLocale, QSignalBlocker, Qt, QTime, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import LedgerEntry, McpServerInfo
from studiolo.desktop.mcp.model import ServerAction, command_of, details_of, ending_words, words_of
from studiolo.desktop.mcp.tool_rows import ToolRows
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.exact_text import ExactText
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.theme import colours, set_kind
from studiolo.desktop.widgets.tool_hints import Badge

_MOST_CALLS = 6
_NARROW = 520
_BADGES = {"ok": "ok", "warning": "warning", "danger": "danger", "off": "plain"}


class ServerPanel(Resized, QScrollArea):
    """`action_requested` carries a ServerAction for the server in sight."""

    action_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._server: McpServerInfo | None = None
        self._narrow = False
        self._signing_in = False
        inside = QWidget()
        # No long word may push the switch and the policies out of sight.
        inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.name = ElidedLabel(inside)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.name, "title")
        self.badge = Badge("", "plain", parent=inside)
        self.restart = self._button(self.tr("Restart"), ServerAction.RESTART, inside)
        self.edit = self._button(self.tr("Edit…"), ServerAction.EDIT, inside)
        self.more = IconButton("dots-horizontal", self.tr("More"), inside)
        self.more.clicked.connect(self.open_menu)
        self.switch = QCheckBox(self.tr("On"), inside)
        self.switch.setToolTip(self.tr("Whether models may use it"))
        self.switch.clicked.connect(
            lambda on: self.action_requested.emit(ServerAction.SWITCH_ON if on else ServerAction.SWITCH_OFF)
        )
        self.about = _label(inside, "muted")
        self.command = ExactText(parent=inside)
        self.command.setAccessibleName(self.tr("What is run"))
        self.details = _label(inside, "muted")
        self.trouble = self._make_trouble(inside)
        self.tools = ToolRows(inside)
        self.note = _label(inside, "muted")
        self.calls = LastCalls(inside)
        self.calls.all.clicked.connect(lambda: self.action_requested.emit(ServerAction.SHOW_CALLS))
        self._arrange(inside)
        self.setWidget(inside)

    def show_server(self, server: McpServerInfo, *, signing_in: bool) -> None:
        """Show a server. signing_in: its page is open in a browser."""
        self._server, self._signing_in = server, signing_in
        words = words_of(server)
        off = bool(server.entry.disabled)
        self.name.setText(server.label)
        self.badge.setText(words.state)
        self.badge.show_kind(_BADGES[words.colour])
        # Where it has failed, the way out is beside what is wrong.
        self.restart.setVisible(not self._narrow and not off and server.state == "ready")
        self.edit.setVisible(not self._narrow)
        self.restart.setText(self.tr("Restart") if server.kind == "program" else self.tr("Connect again"))
        with QSignalBlocker(self.switch):
            self.switch.setChecked(not off)
        self.switch.setAccessibleName(self.tr("%1 is on").replace("%1", server.label))
        known = [" ".join(filter(None, (server.name, server.version)))]
        known.append(self.tr("MCP %1").replace("%1", server.revision) if server.revision else "")
        self._tell(self.about, " · ".join(filter(None, known)))
        self.command.show_text(command_of(server.entry))
        self._tell(self.details, "\n".join(f"{name}: {value}" for name, value in details_of(server.entry)))
        self._show_trouble(server, off=off)
        tools = server.tools or []
        self.tools.setVisible(bool(tools) and not off)
        self.tools.show_tools(tools)
        note = ""
        if not off and not tools and server.state in ("ready", "starting", "off"):
            empty = self.tr("It offers no tools.")
            note = empty if server.tools is not None else self.tr("Its tools are listed as soon as it runs.")
        self._tell(self.note, note)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Have one below the other what is not to be beside it in a narrow panel."""
        narrow = self.width() < sizes().scaled(_NARROW)
        if narrow != self._narrow:
            self._narrow = narrow
            self.tools.set_narrow(narrow)
            if self._server:
                self.show_server(self._server, signing_in=self._signing_in)

    def show_calls(self, calls: Sequence[LedgerEntry]) -> None:
        """Show the last calls of the server in sight."""
        self.calls.show_calls(calls[:_MOST_CALLS])

    def open_menu(self) -> QMenu:
        """Open a menu of what is done more rarely. It does not block and deletes itself."""
        menu = new_menu(self.more)
        server = self._server
        if server and self._narrow:
            menu.addAction(self.edit.text()).triggered.connect(lambda: self.action_requested.emit(ServerAction.EDIT))
            if not server.entry.disabled:
                menu.addAction(self.restart.text()).triggered.connect(
                    lambda: self.action_requested.emit(ServerAction.RESTART)
                )
        if server and server.kind == "program":
            menu.addAction(self.tr("Show log")).triggered.connect(
                lambda: self.action_requested.emit(ServerAction.SHOW_LOG)
            )
        menu.addAction(self.tr("Show all calls")).triggered.connect(
            lambda: self.action_requested.emit(ServerAction.SHOW_CALLS)
        )
        if server and server.signed_in:
            menu.addAction(self.tr("Sign out")).triggered.connect(
                lambda: self.action_requested.emit(ServerAction.SIGN_OUT)
            )
        elif server and server.kind == "url":
            menu.addAction(self.tr("Sign in…")).triggered.connect(
                lambda: self.action_requested.emit(ServerAction.SIGN_IN)
            )
        menu.addSeparator()
        menu.addAction(self.tr("Remove")).triggered.connect(lambda: self.action_requested.emit(ServerAction.REMOVE))
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        return menu

    def _show_trouble(self, server: McpServerInfo, *, off: bool) -> None:
        needed = server.state == "sign_in_needed"
        self.trouble.setVisible(not off and (needed or server.state == "failed" or self._signing_in))
        set_kind(self.trouble, "danger" if server.state == "failed" else "attention")
        colour = colours().danger if server.state == "failed" else colours().warning
        self._sign.setPixmap(icon("alert-circle-outline", colour).pixmap(icon_size(18)))
        if self._signing_in:
            self.message.setText(self.tr("Waiting for you to sign in, in your browser…"))
            self._tell(self.hint, "")
        elif needed:
            self.message.setText(server.error or self.tr("This server needs you to sign in."))
            self._tell(self.hint, server.hint or self.tr("Its sign-in page opens in your browser."))
        else:
            self.message.setText(server.error or words_of(server).state)
            self._tell(self.hint, server.hint or "")
        self.sign_in.setVisible(needed and not self._signing_in)
        self.cancel.setVisible(self._signing_in)
        self.again.setVisible(server.state == "failed" and not self._signing_in)
        self.log.setVisible(server.state == "failed" and server.kind == "program")
        self.trouble.setAccessibleName(f"{self.message.text()} {self.hint.text()}".strip())

    @staticmethod
    def _tell(label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _button(self, text: str, what: ServerAction, parent: QWidget, kind: str = "") -> QPushButton:
        button = QPushButton(text, parent)
        if kind:
            set_kind(button, kind)
        button.clicked.connect(lambda: self.action_requested.emit(what))
        return button

    def _make_trouble(self, parent: QWidget) -> QFrame:
        frame = QFrame(parent)
        set_kind(frame, "danger")
        self._sign = QLabel(frame)
        self.message = _label(frame)
        self.hint = _label(frame, "muted")
        self.sign_in = self._button(self.tr("Sign in…"), ServerAction.SIGN_IN, frame, "primary")
        self.cancel = self._button(self.tr("Cancel"), ServerAction.CANCEL_SIGN_IN, frame)
        self.again = self._button(self.tr("Try again"), ServerAction.RESTART, frame)
        self.log = self._button(self.tr("Show log"), ServerAction.SHOW_LOG, frame)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.message)
        texts.addWidget(self.hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.sign_in, self.cancel, self.again, self.log):
            buttons.addWidget(button)
        buttons.addStretch()
        texts.addSpacing(6)
        texts.addLayout(buttons)
        row = QHBoxLayout(frame)
        row.setContentsMargins(12, 10, 12, 10)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        return frame

    def _arrange(self, inside: QWidget) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.name, 1)
        head.addWidget(self.badge)
        for button in (self.restart, self.edit, self.more, self.switch):
            head.addWidget(button)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 4, 20, 20)
        column.setSpacing(10)
        column.addLayout(head)
        for widget in (self.about, self.command, self.details, self.trouble, self.note):
            column.addWidget(widget)
        column.addSpacing(6)
        column.addWidget(self.tools)
        column.addSpacing(6)
        column.addWidget(self.calls)
        column.addStretch()


class LastCalls(QWidget):
    """When, which tool, who asked for it, how it went."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = _label(self, "heading")
        self.title.setText(self.tr("Last calls"))
        self.all = QPushButton(self.tr("Show all"), self)
        set_kind(self.all, "flat")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.all)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(self._grid)
        self._shown: list[LedgerEntry] = []
        self.hide()

    def show_calls(self, calls: Sequence[LedgerEntry]) -> None:
        """Show calls; where there are none at all, nothing is shown."""
        self.setVisible(bool(calls))
        if list(calls) == self._shown:
            return
        self._shown = list(calls)
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for row, call in enumerate(calls):
            took = QLocale().toString(call.seconds, "f", 1) + " s"
            ended = took if call.ended == "succeeded" else f"{ending_words(call)} · {took}"
            for column, (text, kind) in enumerate(
                ((time_text(call.at), "muted"), (call.tool, ""), (call.asked_by, "muted"), (ended, "muted"))
            ):
                label = ElidedLabel(text, self)
                label.setTextFormat(Qt.TextFormat.PlainText)
                set_kind(label, "error" if column == 3 and call.ended == "failed" else kind)
                self._grid.addWidget(label, row, column)


def time_text(at: str) -> str:
    """Return the clock of an ISO 8601 time, with the day where it is not today."""
    try:
        when = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return at
    shown = QDateTime(QDate(when.year, when.month, when.day), QTime(when.hour, when.minute))
    today = shown.date() == QDate.currentDate()
    return QLocale().toString(shown.time() if today else shown, QLocale.FormatType.ShortFormat)


def _label(parent: QWidget, kind: str = "") -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        set_kind(label, kind)
    return label
