"""The chat page: header with the model, the conversation, the composer. Widgets only: setters and signals."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.composing.waiting import WaitingList
from studiolo.desktop.chat.find_bar import FindBar
from studiolo.desktop.chat.messages import Activity, Message, Reply, Turn
from studiolo.desktop.chat.model_choice.picker import ModelPopup, PickerButton
from studiolo.desktop.chat.placeholder import Placeholder, starting_text
from studiolo.desktop.chat.prompts import Prompt
from studiolo.desktop.chat.settings_panel.panel import INSPECTOR_WIDTH, Inspector
from studiolo.desktop.chat.transcript.column import COLUMN_WIDTH
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.chat.trial_note import TrialNote
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.undo import Toast
from studiolo.errors import AppError

_SIDE_MARGIN = 16
_BESIDE_WIDTH = INSPECTOR_WIDTH + 400


class ChatPage(Resized, QWidget):
    """One conversation on screen. Models are named by their key, replies by the object the page was given."""

    sent = Signal(str, list)
    stop_requested = Signal()
    action_requested = Signal(object)
    """A MessageAction about a message."""
    drafted = Signal()
    """Something was written into the composer, a moment ago."""
    draft_ms = 1000
    """How long that moment is."""
    new_chat_requested = Signal()
    reconnect_requested = Signal()
    servers_requested = Signal(QWidget)
    """Carries the widget near which they are to be shown."""
    models_requested = Signal()
    model_chosen = Signal(str)
    load_requested = Signal(str)
    unload_requested = Signal(str)
    options_requested = Signal(str)
    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = PickerButton(self)
        self.popup = ModelPopup(self)
        self.new_chat = IconButton("plus", self.tr("New chat"), self, size=20)
        self.placeholder = Placeholder(self)
        self.transcript = TranscriptView(self)
        self.find_bar = FindBar(self)
        self.toast = Toast(self)
        self.inspector = Inspector(self)
        self.inspector.hide()
        self.pages = IconButton("menu", self.tr("Pages"), self, size=20)
        self.pages.hide()
        self.tune = IconButton("tune-variant", self.tr("Settings of this chat"), self, size=20)
        self.tune.setCheckable(True)
        self.composer = Composer(self)
        self.trial_note = TrialNote(self)
        self.waiting = WaitingList(self)
        self._busy = False
        self._notice_activity = ActivityLine(self)
        self._notice_failure = FailureCard(self, purpose=self.tr("Connects to the server again"))
        self._noticed: QWidget | None = None
        self._place: str | None = None
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.placeholder)
        self._stack.addWidget(self.transcript)
        self._arrange()
        self._connect()
        self.set_model("", "")
        self.show_welcome()
        self._order_tabs()

    def use_settings(self, settings: DesktopSettings) -> None:
        """Behave as a person wants it."""
        self.composer.set_send_with(settings.send_with)
        self.transcript.use_settings(settings)

    def set_place(self, name: str | None) -> None:
        """Say where the models run: on the server `name`; None: on this computer, by the server that came with us."""
        self._place = name

    def show_starting(self, activity: Activity) -> None:
        """Say that the server is being started, or asked whether it is there, since `activity.since`."""
        self.placeholder.show_starting(activity, self._place)
        self._notice_activity.show_progress(starting_text(self._place), activity)
        self._notice(self._notice_activity)

    def show_lost(self, error: AppError, *, told: bool, again: bool = False, due: float | None = None) -> None:
        """Show that there is no server to talk to, and why.

        Args:
            error: Why.
            told: Whether a reply in sight says so already and offers Retry.
            again: Whether it is asked again by itself.
            due: When that is, in monotonic seconds; None for just now.
        """
        self.placeholder.show_lost(error, again=again, due=due)
        self._notice_failure.show_error(error)
        self._notice_failure.count_down(again, due)
        self._notice(None if told else self._notice_failure)

    def show_no_model(self, folder: str) -> None:
        """Say that the server has no model; `folder` is where our own looks for them."""
        self.placeholder.show_no_model(folder, self._place)
        self._notice(None)

    def show_welcome(self) -> None:
        """Say that a message can be sent."""
        self.placeholder.show_welcome(self._place)
        self._notice(None)

    def set_choices(self, choices: list[ModelChoice]) -> None:
        """Offer these models."""
        self.popup.set_choices(choices)

    def set_model(self, key: str, name: str, *, trial: bool = False) -> None:
        """Show the name of the model that answers; empty for none. trial: it came with the program."""
        self.picker.set_model(name, self.tr("local") if self._place is None else self._place, trial=trial)
        self.popup.set_chosen(key)
        self.composer.set_model_name(name, trial=trial)
        self.trial_note.show_model(name if trial else "")

    def set_load_progress(self, key: str, progress: float | None) -> None:
        """Show how much of a model is loaded, 0 to 1; None when it isn't being loaded (any more)."""
        if row := self.popup.rows.get(key):
            row.set_progress(progress)

    def set_load_failure(self, key: str, error: AppError) -> None:
        """Say at a model why it could not be loaded."""
        if row := self.popup.rows.get(key):
            row.set_failure(error)

    @property
    def pictures(self) -> Pictures:
        """Return what the conversation shows of its images."""
        return self.transcript.pictures

    def set_messages(self, messages: list[Message]) -> None:
        """Show another conversation."""
        self.transcript.set_messages(messages)
        self._turn_to(self.transcript if messages else self.placeholder)

    def set_branch(self, messages: list[Message]) -> None:
        """Show another branch of the conversation in sight; what both have stays where it is."""
        self.transcript.set_branch(messages)
        self._turn_to(self.transcript if messages else self.placeholder)

    def add_turn(self, turn: Turn) -> None:
        """Show a question and its reply after all others."""
        self._turn_to(self.transcript)
        self.transcript.append((turn.question, turn.reply))

    def message_changed(self, message: Message) -> None:
        """Show a message that has grown or ended; one that is not on the page is passed over."""
        self.transcript.message_changed(message)

    def go_to(self, message: Message) -> None:
        """Bring a message into sight."""
        self.transcript.go_to(message)

    def set_draft(self, text: str) -> None:
        """Have what was being written in the conversation in sight in the field."""
        self.composer.set_text(text, focus=False)

    def set_busy(self, busy: bool) -> None:
        """Say whether a reply is under way."""
        self._busy = busy
        self.composer.set_busy(busy)

    @property
    def busy(self) -> bool:
        """Return whether a reply is under way in the conversation in sight."""
        return self._busy

    def take_focus(self) -> None:
        """Let what is typed be written into the composer."""
        self.composer.take_focus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.take_focus()

    def lead_to_ask(self, reply: Reply) -> None:
        """Say that a tool of a reply in sight waits, and go there unless somebody is writing or busy elsewhere."""
        self.transcript.message_changed(reply)
        self.transcript.flush()
        box = self.transcript.ask_of(reply)
        if box is None:
            self.tell_of_ask("")
            return
        announce(box, box.announcement)
        focus = QApplication.focusWidget()
        idle = focus is None or (self.composer.isAncestorOf(focus) and not self.composer.text)
        if idle and QApplication.activePopupWidget() is None and self.isVisible():
            box.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell_of_ask(self, title: str) -> None:
        """Say to those who do not see it that a tool waits, in the chat `title` if it is another one."""
        text = (
            self.tr("A tool waits for you in %1.").replace("%1", title) if title else self.tr("A tool waits for you.")
        )
        announce(self, text)

    def deleted_text(self, count: int) -> str:
        """Return what is said when so many messages were deleted."""
        return self.tr("%n message(s) deleted", "", count)

    def not_sent_text(self) -> str:
        """Return what is said when a message in line was removed."""
        return self.tr("The message is not sent")

    def escape(self) -> None:
        """Somebody pressed Escape where it means nothing else: a reply under way is stopped."""
        if self._busy:
            self.stop_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        else:
            super().keyPressEvent(event)

    def name_of_branch(self, title: str) -> str:
        """Return the title of a chat that begins as another one."""
        return self.tr("%1 (branch)").replace("%1", title)

    def show_place(self, message: Message, text: str, number: int) -> None:
        """Bring the `number`th place of `text` in a message into sight, and select it."""
        self.transcript.select(message, text, number)

    def _end_find(self) -> None:
        self.find_bar.hide()
        self.take_focus()

    def show_inspector(self, shown: bool) -> None:
        """Show the settings of the chat, or hide them."""
        self.tune.setChecked(shown)
        self.inspector.setVisible(shown)
        self._place_inspector()
        if shown:
            self.inspector.prompt.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Share out the width."""
        self._place_inspector()
        self._keep_column()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._stack and event.type() == QEvent.Type.Resize:
            self._keep_column()
        return False

    def _place_inspector(self) -> None:
        """Where there is no room beside the chat, it is there instead of the chat."""
        alone = not self.inspector.isHidden() and self.width() < sizes().scaled(_BESIDE_WIDTH)
        self.inspector.setFixedWidth(self.width() if alone else sizes().scaled(INSPECTOR_WIDTH))
        self._column.setVisible(not alone)

    def _keep_column(self) -> None:
        side = max(_SIDE_MARGIN, (self._stack.width() - sizes().scaled(COLUMN_WIDTH)) // 2)
        self._below.setContentsMargins(side, 4, side, 16)

    def _arrange(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(_SIDE_MARGIN, 8, _SIDE_MARGIN - 4, 8)
        header.addWidget(self.pages)
        header.addWidget(self.picker)
        header.addStretch()
        header.addWidget(self.tune)
        header.addWidget(self.new_chat)
        self._below = QVBoxLayout()
        self._below.setSpacing(8)
        above = (self.toast, self._notice_activity, self._notice_failure, self.waiting, self.trial_note)
        for widget in (*above, self.composer):
            self._below.addWidget(widget)
        self._column = QWidget(self)
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        found = QHBoxLayout()
        found.setContentsMargins(_SIDE_MARGIN, 0, _SIDE_MARGIN, 4)
        found.addWidget(self.find_bar)
        layout.addLayout(found)
        layout.addWidget(self._stack, 1)
        layout.addLayout(self._below)
        beside = QHBoxLayout(self)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self._column, 1)
        beside.addWidget(self.inspector)
        self._stack.installEventFilter(self)

    def _connect(self) -> None:
        self.composer.sent.connect(self.sent)
        writing = QTimer(self)
        writing.setSingleShot(True)
        writing.timeout.connect(self.drafted)
        self.composer.changed.connect(lambda: writing.start(self.draft_ms))
        self.composer.stop_requested.connect(self.stop_requested)
        self.transcript.action_requested.connect(self.action_requested)
        self.transcript.focus_dropped.connect(self.take_focus)
        self.new_chat.clicked.connect(self.new_chat_requested)
        self.find_bar.closed.connect(self._end_find)
        self.tune.toggled.connect(self.show_inspector)
        self.inspector.closed.connect(lambda: self.show_inspector(False))
        self.placeholder.suggested.connect(self._take_prompt)
        self.placeholder.reconnect_requested.connect(self.reconnect_requested)
        self.placeholder.folder_requested.connect(self.folder_requested)
        self.placeholder.check_requested.connect(self.models_requested)
        self._notice_failure.retry_requested.connect(self.reconnect_requested)
        self._notice_failure.servers_requested.connect(self.servers_requested)
        self.placeholder.servers_requested.connect(self.servers_requested)
        self.picker.clicked.connect(self._open_popup)
        self.popup.chosen.connect(self.model_chosen)
        self.popup.load_requested.connect(self.load_requested)
        self.popup.unload_requested.connect(self.unload_requested)
        self.popup.options_requested.connect(self.options_requested)

    def _order_tabs(self) -> None:
        """As one sees it: what is above the conversation, the conversation, what is below it, what is beside it."""
        composer = self.composer
        stops = [self.pages, self.picker, self.tune, self.new_chat, *self.find_bar.tab_stops(), self.transcript]
        stops += [
            self.transcript.jump,
            self.toast.undo,
            composer.field,
            composer.attach,
            composer.tools,
            composer.button,
        ]
        for stop, following in pairwise(stops):
            self.setTabOrder(stop, following)

    def show_start(self, page: QWidget | None) -> None:
        """Have a page in the place of the greeting, for somebody who has no model yet; None for the greeting."""
        held = page is None and self.placeholder.isAncestorOf(QApplication.focusWidget() or self)
        self.placeholder.show_start(page)
        if page is not None:
            self.setTabOrder(self.find_bar.tab_stops()[-1], page)
        if held:
            self.take_focus()

    def _take_prompt(self, prompt: Prompt) -> None:
        self.composer.set_text(prompt.text)
        if prompt.attaches:
            self.composer.attach_requested.emit()

    def _open_popup(self) -> None:
        self.models_requested.emit()
        self.popup.open_below(self.picker)

    def _turn_to(self, widget: QWidget) -> None:
        self._stack.setCurrentWidget(widget)
        self._notice(self._noticed)

    def _notice(self, noticed: QWidget | None) -> None:
        """Above the composer, and only where a conversation hides the placeholder that says the same."""
        self._noticed = noticed
        talking = self._stack.currentWidget() is self.transcript
        held = self._notice_failure.isAncestorOf(QApplication.focusWidget() or self)
        for widget in (self._notice_activity, self._notice_failure):
            widget.setVisible(talking and widget is noticed)
        if noticed is not self._notice_activity:
            self._notice_activity.stop()
        if held and not self._notice_failure.isVisible():
            self.take_focus()
