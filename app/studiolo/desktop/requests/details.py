"""All that is kept of one request: its headers and body, the answer, the events of a stream as they came."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QTabBar, QVBoxLayout, QWidget

from studiolo.api.server import RequestDetails, RequestEntry, RequestHeader
from studiolo.desktop.requests.curl import pretty
from studiolo.desktop.requests.words import figure_text, seconds_text, speed_text, status_text
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import wear_code_font
from studiolo.desktop.widgets.theme import set_kind

_REQUEST, _ANSWER, _EVENTS = range(3)


class RequestPane(QFrame):
    """One request.

    Signals:
        copy_requested: As a command for a terminal.
        resend_requested: To send it once more.
        closed: Nobody wants to see it any more.
    """

    copy_requested = Signal()
    resend_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.title, "heading")
        self.facts = QLabel(self)
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_kind(self.facts, "muted")
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_kind(self.error, "error")
        self.copy = QPushButton(self.tr("Copy as curl"), self)
        self.resend = QPushButton(self.tr("Send again"), self)
        self.close_button = IconButton("close", self.tr("Close the details"), self)
        self.tabs = QTabBar(self)
        self.tabs.setProperty("kind", "views")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(self.tr("Parts of the request"))
        for name in (self.tr("Request"), self.tr("Answer"), self.tr("Events")):
            self.tabs.addTab(name)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setUndoRedoEnabled(False)
        wear_code_font(self.text)
        self.text.setAccessibleName(self.tr("What is kept of the request"))
        self._texts = ["", "", ""]
        self._entry: RequestEntry | None = None
        self._arrange()
        self.tabs.currentChanged.connect(self._show_text)
        self.copy.clicked.connect(self.copy_requested)
        self.resend.clicked.connect(self.resend_requested)
        self.close_button.clicked.connect(self.closed)

    @property
    def entry(self) -> RequestEntry | None:
        """Return the request that is shown."""
        return self._entry

    def show_entry(self, entry: RequestEntry, *, sendable: bool, why_not: str = "") -> None:
        """Show a request, with its texts where they are known.

        Args:
            entry: The request; RequestDetails have its texts.
            sendable: Whether it can be sent again.
            why_not: The reason where it can't.
        """
        same = self._entry is not None and self._entry.id == entry.id
        self._entry = entry
        self.title.setText(f"{entry.method} {entry.route}")
        self.facts.setText("  ·  ".join(self._facts(entry)))
        self.error.setText(entry.error or "")
        self.error.setVisible(bool(entry.error))
        self.resend.setEnabled(sendable)
        self.resend.setToolTip(why_not)
        details = entry if isinstance(entry, RequestDetails) else None
        self._texts = self._told(details) if details else ["", "", ""]
        count = len(details.events) + details.events_skipped if details else 0
        self.tabs.setTabText(_EVENTS, self.tr("Events (%1)").replace("%1", str(count)) if count else self.tr("Events"))
        if not same:
            self.tabs.setCurrentIndex(_REQUEST)
        self._show_text(self.tabs.currentIndex())

    def _facts(self, entry: RequestEntry) -> list[str]:
        first = entry.time_to_first_token_seconds
        facts = [
            status_text(entry),
            self.tr("token %1").replace("%1", entry.token_name) if entry.token_name else "",
            entry.program or "",
            entry.address,
            entry.model or "",
            self.tr("%1 tokens in").replace("%1", figure_text(entry.input_tokens)) if entry.input_tokens else "",
            self.tr("%1 of them known already").replace("%1", figure_text(entry.cached_tokens))
            if entry.cached_tokens
            else "",
            self.tr("%1 out").replace("%1", figure_text(entry.output_tokens)) if entry.output_tokens else "",
            self.tr("%1 tokens/s").replace("%1", speed_text(entry)) if entry.tokens_per_second else "",
            self.tr("first token after %1").replace("%1", seconds_text(first)) if first is not None else "",
            seconds_text(entry.seconds),
        ]
        return [fact for fact in facts if fact]

    def _told(self, details: RequestDetails) -> list[str]:
        if not details.in_full:
            text = self.tr(
                "Headers and texts of this request were not kept. “Log requests in full” keeps those of the next ones."
            )
            return [text, text, text]
        request = _with_headers(details.request_headers, pretty(str(details.body or "")))
        answer = details.answer if details.answer is not None else details.reply
        if details.status is None and not answer:
            answer = self.tr("The answer is not there yet.")
        return [
            request,
            _with_headers(details.answer_headers, pretty(answer or "")),
            self._events(details),
        ]

    def _events(self, details: RequestDetails) -> str:
        if details.events_withheld:
            return self.tr("The events are not shown: the answer has a secret in it.")
        if not details.events:
            return self.tr("The answer was no stream.") if details.status is not None else ""
        lines = [f"+{QLocale().toString(event.seconds, 'f', 3)} s\n{event.text}" for event in details.events]
        if details.events_skipped:
            lines.append(self.tr("%n further event(s) were not kept.", "", details.events_skipped))
        return "\n\n".join(lines)

    def _show_text(self, tab: int) -> None:
        text = self._texts[tab].replace("\0", "\ufffd")
        if self.text.toPlainText() != text:
            at = self.text.verticalScrollBar().value()
            grows = text.startswith(self.text.toPlainText())
            self.text.setPlainText(text)
            self.text.verticalScrollBar().setValue(at if grows else 0)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        for widget in (self.copy, self.resend, self.close_button):
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.facts)
        column.addWidget(self.error)
        column.addWidget(self.tabs)
        column.addWidget(self.text, 1)
        # In the middle of a splitter a style takes the whole height of its minimum, so it may be small.
        self.text.setMinimumHeight(60)


def _with_headers(headers: Sequence[RequestHeader], body: str) -> str:
    head = "\n".join(f"{header.name}: {header.value}" for header in headers)
    return f"{head}\n\n{body}".strip() if head else body
