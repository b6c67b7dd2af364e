"""What a model can do, as signs beside its name."""

from collections.abc import Mapping

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studiolo.desktop.widgets.icons import icon, icon_size
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

VISION, TOOLS, REASONING = "eye-outline", "wrench-outline", "brain"
"""The icons of what models can do."""


class Abilities(Recoloured, QWidget):
    """What a model can do, as small signs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self._signs: dict[str, QLabel] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for name in (VISION, TOOLS, REASONING):
            self._signs[name] = QLabel(self)
            layout.addWidget(self._signs[name])
        self.dress()

    @property
    def signs(self) -> Mapping[str, QLabel]:
        """Return the signs by the names of their icons; those of what the model can't do are hidden."""
        return self._signs

    def show_abilities(self, *, vision: bool, tools: bool, reasoning: bool) -> None:
        """Show the signs of these."""
        known = {
            VISION: (vision, self.tr("Sees images")),
            TOOLS: (tools, self.tr("Uses tools")),
            REASONING: (reasoning, self.tr("Thinks before it answers")),
        }
        for name, (able, text) in known.items():
            self._signs[name].setVisible(able)
            self._signs[name].setToolTip(text)
        self.names = [text for able, text in known.values() if able]

    def dress(self) -> None:
        for name, sign in self._signs.items():
            sign.setPixmap(icon(name, colours().muted, 16).pixmap(icon_size(16)))
