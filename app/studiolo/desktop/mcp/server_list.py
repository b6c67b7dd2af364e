"""The servers, one below the other: a dot, a name, how it is."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studiolo.api.mcp import McpServerInfo
from studiolo.desktop.mcp.model import ServerWords, words_of
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours

_NAME, _WORDS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_MARGIN, _DOT = 12, 8


class ServerList(QListWidget):
    """`opened` carries the label of the one that is chosen."""

    opened = Signal(str)
    delete_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Servers"))
        self.setProperty("kind", "servers")
        self.setMouseTracking(True)
        self.setItemDelegate(_Delegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(self._chosen)
        self._filling = False

    @property
    def chosen(self) -> str:
        """Return the label of the chosen server; empty for none."""
        item = self.currentItem()
        return str(item.data(_NAME)) if item else ""

    def show_servers(self, servers: Sequence[McpServerInfo]) -> None:
        """Show these; the one that is chosen stays, else it is the first."""
        before = self.chosen
        self._filling = True
        labels = [server.label for server in servers]
        if [self.item(row).data(_NAME) for row in range(self.count())] != labels:
            self.clear()
            for label in labels:
                item = QListWidgetItem(self)
                item.setData(_NAME, label)
        for row, server in enumerate(servers):
            words = words_of(server)
            item = self.item(row)
            item.setData(_WORDS, words)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{server.label}, {words.line}")
            item.setToolTip("")
        self._filling = False
        if labels:
            self.choose(before if before in labels else labels[0])

    def choose(self, label: str) -> None:
        """Choose a server by its name in mcp.json."""
        for row in range(self.count()):
            if self.item(row).data(_NAME) == label and self.currentRow() != row:
                self.setCurrentRow(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)

    def _chosen(self) -> None:
        if not self._filling and self.chosen:
            self.opened.emit(self.chosen)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, 2 * option.fontMetrics.lineSpacing() + 2 * sizes().spaced(7) + 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        words = index.data(_WORDS)
        if not isinstance(words, ServerWords):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = option.widget
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        box = option.rect.adjusted(2, 1, -2, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            focused = isinstance(view, QWidget) and view.hasFocus()
            painter.setBrush(QColor(colours().selection if chosen and focused else colours().bubble))
            painter.drawRoundedRect(box, 6, 6)
        if chosen:
            bar = QRect(box.right() - 3 if rtl else box.left() + 1, box.top() + 6, 3, box.height() - 12)
            painter.setBrush(QColor(colours().accent))
            painter.drawRoundedRect(bar, 1.5, 1.5)
        self._dot(painter, words, box, rtl=rtl)
        edge = sizes().spaced(6)
        room = box.adjusted(_MARGIN + _DOT + _MARGIN, edge, -_MARGIN, -edge)
        if rtl:
            room = box.adjusted(_MARGIN, edge, -(_MARGIN + _DOT + _MARGIN), -edge)
        self._texts(painter, option, room, str(index.data(_NAME)), words.line)
        painter.restore()

    @staticmethod
    def _dot(painter: QPainter, words: ServerWords, box: QRect, *, rtl: bool) -> None:
        colour = {
            "ok": colours().ok,
            "warning": colours().warning_border,
            "danger": colours().danger,
            "off": colours().muted,
        }[words.colour]
        left = box.right() - _MARGIN - _DOT if rtl else box.left() + _MARGIN
        dot = QRect(left, box.center().y() - _DOT // 2, _DOT, _DOT)
        painter.setPen(QColor(colour))
        painter.setBrush(Qt.BrushStyle.NoBrush if words.colour == "off" else QColor(colour))
        painter.drawEllipse(dot)

    @staticmethod
    def _texts(painter: QPainter, option: QStyleOptionViewItem, room: QRect, name: str, line: str) -> None:
        bold = option.font
        bold.setWeight(bold.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(colours().text))
        half = room.height() // 2
        flags = Qt.AlignmentFlag.AlignVCenter | QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(QRect(room.left(), room.top(), room.width(), half), int(flags), shown)
        plain = option.font
        plain.setWeight(plain.Weight.Normal)
        plain.setPointSizeF(sizes().points("small"))
        painter.setFont(plain)
        painter.setPen(QColor(colours().muted))
        shown = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(QRect(room.left(), room.top() + half, room.width(), half), int(flags), shown)
