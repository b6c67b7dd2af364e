"""A column of rows that scrolls. Only rows in sight and a dozen around them are widgets.

Heights of unseen rows are estimates. When a row comes near it is measured and the estimate corrected; whatever the
reader is looking at stays where it is meanwhile (the anchor). At the bottom the view follows the stream, until the
reader scrolls up.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from studiolo.desktop.chat.transcript.heights import RowHeights
from studiolo.desktop.chat.transcript.row_factory import estimate_height
from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.sections import Section
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import sizes

COLUMN_WIDTH = 700
NEIGHBOURS = 12
_SIDE_MARGIN, TOP_MARGIN, _BOTTOM_MARGIN = 16, 20, 4
_SCROLL_STEP = 48
_FOLLOW_DISTANCE = 4


class RowColumn(QAbstractScrollArea):
    """Shows the rows of sections from top to bottom, at most COLUMN_WIDTH pixels wide at the usual text size."""

    following_changed = Signal(bool)
    focus_dropped = Signal()
    """The row that has the focus is about to go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sections: list[Section] = []
        self._heights = RowHeights()
        self._measured: set[int] = set()
        self._rows: dict[int, Row] = {}
        self._width = 0
        self._following = True
        self._arranging = False
        self._in_sight = range(0)
        self._near = range(0)
        self._tabs_changed = False
        self._warm = QTimer(self)
        self._warm.setSingleShot(True)
        self._warm.timeout.connect(self._make_neighbour)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._arrange_anew)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().setSingleStep(_SCROLL_STEP)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.jump = JumpButton(self)
        self.jump.clicked.connect(self.jump_to_latest)
        self.jump.hide()

    @abstractmethod
    def _make_row(self, section: Section) -> Row:
        """Return the widget of a section."""

    @abstractmethod
    def _row_made(self, index: int, row: Row) -> None:
        """A row has become a widget."""

    @property
    def live_rows(self) -> int:
        """Return how many rows are widgets now."""
        return len(self._rows)

    @property
    def settled(self) -> bool:
        """Return whether all the rows that may come into sight next are widgets."""
        return not self._warm.isActive()

    @property
    def following(self) -> bool:
        """Return whether the view stays at the end as text arrives."""
        return self._following

    @property
    def sections(self) -> Sequence[Section]:
        """Return all sections of the messages, from top to bottom."""
        return self._sections

    @property
    def live(self) -> Mapping[int, Row]:
        """Return the rows that have a widget, by the numbers of their sections."""
        return self._rows

    def row(self, index: int) -> Row:
        """Return the row of a section, made if it is not there."""
        self._measure(index)
        return self._rows[index]

    def jump_to_latest(self) -> None:
        """Scroll to the end, and follow it from now on."""
        self._set_following(True)
        self._arrange()

    def go_to_row(self, index: int) -> None:
        """Bring it to the top of what is in sight."""
        self._set_following(False)
        for _ in range(2):  # What comes into sight is measured, and may move what is below it.
            self.verticalScrollBar().setValue(self._heights.top(index))
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._arrange_anew()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            # Once, and when the rows have heard of it as well.
            self._again.start()

    def _arrange_anew(self) -> None:
        self._width = 0
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Rows are placed by _arrange, not by moving what is there."""

    def _scrolled(self, value: int) -> None:
        if self._arranging:
            return
        self._set_following(value >= self.verticalScrollBar().maximum() - _FOLLOW_DISTANCE)
        self._arrange()

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def _column_width(self) -> int:
        # Of the whole width: a scroll bar that comes or goes must not break every line anew.
        return max(1, min(sizes().scaled(COLUMN_WIDTH), self.width() - 2 * _SIDE_MARGIN))

    def _estimate(self, section: Section) -> int:
        metrics = self.fontMetrics()
        return estimate_height(section, self._width, metrics.averageCharWidth(), metrics.lineSpacing())

    def _estimates(self) -> Iterable[int]:
        metrics = self.fontMetrics()
        character, line = metrics.averageCharWidth(), metrics.lineSpacing()
        return (estimate_height(section, self._width, character, line) for section in self._sections)

    def _arrange(self) -> None:
        """Measure what is in sight, correct the scroll bar without moving the anchor, and place the rows."""
        if self._arranging or not self.isVisible():
            return
        self._arranging = True
        try:
            if self._sections:
                anchor, offset = self._anchor()
                offset = self._take_width(anchor, offset)
                self._measure_around(anchor, offset)
                self._update_bar(anchor, offset)
                self._place_rows()
            else:
                self.verticalScrollBar().setRange(0, 0)
            self._place_jump()
        finally:
            self._arranging = False

    def _anchor(self) -> tuple[int, int]:
        """Return the row to keep in place and how far below the viewport's top it begins.

        Following, that is the last one and the figure is worked out anew from the bottom.
        """
        last = len(self._sections) - 1
        if self._following:
            return last, 0
        value = self.verticalScrollBar().value()
        if value <= 0:
            return 0, TOP_MARGIN
        y = value - TOP_MARGIN
        first = self._heights.row_at(y)
        bottom = self._heights.row_at(y + self.viewport().height())
        # One that was in sight before: the reader's eye is on it, not on a row just coming in.
        index = max(first, self._in_sight.start)
        if index > bottom or index >= self._in_sight.stop:
            index = first
        return index, self._heights.top(index) - y

    def _take_width(self, anchor: int, offset: int) -> int:
        """Break lines anew where the column has another width.

        Returns the anchor's new offset: the same share of it is above the viewport's top as before.
        """
        width = self._column_width()
        if width == self._width:
            return offset
        before = self._heights[anchor]
        self._width = width
        self._measured.clear()
        self._heights = RowHeights(self._estimates())
        return round(offset * self._measure(anchor) / before) if offset < 0 else offset

    def _measure(self, index: int) -> int:
        row = self._rows.get(index)
        if row is None:
            row = self._make_row(self._sections[index])
            self._rows[index] = row
            self._measured.discard(index)
            self._tabs_changed = True
            self._row_made(index, row)
        if index not in self._measured:
            height = row.arrange(self._width)
            self._heights.set(index, height)
            self._measured.add(index)
        return self._heights[index]

    def _measure_around(self, anchor: int, offset: int) -> None:
        height = self.viewport().height()
        if self._following:
            index, room = anchor, height
            while index >= 0 and room > 0:
                room -= self._measure(index)
                index -= 1
            return
        index, y = anchor, offset
        while index < len(self._sections) and y < height:
            y += self._measure(index)
            index += 1
        index, y = anchor - 1, offset
        while index >= 0 and y > 0:
            y -= self._measure(index)
            index -= 1

    def _update_bar(self, anchor: int, offset: int) -> None:
        bar = self.verticalScrollBar()
        height = self.viewport().height()
        maximum = max(0, TOP_MARGIN + self._heights.total + _BOTTOM_MARGIN - height)
        bar.setRange(0, maximum)
        bar.setPageStep(height)
        bar.setValue(maximum if self._following else TOP_MARGIN + self._heights.top(anchor) - offset)

    def _place_rows(self) -> None:
        height = self.viewport().height()
        y = self.verticalScrollBar().value() - TOP_MARGIN
        first, last = self._heights.row_at(y), self._heights.row_at(y + height - 1)
        left = (self.width() - self._width) // 2
        top = self._heights.top(first) - y
        for index in range(first, last + 1):
            rect = QRect(left, top, self._width, self._measure(index))
            row = self._rows[index]
            if row.geometry() != rect:
                row.setGeometry(rect)
            if row.isHidden():
                row.show()
            top += rect.height()
        for index in list(self._rows):
            if not first - NEIGHBOURS <= index <= last + NEIGHBOURS and not self._rows[index].editing:
                self._drop(index)
            elif not first <= index <= last:
                self._rows[index].hide()
        self._order_tabs()
        self._in_sight = range(first, last + 1)
        self._near = range(max(0, first - NEIGHBOURS), min(len(self._sections), last + NEIGHBOURS + 1))
        if any(index not in self._rows for index in self._near):
            self._warm.start()

    def _order_tabs(self) -> None:
        """Tab goes through the rows from top to bottom, whenever each was made, and then on to what follows."""
        if not self._tabs_changed:
            return
        self._tabs_changed = False
        previous: QWidget = self
        for index in sorted(self._rows):
            for stop in self._rows[index].tab_stops():
                QWidget.setTabOrder(previous, stop)
                previous = stop
        QWidget.setTabOrder(previous, self.jump)

    def _make_neighbour(self) -> None:
        """Make one row that may come into sight next, then let others have their turn."""
        missing = [index for index in self._near if index not in self._rows and index < len(self._sections)]
        if not missing:
            return
        anchor, offset = self._anchor()
        self._measure(min(missing, key=lambda index: max(self._in_sight.start - index, index - self._in_sight.stop)))
        self._arranging = True
        try:
            self._update_bar(anchor, offset)
        finally:
            self._arranging = False
        if len(missing) > 1:
            self._warm.start()

    def _drop(self, index: int) -> None:
        row = self._rows.pop(index)
        focus = QApplication.focusWidget()
        if focus is not None and row.isAncestorOf(focus):
            # Else Qt hands it to whatever comes next.
            self.focus_dropped.emit()
        row.hide()
        row.deleteLater()

    def _place_jump(self) -> None:
        shown = not self._following and self.verticalScrollBar().maximum() > 0
        self.jump.setVisible(shown)
        if shown:
            size = self.jump.sizeHint()
            self.jump.move((self.width() - size.width()) // 2, self.height() - size.height() - 10)
            self.jump.raise_()


class JumpButton(IconButton):
    """The way back down for a reader who has scrolled up."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("arrow-down", self.tr("Jump to latest"), parent, size=18)
        self.setProperty("kind", "jump")
