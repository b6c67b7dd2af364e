"""Whether a chat template lets a model think when nobody says whether it should.

A template decides by conditions on `enable_thinking`. There is no Jinja in the server, and none is needed: each
condition is worked out for the variable being true, false and not defined, with everything else in it taken as true.
"""

import re
from collections.abc import Iterator

_VARIABLE = "enable_thinking"
_MOST_CONDITIONS = 200
_MOST_LETTERS = 1000
"""Of a condition; longer ones are not looked at."""
_STATEMENT = re.compile(r"{%-?\s*(if|elif|else|endif|set)\b((?:[^%{]|%(?!})|{(?!%))*)%}")
_INLINE = re.compile(
    rf"\bif\b((?:(?!\belse\b|}}}}|%}}|\bif\b).)*\b{_VARIABLE}\b(?:(?!\belse\b|}}}}|%}}).)*)", re.DOTALL
)
_FALLBACK = re.compile(rf"\b{_VARIABLE}\s*\|\s*default\s*\(\s*(true|false)", re.IGNORECASE)
_ASSIGNED = re.compile(rf"^\s*{_VARIABLE}\s*=\s*(.*)$", re.DOTALL)
_IS_DEFINED = re.compile(rf"\b{_VARIABLE}\s+is\s+(not\s+)?defined\b")
_IS_VALUE = re.compile(
    rf"\b{_VARIABLE}\s*(?:is\s+(not\s+)?(?:sameas\s*\(?\s*)?|(==|!=)\s*)(true|false|none)\b\)?", re.IGNORECASE
)
_TOKEN = re.compile(r"\(|\)|\band\b|\bor\b|\bnot\b|\b(?:True|False)\b|(?:(?!\band\b|\bor\b|\bnot\b|[()]).)+", re.DOTALL)
_CLOSED = re.compile(r"[\w\]]\s*$")

Setting = bool | None
"""The variable's value; None: it is not defined."""


def thinks_by_default(template: str) -> bool:
    """Return whether a template that knows `enable_thinking` takes it as on where it is not given."""
    if fallback := _FALLBACK.search(template):
        return fallback[1].lower() == "true"
    opened: list[str] = []
    for kind, text in _statements(template):
        if kind == "set" and (assigned := _ASSIGNED.match(text)):
            value = _assigned(assigned[1].strip(), opened[-1] if opened else "")
            if value is not None:
                return value
        elif kind == "if":
            opened.append(text)
        elif kind == "elif" and opened:
            opened[-1] = text
        elif kind == "endif" and opened:
            opened.pop()
    conditions = [text for kind, text in _statements(template) if kind in ("if", "elif")]
    conditions += [match[1] for match in _INLINE.finditer(template)]
    for condition in conditions[:_MOST_CONDITIONS]:
        if _VARIABLE in condition and len(condition) <= _MOST_LETTERS:
            on, off, usual = (_holds(condition, setting) for setting in (True, False, None))
            if on != off:
                return usual == on
    return True


def _statements(template: str) -> Iterator[tuple[str, str]]:
    for match in _STATEMENT.finditer(template):
        yield match[1], match[2].rstrip().removesuffix("-")


def _assigned(value: str, condition: str) -> bool | None:
    """Return what the variable is set to where it was not defined; None where that does not show."""
    if (
        value.lower() in ("true", "false")
        and len(condition) <= _MOST_LETTERS
        and _holds(condition, None)
        and not _holds(condition, True)
    ):
        return value.lower() == "true"
    kept = re.match(rf"{_VARIABLE}\s+if\s+{_VARIABLE}\s+is\s+defined\s+else\s+(true|false)\b", value, re.IGNORECASE)
    return kept[1].lower() == "true" if kept else None


def _holds(condition: str, setting: Setting) -> bool:
    """Return whether a condition holds with the variable set so."""

    def defined(match: re.Match[str]) -> str:
        return str((setting is None) == bool(match[1]))

    def equals(match: re.Match[str]) -> str:
        same = str(setting).lower() == match[3].lower()
        return str(same != (bool(match[1]) or match[2] == "!="))

    text = _IS_VALUE.sub(equals, _IS_DEFINED.sub(defined, condition))
    text = re.sub(rf"\b{_VARIABLE}\b", str(bool(setting)), text)
    return _Condition(_TOKEN.findall(text)).either()


class _Condition:
    """and, or, not and brackets over what is True, False, or something else, which counts as true."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [token.strip() for token in tokens if token.strip()][::-1]

    def either(self) -> bool:
        value = self._both()
        while self._next("or"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._next("and"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._next("not"):
            return not self._one()
        if self._next("("):
            value = self.either()
            self._next(")")
            return value
        token = self._tokens.pop() if self._tokens and self._tokens[-1] not in (")", "and", "or") else ""
        if _CLOSED.search(token) and self._next("("):  # A function's arguments.
            self.either()
            self._next(")")
        return token != "False"

    def _next(self, token: str) -> bool:
        if self._tokens and self._tokens[-1] == token:
            self._tokens.pop()
            return True
        return False
