"""The model's message on screen."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from studiolo.desktop.actions.catalog import (
    ANSWER_AGAIN,
    COPY_MESSAGE,
    DELETE_MESSAGE,
    EDIT_MESSAGE,
    MESSAGE_DETAILS,
    NEXT_VERSION,
    PREVIOUS_VERSION,
    message_keys,
)
from studiolo.desktop.chat.messages import Phase, Reply
from studiolo.desktop.chat.transcript.actions import AnswerAgain, BranchOff, ChooseServer, Delete, GoOn, Retry, TurnTo
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox
from studiolo.desktop.chat.transcript.details import DetailsCard
from studiolo.desktop.chat.transcript.image_run import ImageRun
from studiolo.desktop.chat.transcript.markdown_run import MarkdownRun
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.rows import GAP, MoreButton, Row, RowAction, VersionSwitch, small_label
from studiolo.desktop.chat.transcript.runs import ReasoningRun, Run
from studiolo.desktop.chat.transcript.sections import Section
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard, stats_text
from studiolo.desktop.chat.transcript.tool_run import ToolRun
from studiolo.desktop.history.parts import ImagePart, Part, ReasoningPart, ToolPart
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import sizes

BELOW_REPLY = 22
_COPIED_MS = 1500


class ReplyRow(Row):
    """The model's reply: its runs, then either what it is waiting for, or how it ended."""

    def __init__(self, section: Section, parent: QWidget, pictures: Pictures, options: RowOptions) -> None:
        super().__init__(parent, options)
        assert isinstance(section.message, Reply)
        self._section = section
        self._reply = section.message
        self._pictures = pictures
        self.setAccessibleName(self.tr("Reply"))
        self.runs: list[Run] = []
        self.activity: ActivityLine | None = None
        self.failure: FailureCard | None = None
        self.stats = small_label(self)
        self.stats.setAccessibleName(self.tr("Speed of the reply"))
        self.copy = IconButton("content-copy", self.tr("Copy reply"), self, size=16)
        self.copy.clicked.connect(self._copy_reply)
        self.again = IconButton("refresh", self.tr("Answer again"), self, size=16)
        self.again.clicked.connect(lambda: self.action_requested.emit(AnswerAgain(self._reply)))
        self.go_on = IconButton("play-outline", self.tr("Go on writing"), self, size=16)
        self.go_on.clicked.connect(lambda: self.action_requested.emit(GoOn(self._reply)))
        self.more = MoreButton(self)
        self.versions = VersionSwitch(self)
        self.versions.turned.connect(self._turn)
        self._uncheck = QTimer(self)
        self._uncheck.setSingleShot(True)
        self._uncheck.setInterval(_COPIED_MS)
        self._uncheck.timeout.connect(lambda: self.copy.set_icon("content-copy", self.tr("Copy reply")))
        self.refresh()

    @property
    def message(self) -> Reply:
        return self._reply

    def focus(self) -> None:
        first = next((stop for stop in self.tab_stops() if not stop.isHidden()), self.again)
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def actions_now(self) -> Sequence[RowAction]:
        reply = self._reply
        if reply.activity:
            return (
                [RowAction(self.tr("Copy reply"), self._copy_reply, message_keys(COPY_MESSAGE))] if reply.text else []
            )
        actions = []
        if reply.text:
            actions += [
                RowAction(self.tr("Copy reply"), self._copy_reply, message_keys(COPY_MESSAGE)),
                RowAction(self.tr("Edit"), self.begin_edit, message_keys(EDIT_MESSAGE)),
            ]
        again = Retry(reply) if reply.failure else AnswerAgain(reply)
        actions.append(
            RowAction(self.tr("Answer again"), lambda: self.action_requested.emit(again), message_keys(ANSWER_AGAIN))
        )
        if reply.unfinished:
            actions.append(RowAction(self.tr("Go on writing"), lambda: self.action_requested.emit(GoOn(reply))))
        if reply.version[1] > 1:
            actions += [
                RowAction(self.tr("Previous version"), lambda: self._turn(-1), message_keys(PREVIOUS_VERSION)),
                RowAction(self.tr("Next version"), lambda: self._turn(1), message_keys(NEXT_VERSION)),
            ]
        return [
            *actions,
            RowAction(self.tr("Details"), self.show_details, message_keys(MESSAGE_DETAILS)),
            RowAction(self.tr("New chat from here"), lambda: self.action_requested.emit(BranchOff(reply))),
            RowAction(
                self.tr("Delete from here on"),
                lambda: self.action_requested.emit(Delete(reply)),
                message_keys(DELETE_MESSAGE),
            ),
        ]

    def show_details(self) -> DetailsCard:
        """Return who gave it, how fast, how it ended."""
        card = DetailsCard(self._reply, self)
        card.open_at(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))
        return card

    def begin_edit(self) -> None:
        """Let it be written otherwise, in its place."""
        if not self.editing and self._section.last and not self._reply.activity:
            self._open_editor(self._reply, verb=self.tr("Save"), long=True)

    def _turn(self, step: int) -> None:
        self.action_requested.emit(TurnTo(self._reply, step))

    def refresh(self) -> None:
        reply, parts, last = self._reply, self._section.parts, self._section.last
        for index, part in enumerate(parts):
            kind = _kind_of(part)
            if index < len(self.runs) and type(self.runs[index]) is not kind:
                self._drop_from(index)
            if index == len(self.runs):
                self.runs.append(self._make_run(kind))
            run = self.runs[index]
            run.growing = reply.activity is not None and last and part is parts[-1]
            if isinstance(run, ToolRun) and isinstance(part, ToolPart):
                run.call = reply.calls.of(part)
                run.growing = run.call is not None
            if isinstance(run, ReasoningRun):
                run.opened = self._options.reasoning == "open"
            hidden = isinstance(run, ReasoningRun) and self._options.reasoning == "hidden"
            if not hidden:
                run.show_part(part)
            run.setVisible(not hidden and not (self._editor and isinstance(run, MarkdownRun)))
        self._drop_from(len(parts))
        self._refresh_activity()
        self._refresh_failure()
        ended = self.ending() if last else ""
        self.stats.setText(ended)
        self.stats.setVisible(bool(ended))
        over = last and not (reply.activity or reply.failure or self._editor)
        self.copy.setVisible(over and bool(reply.text))
        self.again.setVisible(over)
        self.more.setVisible(over)
        self.go_on.setVisible(over and reply.unfinished)
        if last and not self._editor:
            self.versions.show_version(reply)
        else:
            self.versions.hide()

    def tab_stops(self) -> list[QWidget]:
        if self._editor:
            return self._editor.tab_stops()
        stops = [stop for run in self.runs if not run.isHidden() for stop in run.tab_stops()]
        if self.failure is not None:
            stops += [self.failure.retry, self.failure.servers]
        return [*stops, self.versions.back, self.versions.forth, self.copy, self.again, self.go_on, self.more]

    def asks(self) -> list[ApprovalBox | ElicitationBox]:
        return [run.box for run in self.runs if isinstance(run, ToolRun) and run.box]

    def _drop_from(self, index: int) -> None:
        for surplus in self.runs[index:]:
            surplus.hide()
            surplus.deleteLater()
        del self.runs[index:]

    def _make_run(self, kind: type[Run]) -> Run:
        run = ImageRun(self, self._pictures) if kind is ImageRun else kind(self)
        run.action_requested.connect(self.action_requested)
        run.resized.connect(lambda: self.resized.emit(self._reply))
        return run

    def said(self) -> list[QTextEdit | QPlainTextEdit]:
        return [field for run in self.runs if isinstance(run, MarkdownRun) for field in run.fields]

    def ending(self) -> str:
        """Return the quiet line below a reply that has ended."""
        reply = self._reply
        if reply.activity or reply.failure:
            return ""
        if reply.interrupted:
            return self.tr("Interrupted: Studiolo ended while this was being written")
        if reply.stopped:
            return self.tr("Stopped")
        if reply.edited:
            return self.tr("Edited")
        told = [stats_text(reply.stats)] if reply.stats and self._options.speed else []
        if reply.stats and reply.without_tools:
            told.append(self.tr("went on without tools"))
        elif reply.stats and reply.whole:
            told.append(self.tr("sent with the whole chat"))
        return " · ".join(told)

    def _refresh_activity(self) -> None:
        activity = self._reply.activity if self._section.last else None
        if activity is not None and activity.phase is Phase.ASKING:
            activity = None  # The card that waits says so.
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
        error = self._reply.failure if self._section.last else None
        if error is not None and self.failure is None:
            self.failure = FailureCard(self, purpose=self.tr("Sends the same message again"))
            self.failure.retry_requested.connect(lambda: self.action_requested.emit(Retry(self._reply)))
            self.failure.servers_requested.connect(lambda near: self.action_requested.emit(ChooseServer(near)))
        if self.failure is not None:
            self.failure.setVisible(error is not None)
            if error is not None:
                self.failure.show_error(error)

    def arrange(self, width: int) -> int:
        y, gap = 0, sizes().spaced(GAP)
        for run in self.runs:
            if run.isHidden():
                continue
            height = run.height_for(width)
            self._put(run, QRect(0, y, width, height), width)
            y += height + gap
        if self.activity is not None and not self.activity.isHidden():
            height = self.activity.sizeHint().height()
            self._put(self.activity, QRect(0, y, min(width, sizes().scaled(280)), height), width)
            y += height + gap
        if self.failure is not None and not self.failure.isHidden():
            height = self.failure.height_for(width)
            self._put(self.failure, QRect(0, y, width, height), width)
            y += height + gap
        if self._editor:
            height = self._editor.height_for(width)
            self._put(self._editor, QRect(0, y, width, height), width)
            y += height + gap
        if not self._section.last:
            return max(1, y)
        if not (self.again.isHidden() and self.versions.isHidden()):
            y += self._arrange_ending(y, width) + gap
        return max(y - gap, self.fontMetrics().height()) + sizes().spaced(BELOW_REPLY)

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
        if self.stats.isHidden() or self.stats.sizeHint().width() <= width - left:
            self._put(self.stats, QRect(left, y, max(0, width - left), height), width)
            return height
        below = self.stats.heightForWidth(width)
        self._put(self.stats, QRect(0, y + height, width, below), width)
        return height + below

    def _copy_reply(self) -> None:
        QGuiApplication.clipboard().setText(self._reply.text)
        self.copy.set_icon("check", self.tr("Copied"))
        self._uncheck.start()


def _kind_of(part: Part) -> type[Run]:
    match part:
        case ReasoningPart():
            return ReasoningRun
        case ToolPart():
            return ToolRun
        case ImagePart():
            return ImageRun
    return MarkdownRun
