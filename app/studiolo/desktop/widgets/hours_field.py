"""A part of the day, from one time to another, or none."""

from PySide6.QtCore import QTime, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTimeEdit, QWidget

from studiolo.desktop.widgets.still_fields import TurnsWithFocus
from studiolo.desktop.widgets.switch import Switch
from studiolo.desktop.widgets.theme import keep_margins

_CLOCK = "HH:mm"
_EVENING, _MORNING = QTime(22, 0), QTime(7, 0)


class _TimeField(TurnsWithFocus, QTimeEdit):
    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        keep_margins(self)
        self.setKeyboardTracking(False)
        self.setDisplayFormat(_CLOCK)
        self.setAccessibleName(name)


class HoursField(QWidget):
    """A switch with two times of the day, which are shown while it is on.

    Signals:
        hours_changed: Somebody has set others: beginning and end as HH:MM, or both empty.
    """

    hours_changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.used = Switch(self)
        self.begin, self.end = _TimeField(self.tr("From"), self), _TimeField(self.tr("To"), self)
        self.begin.setTime(_EVENING)
        self.end.setTime(_MORNING)
        self._between = QLabel(self.tr("to"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.begin, self._between, self.end, self.used):
            layout.addWidget(widget)
        self.set_hours("", "")
        self.used.toggled.connect(self._tell)
        self.begin.timeChanged.connect(self._tell)
        self.end.timeChanged.connect(self._tell)

    @property
    def hours(self) -> tuple[str, str]:
        """Return beginning and end as HH:MM, or both empty."""
        if not self.used.isChecked():
            return "", ""
        return self.begin.time().toString(_CLOCK), self.end.time().toString(_CLOCK)

    def set_hours(self, begin: str, end: str) -> None:
        """Show others; nobody is told. Without one of the two there are none."""
        fields = (self.used, self.begin, self.end)
        for field in fields:
            field.blockSignals(True)
        self.used.setChecked(bool(begin and end))
        if begin and end:
            self.begin.setTime(QTime.fromString(begin, _CLOCK))
            self.end.setTime(QTime.fromString(end, _CLOCK))
        for field in fields:
            field.blockSignals(False)
        self._show()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.used.setAccessibleName(name)

    def _tell(self) -> None:
        self._show()
        self.hours_changed.emit(*self.hours)

    def _show(self) -> None:
        for widget in (self.begin, self._between, self.end):
            widget.setVisible(self.used.isChecked())
        self.used.update()
