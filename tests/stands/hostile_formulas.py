"""LaTeX that costs whoever draws it more than it looks."""

import random
from collections.abc import Callable, Sequence

KINDS: dict[str, Callable[[random.Random], str]] = {
    "a wide space": lambda chance: rf"a\hspace{{{chance.randint(300, 10**9)}em}}b",
    "wide spaces": lambda chance: rf"\hspace{{{chance.randint(30, 40_000)}em}}" * chance.randint(2, 40),
    "a negative space": lambda chance: rf"a\hspace{{-{chance.randint(300, 10**7)}em}}b",
    "a space of no length": lambda chance: (
        rf"\hspace{{{chance.choice(['nan', 'inf', '1e999', '', '-', '9' * 400])}em}}"
    ),
    "a rule": lambda chance: rf"\rule{{{chance.randint(1, 10**9)}em}}{{{chance.randint(1, 10**9)}em}}",
    "a kern": lambda chance: rf"a\kern{chance.randint(10**3, 10**9)}pt b\mkern{chance.randint(1, 10**9)}mu c",
    "a long sum": lambda chance: "x+" * chance.randint(500, 1_990),
    "a long word": lambda chance: "x" * chance.randint(500, 3_990),
    "fractions in fractions": lambda chance: nested(r"\frac{1}{", "x", "}", chance.randint(10, 300)),
    "both sides of a fraction": lambda chance: doubled(r"\frac{%s}{%s}", chance.randint(4, 8)),
    "roots in roots": lambda chance: nested(r"\sqrt{", "x", "}", chance.randint(10, 500)),
    "powers of powers": lambda chance: nested("x^{", "x", "}", chance.randint(10, 900)),
    "indices of indices": lambda chance: nested("x_{", "x", "}", chance.randint(10, 900)),
    "powers and indices": lambda chance: doubled("x_{%s}^{%s}", chance.randint(4, 8)),
    "braces": lambda chance: nested("{", "x", "}", chance.randint(100, 1_900)),
    "fences": lambda chance: nested(r"\left(", "x", r"\right)", chance.randint(10, 280)),
    "fences that never end": lambda chance: r"\left(" * chance.randint(10, 600),
    "braces over braces": lambda chance: nested(r"\overbrace{", "x", "}", chance.randint(5, 300)),
    "accents": lambda chance: nested(r"\widehat{", "x", "}", chance.randint(5, 400)),
    "arrows": lambda chance: nested(r"\xrightarrow{", "x", "}", chance.randint(5, 280)),
    "matrices in matrices": lambda chance: nested(r"\begin{pmatrix}", "x", r"\end{pmatrix}", chance.randint(5, 130)),
    "a wide matrix": lambda chance: rf"\begin{{matrix}}{'x&' * chance.randint(200, 1_900)}\end{{matrix}}",
    "a high matrix": lambda chance: r"\begin{matrix}" + r"x\\" * chance.randint(200, 1_300) + r"\end{matrix}",
    "an array of columns": lambda chance: (
        rf"\begin{{array}}{{{'c|' * chance.randint(100, 900)}}}{'x&' * 900}\end{{array}}"
    ),
    "cases": lambda chance: nested(r"\begin{cases}1&", "x", r"\end{cases}", chance.randint(5, 120)),
    "text": lambda chance: rf"\text{{{'word ' * chance.randint(100, 790)}}}",
    "another script": lambda chance: "字" * chance.randint(100, 3_900),
    "marks that combine": lambda chance: "x" + "\u0301" * chance.randint(100, 3_900),
    "commands that nobody knows": lambda chance: r"\heron" * chance.randint(10, 600),
    "a command of itself": lambda chance: r"\newcommand{\a}{\a\a}\a" * chance.randint(1, 100),
    "a definition of itself": lambda chance: r"\def\a{\a\a}\a" * chance.randint(1, 200),
    "backslashes": lambda chance: "\\" * chance.randint(100, 3_990),
    "operators with limits": lambda chance: nested(r"\sum_{i}^{", "x", "}", chance.randint(5, 300)),
    "primes": lambda chance: "x" + "'" * chance.randint(100, 3_900),
    "colours": lambda chance: nested(r"\color{red}{", "x", "}", chance.randint(10, 280)),
    "noise": lambda chance: "".join(chance.choice(r"\{}^_&$%#~()[]|'\frac\sqrt12ab ") for _ in range(2_000)),
}

QUICK = (
    "wide spaces",
    "a long sum",
    "fractions in fractions",
    "fences",
    "a wide matrix",
    "noise",
    "a command of itself",
)
"""Those that end soon, one way or the other."""


def nested(begin: str, inside: str, end: str, levels: int) -> str:
    """One in the other."""
    return begin * levels + inside + end * levels


def doubled(shape: str, levels: int) -> str:
    """Two in each of the other."""
    inside = "x"
    for _ in range(levels):
        inside = shape % (inside, inside)
    return inside


def hostile_formulas(count: int, seed: int, kinds: Sequence[str] = tuple(KINDS)) -> list[tuple[str, str]]:
    """So many of these kinds in turn, each with what it is called."""
    chance = random.Random(seed)
    return [
        (f"{kind} ({seed}.{number})", KINDS[kind](chance)[:4_000])
        for number in range(count)
        for kind in [kinds[number % len(kinds)]]
    ]
