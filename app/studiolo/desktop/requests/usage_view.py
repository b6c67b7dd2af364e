"""What the server was used for: totals, and bars by day. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.requests.usage_chart import UsageChart, group_colours
from studiolo.desktop.requests.usage_figures import MOST_GROUPS, Grouping, Measure, UsageFigures, UsageTotals
from studiolo.desktop.requests.usage_table import UsageTable
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import count_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.theme import colours, set_kind

RANGES = (7, 30, 90)
"""Days."""
_USUAL_RANGE = 1
_LEGEND_COLUMNS = 3
_MOST_IN_FULL = 100_000
"""Larger figures are rounded."""


class UsageView(QWidget):
    """What was used, by model or by token.

    Signals:
        seen: Whether it is in sight.
        wish_changed: Other days, groups or figures are to be shown.
    """

    seen = Signal(bool)
    wish_changed = Signal()
    forget_requested = Signal()
    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.range = StillComboBox(self)
        for days in RANGES:
            self.range.addItem(self.tr("Last %n day(s)", "", days), days)
        self.range.setCurrentIndex(_USUAL_RANGE)
        self.range.setAccessibleName(self.tr("Days"))
        self.grouping = StillComboBox(self)
        self.grouping.addItem(self.tr("By model"), "model")
        self.grouping.addItem(self.tr("By token"), "token")
        self.grouping.setAccessibleName(self.tr("Grouped"))
        self.measure = StillComboBox(self)
        self.measure.addItem(self.tr("Tokens"), "tokens")
        self.measure.addItem(self.tr("Requests"), "requests")
        self.measure.setAccessibleName(self.tr("Figures"))
        self.as_table = QPushButton(self.tr("Show as table"), self)
        self.as_table.setCheckable(True)
        self.forget = IconButton("delete-outline", self.tr("Delete the counts…"), self)
        self.totals = _Totals(self)
        self.chart = UsageChart(self)
        self.table = UsageTable()
        self.rows = TableView(self.table, self.tr("Usage by day"), self)
        self.legend = _Legend(self)
        self.notice = QLabel(self)
        self.hint = QLabel(self)
        self.retry = QPushButton(self.tr("Try again"), self)
        self._pictures = QStackedWidget(self)
        self._stack = QStackedWidget(self)
        self._arrange()
        for box in (self.range, self.grouping, self.measure):
            box.currentIndexChanged.connect(self.wish_changed)
        self.as_table.toggled.connect(self._turn)
        self.forget.clicked.connect(self.forget_requested)
        self.retry.clicked.connect(self.retried)

    @property
    def days(self) -> int:
        """Return how many days are to be shown."""
        return int(self.range.currentData())

    @property
    def wanted(self) -> tuple[Grouping, Measure]:
        """Return what the bars are divided by, and what they count."""
        grouping: Grouping = "token" if self.grouping.currentData() == "token" else "model"
        measure: Measure = "requests" if self.measure.currentData() == "requests" else "tokens"
        return grouping, measure

    @property
    def told(self) -> str:
        """Return why there is nothing to be seen; empty where the usage is shown."""
        return f"{self.notice.text()} {self.hint.text()}".strip() if self._stack.currentIndex() == 1 else ""

    def show_usage(self, figures: UsageFigures, totals: UsageTotals) -> None:
        """Show what was used."""
        names = [self._name(group.name) for group in figures.groups]
        self.totals.show_totals(totals)
        self.chart.show_figures(figures, names)
        self.table.show_figures(figures, names)
        header = self.rows.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.legend.show_groups(names, figures)
        self._stack.setCurrentIndex(0)

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False) -> None:
        """Say why there is nothing to be seen. retry: whether trying again may help."""
        self.notice.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.retry.setVisible(retry)
        self._stack.setCurrentIndex(1)

    def show_nothing(self) -> None:
        """Show nothing, until there is an answer."""
        self._stack.setCurrentIndex(2)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _name(self, name: str | None) -> str:
        if name is None:
            return self.tr("Others")
        if name:
            return name
        return self.tr("Without a token") if self.wanted[0] == "token" else self.tr("No model")

    def _turn(self, table: bool) -> None:
        self._pictures.setCurrentIndex(int(table))
        self.legend.setVisible(not table)

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for box in (self.range, self.grouping, self.measure):
            bar.addWidget(box)
        bar.addStretch(1)
        bar.addWidget(self.as_table)
        bar.addWidget(self.forget)
        self._pictures.addWidget(self.chart)
        self._pictures.addWidget(self.rows)
        shown, empty = QWidget(self), QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addLayout(bar)
        column.addWidget(self.totals)
        column.addWidget(self._pictures, 1)
        column.addWidget(self.legend)
        set_kind(self.notice, "heading")
        set_kind(self.hint, "muted")
        below = QVBoxLayout(empty)
        below.setContentsMargins(24, 24, 24, 24)
        below.setSpacing(8)
        below.addStretch(2)
        for label in (self.notice, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            below.addWidget(label)
        below.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        below.addStretch(3)
        for one in (shown, empty, QWidget(self)):
            self._stack.addWidget(one)
        self._stack.setCurrentIndex(2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)


class _Totals(QFrame):
    """The sums, side by side: a figure with its name below."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.figures: list[QLabel] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(24)
        names = (
            self.tr("Requests"),
            self.tr("Tokens in"),
            self.tr("Known already"),
            self.tr("Tokens out"),
            self.tr("Failed"),
        )
        for name in names:
            figure, label = QLabel(self), QLabel(name, self)
            set_kind(figure, "heading")
            set_kind(label, "muted")
            figure.setBuddy(label)
            self.figures.append(figure)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(figure)
            column.addWidget(label)
            row.addLayout(column)
        row.addStretch(1)

    def show_totals(self, totals: UsageTotals) -> None:
        share = totals.cached_tokens / totals.input_tokens if totals.input_tokens else 0.0
        counts = (totals.requests, totals.input_tokens, None, totals.output_tokens, totals.errors)
        for label, count in zip(self.figures, counts, strict=True):
            text = f"{round(100 * share)} %" if count is None else _count(count)
            label.setText(text)
            label.setToolTip(QLocale().toString(totals.cached_tokens if count is None else count))


class _Legend(QWidget):
    """The groups, each with its colour and its sum."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(4)
        for column in range(_LEGEND_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.entries = [_LegendEntry(self) for _ in range(MOST_GROUPS + 1)]
        for number, entry in enumerate(self.entries):
            self._grid.addWidget(entry, number // _LEGEND_COLUMNS, number % _LEGEND_COLUMNS)

    def show_groups(self, names: Sequence[str], figures: UsageFigures) -> None:
        for number, entry in enumerate(self.entries):
            entry.setVisible(number < len(names))
            if number < len(names):
                group = figures.groups[number]
                place = MOST_GROUPS if group.name is None else number
                entry.show_group(place, names[number], group.total)


class _LegendEntry(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.swatch, self.name, self.sum = _Swatch(self), ElidedLabel(self), QLabel(self)
        set_kind(self.sum, "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.swatch)
        row.addWidget(self.name, 1)
        row.addWidget(self.sum)

    def show_group(self, place: int, name: str, total: int) -> None:
        self.swatch.show_number(place)
        self.name.setText(name)
        self.sum.setText(count_text(total))
        self.sum.setToolTip(QLocale().toString(total))


class _Swatch(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._number = 0
        self.setFixedSize(QSize(10, 10))

    def show_number(self, number: int) -> None:
        self._number = number
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(group_colours(colours())[self._number]))
        painter.drawRoundedRect(self.rect(), 2, 2)


def _count(count: int) -> str:
    return QLocale().toString(count) if count < _MOST_IN_FULL else count_text(count)
