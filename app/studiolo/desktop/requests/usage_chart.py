"""Bars by day, one share above the other. Pointer and arrow keys ask for a day; screen readers hear it in words."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, QEvent, QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from studiolo.desktop.requests.usage_figures import MOST_GROUPS, UsageFigures, round_top
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.formatting import count_text, tip_text
from studiolo.desktop.widgets.theme import Colours, colours

_GAP = 0.28
"""Of a day's width, between two bars."""
_MOST_BAR = 48.0
_LINES = 4
_RADIUS = 3.0


def group_colours(look: Colours) -> tuple[str, ...]:
    """Return the colours of the groups, the last one for all that are not told apart."""
    return (look.accent, look.code_string, look.code_number, look.code_keyword, look.warning_border, look.muted)


class UsageChart(QWidget):
    """What was used on each day."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures = UsageFigures()
        self._names: Sequence[str] = ()
        self._current: int | None = None
        self.setMinimumHeight(160)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Usage by day"))

    def sizeHint(self) -> QSize:
        return QSize(640, 280)

    def show_figures(self, figures: UsageFigures, names: Sequence[str]) -> None:
        """Show these figures. names: what the groups are called."""
        self._figures, self._names = figures, names
        if self._current is not None and self._current >= len(figures.days):
            self._current = None
        self._describe()
        self.update()

    @property
    def current(self) -> int | None:
        """Return the number of the day that is looked at."""
        return self._current

    def day_text(self, number: int) -> str:
        """Return what was used on a day, in words."""
        figures = self._figures
        day, bar = figures.days[number], figures.bars[number]
        lines = [_long(day)]
        lines += [f"{name}: {_figure(count)}" for name, count in zip(self._names, bar, strict=True) if count]
        if len(lines) == 1:
            lines.append(self.tr("Nothing"))
        elif len(lines) > 2:
            lines.append(self.tr("Total: %1").replace("%1", _figure(sum(bar))))
        return "\n".join(lines)

    def day_at(self, x: float) -> int | None:
        """Return the number of the day at a place; None beside them."""
        area, count = self._area(), len(self._figures.days)
        if not count or not area.left() <= x < area.right():
            return None
        return min(count - 1, int((x - area.left()) / (area.width() / count)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            day = self.day_at(event.pos().x())
            if day is not None:
                QToolTip.showText(event.globalPos(), tip_text(self.day_text(day)), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._look_at(self.day_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self._look_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._figures.days) - 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -last, Qt.Key.Key_End: last}
        step = steps.get(Qt.Key(event.key()))
        if step is None or last < 0:
            super().keyPressEvent(event)
            return
        before = last + 1 if self._current is None else self._current
        self._look_at(max(0, min(last, before + step)))
        if self._current is not None:
            text = self.day_text(self._current)
            announce(self, text.replace("\n", ", "))
            QToolTip.showText(self.mapToGlobal(self._bar(self._current).topRight().toPoint()), tip_text(text), self)

    def _look_at(self, number: int | None) -> None:
        if number != self._current:
            self._current = number
            self._describe()
            self.update()

    def _describe(self) -> None:
        if self._current is not None:
            self.setAccessibleDescription(self.day_text(self._current).replace("\n", ", "))
            return
        if not self._figures.highest:
            self.setAccessibleDescription(self.tr("No model was used on these days."))
            return
        sums = [
            f"{name}: {_figure(group.total)}" for name, group in zip(self._names, self._figures.groups, strict=True)
        ]
        self.setAccessibleDescription(", ".join(sums))

    def _area(self) -> QRectF:
        """Where the bars are: beside the figures of the axis, and above the days."""
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("0,000.0 k") + 8
        below = metrics.height() + 8
        return QRectF(left, 8, max(1, self.width() - left - 8), max(1, self.height() - 8 - below))

    def _bar(self, number: int) -> QRectF:
        area = self._area()
        width = area.width() / max(1, len(self._figures.days))
        bar = min(_MOST_BAR, width * (1 - _GAP))
        return QRectF(area.left() + number * width + (width - bar) / 2, area.top(), bar, area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.86)
        painter.setFont(font)
        area, top = self._area(), round_top(max(4, self._figures.highest))
        if self._figures.highest:
            self._paint_axis(painter, area, top, look)
        for number in range(len(self._figures.days)):
            self._paint_bar(painter, number, top, look)
        self._paint_days(painter, area, look)
        if not self._figures.highest:
            painter.setFont(self.font())
            painter.setPen(QColor(look.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.tr("No model was used on these days."))
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()

    def _paint_axis(self, painter: QPainter, area: QRectF, top: int, look: Colours) -> None:
        for line in range(_LINES + 1):
            height = area.bottom() - area.height() * line / _LINES
            painter.setPen(QPen(QColor(look.border), 1))
            painter.drawLine(QPointF(area.left(), height), QPointF(area.right(), height))
            painter.setPen(QColor(look.muted))
            place = QRectF(0, height - 10, area.left() - 8, 20)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            if (top * line) % _LINES == 0:
                painter.drawText(place, side, count_text(top * line // _LINES))

    def _paint_bar(self, painter: QPainter, number: int, top: int, look: Colours) -> None:
        whole, shares = self._bar(number), self._figures.bars[number]
        if number == self._current:
            width = self._area().width() / len(self._figures.days)
            ground = QRectF(whole.center().x() - width / 2, whole.top(), width, whole.height())
            painter.fillRect(ground, QColor(look.bubble))
        total = sum(shares)
        if not total:
            return
        height = max(2.0, whole.height() * total / top)
        shape = QPainterPath()
        above = QRectF(whole.left(), whole.bottom() - height, whole.width(), height + _RADIUS)
        shape.addRoundedRect(above, _RADIUS, _RADIUS)
        painter.save()
        painter.setClipRect(QRectF(whole.left(), whole.top(), whole.width(), whole.height()))
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        bottom = whole.bottom()
        for colour, share in zip(self._group_colours(look), shares, strict=True):
            part = height * share / total
            painter.fillRect(QRectF(whole.left(), bottom - part, whole.width(), part), QColor(colour))
            bottom -= part
        painter.restore()

    def _group_colours(self, look: Colours) -> list[str]:
        known = group_colours(look)
        return [
            known[MOST_GROUPS] if group.name is None else known[number]
            for number, group in enumerate(self._figures.groups)
        ]

    def _paint_days(self, painter: QPainter, area: QRectF, look: Colours) -> None:
        days = self._figures.days
        if not days:
            return
        painter.setPen(QColor(look.muted))
        room = painter.fontMetrics().horizontalAdvance(_short(days[-1])) + 16
        every = max(1, -(-int(room * len(days)) // max(1, int(area.width()))))
        # Counted from today, which always has its name.
        for number in range(len(days) - 1, -1, -every):
            middle = self._bar(number).center().x()
            left = min(middle - room / 2, self.width() - room)
            place = QRectF(left, area.bottom() + 4, room, self.fontMetrics().height() + 4)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, _short(days[number]))


def _figure(count: int) -> str:
    return QLocale().toString(count)


def _short(day: date) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), "d MMM")


def _long(day: date) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.LongFormat)
