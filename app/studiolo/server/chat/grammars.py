"""Grammars of programs, in llama.cpp's notation (GBNF): what of them would hold the engine up for everybody.

At each spot the engine goes down every way in which what follows may begin. A grammar of a few lines can have more of
these than there is time for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MOST_WAYS = 10_000
# What is not closed goes to the end: it is looked through once.
_TOKEN = re.compile(
    r"""(?P<skip>[ \t]++|\#[^\n]*+)|(?P<end>[\r\n]++)|(?P<define>::=)|(?P<name>[A-Za-z0-9-]++)
    |(?P<terminal>"(?:[^"\\]|\\.?)*+(?:"|\Z)|\[(?:[^\]\\]|\\.?)*+(?:\]|\Z)|\.|!?<[^>]*+(?:>|\Z))
    |(?P<mark>[()|?*+])|(?P<repeat>\{[^}]*+(?:\}|\Z))""",
    re.VERBOSE | re.DOTALL,
)


@dataclass
class _Item:
    """One thing in a row of them: what may stand there, by the names of rules, groups, or None for a character."""

    rule: str | None
    skippable: bool = False


@dataclass
class _Rules:
    """Name to its alternatives, each a row of items. Groups are rules without a name of their own."""

    named: dict[str, list[list[_Item]]] = field(default_factory=dict)
    groups: int = 0

    def new_group(self) -> str:
        self.groups += 1
        return f"({self.groups}"


def is_ambiguous(grammar: str) -> bool:
    """Return whether something in a grammar may begin in more ways than the engine should try.

    What is no grammar is not: the engine says so in its own words.
    """
    rules = _parse(grammar)
    return rules is not None and any(ways > _MOST_WAYS for ways in _ways(rules).values())


def _parse(grammar: str) -> Mapping[str, list[list[_Item]]] | None:
    rules = _Rules()
    tokens = [match for match in _TOKEN.finditer(grammar) if match.lastgroup != "skip"]
    current: list[list[_Item]] = []
    around: list[list[list[_Item]]] = []
    for place, match in enumerate(tokens):
        kind, text = match.lastgroup, match[0]
        follows = tokens[place + 1].lastgroup if place + 1 < len(tokens) else ""
        if kind == "name" and follows == "define":
            current = rules.named.setdefault(text, [[]])
            around = []
        elif not current or kind in ("define", "end"):
            continue
        elif kind in ("name", "terminal"):
            current[-1].append(_Item(text if kind == "name" else None))
        elif text == "|":
            current.append([])
        elif text == "(":
            name = rules.new_group()
            current[-1].append(_Item(name))
            around.append(current)
            current = rules.named.setdefault(name, [[]])
        elif text == ")":
            if not around:
                return None
            current = around.pop()
        elif not current[-1]:
            return None
        else:
            current[-1][-1].skippable |= text in "?*" or text.replace(" ", "").startswith(("{0", "{,"))
    return rules.named


def _ways(rules: Mapping[str, list[list[_Item]]]) -> dict[str, int]:
    """Return in how many ways each rule may begin, as far as that can be counted: a circle counts once."""
    empty = _that_may_be_empty(rules)
    ways: dict[str, int] = {}
    for start in rules:
        waiting = [start]
        begun: set[str] = set()
        while waiting:
            name = waiting[-1]
            needed = [item.rule for row in rules[name] for item in _first(row, empty) if item.rule in rules]
            open_ones = [rule for rule in needed if rule and rule not in ways and rule not in begun]
            if name not in ways and open_ones and name not in begun:
                begun.add(name)
                waiting += open_ones
                continue
            waiting.pop()
            if name not in ways:
                counted = [
                    ways.get(item.rule, 1) if item.rule else 1 for row in rules[name] for item in _first(row, empty)
                ]
                ways[name] = min(sum(counted), _MOST_WAYS + 1)
    return ways


def _first(row: list[_Item], empty: set[str]) -> list[_Item]:
    """Return the items of a row that it may begin with."""
    found = []
    for item in row:
        found.append(item)
        if not (item.skippable or item.rule in empty):
            break
    return found


def _that_may_be_empty(rules: Mapping[str, list[list[_Item]]]) -> set[str]:
    empty: set[str] = set()
    while True:
        more = {
            name
            for name, rows in rules.items()
            if name not in empty
            and any(
                all(item.skippable or (item.rule is not None and item.rule in empty) for item in row) for row in rows
            )
        }
        if not more:
            return empty
        empty |= more
