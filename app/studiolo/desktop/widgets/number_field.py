"""A field for a number that says what is wrong with one, where Qt's would quietly take another."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, Qt, QValidator
from PySide6.QtWidgets import QWidget

from studiolo.desktop.widgets.still_fields import StillDoubleSpinBox
from studiolo.desktop.widgets.theme import keep_margins


class NumberField(StillDoubleSpinBox):
    """Takes a number with Enter, when it is left, and with each step of the arrow keys.

    Signals:
        entered: Somebody has entered another number, or stepped to it.
        refused: What was written is none, or beyond the limits; in words. The number before is shown again.
    """

    entered = Signal(float)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, decimals: int = 0, grouped: bool = False) -> None:
        """Make it with as many decimals at most. grouped: a large number is written in groups of three digits."""
        super().__init__(parent)
        self.setDecimals(decimals)
        self.setKeyboardTracking(False)
        self.setGroupSeparatorShown(grouped)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        keep_margins(self)
        self._silent = False
        self.valueChanged.connect(self._changed)

    def set_number(self, value: float) -> None:
        """Show a number; nobody is told."""
        self._silent = True
        self.setValue(value)
        self._silent = False

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").rstrip(point) if point in text else text

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let anything be written: what is wrong with it is said when the field is left."""
        state, text, position = super().validate(text, position)
        return QValidator.State.Intermediate if state is QValidator.State.Invalid else state, text, position

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._check()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._shown():
            self.lineEdit().setText(self._shown())
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._check()
        super().keyPressEvent(event)

    def _changed(self, value: float) -> None:
        if not self._silent:
            self.entered.emit(value)

    def _check(self) -> None:
        if self.text() == self._shown():
            return
        state = self.validate(self.text(), 0)[0]
        if state is not QValidator.State.Acceptable or not self.cleanText():
            self.refused.emit(
                self.tr("Enter a number from %1 to %2.")
                .replace("%1", self.textFromValue(self.minimum()))
                .replace("%2", self.textFromValue(self.maximum()))
            )
            # Qt would make some number of what is left of it.
            self.lineEdit().setText(self._shown())

    def _shown(self) -> str:
        if self.specialValueText() and self.value() == self.minimum():
            return self.specialValueText()
        return f"{self.prefix()}{self.textFromValue(self.value())}{self.suffix()}"
