"""One message on screen: its runs from top to bottom and what belongs below them. Rows place their children by hand,
because the transcript asks for the height at a width long before anything is shown."""

from abc import abstractmethod

from PySide6.QtCore import QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QStyle, QWidget

from studiolo.desktop.chat.model import Message, Reply, UserMessage
from studiolo.desktop.chat.transcript.runs import Run, SelectableText, make_run
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard, stats_text
from studiolo.desktop.theme import IconButton, colours

_BUBBLE_PADDING_X, _BUBBLE_PADDING_Y, _BUBBLE_RADIUS = 14, 10, 14
_BUBBLE_SHARE = 0.85
_GAP = 10
_BELOW_QUESTION, _BELOW_REPLY = 14, 22
_COPIED_MS = 1500
_SMALL = 0.9


class Row(QWidget):
    """A widget that shows one message."""

    retry_requested = Signal(object)

    @abstractmethod
    def refresh(self) -> None:
        """Show the message as it is now."""

    @abstractmethod
    def arrange(self, width: int) -> int:
        """Place the children for a width in pixels and return the height they need, distance to the next row
        included."""

    @abstractmethod
    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""

    def _put(self, child: QWidget, rect: QRect, width: int) -> None:
        mirrored = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), rect)
        if child.geometry() != mirrored:
            child.setGeometry(mirrored)


class QuestionRow(Row):
    """The user's message: a bubble at the far side."""

    def __init__(self, message: UserMessage, parent: QWidget) -> None:
        super().__init__(parent)
        self._message = message
        self._bubble = QRect()
        self.body = SelectableText(self)
        self.body.setAccessibleName(self.tr("Your message"))
        self.setAccessibleName(self.tr("You"))
        self.refresh()

    def tab_stops(self) -> list[QWidget]:
        return [self.body]

    def refresh(self) -> None:
        self.body.set_plain(self._message.text)

    def arrange(self, width: int) -> int:
        text_width = self.body.width_needed(int(width * _BUBBLE_SHARE) - 2 * _BUBBLE_PADDING_X)
        text_height = self.body.height_for(text_width)
        bubble = QRect(0, 0, text_width + 2 * _BUBBLE_PADDING_X, text_height + 2 * _BUBBLE_PADDING_Y)
        bubble.moveRight(width - 1)
        inner = bubble.adjusted(_BUBBLE_PADDING_X, _BUBBLE_PADDING_Y, -_BUBBLE_PADDING_X, -_BUBBLE_PADDING_Y)
        self._put(self.body, inner, width)
        self._bubble = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), bubble)
        return bubble.height() + _BELOW_QUESTION

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().bubble))
        painter.drawRoundedRect(QRectF(self._bubble), _BUBBLE_RADIUS, _BUBBLE_RADIUS)


class ReplyRow(Row):
    """The model's reply: its runs, then either what it is waiting for, or how it ended."""

    def __init__(self, reply: Reply, parent: QWidget) -> None:
        super().__init__(parent)
        self._reply = reply
        self.setAccessibleName(self.tr("Reply"))
        self.runs: list[Run] = []
        self.activity: ActivityLine | None = None
        self.failure: FailureCard | None = None
        self.stats = QLabel(self)
        self.stats.setProperty("kind", "muted")
        small = self.stats.font()
        small.setPointSizeF(small.pointSizeF() * _SMALL)
        self.stats.setFont(small)
        self.stats.setAccessibleName(self.tr("Speed of the reply"))
        self.copy = IconButton("content-copy", self.tr("Copy reply"), self, size=16)
        self.copy.clicked.connect(self._copy_reply)
        self._uncheck = QTimer(self)
        self._uncheck.setSingleShot(True)
        self._uncheck.setInterval(_COPIED_MS)
        self._uncheck.timeout.connect(lambda: self.copy.set_icon("content-copy", self.tr("Copy reply")))
        self.refresh()

    def refresh(self) -> None:
        reply = self._reply
        for index, part in enumerate(reply.parts):
            if index == len(self.runs):
                run = make_run(part, self)
                run.show()
                self.runs.append(run)
            self.runs[index].show_part(part)
        for surplus in self.runs[len(reply.parts) :]:
            surplus.hide()
            surplus.deleteLater()
        del self.runs[len(reply.parts) :]
        self._refresh_activity()
        self._refresh_failure()
        ended = self.ending()
        self.stats.setText(ended)
        self.stats.setVisible(bool(ended))
        self.copy.setVisible(bool(ended and reply.text))

    def tab_stops(self) -> list[QWidget]:
        stops = [stop for run in self.runs for stop in run.tab_stops()]
        if self.failure is not None:
            stops.append(self.failure.retry)
        return [*stops, self.copy]

    def ending(self) -> str:
        """The quiet line below a reply that has ended."""
        reply = self._reply
        if reply.activity or reply.failure:
            return ""
        if reply.stopped:
            return self.tr("Stopped")
        return stats_text(reply.stats) if reply.stats else ""

    def _refresh_activity(self) -> None:
        activity = self._reply.activity
        if activity is not None and self.activity is None:
            self.activity = ActivityLine(self)
        if self.activity is None:
            return
        self.activity.setVisible(activity is not None)
        if activity is not None:
            self.activity.show_activity(activity)
        else:
            self.activity.stop()

    def _refresh_failure(self) -> None:
        error = self._reply.failure
        if error is not None and self.failure is None:
            self.failure = FailureCard(self, purpose=self.tr("Sends the same message again"))
            self.failure.retry_requested.connect(lambda: self.retry_requested.emit(self._reply))
        if self.failure is not None:
            self.failure.setVisible(error is not None)
            if error is not None:
                self.failure.show_error(error)

    def arrange(self, width: int) -> int:
        y = 0
        for run in self.runs:
            height = run.height_for(width)
            self._put(run, QRect(0, y, width, height), width)
            y += height + _GAP
        if self.activity is not None and not self.activity.isHidden():
            height = self.activity.sizeHint().height()
            self._put(self.activity, QRect(0, y, min(width, 280), height), width)
            y += height + _GAP
        if self.failure is not None and not self.failure.isHidden():
            height = self.failure.height_for(width)
            self._put(self.failure, QRect(0, y, width, height), width)
            y += height + _GAP
        if not self.stats.isHidden():
            y += self._arrange_ending(y, width) + _GAP
        return max(y - _GAP, self.fontMetrics().height()) + _BELOW_REPLY

    def _arrange_ending(self, y: int, width: int) -> int:
        height, left = self.copy.sizeHint().height(), 0
        if not self.copy.isHidden():
            size = self.copy.sizeHint()
            # Its margin hangs out, so that the sign itself stands below the text's edge.
            self._put(self.copy, QRect(-5, y, size.width(), height), width)
            left = size.width()
        self._put(self.stats, QRect(left, y, max(0, width - left), height), width)
        return height

    def _copy_reply(self) -> None:
        QGuiApplication.clipboard().setText(self._reply.text)
        self.copy.set_icon("check", self.tr("Copied"))
        self._uncheck.start()


def make_row(message: Message, parent: QWidget) -> Row:
    """The row for a message."""
    return QuestionRow(message, parent) if isinstance(message, UserMessage) else ReplyRow(message, parent)


def estimate_height(message: Message, width: int, character: float, line: int) -> int:
    """A guess in pixels for a message nobody has seen yet, from the mean width of a character and the height of a
    line. Only scroll bars show it."""
    per_line = max(1, int(width / character))
    lines = sum(len(part.text) // per_line + part.text.count("\n") + 1 for part in message.parts)
    return max(1, lines) * line + 2 * _BUBBLE_PADDING_Y + _BELOW_REPLY
