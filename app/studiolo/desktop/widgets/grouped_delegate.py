"""How the lines of a list in groups are drawn."""

import unicodedata
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studiolo.desktop.widgets.icons import icon, icon_size
from studiolo.desktop.widgets.keycaps import keys_width, paint_keys
from studiolo.desktop.widgets.theme import colours

LINE = int(Qt.ItemDataRole.UserRole)
_SIDE, _PADDING, _RADIUS, _ICON, _GAP = 8, 10, 6, 16, 10
_ROW, _HEADING = 36, 30
_SMALL = 0.88
_LEAST_DETAIL = 40

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ListHeading:
    """Begins a group."""

    title: str


@dataclass(frozen=True, slots=True)
class ListItem:
    """A line that can be chosen.

    Attributes:
        key: Tells it from the others.
        title: What it is called.
        detail: What stands behind the title, quietly.
        icon: Of widgets/icons.py; empty for none.
        keys: A shortcut as this platform shows it; empty for none.
        places: Where in the title it is set off: (begin, end) pairs in order.
        marked: Whether a dot says that it is not as it usually is.
    """

    key: str
    title: str
    detail: str = ""
    icon: str = ""
    keys: str = ""
    places: tuple[tuple[int, int], ...] = ()
    marked: bool = False

    @property
    def spoken(self) -> str:
        """Return what a screen reader says of it."""
        return ", ".join(piece for piece in (self.title, self.detail, self.keys) if piece)


ListLine = ListHeading | ListItem


class LineDelegate(QStyledItemDelegate):
    """Headings are quiet; what was looked for is set off in the title; keys stand at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        least = _HEADING if isinstance(index.data(LINE), ListHeading) else _ROW
        return QSize(0, max(least, option.fontMetrics.height() + 12))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: ListLine = index.data(LINE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(_SIDE, 0, -_SIDE, 0)
        if isinstance(line, ListHeading):
            _paint_heading(painter, option, rect.adjusted(_PADDING, 0, -_PADDING, -4), line.title)
        else:
            _paint_ground(painter, option, rect)
            _paint_item(painter, option, rect.adjusted(_PADDING, 0, -_PADDING, 0), line)
        painter.restore()


def _paint_heading(painter: QPainter, option: QStyleOptionViewItem, rect: QRect, title: str) -> None:
    font = QFont(option.font)
    font.setPointSizeF(font.pointSizeF() * _SMALL)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(colours().muted))
    painter.drawText(rect, _start(option) | Qt.AlignmentFlag.AlignBottom, title)


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
    state = option.state
    selected = bool(state & QStyle.StateFlag.State_Selected)
    hovered = bool(state & QStyle.StateFlag.State_MouseOver)
    painter.setPen(Qt.PenStyle.NoPen)
    if selected or hovered:
        painter.setBrush(QColor(colours().selection if selected else colours().bubble))
        painter.drawRoundedRect(QRectF(rect), _RADIUS, _RADIUS)


def _paint_item(painter: QPainter, option: QStyleOptionViewItem, rect: QRect, item: ListItem) -> None:
    mirrored = option.direction == Qt.LayoutDirection.RightToLeft
    if item.icon:
        side = icon_size(_ICON).width()
        place = QRect(0, 0, side, side)
        place.moveCenter(rect.center())
        place.moveLeft(rect.right() - side if mirrored else rect.left())
        icon(item.icon, colours().muted, _ICON).paint(painter, place)
        shift = side + _GAP
        rect = rect.adjusted(0, 0, -shift, 0) if mirrored else rect.adjusted(shift, 0, 0, 0)
    if item.keys:
        width = keys_width(item.keys, option.font)
        right = rect.left() + width if mirrored else rect.right() + 1
        paint_keys(painter, item.keys, option.font, right, rect.center().y() + 1)
        shift = width + _GAP
        rect = rect.adjusted(shift, 0, 0, 0) if mirrored else rect.adjusted(0, 0, -shift, 0)
    if item.marked:
        dot = QRectF(0, 0, 7, 7)
        dot.moveCenter(QRectF(rect).center())
        dot.moveLeft(rect.left() if mirrored else rect.right() - 7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().accent))
        painter.drawEllipse(dot)
        rect = rect.adjusted(15, 0, 0, 0) if mirrored else rect.adjusted(0, 0, -15, 0)
    used = _paint_title(painter, option, rect, item)
    room = rect.width() - used - _GAP
    if item.detail and room > _LEAST_DETAIL:
        rest = rect.adjusted(0, 0, -used - _GAP, 0) if mirrored else rect.adjusted(used + _GAP, 0, 0, 0)
        painter.setFont(option.font)
        painter.setPen(QColor(colours().muted))
        detail = option.fontMetrics.elidedText(item.detail, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rest, _start(option) | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, detail)


def _paint_title(painter: QPainter, option: QStyleOptionViewItem, rect: QRect, item: ListItem) -> int:
    """Draw the title piece by piece; return the pixels that it takes."""
    mirrored = option.direction == Qt.LayoutDirection.RightToLeft
    shown = item.title.replace("\n", " ")
    text = option.fontMetrics.elidedText(shown, Qt.TextElideMode.ElideRight, rect.width())
    # As pieces, letters that are written to the left would stand in the wrong order.
    to_the_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    if mirrored or to_the_left or not item.places:
        painter.setFont(option.font)
        painter.setPen(QColor(colours().text))
        painter.drawText(rect, _start(option) | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        return option.fontMetrics.horizontalAdvance(text)
    left = rect.left()
    for piece, found in _pieces(text, item.places):
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold if found else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colours().link if found else colours().text))
        width = QFontMetrics(font).horizontalAdvance(piece)
        place = QRect(left, rect.top(), width + 1, rect.height())
        painter.drawText(
            place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, piece
        )
        left += width
    return left - rect.left()


def _pieces(text: str, places: tuple[tuple[int, int], ...]) -> list[tuple[str, bool]]:
    """Return the text in order, with what was looked for told from the rest."""
    pieces, at = [], 0
    for begin, end in places:
        begin, end = min(begin, len(text)), min(end, len(text))
        if begin > at:
            pieces.append((text[at:begin], False))
        if end > begin:
            pieces.append((text[begin:end], True))
        at = max(at, end)
    return [*pieces, (text[at:], False)] if at < len(text) else pieces


def _start(option: QStyleOptionViewItem) -> Qt.AlignmentFlag:
    return QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignAbsolute
