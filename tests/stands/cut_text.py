"""Whether all the words in a window can be read, at whatever size of text."""

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeView,
    QWidget,
)

from studiolo.desktop.widgets.elided import ElidedButton, ElidedLabel

_SLACK, _MARGIN = 1, 8
_ELLIPSIS = "…"


def cut_texts(window: QWidget) -> list[str]:
    """Texts in sight that lack a part of a word, or a line; those that say so with an ellipsis have a tool tip."""
    widgets = [widget for widget in window.findChildren(QWidget) if widget.isVisible()]
    return [text for widget in widgets if (text := _cut(widget))]


def _cut(widget: QWidget) -> str:
    match widget:
        case ElidedLabel() | ElidedButton():
            return widget.text() if widget.height() + _SLACK < widget.fontMetrics().height() else ""
        case QLabel():
            return _cut_label(widget) or _beyond(widget, widget.text())
        case QComboBox():
            short = widget.width() + _SLACK < widget.minimumSizeHint().width()
            return widget.currentText() if short or widget.height() + _SLACK < widget.sizeHint().height() else ""
        case QAbstractButton():
            text = widget.text()
            short = bool(text) and not text.endswith(_ELLIPSIS) and widget.width() + _SLACK < widget.sizeHint().width()
            low = widget.height() + _SLACK < widget.minimumSizeHint().height()
            return text or widget.accessibleName() if short or low else _beyond(widget, text)
        case QLineEdit():
            text = widget.text() or widget.placeholderText()
            low = widget.height() + _SLACK < widget.sizeHint().height()
            unfit = not widget.text() and widget.fontMetrics().horizontalAdvance(text) > widget.width()
            return text if low or unfit else ""
        case QHeaderView():
            return _cut_header(widget)
        case QTreeView() if widget.model() and widget.model().rowCount():
            low = widget.sizeHintForRow(0) < widget.fontMetrics().height()
            return widget.accessibleName() if low else ""
    return ""


def _cut_label(label: QLabel) -> str:
    text = label.text()
    if not text or label.textFormat() == Qt.TextFormat.RichText:
        return ""
    room = label.contentsRect()
    if label.wordWrap():
        return text if label.height() + _SLACK < label.heightForWidth(label.width()) else ""
    lines = text.split("\n")
    metrics = label.fontMetrics()
    wide = max(metrics.horizontalAdvance(line) for line in lines) - 2 * label.margin()
    return text if wide > room.width() + _SLACK or metrics.height() * len(lines) > room.height() + _SLACK else ""


def _cut_header(header: QHeaderView) -> str:
    if header.orientation() != Qt.Orientation.Horizontal:
        return ""
    for section in range(header.count()):
        if not header.isSectionHidden(section):
            text = str(header.model().headerData(section, header.orientation()) or "")
            if header.fontMetrics().horizontalAdvance(text) + _SLACK > header.sectionSize(section):
                return text
    return ""


def _beyond(widget: QWidget, text: str) -> str:
    """What stands beside the edge of what it is in, where nothing scrolls to it."""
    above = widget.parentWidget()
    # The margin of a button may hang out, so that its sign stands below the edge of a text.
    slack = _MARGIN if isinstance(widget, QAbstractButton) else _SLACK
    while text and above is not None:
        scrolls = isinstance(above.parentWidget(), QAbstractScrollArea)
        place = QRect(widget.mapTo(above, QPoint(0, 0)), widget.size())
        if place.left() < -slack or place.right() > above.width() + slack:
            return text
        if scrolls or above.isWindow():
            return ""
        if place.top() < -_SLACK or place.bottom() > above.height() + _SLACK:
            return text
        above = above.parentWidget()
    return ""
