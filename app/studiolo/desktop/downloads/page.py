"""The downloads page: a table of all jobs, what is the matter with the chosen ones, the speed. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.graph import SpeedGraph
from studiolo.desktop.downloads.jobs import Download, JobKey, Totals
from studiolo.desktop.downloads.model import DownloadTable, JobColumn
from studiolo.desktop.downloads.view import DownloadsView
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import duration_text, size_text, speed_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.page_header import Page
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.toolbar import Tools
from studiolo.desktop.widgets.undo import Toast

_WIDTHS = (240, 74, 140, 78, 76, 120, 130)
_NARROW, _MIDDLE = 640, 900
_SEARCH_WIDTH = 220
_HIDDEN_IF_NARROW = (JobColumn.SIZE, JobColumn.SPEED)


class DownloadsPage(Page):
    """The page with all downloads.

    Signals:
        action_requested: A DownloadAction, and the keys of the jobs, from top to bottom.
    """

    action_requested = Signal(object, list)
    discover_requested = Signal()
    limits_requested = Signal()
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Downloads"), self.tr("Filter"), parent)
        self.table = DownloadTable()
        self.view = DownloadsView(self.table, self.tr("Downloads"), self)
        self.view.set_widths(_WIDTHS, JobColumn.NAME)
        self.group = self._make_groups()
        self.limits = IconButton("speedometer", self.tr("Limits and schedule"), self, size=20)
        self.clear = IconButton("check-circle-outline", self.tr("Clear what is complete"), self, size=20)
        self.tools = self._make_tools()
        self.buttons = self.tools.buttons
        self.title = ElidedLabel(self)
        self.reason = QLabel(self)
        self.reason.setWordWrap(True)
        self.reason.setProperty("kind", "muted")
        self.graph = SpeedGraph(self)
        self.footer = QLabel(self)
        self.footer.setWordWrap(True)
        self.footer.setProperty("kind", "muted")
        self.none_matches = QLabel(self.tr("No download matches"), self)
        self.toast = Toast(self)
        self._stack = QStackedWidget(self)
        self._arrange()
        self._connect()
        self.show_downloads({}, set())

    def show_downloads(
        self,
        downloads: dict[JobKey, Download],
        changed: set[JobKey] | None,
        *,
        looking: bool = False,
        lost: bool = False,
    ) -> None:
        """Show the jobs.

        Args:
            downloads: All of them.
            changed: Only these are other than before; None for all.
            looking: Whether there may be more.
            lost: Whether the server does not answer, so that nobody knows.
        """
        self.table.show(downloads, changed)
        self._stack.setCurrentIndex(0 if downloads else 1)
        none = (
            self.tr("What it downloads is shown once the server answers.")
            if lost
            else self.tr("Nothing was downloaded yet.")
        )
        self.none_yet.setText(self.tr("Looking for downloads…") if looking else none)
        self.discover.setVisible(not looking and not lost)
        self.clear.setEnabled(any(job.group == "done" for job in downloads.values()))
        self.none_matches.setVisible(bool(downloads) and not self.table.rowCount())
        self._chosen_changed()

    def show_totals(self, totals: Totals, speeds: Sequence[float], free: Sequence[tuple[str, int]]) -> None:
        """Show how it goes on the whole. free: names of servers, and the bytes that are free on their disks."""
        pieces = [
            self.tr("%n running", "", totals.running) if totals.running else "",
            self.tr("%n waiting", "", totals.waiting) if totals.waiting else "",
            self.tr("%n paused", "", totals.paused) if totals.paused else "",
            speed_text(totals.speed),
            self.tr("%1 left").replace("%1", duration_text(totals.seconds_left)) if totals.seconds_left else "",
        ]
        rooms = [
            self.tr("%1 free on %2").replace("%1", size_text(count)).replace("%2", server) for server, count in free
        ]
        self.footer.setText("  ·  ".join(piece for piece in (*pieces, *rooms) if piece))
        self.graph.show_speeds(speeds)

    def cancelled_text(self, names: Sequence[str]) -> str:
        """Return what is said of downloads that were cancelled and can be taken back."""
        if len(names) == 1:
            return self.tr("%1 cancelled. The part that was downloaded is deleted in a minute.").replace("%1", names[0])
        return self.tr("%n download(s) cancelled. The part that was downloaded is deleted in a minute.", "", len(names))

    def gone_text(self) -> str:
        """Return the text for who wants a download back too late."""
        return self.tr("Too late to undo: the download was deleted.")

    def go_to(self, key: JobKey) -> None:
        """Choose a job, and show it."""
        self.search.clear()
        self.group.setCurrentIndex(0)
        row = self.table.row_of(key)
        if row is not None:
            self.view.choose(row)
            self.view.setFocus()

    @property
    def chosen(self) -> list[Download]:
        """Return the jobs that are chosen, from top to bottom."""
        return [self.table.job(row) for row in self.view.chosen_rows]

    def fit(self) -> None:
        self.search.setMaximumWidth(sizes().scaled(_SEARCH_WIDTH))
        for column in _HIDDEN_IF_NARROW:
            self.view.setColumnHidden(column, self.width() < sizes().scaled(_NARROW))
        self.view.setColumnHidden(JobColumn.SERVER, self.width() < sizes().scaled(_MIDDLE))

    def _ask(self, action: DownloadAction) -> None:
        if keys := [job.key for job in self.chosen]:
            self.action_requested.emit(action, keys)

    def _make_groups(self) -> QComboBox:
        box = StillComboBox(self)
        box.setAccessibleName(self.tr("State"))
        for text, group in (
            (self.tr("All"), None),
            (self.tr("Running"), "running"),
            (self.tr("Waiting"), "waiting"),
            (self.tr("Paused"), "paused"),
            (self.tr("Failed"), "failed"),
            (self.tr("Complete"), "done"),
        ):
            box.addItem(text, group)
        return box

    def _make_tools(self) -> Tools[DownloadAction]:
        return Tools(
            (
                (DownloadAction.RESUME, "play", self.tr("Resume")),
                (DownloadAction.PAUSE, "pause", self.tr("Pause")),
                (DownloadAction.RETRY, "refresh", self.tr("Try again")),
                (DownloadAction.CANCEL, "close", self.tr("Cancel")),
                (DownloadAction.MOVE_UP, "arrow-up", self.tr("Earlier in the queue")),
                (DownloadAction.MOVE_DOWN, "arrow-down", self.tr("Later in the queue")),
                (DownloadAction.OPEN_FOLDER, "folder-open-outline", self.tr("Open the folder")),
                (DownloadAction.COPY_LINK, "link-variant", self.tr("Copy the link")),
                (DownloadAction.START_CHAT, "message-outline", self.tr("Chat with it")),
                (DownloadAction.FORGET, "delete-outline", self.tr("Remove from the list")),
            ),
            self,
        )

    def _arrange(self) -> None:
        self.header.add(self.search, self.group, self.clear, self.limits)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.chat = QPushButton(self.tr("Chat with it"), self)
        self.chat.setProperty("kind", "primary")
        self.chat.hide()
        told = QVBoxLayout()
        told.addWidget(self.title)
        told.addWidget(self.reason)
        told.addStretch()
        card = QFrame(self)
        card.setProperty("kind", "card")
        inside = QHBoxLayout(card)
        inside.addLayout(told, 1)
        inside.addWidget(self.chat, 0, Qt.AlignmentFlag.AlignTop)
        inside.addWidget(self.graph)
        self.none_matches.setProperty("kind", "muted")
        self.none_matches.setAlignment(Qt.AlignmentFlag.AlignCenter)
        full = QWidget(self)
        inner = QVBoxLayout(full)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.tools)
        inner.addWidget(self.none_matches)
        inner.addWidget(self.view, 1)
        below = QVBoxLayout()
        below.setContentsMargins(12, 8, 12, 10)
        below.addWidget(card)
        below.addWidget(self.footer)
        inner.addLayout(below)
        self._stack.addWidget(full)
        self._stack.addWidget(self._make_empty())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._stack, 1)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 10)
        row.addWidget(self.toast)
        layout.addLayout(row)

    def _make_empty(self) -> QWidget:
        page = QWidget(self)
        self.none_yet = QLabel(page)
        self.none_yet.setProperty("kind", "muted")
        self.discover = QPushButton(self.tr("Find a model"), page)
        self.discover.setProperty("kind", "primary")
        layout = QVBoxLayout(page)
        layout.addStretch(2)
        layout.addWidget(self.none_yet, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.discover, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        return page

    def _connect(self) -> None:
        header = self.view.header()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.table.sort)
        self.search.textChanged.connect(lambda: self._filter())
        self.group.currentIndexChanged.connect(lambda: self._filter())
        self.view.rows_chosen.connect(self._chosen_changed)
        self.view.menu_requested.connect(self.tools.open_menu)
        self.view.delete_pressed.connect(self._delete)
        self.view.row_activated.connect(self._activate)
        self.tools.action_requested.connect(self._ask)
        self.chat.clicked.connect(lambda: self._ask(DownloadAction.START_CHAT))
        self.discover.clicked.connect(self.discover_requested)
        self.limits.clicked.connect(self.limits_requested)
        self.clear.clicked.connect(self.clear_requested)

    def _filter(self) -> None:
        self.table.filter(self.search.text(), self.group.currentData())
        self.none_matches.setVisible(not self.table.rowCount())
        self._chosen_changed()

    def _delete(self) -> None:
        self._ask(
            DownloadAction.CANCEL
            if any(job.active or job.group == "paused" for job in self.chosen)
            else DownloadAction.FORGET
        )

    def _activate(self, row: int) -> None:
        job = self.table.job(row)
        match job.group:
            case "done" if job.is_ready_model:
                self._ask(DownloadAction.START_CHAT)
            case "paused":
                self._ask(DownloadAction.RESUME)
            case "failed":
                self._ask(DownloadAction.RETRY)
            case "running" | "waiting":
                self._ask(DownloadAction.PAUSE)

    def _chosen_changed(self) -> None:
        jobs = self.chosen
        own = [job for job in jobs if job.steerable]
        for action, able in {
            DownloadAction.RESUME: any(job.group == "paused" or job.state in ("no_space", "waiting") for job in own),
            DownloadAction.PAUSE: any(job.active and job.state != "away" for job in own),
            DownloadAction.RETRY: any(job.group == "failed" for job in own),
            DownloadAction.CANCEL: any(job.group not in ("done", "failed") for job in own),
            DownloadAction.MOVE_UP: any(job.group not in ("done", "failed") for job in own),
            DownloadAction.MOVE_DOWN: any(job.group not in ("done", "failed") for job in own),
            DownloadAction.OPEN_FOLDER: len(jobs) == 1 and bool(jobs[0].folder) and not jobs[0].server,
            DownloadAction.COPY_LINK: any(job.url for job in jobs),
            DownloadAction.START_CHAT: len(jobs) == 1 and jobs[0].is_ready_model,
            DownloadAction.FORGET: any(job.group in ("done", "failed") or not job.steerable for job in jobs),
        }.items():
            self.buttons[action].setEnabled(able)
        self.chat.setVisible(len(jobs) == 1 and jobs[0].is_ready_model)
        self._tell(jobs)

    def _tell(self, jobs: list[Download]) -> None:
        if len(jobs) != 1:
            size = size_text(sum(job.total for job in jobs))
            chosen = self.tr("%n download(s) chosen", "", len(jobs))
            self.title.setText(f"{chosen}, {size}" if jobs else "")
            self.reason.setText("" if jobs else self.tr("Choose a download to see more of it."))
            return
        job = jobs[0]
        self.title.setText(f"{job.name}  ·  {self.table.state_text(job)}")
        told = f"{job.message} {job.hint}".strip()
        if not job.steerable and job.active:
            told = self.tr("%1 can't pause or cancel a download from here.").replace("%1", job.server_name)
        self.reason.setText(told or job.folder or job.url)
