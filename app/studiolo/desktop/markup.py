"""Markdown as models write it: CommonMark with tables and formulas, HTML as text. Knows no Qt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from studiolo.desktop.bracket_formulas import bracket_formulas

_MOST_LATEX = 4_000
"""Characters of a formula; a longer one is shown as it is written."""
_MOST_EMS = 250
"""How wide or high a formula may be, in sizes of its text; more than a few screens."""
_MOST_SVG = 1_000_000
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')


def markdown_parser(options: Mapping[str, Any] | None = None, *, brackets: bool = True) -> MarkdownIt:
    r"""Formulas stand between $…$, $$…$$ and, with `brackets`, \(…\) or \[…\]; a dollar before a digit or a space is
    money."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, **(options or {})})
    parser.enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    if brackets:
        parser.use(bracket_formulas)
    return parser


@dataclass(frozen=True, slots=True)
class FormulaDrawing:
    """An SVG with nothing but paths. Lengths in pixels: the width, and how far it reaches above and below the line
    on which the text stands."""

    svg: str
    width: float
    above: float
    below: float


def draw_formula(latex: str, size: float, colour: str, *, block: bool) -> FormulaDrawing | None:
    """LaTeX as a drawing, for text of `size` pixels in `colour` (#rrggbb); None where it is too large or can't be read.

    What a stranger wrote may take minutes and gigabytes: a FormulaDrawer has it drawn within limits.
    """
    if not latex.strip() or len(latex) > _MOST_LATEX:
        return None
    # A fifth of a second, and most chats have no formula.
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False
    try:
        svg = Latex(latex, size=size, color=colour, inline=not block).svg()
    except Exception:  # noqa: BLE001 - it raises whatever its parser stumbles over
        return None
    if len(svg) > _MOST_SVG or not (found := _VIEW_BOX.search(svg)):
        return None
    _, top, width, height = map(float, found.groups())
    if max(width, height) > _MOST_EMS * size:
        return None
    return FormulaDrawing(svg, width, -top, height + top)
