"""The model's message on screen."""

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from studiolo.desktop.chat.model import Reply
from studiolo.desktop.chat.transcript.markdown_run import MarkdownRun
from studiolo.desktop.chat.transcript.rows import GAP, MoreButton, Row, VersionSwitch, small_label
from studiolo.desktop.chat.transcript.runs import ReasoningRun, Run
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard, stats_text
from studiolo.desktop.history.parts import Part, ReasoningPart
from studiolo.desktop.theme import IconButton

BELOW_REPLY = 22
_COPIED_MS = 1500


class ReplyRow(Row):
    """The model's reply: its runs, then either what it is waiting for, or how it ended."""

    def __init__(self, reply: Reply, parent: QWidget) -> None:
        super().__init__(parent)
        self._reply = reply
        self.setAccessibleName(self.tr("Reply"))
        self.runs: list[Run] = []
        self.activity: ActivityLine | None = None
        self.failure: FailureCard | None = None
        self.stats = small_label(self)
        self.stats.setAccessibleName(self.tr("Speed of the reply"))
        self.copy = IconButton("content-copy", self.tr("Copy reply"), self, size=16)
        self.copy.clicked.connect(self._copy_reply)
        self.again = IconButton("refresh", self.tr("Answer again"), self, size=16)
        self.again.clicked.connect(lambda: self.again_requested.emit(self._reply))
        self.go_on = IconButton("play-outline", self.tr("Go on writing"), self, size=16)
        self.go_on.clicked.connect(lambda: self.go_on_requested.emit(self._reply))
        self.more = MoreButton(self)
        self.more.deletion_requested.connect(lambda: self.deletion_requested.emit(self._reply))
        self.more.branch_requested.connect(lambda: self.branch_requested.emit(self._reply))
        self.versions = VersionSwitch(self)
        self.versions.turned.connect(lambda step: self.version_requested.emit(self._reply, step))
        self._uncheck = QTimer(self)
        self._uncheck.setSingleShot(True)
        self._uncheck.setInterval(_COPIED_MS)
        self._uncheck.timeout.connect(lambda: self.copy.set_icon("content-copy", self.tr("Copy reply")))
        self.refresh()

    def refresh(self) -> None:
        reply = self._reply
        for index, part in enumerate(reply.parts):
            if index == len(self.runs):
                self.runs.append(self._make_run(part))
            run = self.runs[index]
            run.growing = reply.activity is not None and part is reply.parts[-1]
            run.show_part(part)
        for surplus in self.runs[len(reply.parts) :]:
            surplus.hide()
            surplus.deleteLater()
        del self.runs[len(reply.parts) :]
        self._refresh_activity()
        self._refresh_failure()
        ended = self.ending()
        self.stats.setText(ended)
        self.stats.setVisible(bool(ended))
        over = not (reply.activity or reply.failure)
        self.copy.setVisible(over and bool(reply.text))
        self.again.setVisible(over)
        self.more.setVisible(over)
        self.go_on.setVisible(reply.unfinished)
        self.versions.show_version(reply)

    def tab_stops(self) -> list[QWidget]:
        stops = [stop for run in self.runs for stop in run.tab_stops()]
        if self.failure is not None:
            stops.append(self.failure.retry)
        return [*stops, self.versions.back, self.versions.forth, self.copy, self.again, self.go_on, self.more]

    def _make_run(self, part: Part) -> Run:
        run = ReasoningRun(self) if isinstance(part, ReasoningPart) else MarkdownRun(self)
        run.link_followed.connect(self.link_followed)
        run.resized.connect(lambda: self.resized.emit(self._reply))
        run.show()
        return run

    def said(self) -> list[QTextEdit | QPlainTextEdit]:
        return [field for run in self.runs if isinstance(run, MarkdownRun) for field in run.fields]

    def ending(self) -> str:
        """The quiet line below a reply that has ended."""
        reply = self._reply
        if reply.activity or reply.failure:
            return ""
        if reply.interrupted:
            return self.tr("Interrupted: Studiolo ended while this was being written")
        if reply.stopped:
            return self.tr("Stopped")
        ended = stats_text(reply.stats) if reply.stats else ""
        return ended + self.tr(" · sent with the whole chat") if reply.whole and ended else ended

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
            y += height + GAP
        if self.activity is not None and not self.activity.isHidden():
            height = self.activity.sizeHint().height()
            self._put(self.activity, QRect(0, y, min(width, 280), height), width)
            y += height + GAP
        if self.failure is not None and not self.failure.isHidden():
            height = self.failure.height_for(width)
            self._put(self.failure, QRect(0, y, width, height), width)
            y += height + GAP
        if not (self.again.isHidden() and self.versions.isHidden()):
            y += self._arrange_ending(y, width) + GAP
        return max(y - GAP, self.fontMetrics().height()) + BELOW_REPLY

    def _arrange_ending(self, y: int, width: int) -> int:
        # The first sign's margin hangs out, so that the sign itself stands below the text's edge.
        left = -5
        height = self.copy.sizeHint().height()
        for widget in (self.versions, self.copy, self.again, self.go_on, self.more):
            if not widget.isHidden():
                size = widget.sizeHint()
                self._put(widget, QRect(left, y, size.width(), height), width)
                left += size.width()
        left += 5
        self._put(self.stats, QRect(left, y, max(0, width - left), height), width)
        return height

    def _copy_reply(self) -> None:
        QGuiApplication.clipboard().setText(self._reply.text)
        self.copy.set_icon("check", self.tr("Copied"))
        self._uncheck.start()
