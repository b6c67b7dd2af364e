r"""The chemistry of \ce{…} and the quantities of \pu{…} as LaTeX, as far as replies use them.

The notation is that of the LaTeX package mhchem, version 4 ("The mhchem Bundle"). What is not understood is not
guessed.
"""

import re

_ARROWS = {
    "<=>": r"\rightleftharpoons",
    "<-->": r"\rightleftarrows",
    "<->": r"\leftrightarrow",
    "->": r"\rightarrow",
    "<-": r"\leftarrow",
}
_LABELLED = {"->": r"\xrightarrow", "<-": r"\xleftarrow", "<->": r"\xleftrightarrow", "<=>": r"\xrightleftharpoons"}
_PART = re.compile(
    r"(?P<arrow><=>|<-->|<->|->|<-)(?:\[(?P<above>[^\[\]]*)\](?:\[(?P<below>[^\[\]]*)\])?)?"
    r"|(?P<plus>\s\+\s)"
    r"|(?P<gas>\s(?:\^|\\uparrow)(?=\s|$))|(?P<falls>\s(?:v|\\downarrow)(?=\s|$))"
    r"|(?P<state>\((?:aq|s|l|g|solid|liquid|gas)\))"
    r"|(?P<element>[A-Z][a-z]?)"
    r"|(?P<charge>\^(?:\{[^{}]*\}|\d*[+-]|\d+))"
    r"|(?P<index>_(?:\{[^{}]*\}|\d+))"
    r"|(?P<digits>(?<![A-Za-z)\]}])\d+[./]\d+|\d+)"
    r"|(?P<ion>[+-](?=[\s)\]}]|$))"
    r"|(?P<bond>[-=#])"
    r"|(?P<dot>\s*[*.]\s*)"
    r"|(?P<bracket>[()\[\]])"
    r"|(?P<letter>[a-z](?![a-zA-Z]))"
    r"|(?P<greek>\\(?:alpha|beta|gamma|Delta|delta|mu|nu|circ)(?![a-zA-Z]))"
    r"|(?P<space>\s+)"
)
_BONDS = {"-": "{-}", "=": "{=}", "#": r"{\equiv}"}
_NUMBER = re.compile(r"\s*(?P<number>[+-]?\d[\d.,]*(?:\s*\d{3})*)?(?:\s*(?:e|E)(?P<power>[+-]?\d+))?\s*(?P<units>.*)")
_UNITS = re.compile(r"(?:[A-Za-zµμΩ°%/. *^+\-\d]|\\(?:mu|Omega|degree|circ)(?![a-zA-Z]))*")


def chemistry(told: str) -> str | None:
    r"""Return what \ce{told} stands for; None where it is not understood."""
    made: list[str] = []
    before = ""
    at = 0
    while at < len(told):
        found = _PART.match(told, at)
        if found is None:
            return None
        kind = str(found.lastgroup) if found.lastgroup not in ("above", "below") else "arrow"
        written = _written(kind, found, before)
        if written is None:
            return None
        made.append(written)
        before, at = kind, found.end()
    return "".join(made) or None


def _written(kind: str, found: re.Match[str], before: str) -> str | None:
    part = found[0]
    match kind:
        case "arrow":
            return _arrow(found)
        case "element":
            return rf"\mathrm{{{part}}}"
        case "digits":
            return f"_{{{part}}}" if before in ("element", "bracket", "letter") else f"{_fraction(part)}\\,"
        case "charge" | "index":
            inside = part[1:].strip("{}")
            if not re.fullmatch(r"[\w+\-., ]*", inside):
                return None
            raised = f"{part[0]}{{{inside}}}"
            return raised if before else "{}" + raised
        case "ion":
            return f"^{{{part}}}"
        case "bond":
            return _BONDS[part]
        case "state":
            return rf"\,\text{{{part}}}"
        case "letter" | "bracket":
            return part
        case "greek":
            return f"{part} "
    return {"plus": " + ", "gas": r"\uparrow ", "falls": r"\downarrow ", "dot": r"\cdot "}.get(kind, r"\;")


def _arrow(found: re.Match[str]) -> str | None:
    above, below = found["above"], found["below"]
    if above is None:
        return rf"\;{_ARROWS[found['arrow']]}\;"
    if found["arrow"] not in _LABELLED:
        return None
    words = [_label(words) for words in (above, below or "")]
    under = f"[{words[1]}]" if words[1] else ""
    return rf"\;{_LABELLED[found['arrow']]}{under}{{{words[0]}}}\;"


def _label(words: str) -> str:
    if (told := chemistry(words)) is not None:
        return told
    return rf"\text{{{words}}}" if words and not set(words) & set("\\{}$") else ""


def _fraction(number: str) -> str:
    above, slash, below = number.partition("/")
    return rf"\tfrac{{{above}}}{{{below}}}" if slash else number


def quantity(told: str) -> str | None:
    r"""Return what \pu{told} stands for: a number and its unit; None where it is not understood."""
    found = _NUMBER.fullmatch(told)
    if found is None or not _UNITS.fullmatch(found["units"]) or not told.strip():
        return None
    power = rf"\times 10^{{{found['power']}}}" if found["power"] else ""
    units = re.sub(r"\s+|\*", r"\\,", found["units"].strip()).replace("°", r"^{\circ}").replace("%", r"\%")
    units = re.sub(r"\^?(?<=[A-Za-z])\^?([+-]?\d+)", r"^{\1}", units)
    number = (found["number"] or "").replace(" ", r"\,")
    gap = r"\," if number and units else ""
    return number + power + gap + (rf"\mathrm{{{units}}}" if units else "")
