"""The icon in the tray with its tool tip and its menu. It shows what it is told, and asks for what is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from studiolo.desktop.downloads.jobs import Download, JobKey, Totals
from studiolo.desktop.tray.ring import STEPS, RingState, ring_icon
from studiolo.desktop.widgets.formatting import duration_text, size_text, speed_text

_MOST_JOBS = 12
_ORDER = {"running": 0, "waiting": 1, "paused": 2}


@dataclass(frozen=True)
class TrayState:
    """jobs: those that are not over; failed: how many failed and were not seen since; replies: how many are written
    here; answering: how many requests, of whomever, our own server answers; serving: whether our own server runs."""

    totals: Totals = field(default_factory=Totals)
    jobs: Sequence[Download] = ()
    failed: int = 0
    replies: int = 0
    answering: int = 0
    serving: bool = False


class Tray(QObject):
    """The icon in the tray, with its menu.

    Signals:
        job_action_requested: "pause", "resume" or "cancel", and the key of a job.
        action_requested: What else is in the menu: "open", "new_chat", "pause_all", "resume_all", "server",
            "settings", "quit".
    """

    job_action_requested = Signal(str, tuple)
    action_requested = Signal(str)
    message_clicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ring: RingState | None = None
        self._state = TrayState()
        self._jobs: dict[JobKey, _JobMenu] = {}
        self.menu = QMenu()
        self._actions = {
            name: self._action(name, text)
            for name, text in (
                ("open", self.tr("Open Studiolo")),
                ("new_chat", self.tr("New chat")),
                ("pause_all", self.tr("Pause all downloads")),
                ("resume_all", self.tr("Resume all downloads")),
                ("server", self.tr("Start the server")),
                ("settings", self.tr("Settings…")),
                ("quit", self.tr("Quit")),
            )
        }
        self._more = QAction(self.menu)
        self._more.triggered.connect(lambda: self.action_requested.emit("downloads"))
        self._arrange()
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self.message_clicked)
        self.show_state(TrayState())

    @staticmethod
    def available() -> bool:
        """Whether this desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def appear(self) -> None:
        """Be in the tray, if there is one by now."""
        if not self.icon.isVisible() and self.available():
            self.icon.show()

    def close(self) -> None:
        """Take the icon away."""
        self.icon.hide()
        self.menu.deleteLater()

    def show_state(self, state: TrayState) -> None:
        before, self._state = self._state, state
        ring = _ring(state)
        if ring != self._ring:
            self._ring = ring
            self.icon.setIcon(ring_icon(ring))
        tip = self._tip(state)
        if tip != self.icon.toolTip():
            self.icon.setToolTip(tip)
        self._show_jobs(state.jobs)
        running = any(job.active for job in state.jobs)
        paused = any(job.group == "paused" for job in state.jobs)
        _set(self._actions["pause_all"], visible=bool(state.jobs), enabled=running)
        _set(self._actions["resume_all"], visible=bool(state.jobs), enabled=paused)
        if before.serving != state.serving or self._actions["server"].text() == "":
            text = self.tr("Stop the server") if state.serving else self.tr("Start the server")
            self._actions["server"].setText(text)

    def _tip(self, state: TrayState) -> str:
        """What, how much, how fast, how long."""
        totals = state.totals
        lines = ["Studiolo"]
        running = [job for job in state.jobs if job.group == "running"]
        if totals.active:
            what = (
                running[0].name if len(running) == 1 else self.tr("%n download(s)", "", len(running) or totals.waiting)
            )
            lines.append(what)
            left = self.tr("%1 left").replace("%1", duration_text(totals.seconds_left)) if totals.seconds_left else ""
            amount = f"{int(totals.fraction * 100)} % · {size_text(totals.received)} / {size_text(totals.total)}"
            lines.append(" · ".join(piece for piece in (amount, speed_text(totals.speed), left) if piece))
        elif totals.paused:
            lines.append(self.tr("%n download(s) paused", "", totals.paused))
        if state.failed:
            lines.append(self.tr("%n download(s) failed", "", state.failed))
        if state.replies:
            lines.append(self.tr("A reply is being written"))
        elif state.answering:
            lines.append(self.tr("The server is answering"))
        if not state.serving:
            lines.append(self.tr("The server is stopped"))
        return "\n".join(lines)

    def _show_jobs(self, jobs: Sequence[Download]) -> None:
        shown = sorted(jobs, key=lambda job: _ORDER.get(job.group, 3))[:_MOST_JOBS]
        for key in self._jobs.keys() - {job.key for job in shown}:
            self.menu.removeAction(self._jobs[key].menu.menuAction())
            self._jobs.pop(key).menu.deleteLater()
        for job in shown:
            if job.key not in self._jobs:
                self._jobs[job.key] = _JobMenu(self, job.key)
                self.menu.insertMenu(self._more, self._jobs[job.key].menu)
            self._jobs[job.key].show(job)
        more = len(jobs) - len(shown)
        self._more.setVisible(more > 0)
        self._more.setText(self.tr("%n more", "", more))
        self._separator.setVisible(bool(jobs))

    def _action(self, name: str, text: str) -> QAction:
        action = QAction(text, self.menu)
        action.triggered.connect(lambda: self.action_requested.emit(name))
        return action

    def _arrange(self) -> None:
        self.menu.addAction(self._actions["open"])
        self.menu.addAction(self._actions["new_chat"])
        self._separator = self.menu.addSeparator()
        self.menu.addAction(self._more)
        for name in ("pause_all", "resume_all"):
            self.menu.addAction(self._actions[name])
        self.menu.addSeparator()
        for name in ("server", "settings", "quit"):
            self.menu.addAction(self._actions[name])

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.action_requested.emit("open")


class _JobMenu:
    """What can be done with one job."""

    def __init__(self, tray: Tray, key: JobKey) -> None:
        self.menu = QMenu()
        self._actions = {}
        for name, text in (("pause", tray.tr("Pause")), ("resume", tray.tr("Resume")), ("cancel", tray.tr("Cancel"))):
            action = self.menu.addAction(text)
            action.triggered.connect(lambda _=False, name=name: tray.job_action_requested.emit(name, key))
            self._actions[name] = action

    def show(self, job: Download) -> None:
        title = f"{job.name}   {int(job.fraction * 100)} %"
        if title != self.menu.title():
            self.menu.setTitle(title)
        _set(self._actions["pause"], visible=job.active, enabled=job.steerable)
        _set(self._actions["resume"], visible=job.group == "paused", enabled=job.steerable)
        _set(self._actions["cancel"], visible=True, enabled=job.steerable)


def _set(action: QAction, *, visible: bool, enabled: bool) -> None:
    action.setVisible(visible)
    action.setEnabled(enabled)


def _ring(state: TrayState) -> RingState:
    totals = state.totals
    step = None
    if totals.active:
        step = int(totals.fraction * STEPS)
    elif totals.paused:
        done = sum(job.received for job in state.jobs)
        whole = sum(job.total for job in state.jobs)
        step = int(STEPS * done / whole) if whole else 0
    paused = not totals.active and bool(totals.paused)
    return RingState(step, paused=paused, failed=state.failed > 0, active=bool(state.replies or state.answering))
