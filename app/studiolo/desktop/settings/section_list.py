"""The list of sections at the left of the dialog."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studiolo.desktop.settings.fields import setting_text
from studiolo.desktop.settings.sections import SettingsSection
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_ICON = 18
_BESIDE_NAME = 52
_LEAST_HEIGHT = 32
_NAME = Qt.ItemDataRole.UserRole


class SectionList(Recoloured, QListWidget):
    """Names of sections with their icons; arrow keys go from one to the next.

    Signals:
        section_chosen: Somebody has chosen another; its id.
    """

    section_chosen = Signal(str)

    def __init__(self, sections: Sequence[SettingsSection], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sections = sections
        self.setAccessibleName(self.tr("Sections"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListWidget { border: none; background: transparent; }")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_SectionDelegate(self))
        for section in sections:
            item = QListWidgetItem(setting_text(section.title), self)
            item.setData(_NAME, section.id)
        self.dress()
        self.currentItemChanged.connect(self._chosen)
        self.itemClicked.connect(self._chosen)

    @property
    def current(self) -> str:
        """Return the id of the section that is chosen; empty for none."""
        item = self.currentItem()
        return str(item.data(_NAME)) if item and item.isSelected() else ""

    @property
    def widest(self) -> int:
        """Return how wide the list must be for the longest name, in pixels."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        return _BESIDE_NAME + max(metrics.horizontalAdvance(self.item(row).text()) for row in range(self.count()))

    def show_chosen(self, section: str) -> None:
        """Mark a section; nobody is told. Empty: none."""
        self.blockSignals(True)
        self.clearSelection()
        for number, one in enumerate(self._sections):
            if one.id == section:
                self.setCurrentRow(number)
        self.blockSignals(False)

    def dress(self) -> None:
        for number, section in enumerate(self._sections):
            self.item(number).setIcon(icon(section.icon, colours().muted, _ICON))

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.section_chosen.emit(item.data(_NAME))


class _SectionDelegate(QStyledItemDelegate):
    """Marks the chosen one by ground, weight and a bar: never by colour alone."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, max(_LEAST_HEIGHT, option.fontMetrics.height() + 12))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(0, 1, 0, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(look.selection if chosen and self._focused() else look.bubble))
            painter.drawRoundedRect(rect, 6, 6)
        bar = QRect(rect.left(), rect.top() + 6, 3, rect.height() - 12)
        left = option.direction is Qt.LayoutDirection.LeftToRight
        if not left:
            bar.moveRight(rect.right())
        if chosen:
            painter.setBrush(QColor(look.accent))
            painter.drawRoundedRect(bar, 1.5, 1.5)
        around = rect.adjusted(12, 0, -8, 0) if left else rect.adjusted(8, 0, -12, 0)
        place = QRect(0, 0, _ICON, _ICON)
        place.moveCenter(around.center())
        place.moveLeft(around.left()) if left else place.moveRight(around.right())
        index.data(Qt.ItemDataRole.DecorationRole).paint(painter, place)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        words = around.adjusted(_ICON + 10, 0, 0, 0) if left else around.adjusted(0, 0, -_ICON - 10, 0)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        text = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | side | Qt.AlignmentFlag.AlignAbsolute, text)
        painter.restore()

    def _focused(self) -> bool:
        parent = self.parent()
        return isinstance(parent, QWidget) and parent.hasFocus()
