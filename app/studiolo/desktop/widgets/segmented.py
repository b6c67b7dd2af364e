"""A segmented control: one of two to four choices, all in sight."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from studiolo.desktop.widgets.theme import colours

_PADDING, _MARGIN = 24, 3
_LEAST_HEIGHT = 32
_BEFORE = {Qt.Key.Key_Left, Qt.Key.Key_Up}
_AFTER = {Qt.Key.Key_Right, Qt.Key.Key_Down}


class SegmentedControl(QWidget):
    """Shows choices side by side. Arrow keys go from one to the next, and the Tab key past all of them.

    Signals:
        chosen: Somebody has chosen another; its value.
    """

    chosen = Signal(str)

    def __init__(self, titles: Mapping[str, str], parent: QWidget | None = None) -> None:
        """Show `titles`: what each value is called."""
        super().__init__(parent)
        self._values = list(titles)
        self._group = QButtonGroup(self)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(0)
        for number, title in enumerate(titles.values()):
            button = _Segment(title, self)
            self._group.addButton(button, number)
            layout.addWidget(button)
        self._group.idClicked.connect(self._clicked)
        self.set_value(self._values[0])

    @property
    def value(self) -> str:
        """Return the value that is chosen."""
        return self._values[self._group.checkedId()]

    @property
    def buttons(self) -> dict[str, QAbstractButton]:
        """Return the button of each value."""
        return {value: self._group.button(number) for number, value in enumerate(self._values)}

    def set_value(self, value: str) -> None:
        """Show another as chosen; nobody is told."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)
        self._let_tab_pass()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        for button in self._group.buttons():
            button.setAccessibleName(self.tr("%1: %2").replace("%1", name).replace("%2", button.text()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key not in _BEFORE | _AFTER:
            super().keyPressEvent(event)
            return
        back = key in _BEFORE
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            back = not back
        number = self._group.checkedId() + (-1 if back else 1)
        if 0 <= number < len(self._values):
            self._group.button(number).setFocus()
            self._group.button(number).click()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours().border), 1))
        painter.setBrush(QColor(colours().side))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()

    def _clicked(self, number: int) -> None:
        self._let_tab_pass()
        self.chosen.emit(self._values[number])

    def _let_tab_pass(self) -> None:
        for button in self._group.buttons():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if button.isChecked() else Qt.FocusPolicy.ClickFocus)


class _Segment(QAbstractButton):
    def __init__(self, title: str, parent: SegmentedControl) -> None:
        super().__init__(parent)
        self._control = parent
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font(bold=True))
        height = max(_LEAST_HEIGHT, metrics.height() + 12) - 2 * _MARGIN
        return QSize(metrics.horizontalAdvance(self.text()) + _PADDING, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _BEFORE | _AFTER:
            self._control.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isChecked():
            painter.setPen(QPen(QColor(look.muted), 1))
            painter.setBrush(QColor(look.window))
            painter.drawRoundedRect(edge, 6, 6)
        elif self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.bubble))
            painter.drawRoundedRect(edge, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.accent), 2))
            painter.drawRoundedRect(edge.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(self._font(bold=self.isChecked()))
        painter.setPen(QColor(look.text if self.isChecked() else look.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()

    def _font(self, *, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font
