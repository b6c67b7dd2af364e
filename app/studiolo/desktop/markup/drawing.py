"""Formulas as drawings of nothing but paths."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from studiolo.desktop.markup.latex import plain_latex

_MOST_LATEX = 4_000
"""Characters of a formula; a longer one is shown as it is written."""
_MOST_EMS = 250
"""How wide or high a formula may be, in sizes of its text; more than a few screens."""
_MOST_SVG = 1_000_000
_NOT_UNDERSTOOD = re.compile(r'\\|linebreak="newline"|<mi>&</mi>|&#x029F8;')
"""Of MathML: a command that is nobody's, a break or column outside of a table, a stroke that crosses nothing."""
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True, slots=True)
class FormulaDrawing:
    """An SVG with nothing but paths.

    Lengths in pixels: the width, and how far it reaches above and below the line on which the text stands.
    """

    svg: str
    width: float
    above: float
    below: float


def draw_formula(latex: str, size: float, colour: str, *, block: bool) -> FormulaDrawing | None:
    """Draw LaTeX, for text of `size` pixels in `colour` (#rrggbb).

    None where it is too large or can't be read to its last command: half of a formula would say something else.

    What a stranger wrote may take minutes and gigabytes: a FormulaDrawer has it drawn within limits.
    """
    if not latex.strip() or len(latex) > _MOST_LATEX:
        return None
    # A fifth of a second, and most chats have no formula.
    from ziamath.config import config
    from ziamath.tex import tex2mml
    from ziamath.zmath import Math

    config.svg2 = False
    try:
        told = plain_latex(latex)
        meaning = tex2mml(told, inline=not block) if told else ""
        if not meaning or _NOT_UNDERSTOOD.search(meaning):
            return None
        tree = ElementTree.fromstring(meaning)
        tree.set("mathcolor", colour)
        svg = Math(tree, size).svg()
    except Exception:  # noqa: BLE001 - it raises whatever its parser stumbles over
        return None
    if len(svg) > _MOST_SVG or not (found := _VIEW_BOX.search(svg)):
        return None
    _, top, width, height = map(float, found.groups())
    if max(width, height) > _MOST_EMS * size:
        return None
    return FormulaDrawing(svg, width, -top, height + top)
