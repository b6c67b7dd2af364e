"""The icon in the tray with its tool tip and its menu. It shows what it is told, and asks for what is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.jobs import Download, JobKey, Totals
from studiolo.desktop.tray.ring import STEPS, RingState, ring_icon
from studiolo.desktop.widgets.formatting import duration_text, size_text, speed_text

_MOST_JOBS = 12
_ORDER = {"running": 0, "waiting": 1, "paused": 2}


TrayJobAction = Literal[DownloadAction.PAUSE, DownloadAction.RESUME, DownloadAction.CANCEL]
"""What the menu of a job has."""


class TrayAction(Enum):
    """This is in the menu of the icon, beside the jobs."""

    OPEN = auto()
    START_CHAT = auto()
    SHOW_DOWNLOADS = auto()
    PAUSE_ALL = auto()
    RESUME_ALL = auto()
    TOGGLE_SERVER = auto()
    SHOW_SETTINGS = auto()
    QUIT = auto()


@dataclass(frozen=True)
class TrayState:
    """jobs.

    Those that are not over; failed: how many failed and were not seen since; replies: how many are written here;
    answering: how many requests, of whomever, our own server answers; serving: whether our own server runs.
    """

    totals: Totals = field(default_factory=Totals)
    jobs: Sequence[Download] = ()
    failed: int = 0
    replies: int = 0
    answering: int = 0
    serving: bool = False


class Tray(QObject):
    """The icon in the tray, with its menu.

    Signals:
        job_action_requested: A TrayJobAction, and the key of a job.
        action_requested: A TrayAction.
    """

    job_action_requested = Signal(object, tuple)
    action_requested = Signal(object)
    message_clicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ring: RingState | None = None
        self._state = TrayState()
        self._jobs: dict[JobKey, _JobMenu] = {}
        self.menu = QMenu()
        self._actions = {
            action: self._action(action, text)
            for action, text in (
                (TrayAction.OPEN, self.tr("Open Studiolo")),
                (TrayAction.START_CHAT, self.tr("New chat")),
                (TrayAction.PAUSE_ALL, self.tr("Pause all downloads")),
                (TrayAction.RESUME_ALL, self.tr("Resume all downloads")),
                (TrayAction.TOGGLE_SERVER, self.tr("Start the server")),
                (TrayAction.SHOW_SETTINGS, self.tr("Settings…")),
                (TrayAction.QUIT, self.tr("Quit")),
            )
        }
        self._more = QAction(self.menu)
        self._more.triggered.connect(lambda: self.action_requested.emit(TrayAction.SHOW_DOWNLOADS))
        self._arrange()
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self.message_clicked)
        self.show_state(TrayState())

    @staticmethod
    def available() -> bool:
        """Return whether this desktop has a tray."""
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
        """Show how things are, by icon, tool tip and menu."""
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
        _set(self._actions[TrayAction.PAUSE_ALL], visible=bool(state.jobs), enabled=running)
        _set(self._actions[TrayAction.RESUME_ALL], visible=bool(state.jobs), enabled=paused)
        if before.serving != state.serving or self._actions[TrayAction.TOGGLE_SERVER].text() == "":
            text = self.tr("Stop the server") if state.serving else self.tr("Start the server")
            self._actions[TrayAction.TOGGLE_SERVER].setText(text)

    def _tip(self, state: TrayState) -> str:
        """Return what, how much, how fast, how long."""
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

    def _action(self, action: TrayAction, text: str) -> QAction:
        entry = QAction(text, self.menu)
        entry.triggered.connect(lambda: self.action_requested.emit(action))
        return entry

    def _arrange(self) -> None:
        self.menu.addAction(self._actions[TrayAction.OPEN])
        self.menu.addAction(self._actions[TrayAction.START_CHAT])
        # Python can lose one that Qt has made, while it is still in the menu.
        self._separator = QAction(self.menu)
        self._separator.setSeparator(True)
        self.menu.addAction(self._separator)
        self.menu.addAction(self._more)
        for action in (TrayAction.PAUSE_ALL, TrayAction.RESUME_ALL):
            self.menu.addAction(self._actions[action])
        self.menu.addSeparator()
        for action in (TrayAction.TOGGLE_SERVER, TrayAction.SHOW_SETTINGS, TrayAction.QUIT):
            self.menu.addAction(self._actions[action])

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.action_requested.emit(TrayAction.OPEN)


class _JobMenu:
    """What can be done with one job."""

    def __init__(self, tray: Tray, key: JobKey) -> None:
        self.menu = QMenu()
        self._actions: dict[TrayJobAction, QAction] = {}
        texts: dict[TrayJobAction, str] = {
            DownloadAction.PAUSE: tray.tr("Pause"),
            DownloadAction.RESUME: tray.tr("Resume"),
            DownloadAction.CANCEL: tray.tr("Cancel"),
        }
        for action, text in texts.items():
            entry = self.menu.addAction(text)
            entry.triggered.connect(lambda _=False, action=action: tray.job_action_requested.emit(action, key))
            self._actions[action] = entry

    def show(self, job: Download) -> None:
        title = f"{job.name}   {int(job.fraction * 100)} %"
        if title != self.menu.title():
            self.menu.setTitle(title)
        _set(self._actions[DownloadAction.PAUSE], visible=job.active, enabled=job.steerable)
        _set(self._actions[DownloadAction.RESUME], visible=job.group == "paused", enabled=job.steerable)
        _set(self._actions[DownloadAction.CANCEL], visible=True, enabled=job.steerable)


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
