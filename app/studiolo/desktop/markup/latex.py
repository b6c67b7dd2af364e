"""LaTeX as models write it, in the words that the drawing library knows. What it does not know is not drawn at all."""

import re
from collections.abc import Iterator

from studiolo.desktop.markup.chemistry import chemistry, quantity

_MATRICES = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array", "cases")
_ALIGNED = ("align", "aligned", "alignat", "alignedat", "flalign", "split", "eqnarray")
_GATHERED = ("gather", "gathered", "multline")
_BARE = ("equation", "math", "displaymath", "subequations")
_OTHERS = ("dcases", "rcases", "drcases", "psmallmatrix", "bsmallmatrix")
ENVIRONMENTS = frozenset((*_MATRICES, *_ALIGNED, *_GATHERED, *_BARE, *_OTHERS))
"""Without their stars."""

_MARK = re.compile(r"\\(begin|end)\s*\{([a-zA-Z]+)(\*?)\}")
_POSITION = re.compile(r"\s*\[[a-zA-Z]\]")
_COLUMNS = re.compile(r"\s*\{\d+\}")
_DROPPED = re.compile(r"\\(?:label|require)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])")
_TAG = re.compile(r"\\tag(\*?)\s*\{([^{}]*)\}")
_TEXT = re.compile(r"(\\(?:text(?:rm|bf|it|sf|tt|normal|up|md)?|mbox))\s*\{([^{}]*)\}")
_CLASS = re.compile(r"\\math(?:op|rel|bin|ord|open|close|punct|inner)(?![a-zA-Z])")
_WORDS = {r"\hfill": r"\quad ", r"\mathds": r"\mathbb"}
_NOT = re.compile(r"\\not\s*(=|\\in(?![a-zA-Z]))")
_OPERATOR = re.compile(r"\\operatorname(\*?)\s*\{([^{}]*)\}")
_FONT = re.compile(r"(\\math(?:bb|cal|frak|scr|bf|rm|it|sf|tt))\s+([A-Za-z0-9])")
_WORD = re.compile(r"\\[a-zA-Z]+")
_ESCAPED = re.compile(r"\\([_%&#${} ])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MOST_DEPTH = 30


def plain_latex(latex: str) -> str | None:
    """Return the same formula in what the library draws.

    What is not drawn by itself (labels, numbers of equations) is left out, and environments are those that it knows.
    None where it holds another environment, or chemistry that is not understood.
    """
    told = _chemistry(latex)
    if told is None or _closing(told, 0) is not None or _closing(f"{told}}}", 0) != len(told):
        return None
    told = _DROPPED.sub("", told)
    told = _NOT.sub(lambda sign: r"\ne " if sign[1] == "=" else r"\notin ", told)
    told = _OPERATOR.sub(_operator, _FONT.sub(r"\1{\2}", told))
    told = _TAG.sub(lambda tag: rf"\qquad\text{{{tag[2]}}}" if tag[1] else rf"\qquad\text{{({tag[2]})}}", told)
    told = _WORD.sub(lambda word: _WORDS.get(word[0], word[0]), _CLASS.sub("", told))
    body = _environments(_TEXT.sub(_text, told))
    return None if body is None else _rows(body)


def _operator(found: re.Match[str]) -> str:
    star, name = found[1], re.sub(r"\\[,;:! ]|~", " ", found[2]).strip()
    if re.fullmatch(r"[a-zA-Z ]+", name):
        return rf"\operatorname{star}{{{name}}}"
    return rf"\mathrm{{{name}}}"


def _text(found: re.Match[str]) -> str:
    """Text within a formula, and formulas within that."""
    command, inside = found[1], found[2]
    if inside.count("$") % 2 or r"\$" in inside:
        return f"{command}{{{_written(inside)}}}"
    made = []
    for number, stretch in enumerate(inside.split("$")):
        if stretch:
            made.append(stretch if number % 2 else f"{command}{{{_written(stretch)}}}")
    return "".join(made) or f"{command}{{}}"


def _written(text: str) -> str:
    plain = _ESCAPED.sub(r"\1", text.replace("~", " "))
    return re.sub("[&<>]", lambda sign: _ENTITIES[sign[0]], plain)


def _environments(latex: str) -> str | None:
    """Return each environment in the words of the library, the inner ones first."""
    stack: list[tuple[str, str]] = []
    written = [""]
    at = 0
    for mark in _MARK.finditer(latex):
        if mark.start() < at:
            continue
        written[-1] += latex[at : mark.start()]
        at = mark.end()
        kind, name, star = mark.groups()
        if kind == "begin":
            if name not in ENVIRONMENTS or len(stack) > _MOST_DEPTH:
                return None
            head, at = _head(latex, at, name)
            stack.append((name + star, head))
            written.append("")
        else:
            if not stack or stack[-1][0] != name + star:
                return None
            _, head = stack.pop()
            inside = written.pop()
            written[-1] += _environment(name, head, inside)
    return None if stack else written[-1] + latex[at:]


def _head(latex: str, at: int, name: str) -> tuple[str, int]:
    """Return what stands between an environment's name and its text and matters, and where the text begins."""
    if found := _POSITION.match(latex, at):
        at = found.end()
    if name in ("alignat", "alignedat") and (found := _COLUMNS.match(latex, at)):
        at = found.end()
    if name == "array" and (found := re.compile(r"\s*\{[^{}]*\}").match(latex, at)):
        return found[0].strip(), found.end()
    return "", at


def _environment(name: str, head: str, inside: str) -> str:
    # In braces, so that an exponent belongs to the whole of it.
    if name in _ALIGNED:
        return rf"{{\begin{{align*}}{inside.replace('&=&', '&=') if name == 'eqnarray' else inside}\end{{align*}}}}"
    if name in _GATHERED:
        return rf"{{\begin{{displaylines}}{inside}\end{{displaylines}}}}"
    if name in _BARE:
        return f"{{{_rows(inside)}}}"
    if name in ("dcases", "drcases"):
        inside, name = inside.replace(r"\frac", r"\dfrac"), name[1:]
    if name == "rcases":
        return rf"{{\left.\begin{{array}}{{ll}}{inside}\end{{array}}\right\}}}}"
    if name.endswith("smallmatrix") and name[0] in "pb":
        left, right = "()" if name[0] == "p" else "[]"
        return rf"{{\left{left}\begin{{smallmatrix}}{inside}\end{{smallmatrix}}\right{right}}}"
    return rf"{{\begin{{{name}}}{head}{inside}\end{{{name}}}}}"


def _rows(latex: str) -> str:
    """Lines that are broken outside of environments, as an environment."""
    if not any(_breaks(latex)):
        return latex
    name = "align*" if re.search(r"(?<!\\)&", re.sub(r"\\begin.*\\end", "", latex, flags=re.DOTALL)) else "displaylines"
    return rf"\begin{{{name}}}{latex}\end{{{name}}}"


def _breaks(latex: str) -> Iterator[bool]:
    depth = 0
    for found in re.finditer(r"\\\\|\\[{}]|[{}]", latex):
        if found[0] == r"\\" and depth == 0:
            yield True
        depth += {"{": 1, "}": -1}.get(found[0], 0)


def _chemistry(latex: str) -> str | None:
    r"""With \ce{…} and \pu{…} written out; None for one that is not understood."""
    made = []
    at = 0
    for found in re.finditer(r"\\(ce|pu)\s*\{", latex):
        if found.start() < at:
            continue
        end = _closing(latex, found.end())
        inside = latex[found.end() : end] if end else ""
        told = (chemistry if found[1] == "ce" else quantity)(inside) if end else None
        if told is None or end is None:
            return None
        made += [latex[at : found.start()], f"{{{told}}}"]
        at = end + 1
    return "".join(made) + latex[at:]


def _closing(latex: str, at: int) -> int | None:
    depth = 1
    for found in re.compile(r"\\.|[{}]", re.DOTALL).finditer(latex, at):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return None
