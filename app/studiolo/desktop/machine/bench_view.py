"""A benchmark of a model: begun here, and compared with others. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.machine import Benchmark
from studiolo.desktop.machine.bench_table import BenchColumn, BenchTable
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.theme import set_kind

_STEPS = 1000
_ROWS = 8
_NARROW = 820
_MODEL_WIDTH = 220
_LEFT_OUT = (BenchColumn.TOKENS, BenchColumn.CONTEXT, BenchColumn.ENGINE, BenchColumn.QUANTIZATION)
"""Columns that are not shown where there is no room, the first one first."""


class BenchView(QFrame):
    """What was measured, and a button that measures.

    Signals:
        start_requested: The key of the model.
        removed: The ids of benchmarks that are to be forgotten.
    """

    start_requested = Signal(str)
    stop_requested = Signal()
    removed = Signal(list)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = QLabel(self.tr("Speed of models"), self)
        set_kind(self.title, "heading")
        self.help = QLabel(self.tr("Reads 512 tokens and writes 64, up to three times."), self)
        set_kind(self.help, "muted")
        self.models = StillComboBox(self)
        self.models.setAccessibleName(self.tr("Model"))
        self.models.setMinimumContentsLength(22)
        self.models.setSizeAdjustPolicy(StillComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.start = QPushButton(self.tr("Measure"), self)
        set_kind(self.start, "primary")
        self.remove = IconButton("delete-outline", self.tr("Delete this benchmark"), self)
        self.work = QFrame(self)
        self.work_label = QLabel(self.work)
        self.work_bar = QProgressBar(self.work)
        self.stop = QPushButton(self.tr("Cancel"), self.work)
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.error, "error")
        self.table = BenchTable()
        self.view = TableView(self.table, self.tr("Speed of models"), self)
        self.empty = QLabel(self.tr("Nothing was measured on this machine yet."), self)
        set_kind(self.empty, "muted")
        self._widths: dict[BenchColumn, int] = {}
        self._arrange()
        header = self.view.header()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(BenchColumn.DATE, Qt.SortOrder.DescendingOrder)
        header.sortIndicatorChanged.connect(self.table.sort)
        self.view.rows_chosen.connect(self._rows_chosen)
        self.view.delete_pressed.connect(self._remove)
        self.remove.clicked.connect(self._remove)
        self.start.clicked.connect(lambda: self.start_requested.emit(str(self.models.currentData())))
        self.stop.clicked.connect(self.stop_requested)
        self.show_models(())
        self.show_benchmarks(())
        self.show_work("", None)
        self.show_error("")

    def show_models(self, models: Sequence[str]) -> None:
        """Offer these models, by their keys."""
        known = [self.models.itemData(row) for row in range(self.models.count())]
        if known != list(models):
            before = self.models.currentData()
            self.models.clear()
            for key in models:
                self.models.addItem(key, key)
            self.models.setCurrentIndex(max(0, self.models.findData(before)))
        self._settle()

    def show_benchmarks(self, benchmarks: Sequence[Benchmark]) -> None:
        """Show what was measured, the oldest first in the list."""
        self.table.show(benchmarks)
        self.view.setVisible(bool(benchmarks))
        self.empty.setVisible(not benchmarks)
        height = self.view.header().sizeHint().height() + 4
        height += min(_ROWS, max(1, len(benchmarks))) * max(20, self.view.sizeHintForRow(0))
        self.view.setFixedHeight(height + self.view.horizontalScrollBar().sizeHint().height())
        self._rows_chosen()

    def show_work(self, text: str, fraction: float | None) -> None:
        """Say how far a measurement is; an empty text: none goes on."""
        self.work.setVisible(bool(text))
        self.work_label.setText(text)
        self.work_bar.setRange(0, 0 if fraction is None else _STEPS)
        if fraction is not None:
            self.work_bar.setValue(round(fraction * _STEPS))
        self._settle()

    def show_error(self, text: str) -> None:
        """Say why there is no result; an empty text: nothing went wrong."""
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        room = self.width() - sum(self._widths.values()) - _MODEL_WIDTH
        for column in _LEFT_OUT:
            self.view.setColumnHidden(column, room < 0)
            room += self._widths[column] if room < 0 else 0
        self.help.setVisible(self.width() >= _NARROW)

    def _settle(self) -> None:
        working = bool(self.work_label.text())
        self.start.setEnabled(not working and self.models.count() > 0)
        self.models.setEnabled(not working and self.models.count() > 0)

    def _rows_chosen(self) -> None:
        self.remove.setVisible(bool(self.view.chosen_rows))

    def _remove(self) -> None:
        if ids := [self.table.rows[row].id for row in self.view.chosen_rows]:
            self.removed.emit(ids)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.help)
        head.addStretch(1)
        head.addWidget(self.remove)
        head.addWidget(self.models)
        head.addWidget(self.start)
        self.work.setProperty("kind", "card")
        self.work_bar.setTextVisible(False)
        working = QHBoxLayout(self.work)
        working.addWidget(self.work_label)
        working.addWidget(self.work_bar, 1)
        working.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        below: tuple[QWidget, ...] = (self.error, self.work, self.view, self.empty)
        for widget in below:
            column.addWidget(widget)
        view = self.view.header()
        view.setStretchLastSection(False)
        metrics = self.fontMetrics()
        longest = {BenchColumn.ENGINE: "2026.10.11549", BenchColumn.TOKENS: "512 in, 64 out"}
        for number, title in enumerate(self.table.titles()):
            if (which := BenchColumn(number)) != BenchColumn.MODEL:
                text = longest.get(which, title)
                self._widths[which] = max(70, metrics.horizontalAdvance(text) + 28)
                self.view.setColumnWidth(number, self._widths[which])
        view.setSectionResizeMode(BenchColumn.MODEL, QHeaderView.ResizeMode.Stretch)
