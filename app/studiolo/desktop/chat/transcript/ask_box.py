"""What a tool waits for, in its card: whether it may run, or an answer to what it asks.

Nothing in it acts by Enter alone: the box itself is where the keys go first, and its buttons come after it.
"""

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from studiolo.api.mcp import Decision
from studiolo.desktop.chat.calls import Approval, Ask, Elicitation
from studiolo.desktop.chat.transcript.actions import Decide, Respond
from studiolo.desktop.widgets.exact_text import ExactText
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.schema_form import SchemaForm
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_hints import hint_badges
from studiolo.visible import visible

_MOST_WORDS = 600


class AskBox(QFrame):
    """`action_requested` carries the answer. `resized`: it has another height than before."""

    action_requested = Signal(object)
    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("kind", "ask")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(8, 6, 8, 8)
        self._box.setSpacing(8)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        self._box.activate()
        return max(self._box.totalHeightForWidth(width), self._box.totalMinimumSize().height())

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return [self]

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.resized.emit()
        return super().event(event)

    def _button(self, text: str, kind: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        if kind:
            set_kind(button, kind)
        self._buttons.addWidget(button)
        return button

    def _text(self, text: str, kind: str = "") -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        if kind:
            set_kind(label, kind)
        self._box.addWidget(label)
        return label


class ApprovalBox(AskBox):
    """Allow once, in this chat, always; don't allow, never."""

    def __init__(self, ask: Approval, tool: str, server: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.ask = ask
        question = self.tr("Allow %1 of %2 to run?") if server else self.tr("Allow %1 to run?")
        self._question = question.replace("%2", visible(server)).replace("%1", visible(tool))
        if ask.changed:
            changed = self.tr("Its definition has changed since you decided about it.")
            self._text(changed, "warning")
        if badges := hint_badges(ask.hints, self):
            row = QHBoxLayout()
            row.setSpacing(6)
            for badge in badges:
                row.addWidget(badge)
            row.addStretch()
            self._box.addLayout(row)
        if ask.description.strip():
            self._text(_short(ask.description), "muted")
        self.once = self._button(self.tr("Allow once"), "primary")
        self.chat = self._button(self.tr("Allow in this chat"))
        self.deny = self._button(self.tr("Don't allow"), "flat")
        self.more = self._button(self.tr("More"), "flat")
        self.more.setAccessibleDescription(self.tr("Always allow this tool, or never"))
        self._buttons.addStretch()
        self._box.addLayout(self._buttons)
        self.once.clicked.connect(lambda: self._decide("once"))
        self.chat.clicked.connect(lambda: self._decide("chat"))
        self.deny.clicked.connect(lambda: self._decide("deny"))
        self.more.clicked.connect(self.open_menu)
        warnings = [self.tr("Its definition has changed since you decided about it.")] if ask.changed else []
        told = [self._question, *warnings, *(badge.text() for badge in badges), _short(ask.description)]
        self.setAccessibleName(" ".join(filter(None, told)))

    @property
    def announcement(self) -> str:
        """Return what is told to those who do not see it."""
        return self.accessibleName()

    def refresh(self) -> None:
        """Nothing can be answered twice."""
        for button in (self.once, self.chat, self.deny, self.more):
            button.setEnabled(not self.ask.sent)

    def tab_stops(self) -> list[QWidget]:
        return [self, self.once, self.chat, self.deny, self.more]

    def open_menu(self) -> QMenu:
        """Return what holds beyond this chat. It does not block and deletes itself."""
        menu = new_menu(self.more)
        menu.addAction(self.tr("Always allow this tool")).triggered.connect(lambda: self._decide("always"))
        menu.addAction(self.tr("Never allow this tool")).triggered.connect(lambda: self._decide("never"))
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        return menu

    def _decide(self, decision: Decision) -> None:
        if not self.ask.sent:
            self.action_requested.emit(Decide(self.ask, decision))


class ElicitationBox(AskBox):
    """A form to fill in, or a page that is opened on a click and not before."""

    def __init__(self, ask: Elicitation, server: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.ask = ask
        asks = self.tr("%1 asks:").replace("%1", server or self.tr("The tool"))
        self._asks = asks
        self._text(asks, "muted")
        self._text(_short(ask.message))
        self.form = SchemaForm(ask.schema, self) if ask.url is None else None
        if self.form:
            self.form.write(ask.draft)
            self.form.changed.connect(self._keep)
            self.form.resized.connect(self.resized)
            self._box.addWidget(self.form)
            self.send = self._button(self.tr("Send answer"), "primary")
        else:
            self.address = ExactText(ask.url or "", self)
            self.address.setAccessibleName(self.tr("Address"))
            self._box.addWidget(self.address)
            self.send = self._button(self.tr("Open the page"), "primary")
            if not openable(ask.url):
                self._text(self.tr("This address is none that a browser is meant for."), "error")
                self.send.hide()
        self.decline = self._button(self.tr("Don't answer"), "flat")
        self._buttons.addStretch()
        self._box.addLayout(self._buttons)
        self.send.clicked.connect(self._send)
        self.decline.clicked.connect(lambda: self._respond(Respond(self.ask, "decline")))
        self.setAccessibleName(" ".join(filter(None, (asks, _short(ask.message), ask.url))))

    @property
    def announcement(self) -> str:
        """Return what is told to those who do not see it."""
        return self.accessibleName()

    def refresh(self) -> None:
        """Nothing can be answered twice."""
        self.send.setEnabled(not self.ask.sent)
        self.decline.setEnabled(not self.ask.sent)
        if self.form:
            self.form.setEnabled(not self.ask.sent)

    def tab_stops(self) -> list[QWidget]:
        inside = self.form.tab_stops() if self.form else [self.address]
        return [self, *inside, self.send, self.decline]

    def _keep(self) -> None:
        if self.form:
            self.ask.draft = self.form.written

    def _send(self) -> None:
        if self.form is None:
            self._respond(Respond(self.ask, "accept", open=True))
        elif (values := self.form.values()) is not None:
            self._respond(Respond(self.ask, "accept", values))

    def _respond(self, answer: Respond) -> None:
        if not self.ask.sent:
            self.action_requested.emit(answer)


def ask_box(ask: Ask, tool: str, server: str, parent: QWidget) -> ApprovalBox | ElicitationBox:
    """Return the box for what a tool waits for."""
    if isinstance(ask, Approval):
        return ApprovalBox(ask, tool, server, parent)
    return ElicitationBox(ask, server, parent)


def openable(url: str | None) -> bool:
    """Return whether a browser is meant for it."""
    address = QUrl(url or "", QUrl.ParsingMode.StrictMode)
    return address.isValid() and address.scheme().lower() in ("http", "https") and bool(address.host())


def _short(text: str) -> str:
    """Return a stranger's words, not so many that the buttons are out of sight."""
    text = "\n".join(line for line in text.strip().splitlines()[:12])
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS].rstrip()}…"
