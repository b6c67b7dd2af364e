"""The page of a server's models: what is on its disk, what is in its memory, what the disk is used by. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.models import Inventory, ModelFolder, StoredModel
from studiolo.desktop.models.actions import ModelAction
from studiolo.desktop.models.disks import DiskBars, disks_of
from studiolo.desktop.models.instances import Instance, InstanceList
from studiolo.desktop.models.speeds import Speeds
from studiolo.desktop.models.table import ModelColumn, ModelTable
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.page_header import Page
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.toolbar import Tools

_WIDTHS = (240, 90, 110, 84, 190, 100, 160, 180)
_LEAST_FOR_SPEED, _NARROW, _MIDDLE = 560, 640, 900
_SEARCH_WIDTH = 220
_STEPS = 1000


class ModelsPage(Page):
    """The page with the models on a server's disk.

    Signals:
        action_requested: A ModelAction, and the keys of the models.
        seen: Whether the page is in sight.
    """

    action_requested = Signal(object, list)
    seen = Signal(bool)
    work_cancelled = Signal()
    discover_requested = Signal()
    loading_requested = Signal()
    """How models are loaded where nobody says otherwise is to be decided."""
    folder_added = Signal()
    folder_dropped = Signal(str)
    folder_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Models"), self.tr("Filter"), parent)
        self.table = ModelTable()
        self.view = TableView(self.table, self.tr("Models"), self)
        self.view.set_widths(_WIDTHS, ModelColumn.NAME)
        self.folders = IconButton("harddisk", self.tr("Folders"), self, size=20)
        self.loading = IconButton("tune-variant", self.tr("How models are loaded"), self, size=20)
        self.tools = self._make_tools()
        self.buttons = self.tools.buttons
        self.instances = InstanceList(self)
        self.disks = DiskBars(self)
        self.footer = QLabel(self)
        self.footer.setProperty("kind", "muted")
        self.footer.setWordWrap(True)
        self.work = QFrame(self)
        self.work_label = QLabel(self.work)
        self.work_bar = QProgressBar(self.work)
        self.stop = QPushButton(self.tr("Cancel"), self.work)
        self.notice = QLabel(self)
        self.discover = QPushButton(self.tr("Find a model"), self)
        self._stack = QStackedWidget(self)
        self._known_folders: list[ModelFolder] = []
        self._able: frozenset[ModelAction] = frozenset()
        self._configurable = False
        self._own_folders = False
        self._measured = False
        self._arrange()
        self._connect()
        self.show_waiting(self.tr("Looking…"))

    def show_inventory(
        self,
        inventory: Inventory,
        instances: Sequence[Instance],
        *,
        able: frozenset[ModelAction],
        configurable: bool,
        local: bool,
        note: str,
    ) -> None:
        """Show what is on a server's disk.

        Args:
            inventory: Its models and their folders.
            instances: What is loaded.
            able: What can be done with its models.
            configurable: Whether its folders, and how it loads, can be changed.
            local: Whether its disk is that of this machine.
            note: What is said beside.
        """
        self._able, self._configurable, self._own_folders = able, configurable, local
        self._known_folders = inventory.folders
        self.table.show(inventory.models)
        self.view.setColumnHidden(ModelColumn.FOLDER, len(inventory.folders) < 2 or not self._is_wide)
        self.instances.show_instances(instances)
        self.disks.show_disks(disks_of(inventory))
        self.folders.setVisible(bool(inventory.folders))
        self.loading.setVisible(configurable)
        size = size_text(sum(model.size_bytes for model in inventory.models))
        counted = self.tr("%n model(s)", "", len(inventory.models))
        self.footer.setText("  ·  ".join(piece for piece in (counted, size, note) if piece))
        if inventory.models:
            self._stack.setCurrentIndex(0)
        else:
            self.show_waiting(self.tr("There is no model here yet."))
            self.discover.show()
        self._chosen_changed()

    def show_speeds(self, speeds: Speeds) -> None:
        """Say how fast models were measured to be; with none there is no column for it."""
        self._measured = bool(speeds)
        self.table.show_speeds(speeds)
        self.fit()

    def show_waiting(self, text: str) -> None:
        """Say why there is nothing to be seen."""
        self.notice.setText(text)
        self.discover.hide()
        self._stack.setCurrentIndex(1)

    @property
    def shows_models(self) -> bool:
        """Return whether models are in sight, and not why there are none."""
        return self._stack.currentIndex() == 0

    def show_work(self, text: str, fraction: float | None) -> None:
        """Say that something takes its time; an empty text: no longer.

        Meanwhile nothing else of that kind can be begun.
        """
        self.work.setVisible(bool(text))
        if text != self.work_label.text():
            self.work_label.setText(text)
            self._chosen_changed()
        self.work_bar.setRange(0, 0 if fraction is None else _STEPS)
        if fraction is not None:
            self.work_bar.setValue(round(fraction * _STEPS))

    @property
    def chosen(self) -> list[StoredModel]:
        """Return the models that are chosen, from top to bottom."""
        return [self.table.model(row) for row in self.view.chosen_rows]

    @property
    def known_folders(self) -> list[ModelFolder]:
        """Return the folders of models that the server has."""
        return self._known_folders

    def delete_question(self, models: Sequence[StoredModel]) -> str:
        """Return the question whether models are to go into the trash."""
        return self.tr("Move %n model(s) to the trash?", "", len(models))

    def open_folder_menu(self) -> QMenu:
        """Return the folders that models are in. It does not block and deletes itself."""
        menu = new_menu(self)
        for folder in self._known_folders:
            sub = menu.addMenu(self._folder_title(folder))
            if self._own_folders and not folder.missing:
                sub.addAction(self.tr("Open")).triggered.connect(
                    lambda _=False, path=folder.path: self.folder_opened.emit(path)
                )
            drop = sub.addAction(self.tr("Use it no longer"))
            drop.setEnabled(not folder.usual and self._configurable)
            drop.triggered.connect(lambda _=False, path=folder.path: self.folder_dropped.emit(path))
        menu.addSeparator()
        add = menu.addAction(self.tr("Add a folder…"))
        add.setEnabled(self._configurable)
        add.triggered.connect(self.folder_added)
        menu.popup(self.folders.mapToGlobal(self.folders.rect().bottomLeft()))
        return menu

    def fit(self) -> None:
        self.search.setMaximumWidth(sizes().scaled(_SEARCH_WIDTH))
        narrow = self.width() < sizes().scaled(_NARROW)
        for column in (ModelColumn.PARAMETERS, ModelColumn.USED):
            # Speeds take the room of two columns.
            self.view.setColumnHidden(column, narrow or (self._measured and not self._is_wide))
        speeds = self._measured and self.width() >= sizes().scaled(_LEAST_FOR_SPEED)
        self.view.setColumnHidden(ModelColumn.SPEED, not speeds)
        self.view.setColumnHidden(ModelColumn.QUANTIZATION, narrow and speeds)
        self.view.setColumnHidden(ModelColumn.FOLDER, not self._is_wide or len(self._known_folders) < 2)

    @property
    def _is_wide(self) -> bool:
        return self.width() >= sizes().scaled(_MIDDLE)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _folder_title(self, folder: ModelFolder) -> str:
        if folder.missing:
            return self.tr("%1 (not there)").replace("%1", folder.path)
        return self.tr("%1 (downloads go here)").replace("%1", folder.path) if folder.usual else folder.path

    def _ask(self, action: ModelAction) -> None:
        if self.buttons[action].isEnabled() and (keys := [model.key for model in self.chosen]):
            self.action_requested.emit(action, keys)

    def _make_tools(self) -> Tools[ModelAction]:
        return Tools(
            (
                (ModelAction.START_CHAT, "message-outline", self.tr("Chat with it")),
                (ModelAction.LOAD, "play-outline", self.tr("Load…")),
                (ModelAction.UNLOAD, "eject-outline", self.tr("Unload")),
                (ModelAction.SHOW_DETAILS, "information-outline", self.tr("Details")),
                (ModelAction.VERIFY, "shield-check-outline", self.tr("Verify its files")),
                (ModelAction.MOVE, "folder-move-outline", self.tr("Move to another folder")),
                (ModelAction.OPEN_FOLDER, "folder-open-outline", self.tr("Open the folder")),
                (ModelAction.DELETE, "delete-outline", self.tr("Move to the trash")),
            ),
            self,
        )

    def _chosen_changed(self) -> None:
        models = self.chosen
        one = models[0] if len(models) == 1 else None
        own = all(model.origin == "own" for model in models)
        idle = not self.work_label.text()
        for action, able in {
            ModelAction.START_CHAT: one is not None and one.type == "llm" and not one.error,
            ModelAction.LOAD: one is not None and not one.error and idle,
            ModelAction.UNLOAD: any(model.loaded for model in models),
            ModelAction.SHOW_DETAILS: one is not None,
            ModelAction.VERIFY: one is not None and idle,
            ModelAction.MOVE: one is not None and own and idle and not one.loaded and len(self._known_folders) > 1,
            ModelAction.OPEN_FOLDER: one is not None and bool(one.path) and self._own_folders,
            ModelAction.DELETE: bool(models) and own and idle and not any(model.loaded for model in models),
        }.items():
            self.buttons[action].setVisible(action in self._able)
            self.buttons[action].setEnabled(able and action in self._able)

    def _connect(self) -> None:
        header = self.view.header()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(ModelColumn.NAME, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self.table.sort)
        self.search.textChanged.connect(self.table.filter)
        self.view.rows_chosen.connect(self._chosen_changed)
        self.view.menu_requested.connect(self.tools.open_menu)
        self.view.delete_pressed.connect(lambda: self._ask(ModelAction.DELETE))
        self.view.row_activated.connect(lambda _: self._ask(ModelAction.START_CHAT))
        self.folders.clicked.connect(self.open_folder_menu)
        self.loading.clicked.connect(self.loading_requested)
        self.stop.clicked.connect(self.work_cancelled)
        self.discover.clicked.connect(self.discover_requested)
        self.tools.action_requested.connect(self._ask)

    def _arrange(self) -> None:
        self.loading.hide()
        self.header.add(self.search, self.folders, self.loading)
        self.work.setProperty("kind", "card")
        self.work_bar.setTextVisible(False)
        working = QHBoxLayout(self.work)
        working.addWidget(self.work_label)
        working.addWidget(self.work_bar, 1)
        working.addWidget(self.stop)
        self.work.hide()
        full = QWidget(self)
        inner = QVBoxLayout(full)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.tools)
        inner.addWidget(self.view, 1)
        below = QVBoxLayout()
        below.setContentsMargins(12, 8, 12, 10)
        below.setSpacing(8)
        for widget in (self.work, self.instances, self.disks, self.footer):
            below.addWidget(widget)
        inner.addLayout(below)
        empty = QWidget(self)
        self.notice.setProperty("kind", "muted")
        self.notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice.setWordWrap(True)
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.setMargin(24)
        self.discover.setProperty("kind", "primary")
        layout = QVBoxLayout(empty)
        layout.addStretch(2)
        layout.addWidget(self.notice)
        layout.addWidget(self.discover, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self._stack.addWidget(full)
        self._stack.addWidget(empty)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addWidget(self._stack, 1)
