"""Fields that scrolling past leaves as they are.

Qt's own take the wheel for another choice: whoever scrolled over one of them would have changed a setting, or what a
tool may do, without knowing.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget

from studiolo.desktop.widgets.mixin import WidgetMixin


class StillComboBox(QComboBox):
    """Changes by its list and by keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class TurnsWithFocus(WidgetMixin):
    """Takes the wheel only while somebody is in it. The focus policy is to be one without the wheel."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class StillSpinBox(TurnsWithFocus, QSpinBox):
    """A field for whole numbers that takes the wheel only while somebody is in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class StillDoubleSpinBox(TurnsWithFocus, QDoubleSpinBox):
    """A field for numbers that takes the wheel only while somebody is in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class StillSlider(TurnsWithFocus, QSlider):
    """A slider that lies flat, and takes the wheel only while somebody is in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
