"""What a widget draws by itself in the theme's colours and sizes, and draws anew when these change."""

from typing import Any

from PySide6.QtCore import QEvent

from studiolo.desktop.widgets.mixin import WidgetMixin
from studiolo.desktop.widgets.sizes import Sizes, may_resize, sizes
from studiolo.desktop.widgets.theme import Colours, colours, may_recolour


class Recoloured(WidgetMixin):
    """A widget with icons or a palette of its own. A class calls its `dress` once, when all that it needs is there."""

    _worn: Colours | None = None
    _drawn_for: Sizes

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._drawn_for = sizes()

    def dress(self) -> None:
        """Put on the icons and colours of the theme in force, in the sizes in force."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # A palette that is put on is a change of palette as well.
        if may_recolour(event) and self._worn is not colours():
            self._worn = colours()
            self.dress()
        elif may_resize(event) and self._drawn_for is not sizes():
            self._drawn_for = sizes()
            self.dress()
