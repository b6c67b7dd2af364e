"""A runtime in the list: what it is, how it is doing, and what can be done with it. Widgets only."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.api.downloads import DownloadInfo
from studiolo.api.runtimes import BUNDLED, RuntimeInfo
from studiolo.desktop.runtimes.state import HERE, RunningTest, RuntimesState, may_use
from studiolo.desktop.runtimes.words import (
    download_text,
    facts_text,
    proof_text,
    received_of,
    stage_text,
    state_text,
    trouble_text,
)
from studiolo.desktop.widgets.exact_text import ExactText
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sign_badge import BadgeKind, SignBadge
from studiolo.desktop.widgets.theme import set_kind

_STEPS = 1000
_SPACING = 8


class RuntimeRow(QFrame):
    """One runtime. What can't be done with it now has no button.

    Signals:
        ordered: What somebody wants done with it: download, pause, resume, cancel, test, stop, use or remove.
    """

    ordered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = _label(self, "heading")
        self.used, self.offered, self.standing = SignBadge(self), SignBadge(self), SignBadge(self)
        self.facts, self.told = _label(self, "muted"), _label(self, "muted")
        self.problem, self.hint = _label(self, "error"), _label(self, "muted")
        self.details = ExactText("", self)
        self.show_details = QPushButton(self.tr("Details"), self)
        self.show_details.setCheckable(True)
        set_kind(self.show_details, "flat")
        self.copy = QPushButton(self.tr("Copy details"), self)
        set_kind(self.copy, "flat")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.progress = _label(self, "muted")
        self.buttons = {order: QPushButton(self) for order in ("download", "use", "test")}
        self.flow = {order: QPushButton(self) for order in ("pause", "resume", "cancel", "stop")}
        self.remove = IconButton("delete-outline", "", self)
        self._head, self._badges, self._actions = (QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(3))
        self._arrange()
        for order, button in {**self.buttons, **self.flow, "remove": self.remove}.items():
            button.clicked.connect(lambda _=False, order=order: self.ordered.emit(order))
        self.show_details.toggled.connect(self._fold)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.details.toPlainText()))

    @property
    def stops(self) -> list[QWidget]:
        """Return what the Tab key stops at, in its order."""
        return [*self.buttons.values(), self.remove, self.show_details, self.copy, self.details, *self.flow.values()]

    def show_runtime(self, info: RuntimeInfo, state: RuntimesState) -> None:
        """Show a runtime as it is now."""
        test, trouble = state.tests.get(info.id), state.troubles.get(info.id)
        self.name.setText(info.name or info.id)
        self.facts.setText(facts_text(info))
        self._show_badges(info)
        coming = info.state == "downloading"
        passed = info.proof if info.proof and info.proof.passed and not coming else None
        reason = info.reason or info.needs if info.state == "available" else ""
        told = proof_text(info, passed) if passed and info.state == "ready" else reason
        _show(self.told, "" if test else told)
        # Why a download waits is told beside how far it is.
        problem = trouble_text(trouble) if trouble else "" if coming else info.problem
        _show(self.problem, "" if test else problem)
        _show(self.hint, "" if test or trouble or coming else info.hint)
        self._show_details(info, trouble.details if trouble else "", shown=not test)
        self._show_progress(info, state.jobs.get(info.id), test)
        self._show_buttons(info, busy=info.id in state.busy, testing=test is not None)
        told = " ".join(part for part in (self.name.text(), state_text(info), self.told.text(), problem) if part)
        self.setAccessibleName(told)
        self._fit_head()

    def minimumSizeHint(self) -> QSize:
        # With its head in three lines: what is beside the view's edge could not be reached.
        parts = (self._badges.minimumSize().width(), self._actions.minimumSize().width())
        return QSize(max(parts), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()

    def _fit_head(self) -> None:
        """Put name, badges and buttons beside each other, or where there is no room below each other."""
        name = self.name.fontMetrics().horizontalAdvance(self.name.text())
        beside = self._badges.sizeHint().width() + self._actions.sizeHint().width() + 2 * _SPACING
        narrow = name + beside > self.contentsRect().width()
        directions = QBoxLayout.Direction
        self._head.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self._actions.setAlignment(Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignRight)
        self.name.setWordWrap(narrow)

    def _show_badges(self, info: RuntimeInfo) -> None:
        self.used.show_word(self.tr("In use"), "check", "ok")
        self.used.setVisible(info.in_use)
        self.offered.show_word(self.tr("Recommended"), "star-outline", "plain", reason=info.reason)
        self.offered.setVisible(info.offered and not info.in_use)
        text = state_text(info)
        failed = info.state == "failed"
        kind: BadgeKind = "danger" if failed else "plain"
        sign = "close" if failed else "information-outline"
        self.standing.show_word(text, sign, kind)
        self.standing.setVisible(bool(text))

    def _show_details(self, info: RuntimeInfo, trouble: str, *, shown: bool) -> None:
        details = trouble or (info.proof.details if info.proof and info.problem else "")
        self.details.show_text(details)
        for button in (self.show_details, self.copy):
            button.setVisible(bool(details) and shown)
        self.details.setVisible(bool(details) and shown and self.show_details.isChecked())

    def _show_progress(self, info: RuntimeInfo, job: DownloadInfo | None, test: RunningTest | None) -> None:
        coming = info.state == "downloading"
        proving = test or (RunningTest() if info.state == "proving" else None)
        self.bar.setVisible(coming or proving is not None)
        fraction: float | None = None
        text = ""
        if proving is not None:
            fraction, text = proving.progress, stage_text(proving.stage)
        elif coming:
            received, total = received_of(info, job)
            fraction, text = received / total if total else None, download_text(info, job)
        _show(self.progress, text)
        self.bar.setRange(0, 0 if fraction is None else _STEPS)
        if fraction is not None:
            self.bar.setValue(round(min(1.0, fraction) * _STEPS))
        self.bar.setAccessibleName(f"{self.name.text()}: {text}")
        self._show_flow(job if coming else None, coming=coming, testing=test is not None)

    def _show_flow(self, job: DownloadInfo | None, *, coming: bool, testing: bool) -> None:
        still = job is not None and job.state in ("paused", "failed")
        shown = {
            "pause": coming and job is not None and not still and job.state != "verifying",
            "resume": coming and still,
            "cancel": coming and job is not None,
            "stop": testing,
        }
        names = {
            "pause": (self.tr("Pause"), self.tr("Pause the download of %1")),
            "resume": (self.tr("Resume"), self.tr("Go on with the download of %1")),
            "cancel": (self.tr("Cancel"), self.tr("Cancel the download of %1")),
            "stop": (self.tr("Cancel"), self.tr("Cancel the test of %1")),
        }
        for order, button in self.flow.items():
            text, name = names[order]
            button.setText(text)
            button.setAccessibleName(name.replace("%1", self.name.text()))
            button.setVisible(shown[order])

    def _show_buttons(self, info: RuntimeInfo, *, busy: bool, testing: bool) -> None:
        here = info.state in HERE
        idle = not testing and info.state not in ("proving", "downloading")
        shown = {
            "download": info.state == "available" and info.fits,
            "use": may_use(info) and idle,
            "test": here and idle,
        }
        size = size_text(info.size_bytes) if info.size_bytes else ""
        again = info.proof is not None
        names = {
            "download": (self.tr("Download %1").replace("%1", size).strip(), self.tr("Download %1")),
            "use": (self.tr("Use"), self.tr("Use %1")),
            "test": (self.tr("Test again") if again else self.tr("Test"), self.tr("Test %1")),
        }
        for order, button in self.buttons.items():
            text, name = names[order]
            button.setText(text)
            button.setAccessibleName(name.replace("%1", self.name.text()))
            button.setVisible(shown[order])
            button.setEnabled(not busy)
        self.remove.set_icon("delete-outline", self.tr("Remove %1…").replace("%1", self.name.text()))
        # The server keeps the one in use: another is chosen first.
        self.remove.setVisible(here and idle and info.id != BUNDLED and not info.in_use)
        self.remove.setEnabled(not busy)

    def _fold(self, unfolded: bool) -> None:
        self.details.setVisible(unfolded)
        self.show_details.setText(self.tr("Hide details") if unfolded else self.tr("Details"))

    def _arrange(self) -> None:
        for badge in (self.used, self.offered, self.standing):
            self._badges.addWidget(badge)
        self._badges.addStretch(1)
        for button in (*self.buttons.values(), self.remove):
            self._actions.addWidget(button)
        self._head.addWidget(self.name)
        self._head.addLayout(self._badges, 1)
        self._head.addLayout(self._actions)
        for part in (self._head, self._badges, self._actions):
            part.setSpacing(_SPACING)
        going = QHBoxLayout()
        going.setSpacing(8)
        going.addWidget(self.progress, 1)
        for button in self.flow.values():
            going.addWidget(button)
        more = QHBoxLayout()
        more.setSpacing(8)
        for button in (self.show_details, self.copy):
            more.addWidget(button)
        more.addStretch(1)
        line = QFrame(self)
        line.setProperty("kind", "line")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._head)
        for label in (self.facts, self.told, self.problem, self.hint):
            column.addWidget(label)
        column.addLayout(more)
        column.addWidget(self.details)
        column.addLayout(going)
        column.addWidget(self.bar)
        column.addSpacing(6)
        column.addWidget(line)


def _label(parent: QWidget, kind: str) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(kind != "heading")
    set_kind(label, kind)
    return label


def _show(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
