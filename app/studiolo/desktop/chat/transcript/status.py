"""What is said below a reply: what it waits for and for how long, how fast it was, or why it broke."""

import time

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.api.chat import ChatStats
from studiolo.desktop.chat.messages import Activity, Phase
from studiolo.desktop.widgets.countdown import CountdownLabel
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.icons import icon, icon_size
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours
from studiolo.errors import AppError, StoppedError, UnreachableError

_TICK_MS = 250


def elapsed_text(seconds: float) -> str:
    """Return a time as "4 s" or "2:05 min"; empty in the first second, when a number would only flicker."""
    whole = int(seconds)
    if whole < 1:
        return ""
    if whole < 60:
        return QCoreApplication.translate("Status", "%1 s").replace("%1", str(whole))
    return QCoreApplication.translate("Status", "%1 min").replace("%1", f"{whole // 60}:{whole % 60:02d}")


def activity_text(activity: Activity) -> str:
    """Return what is going on."""
    match activity.phase:
        case Phase.QUEUED:
            return QCoreApplication.translate("Status", "Queued…")
        case Phase.ARGUING:
            text = QCoreApplication.translate("Status", "Preparing to call %1…")
            return text.replace("%1", activity.tool or QCoreApplication.translate("Status", "a tool"))
        case Phase.CALLING:
            text = QCoreApplication.translate("Status", "Calling %1…")
            return text.replace("%1", activity.tool or QCoreApplication.translate("Status", "a tool"))
        case Phase.ASKING:
            text = QCoreApplication.translate("Status", "%1 waits for you")
            return text.replace("%1", activity.tool or QCoreApplication.translate("Status", "a tool"))
        case Phase.SENDING:
            return QCoreApplication.translate("Status", "Waiting for the model…")
        case Phase.LOADING:
            return QCoreApplication.translate("Status", "Loading the model…")
        case Phase.READING:
            return QCoreApplication.translate("Status", "Reading the prompt…")
        case Phase.THINKING:
            return QCoreApplication.translate("Status", "Thinking…")
        case Phase.ANSWERING:
            return QCoreApplication.translate("Status", "Writing…")


class _Counts(QObject):
    """Only an object's own `tr` is collected with its plural forms."""

    def tokens(self, count: int) -> str:
        return self.tr("%n tokens", "", count)


def stats_text(stats: ChatStats) -> str:
    """Return the figures of a reply, as "41.2 tokens/s · 128 tokens · 0.35 s to first token"."""
    pieces = []
    if stats.tokens_per_second > 0:
        speed = QCoreApplication.translate("Status", "%1 tokens/s")
        pieces.append(speed.replace("%1", f"{stats.tokens_per_second:.1f}"))
    pieces.append(_Counts().tokens(stats.total_output_tokens))
    if stats.time_to_first_token_seconds > 0:
        first = QCoreApplication.translate("Status", "%1 s to first token")
        pieces.append(first.replace("%1", f"{stats.time_to_first_token_seconds:.2f}"))
    return " · ".join(pieces)


class ActivityLine(QWidget):
    """What is going on, how far it is and for how long, with a thin bar where a share is known."""

    def __init__(self, parent: QWidget | None = None, *, centred: bool = False) -> None:
        super().__init__(parent)
        self._text = ""
        self._activity: Activity | None = None
        self._label = QLabel(self)
        self._label.setProperty("kind", "muted")
        if centred:
            self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self._write)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._label)
        layout.addWidget(self._bar)
        layout.addStretch()

    @property
    def text(self) -> str:
        """Return what it says now."""
        return self._label.text()

    def show_activity(self, activity: Activity) -> None:
        """Say what the server is doing for the reply."""
        self.show_progress(activity_text(activity), activity)

    def show_progress(self, text: str, activity: Activity) -> None:
        """Show `text`, the share done and the time since the activity began."""
        self._text = text
        self._activity = activity
        self._bar.setVisible(activity.progress is not None)
        if activity.progress is not None:
            self._bar.setValue(round(activity.progress * 1000))
        self._write()
        if not self._clock.isActive():
            self._clock.start()

    def stop(self) -> None:
        """Nothing goes on any more."""
        self._clock.stop()

    def _write(self) -> None:
        if self._activity is None:
            return
        pieces = [self._text]
        if self._activity.progress is not None:
            percent = QCoreApplication.translate("Status", "%1 %")
            pieces.append(percent.replace("%1", str(int(self._activity.progress * 100))))
        if elapsed := elapsed_text(time.monotonic() - self._activity.since):
            pieces.append(elapsed)
        self._label.setText(" · ".join(pieces))


class FailureCard(Recoloured, QFrame):
    """A card that says what went wrong, and what to do about it, with a button to try again.

    Where it is this server that can't be reached, another button leads to the others.
    """

    retry_requested = Signal()
    servers_requested = Signal(QWidget)
    """Carries the button that asks for them."""

    def __init__(self, parent: QWidget | None = None, *, purpose: str) -> None:
        """`purpose` says to screen readers what the button does."""
        super().__init__(parent)
        self.setProperty("kind", "danger")
        self._sign = QLabel(self)
        self._message = _wrapped_label(self)
        self._message.setProperty("kind", "error")
        self._hint = _wrapped_label(self)
        self.retry = QPushButton(self.tr("Retry"), self)
        self.retry.setAccessibleDescription(purpose)
        self.retry.clicked.connect(self.retry_requested)
        self.servers = QPushButton(self.tr("Choose server…"), self)
        self.servers.clicked.connect(lambda: self.servers_requested.emit(self.servers))
        self.servers.hide()
        self.countdown: CountdownLabel | None = None
        """Most failures are not tried again by themselves."""
        self._texts = texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._message)
        texts.addWidget(self._hint)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 10, 10, 10)
        self._layout.setSpacing(10)
        self._layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self._layout.addLayout(texts, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.retry)
        buttons.addWidget(self.servers)
        buttons.addStretch()
        self._layout.addLayout(buttons)

    def count_down(self, again: bool, due: float | None) -> None:
        """Say when it is tried again by itself, if it is. due: in monotonic seconds; None for just now."""
        if again and self.countdown is None:
            self.countdown = CountdownLabel(self)
            self._texts.addWidget(self.countdown)
        if self.countdown and again:
            self.countdown.count_down(due)
        elif self.countdown:
            self.countdown.stop()

    def show_error(self, error: AppError) -> None:
        """Say what went wrong, and what can be done."""
        self.dress()
        self._message.setText(error.message)
        self._hint.setText(error.hint)
        self._hint.setVisible(bool(error.hint))
        self.retry.setText(self.tr("Start it") if isinstance(error, StoppedError) else self.tr("Retry"))
        self.servers.setVisible(isinstance(error, UnreachableError))
        self.setToolTip(tip_text(error.details))
        self.setAccessibleName(str(error))

    def dress(self) -> None:
        self._sign.setPixmap(icon("alert-circle-outline", colours().danger).pixmap(icon_size(18)))

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels; also before it is shown."""
        # A text that has changed is told to the outer layout alone, and the inner one hears of it in its next turn.
        self._layout.activate()
        return self._layout.totalHeightForWidth(width)


def _wrapped_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
