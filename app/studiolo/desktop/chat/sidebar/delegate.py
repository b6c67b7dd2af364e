"""How an entry of the sidebar is drawn."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studiolo.desktop.chat.sidebar.entries import ChatEntry, Entry, FolderEntry, Heading, HitEntry
from studiolo.desktop.chat.sidebar.model import BUSY, ENTRY
from studiolo.desktop.history.records import Hit
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours

_MARGIN, _PADDING, _RADIUS, _INDENT = 8, 10, 8, 16
_DOT = 7
_ICON = 16
_BEFORE_MARK = 14

Index = QModelIndex | QPersistentModelIndex


class EntryDelegate(QStyledItemDelegate):
    """Headings are quiet, chats a line, what was found two."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(ENTRY)
        line = option.fontMetrics.height()
        if isinstance(entry, HitEntry):
            return QSize(0, 2 * line + sizes().spaced(1.5 * _PADDING))
        return QSize(0, line + sizes().spaced(_PADDING * 2 if isinstance(entry, Heading) else _PADDING + 4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(_MARGIN, 1, -_MARGIN, -1)
        if not isinstance(entry, Heading):
            self._paint_ground(painter, option, rect)
        inner = rect.adjusted(_PADDING, 0, -_PADDING, 0)
        right_to_left = option.direction == Qt.LayoutDirection.RightToLeft
        match entry:
            case Heading():
                self._paint_heading(painter, option, inner, index.data())
            case HitEntry():
                self._paint_hit(painter, option, inner, entry)
            case FolderEntry():
                self._paint_folder(painter, option, _indented(inner, entry.depth, right_to_left), entry)
            case ChatEntry():
                rect = _indented(inner, entry.depth, right_to_left)
                self._paint_chat(painter, option, rect, index.data(), entry, busy=bool(index.data(BUSY)))
        painter.restore()

    def updateEditorGeometry(self, editor: object, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0))  # type: ignore[attr-defined]

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QColor(colours().accent) if focused else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().bubble) if selected or hovered else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, text: str) -> None:
        painter.setFont(_small(option.font))
        painter.setPen(QColor(colours().muted))
        _draw(painter, rect.adjusted(0, 0, 0, -4), text, option, Qt.AlignmentFlag.AlignBottom)

    def _paint_chat(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        title: str,
        entry: ChatEntry,
        *,
        busy: bool,
    ) -> None:
        marked = busy or entry.chat.unread
        if marked:
            dot = QRectF(0, 0, _DOT, _DOT)
            dot.moveCenter(QRectF(rect).center())
            right_to_left = option.direction == Qt.LayoutDirection.RightToLeft
            dot.moveLeft(rect.left() if right_to_left else rect.right() - _DOT)
            accent = QColor(colours().accent)
            painter.setPen(accent)
            painter.setBrush(Qt.BrushStyle.NoBrush if busy else accent)
            painter.drawEllipse(dot)
            shift = _DOT + 6
            rect = rect.adjusted(shift, 0, 0, 0) if right_to_left else rect.adjusted(0, 0, -shift, 0)
        painter.setFont(_bold(option.font) if entry.chat.unread else option.font)
        painter.setPen(QColor(colours().text))
        _draw(painter, rect, title, option)

    def _paint_folder(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, entry: FolderEntry) -> None:
        right_to_left = option.direction == Qt.LayoutDirection.RightToLeft
        name = "chevron-down" if not entry.closed else "chevron-left" if right_to_left else "chevron-right"
        side = sizes().scaled(_ICON)
        place = QRect(0, 0, side, side)
        place.moveCenter(rect.center())
        place.moveLeft(rect.right() - side if right_to_left else rect.left() - 4)
        icon(name, colours().muted, _ICON).paint(painter, place)
        rect = rect.adjusted(0, 0, -side, 0) if right_to_left else rect.adjusted(side, 0, 0, 0)
        painter.setFont(option.font)
        painter.setPen(QColor(colours().text))
        _draw(painter, rect, entry.folder.name, option)

    def _paint_hit(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, entry: HitEntry) -> None:
        line = option.fontMetrics.height()
        upper = QRect(rect.left(), rect.top() + sizes().spaced(_PADDING / 2), rect.width(), line)
        painter.setFont(option.font)
        painter.setPen(QColor(colours().text))
        _draw(painter, upper, entry.hit.title, option)
        painter.setFont(_small(option.font))
        painter.setPen(QColor(colours().muted))
        _draw(painter, upper.translated(0, line), _around_the_mark(entry.hit), option)


def _around_the_mark(hit: Hit) -> str:
    """Return the passage from a word or two before what was found: a sidebar is narrow."""
    mark = hit.marks[0][0] if hit.marks else 0
    begin = hit.passage.find(" ", max(0, mark - _BEFORE_MARK), mark) + 1
    return "…" + hit.passage[begin:] if mark > _BEFORE_MARK and begin else hit.passage


def _indented(rect: QRect, depth: int, right_to_left: bool) -> QRect:
    shift = depth * sizes().scaled(_INDENT)
    return rect.adjusted(0, 0, -shift, 0) if right_to_left else rect.adjusted(shift, 0, 0, 0)


def _draw(
    painter: QPainter,
    rect: QRect,
    text: str,
    option: QStyleOptionViewItem,
    vertical: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
) -> None:
    text = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
    painter.drawText(rect, int(side | vertical | Qt.AlignmentFlag.AlignAbsolute) | Qt.TextFlag.TextSingleLine, text)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(sizes().points("caption"))
    return small


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold
