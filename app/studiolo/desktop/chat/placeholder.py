"""What is there while there is no conversation: a greeting, or what is still in the way of one."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from studiolo.desktop.chat.messages import Activity
from studiolo.desktop.chat.prompts import MOST_PROMPTS, Prompt, prompts_for
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.formatting import button_text
from studiolo.desktop.widgets.sizes import sizes
from studiolo.errors import AppError

_WIDTH = 520
_PROMPT = "prompt"


class Placeholder(QWidget):
    """Shows one of four panels. `suggested` carries a Prompt to start with.

    A start page of others takes the place of the panels that say that a chat can begin, or could with a model.
    """

    suggested = Signal(object)
    reconnect_requested = Signal()
    servers_requested = Signal(QWidget)
    discover_requested = Signal()
    folder_requested = Signal()
    check_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activity = ActivityLine(centred=True)
        self._starting_title = _heading("")
        self._starting = _panel(self._starting_title, self._activity)
        self._failure = FailureCard(purpose=self.tr("Connects to the server again"))
        self._failure.retry_requested.connect(self.reconnect_requested)
        self._failure.servers_requested.connect(self.servers_requested)
        self._lost = _panel(_heading(self.tr("No connection to the server")), self._failure)
        self._no_model = self._make_no_model()
        self._welcome = self._make_welcome()
        self._start: QWidget | None = None
        self._wanted = self._welcome
        self._stack = QStackedLayout(self)
        for panel in (self._welcome, self._starting, self._lost, self._no_model):
            self._stack.addWidget(panel)

    @property
    def folder(self) -> QLabel:
        """Return where models are looked for, told where there is none."""
        return self._folder

    @property
    def greeting(self) -> QLabel:
        """Return what is said where a message can be sent, and where it goes then."""
        return self._greeting

    @property
    def prompts(self) -> list[QPushButton]:
        """Return the buttons of what one can begin with."""
        return list(self._prompts)

    def show_prompts(self, prompts: Sequence[Prompt]) -> None:
        """Offer these to begin with: three of them."""
        for button, prompt in zip(self._prompts, prompts, strict=True):
            button.setText(button_text(prompt.title))
            button.setProperty(_PROMPT, prompt)

    def show_start(self, page: QWidget | None) -> None:
        """Have a page in the place of the greeting; None for the greeting."""
        if self._start is not None and self._start is not page:
            self._stack.removeWidget(self._start)
            self._start.hide()
        if page is not None and page is not self._start:
            self._stack.addWidget(page)
        self._start = page
        self._turn_to(self._wanted)

    def show_starting(self, activity: Activity, place: str | None = None) -> None:
        """Show that the server starts. place: the name of a server elsewhere; None for our own."""
        self._starting_title.setText(starting_text(place))
        text = self.tr("This takes a moment the first time") if place is None else self.tr("Waiting for its answer")
        self._activity.show_progress(text, activity)
        self._turn_to(self._starting)

    def show_lost(self, error: AppError, *, again: bool = False, due: float | None = None) -> None:
        """Say why there is no server, and when it is asked again by itself, if it is: in monotonic seconds."""
        self._failure.show_error(error)
        self._failure.count_down(again, due)
        self._turn_to(self._lost)

    def show_no_model(self, folder: str, place: str | None = None) -> None:
        """Show that there is no model.

        folder: where our own server looks for models. place: the name of a server elsewhere.
        """
        self._folder.setText(folder)
        here = place is None
        self._folder.setVisible(here)
        self._opens.setVisible(here)
        self._no_model_lead.setText(self._where_to_put_one() if here else self._none_there(place or ""))
        self._turn_to(self._no_model)

    def show_welcome(self, place: str | None = None) -> None:
        """Show that a chat can begin.

        place: the name of a server elsewhere, which gets what is written; None for our own.
        """
        if place is None:
            lead = self.tr("Everything stays on this computer. Ask anything, or begin with one of these:")
        else:
            lead = self.tr("What you write is sent to %1. Ask anything, or begin with one of these:")
        self._greeting.setText(lead.replace("%1", place or ""))
        self._turn_to(self._welcome)

    def _turn_to(self, panel: QWidget) -> None:
        if panel is not self._starting:
            self._activity.stop()
        self._wanted = panel
        begins = panel in (self._welcome, self._no_model)
        self._stack.setCurrentWidget(self._start if self._start is not None and begins else panel)

    def _make_welcome(self) -> QWidget:
        buttons = QWidget()
        layout = QVBoxLayout(buttons)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        self._prompts = [QPushButton() for _ in range(MOST_PROMPTS)]
        for button in self._prompts:
            button.setAccessibleDescription(self.tr("Puts this text into the message field"))
            button.clicked.connect(lambda _=False, button=button: self.suggested.emit(button.property(_PROMPT)))
            layout.addWidget(button)
        self.show_prompts(prompts_for(None, with_tools=False))
        self._greeting = _text("")
        return _panel(_heading(self.tr("What is on your mind?")), self._greeting, buttons)

    def _where_to_put_one(self) -> str:
        return self.tr(
            "Find one to download, or put a file of your own whose name ends in .gguf into the models folder, in a"
            " folder named for its publisher and in that one a folder named for the model:"
        )

    def _none_there(self, place: str) -> str:
        return self.tr("%1 has no model that can chat. It may have one when it is asked again.").replace("%1", place)

    def _make_no_model(self) -> QWidget:
        self._no_model_lead = _text("")
        self._folder = _text("")
        self._folder.setProperty("kind", "")
        self._folder.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._folder.setAccessibleName(self.tr("Models folder"))
        find = QPushButton(self.tr("Find a model"))
        find.setProperty("kind", "primary")
        find.setAccessibleDescription(self.tr("Shows the models that can be downloaded"))
        find.clicked.connect(self.discover_requested)
        self._opens = QPushButton(self.tr("Open folder"))
        self._opens.clicked.connect(self.folder_requested)
        check = QPushButton(self.tr("Check again"))
        check.clicked.connect(self.check_requested)
        buttons = QWidget()
        layout = QHBoxLayout(buttons)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addStretch()
        layout.addWidget(find)
        layout.addWidget(self._opens)
        layout.addWidget(check)
        layout.addStretch()
        return _panel(_heading(self.tr("No model yet")), self._no_model_lead, self._folder, buttons)


def starting_text(place: str | None) -> str:
    """Return what is said while a server is not there yet. place: the name of one elsewhere; None for our own."""
    if place is None:
        return translate("Placeholder", "Starting the server…")
    return translate("Placeholder", "Connecting to %1…").replace("%1", place)


def _heading(title: str) -> QLabel:
    heading = QLabel(title)
    heading.setWordWrap(True)
    heading.setTextFormat(Qt.TextFormat.PlainText)
    heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
    heading.setProperty("kind", "title")
    return heading


def _panel(heading: QLabel, *contents: QWidget) -> QWidget:
    panel = QWidget()
    column = QWidget()
    column.setMaximumWidth(sizes().scaled(_WIDTH))
    inner = QVBoxLayout(column)
    inner.setContentsMargins(0, 0, 0, 0)
    inner.setSpacing(10)
    inner.addWidget(heading)
    inner.addSpacing(4)
    for widget in contents:
        inner.addWidget(widget)
    layout = QHBoxLayout()
    layout.addStretch(1)
    layout.addWidget(column, 1000)
    layout.addStretch(1)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(24, 16, 24, 16)
    outer.addStretch(2)
    outer.addLayout(layout)
    outer.addStretch(3)
    return panel


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "muted")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    return label
