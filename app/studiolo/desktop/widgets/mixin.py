"""What a class inherits that is mixed into several of Qt's."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    WidgetMixin = QWidget
else:
    # Qt allows one of its classes among the bases; to the type checker a mixin has what that one has.
    WidgetMixin = object
