"""Calls that models write as text, where the engine did not know them for calls: read only where that is certain.

It is certain where the whole text, or all of it from a tag on, is calls of tools that are offered, with arguments that
are an object. A call that stands in prose, or in an example of code with prose around it, is text. The kinds are listed
in docs/tools.md.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
Knows = Callable[[str], bool]
"""Whether a tool of this name is offered."""

MOST_CHARACTERS = 64_000
"""Of a text that may be calls: what is longer is text."""
_MOST_CALLS = 64
_MOST_PYTHON = 8000
_DEEPEST = 100
_NAMES = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "tool_input", "action_input", "input")
CALL_KEYS = frozenset((*_NAMES, *_ARGUMENTS, "type", "id", "tool_calls"))
"""What the first key of a call's JSON may be."""

TAG = re.compile(
    r"<(?P<tag>tool_call|tool_calls|function_call|toolcall)>|<function=(?P<name>[A-Za-z0-9_.:-]{1,128})>"
    r"|(?P<python><\|python_tag\|>)|(?P<mistral>\[TOOL_CALLS\])"
)
"""What begins calls wherever a line does."""
FENCE = re.compile(r"```(?P<kind>[A-Za-z_]{0,20})[ \t]*\r?\n")
FENCED = ("", "json", "tool_call", "tool_calls", "tool_code", "python", "tool")
_MISTRAL = re.compile(r"\s*(?P<name>[A-Za-z0-9_.:-]{1,128})\s*(?:\[ARGS\])?\s*(?=\{)")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class WrittenCall:
    """This is a call that a model wrote as text: the name of the tool, and the arguments as an object."""

    name: str
    arguments: Body


class _NoCallError(Exception):
    """The text is something else, or may be."""


def read_arguments(text: str) -> Body | None:
    """Return what a call's arguments mean.

    An object, be it in a string or with a comma too many; None for what is none.
    """
    value: Any = text
    for _ in range(3):
        if not isinstance(value, str):
            break
        if not value.strip():
            return {}
        try:
            value = _whole_json(value)
        except _NoCallError:
            return None
    return value if isinstance(value, dict) else None


def written_calls(text: str, knows: Knows) -> list[WrittenCall] | None:
    """Return the calls that a whole message is; None for one that is not certainly nothing else.

    knows: tells the names of the tools that are offered.
    """
    if not text.strip() or len(text) > MOST_CHARACTERS:
        return None
    try:
        calls = list(_calls(text.strip()))
    except (_NoCallError, RecursionError):
        return None
    return calls if 0 < len(calls) <= _MOST_CALLS and all(knows(call.name) for call in calls) else None


def _calls(text: str) -> Iterator[WrittenCall]:
    if TAG.match(text):
        yield from _tagged(text)
    elif fence := FENCE.match(text):
        yield from _fenced(text, fence)
    elif text.startswith("{"):
        yield from _json_calls(text)
    elif text.startswith("["):
        try:
            yield from list(_json_calls(text))
        except _NoCallError:
            yield from _python_calls(text)
    else:
        raise _NoCallError


def _tagged(text: str) -> Iterator[WrittenCall]:
    """Tags with calls in them, up to the end; the last end tag may be missing, and so may those in between."""
    while text:
        tag = TAG.match(text)
        if tag is None:
            raise _NoCallError
        rest = text[tag.end() :]
        if tag["python"]:
            yield from _after_python_tag(rest)
            return
        if tag["mistral"]:
            yield from _after_mistral_tag(rest)
            return
        inner, text = _inner(rest, "function" if tag["name"] else tag["tag"])
        if tag["name"]:
            yield _named_call(tag["name"], inner)
        elif TAG.match(inner):
            yield from _tagged(inner)
        else:
            yield from _json_calls(inner, tagged=True)


def _inner(text: str, tag: str) -> tuple[str, str]:
    """Return what is in a tag and what follows it, where its end is told, or else where the JSON in it ends."""
    inner = text.lstrip()
    if inner.startswith(("{", "[")):
        end = _end_of_json(inner)
        rest = inner[end:].lstrip()
        while inner[:end].startswith("{") and rest.startswith("{"):
            more = _end_of_json(rest)
            end, rest = len(inner) - len(rest) + more, rest[more:].lstrip()
        return inner[:end], rest.removeprefix(f"</{tag}>").lstrip()
    head, _, rest = inner.partition(f"</{tag}>")
    return head.strip(), rest.lstrip()


def _named_call(name: str, inner: str) -> WrittenCall:
    arguments = read_arguments(_completed(inner)) if inner.startswith("{") else None
    if arguments is None:
        raise _NoCallError
    return WrittenCall(name, arguments)


def _after_python_tag(text: str) -> Iterator[WrittenCall]:
    text = text.strip().removesuffix("<|eom_id|>").removesuffix("<|eot_id|>").strip()
    if text.startswith("{"):
        yield from _json_calls(text, tagged=True)
    else:
        yield from _python_calls(text)


def _after_mistral_tag(text: str) -> Iterator[WrittenCall]:
    text = text.strip().removesuffix("</s>").strip()
    if text.startswith("["):
        yield from _json_calls(text, tagged=True)
        return
    while text:
        head = _MISTRAL.match(text)
        if head is None:
            raise _NoCallError
        rest = text[head.end() :]
        end = _end_of_json(rest)
        yield _named_call(head["name"], rest[:end])
        text = rest[end:].lstrip().removeprefix("[TOOL_CALLS]").lstrip()


def _fenced(text: str, fence: "re.Match[str]") -> Iterator[WrittenCall]:
    """One fence that is all there is; its end may be missing."""
    kind, rest = fence["kind"], text[fence.end() :]
    inner, _, after = rest.partition("\n```") if "\n```" in rest else rest.partition("```")
    if after.strip() or kind not in FENCED:
        raise _NoCallError
    inner = inner.strip()
    if kind in ("tool_code", "python") or not inner.startswith(("{", "[")):
        if kind not in ("tool_code", "tool_call", "tool_calls"):
            raise _NoCallError  # Code that a person asked for looks the same.
        yield from _python_calls(inner)
    else:
        yield from _json_calls(inner, tagged=kind.startswith("tool"))


def _json_calls(text: str, *, tagged: bool = False) -> Iterator[WrittenCall]:
    """Yield the calls in a text that is one value of JSON or several.

    tagged: something else says that these are calls, so brackets may be missing at the end, and so may arguments.
    """
    rest = text.strip()
    while rest:
        end = _end_of_json(rest)
        value = _whole_json(_completed(rest[:end]) if tagged else rest[:end])
        for one in value if isinstance(value, list) else [value]:
            yield from _read_call(one, tagged=tagged)
        rest = rest[end:].lstrip().removeprefix(",").removeprefix(";").lstrip()


def _read_call(value: Any, *, tagged: bool) -> Iterator[WrittenCall]:
    if not isinstance(value, dict):
        raise _NoCallError
    inner = value.get("function")
    if isinstance(value.get("tool_calls"), list):
        for one in value["tool_calls"]:
            yield from _read_call(one, tagged=tagged)
        return
    if isinstance(inner, dict) and "name" in inner:
        value = inner
    elif value.keys() - CALL_KEYS:
        raise _NoCallError  # An object that happens to have a name.
    names = [value[key] for key in _NAMES if isinstance(value.get(key), str)]
    given = [value[key] for key in _ARGUMENTS if key in value]
    if len(names) != 1 or len(given) > 1 or not (given or tagged):
        raise _NoCallError
    arguments = given[0] if given else {}
    if isinstance(arguments, str):
        arguments = read_arguments(arguments)
    if arguments is None and given and given[0] is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise _NoCallError
    yield WrittenCall(names[0], arguments)


def _python_calls(text: str) -> Iterator[WrittenCall]:
    """Calls as Python writes them, with values that are written out: `[f(a=1), g()]`, `f(a=1)`, `print(f(a=1))`."""
    if len(text) > _MOST_PYTHON:
        raise _NoCallError
    try:
        expressions = [_expression(node) for node in ast.parse(text.strip()).body]
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _NoCallError from error
    for expression in expressions:
        for node in expression.elts if isinstance(expression, ast.List) else [expression]:
            yield _python_call(node)


def _expression(statement: ast.stmt) -> ast.expr:
    if not isinstance(statement, ast.Expr):
        raise _NoCallError
    return statement.value


def _python_call(node: ast.expr) -> WrittenCall:
    if not isinstance(node, ast.Call):
        raise _NoCallError
    if isinstance(node.func, ast.Name) and node.func.id == "print" and len(node.args) == 1 and not node.keywords:
        return _python_call(node.args[0])
    name = ast.unparse(node.func)
    if node.args or not re.fullmatch(r"[A-Za-z0-9_.]{1,128}", name):
        raise _NoCallError
    try:
        arguments = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
        json.dumps(arguments)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise _NoCallError from error
    if len(arguments) != len(node.keywords):
        raise _NoCallError
    return WrittenCall(name.removesuffix(".call"), arguments)


def _whole_json(text: str) -> Any:
    """Return the JSON that a text is, with commas too many before its brackets' ends left out."""
    for attempt in (text, _without_commas(text)):
        try:
            value, end = _DECODER.raw_decode(attempt.strip())
        except (ValueError, RecursionError):
            continue
        if not attempt.strip()[end:].strip():
            return value
    raise _NoCallError


def _without_commas(text: str) -> str:
    """Outside of strings, that is."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    return "".join(part if part.startswith('"') else _TRAILING_COMMA.sub("", part) for part in parts)


def _end_of_json(text: str) -> int:
    """Return where the brackets that a text begins with are closed; its length where they are not."""
    brackets = Brackets()
    for place, character in enumerate(text):
        if brackets.feed(character):
            return place + 1
    if len(brackets.open) > _DEEPEST:
        raise _NoCallError
    return len(text)


def _completed(text: str) -> str:
    """Return the text with the brackets that are missing at its end, where it was not cut off inside a string."""
    brackets = Brackets()
    for character in text:
        if brackets.feed(character):
            return text
    if brackets.in_string or len(brackets.open) > _DEEPEST or text.rstrip().endswith((":", ",")):
        return text
    return text.rstrip() + "".join(_CLOSING[bracket] for bracket in reversed(brackets.open))


class Brackets:
    """Follows JSON, or Python (`opening` and `quotes` are its), character by character."""

    def __init__(self, opening: str = "{[", quotes: str = '"') -> None:
        self.open: list[str] = []
        self._opening = opening
        self._closing = "".join(_CLOSING[bracket] for bracket in opening)
        self._quotes = quotes
        self._quote = ""
        self._escaped = False

    @property
    def in_string(self) -> bool:
        """Return whether the last character that was read is inside a string."""
        return bool(self._quote)

    def feed(self, character: str) -> bool:
        """Return whether this one closes the last bracket that is open."""
        if self._quote:
            if character == self._quote and not self._escaped:
                self._quote = ""
            self._escaped = character == "\\" and not self._escaped
        elif character in self._quotes:
            self._quote = character
        elif character in self._opening:
            self.open.append(character)
        elif character in self._closing and self.open:
            self.open.pop()
            return not self.open
        return False
