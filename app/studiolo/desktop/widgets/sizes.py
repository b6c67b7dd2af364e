"""How large things are: text, the distances between rows and the font of code, all as a person has chosen.

Steps of the type scale are pixels from plain text at 100 %, and grow with it.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QEvent, QSize, QTimer
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studiolo.desktop.widgets.mixin import WidgetMixin

Density = Literal["comfortable", "compact"]
TextKind = Literal["caption", "small", "body", "reading", "heading", "title", "display", "code"]

_STEPS: dict[TextKind, int] = {
    "caption": -2,
    "small": -1,
    "body": 0,
    "reading": 1,
    "heading": 2,
    "title": 6,
    "display": 10,
    "code": -1,
}
_LARGER = 1.05
_LEAST, _MOST = 14, 16
"""Pixels of plain text at 100 %."""
_COMPACT = 0.4
_AROUND = 80
"""Pixels of a screen that no dialog takes."""
_CODE = "code"


@dataclass(frozen=True)
class Sizes:
    """text_size: percent. unit: pixels of plain text at 100 %; body: points of it now. code_family: never empty."""

    text_size: int = 100
    density: Density = "comfortable"
    unit: int = _LEAST
    body: float = 10.5
    code_family: str = "monospace"

    def points(self, kind: TextKind) -> float:
        """Return how large a kind of text is."""
        return self.body * (self.unit + _STEPS[kind]) / self.unit

    def scaled(self, pixels: float) -> int:
        """Return as many pixels as hold the same text as `pixels` do at 100 %."""
        return round(pixels * self.text_size / 100)

    def spaced(self, pixels: float) -> int:
        """Return the pixels of a distance between rows that is `pixels` where there is room."""
        return round(pixels * _COMPACT) if self.density == "compact" else round(pixels)


class _InForce:
    sizes = Sizes()


def sizes() -> Sizes:
    """Return those in force."""
    return _InForce.sizes


def room_for(dialog: QWidget, width: int, height: int = 0) -> QSize:
    """Return how large a dialog is that takes so many pixels at 100 %, where the screen is as large as that."""
    most = dialog.screen().availableSize() - QSize(_AROUND, _AROUND)
    return QSize(sizes().scaled(width), sizes().scaled(height)).boundedTo(most)


def put_in_force(chosen: Sizes) -> None:
    """Let these be the ones; whoever has changed them dresses the application anew."""
    _InForce.sizes = chosen


def sizes_for(platform: QFont, *, text_size: int, density: Density, code_font: str) -> Sizes:
    """Return what a person has chosen, on a desktop with a font of its own.

    Args:
        platform: The desktop's font for labels and menus; a window to read in has a larger one.
        text_size: In percent.
        density: Of rows.
        code_font: A family; one that is not installed, or empty, is the desktop's own for code.
    """
    info = QFontInfo(platform)
    pixels = max(1, info.pixelSize())
    unit = min(_MOST, max(_LEAST, round(pixels * _LARGER)))
    body = info.pointSizeF() * unit / pixels * text_size / 100
    family = code_font if code_font and QFontDatabase.hasFamily(code_font) else _system_code_family()
    return Sizes(text_size, density, unit, body, family)


def wear_code_font(widget: QWidget) -> None:
    """Let a field have the font of code, now and when it is another one."""
    widget.setProperty(_CODE, True)
    # Whoever asks it how high a line is must not hear of another font.
    widget.ensurePolished()


def lines_height(field: QPlainTextEdit, lines: int) -> int:
    """Return how high lines of a field are together, in pixels; by its font's own figure they may be a pixel less."""
    block = field.document().firstBlock()
    field.blockBoundingRect(block)  # It is not laid out before.
    return math.ceil(lines * block.layout().lineAt(0).height())


def quoted(family: str) -> str:
    """Return the name of a font as a style sheet has it."""
    escaped = family.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def may_resize(event: QEvent) -> bool:
    """Return whether a widget is told that sizes may be others."""
    return event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange)


class Resized(WidgetMixin):
    """A widget with lengths in pixels that hold text. A class calls its `fit` once, when all that it needs is there."""

    _fitted: Sizes

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fitted = sizes()

    def fit(self) -> None:
        """Take on the sizes in force."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_resize(event) and self._fitted is not sizes():
            self._fitted = sizes()
            # What is within has its font by then.
            QTimer.singleShot(0, self, self.fit)


def _system_code_family() -> str:
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
