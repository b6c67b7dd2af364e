"""Values of JSON that somebody else wrote: of the wanted type, or none."""

import json
from datetime import datetime
from typing import Any

_TITLE = 60
_MOST_INDENTED = 4
"""Times its compact length that JSON may have when it is indented: what is deep becomes mostly spaces."""
_PACKED = frozenset(
    {"chat", "history", "mapping", "messages", "chat_messages", "conversations", "conversation", "meta"}
)
"""What databases keep as text, and exports of them leave so."""
_MOST_VALUES = 6_000_000
"""In one text: each takes a hundred times the memory of its character."""
_LAST_TIME = 100_000_000_000
"""Seconds since 1970, in the year 5138."""
_SHORT = 1000
"""Characters: what is no longer is indented whatever that makes of it."""


def unpacked(value: Any) -> Any:
    """Return lists and objects that were written as text: the value itself, or those in an object."""
    if isinstance(value, dict):
        packed = {name: one for name, one in value.items() if name in _PACKED and isinstance(one, str)}
        return value | {name: _parsed(one) for name, one in packed.items()} if packed else value
    return _parsed(value) if isinstance(value, str) else value


def _parsed(text: str) -> Any:
    if text[:_SHORT].lstrip()[:1] not in ("{", "[") or sum(map(text.count, "[{,")) > _MOST_VALUES:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def as_dict(value: Any) -> dict[str, Any]:
    """Return a value if it is an object, else an empty one."""
    found = _alone(value)
    return found if isinstance(found, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return a value if it is a text, else an empty one."""
    found = _alone(value)
    return found if isinstance(found, str) else ""


def as_seconds(value: Any) -> float:
    """Return the time that stands as seconds or milliseconds since 1970, or in ISO 8601; 0 for none."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LAST_TIME * 1000:
        return 0.0
    return float(value) / 1000 if value >= _LAST_TIME else float(value)


def as_items(value: Any) -> list[Any]:
    """Return what is in a list, and in lists in it; what stands alone where a list should be is one of its own."""
    waiting, items = [value], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif one is not None:
            items.append(one)
    return items


def as_said(value: Any) -> str:
    """Return what somebody said: text as it is, and anything else, where text should be, as JSON."""
    found = _alone(value)
    if found is None or isinstance(found, str):
        return found or ""
    return as_block(found) if found else ""


def as_block(value: Any) -> str:
    """Return what nobody knows the meaning of as Markdown that shows it."""
    return f"```json\n{_indented(value)}\n```"


def as_json(value: Any) -> str:
    """Return a value as JSON; empty for nothing."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _indented(value: Any) -> str:
    """As JSON for people, where that is not many times as long."""
    compact = as_json(value)
    room = max(_SHORT, _MOST_INDENTED * len(compact))
    pieces: list[str] = []
    try:
        for piece in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                return compact
    except RecursionError:
        return compact
    return "".join(pieces)


def as_size(value: Any) -> int:
    """Return bytes; 0 where nobody says."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else 0


def as_title(text: str) -> str:
    """Return the beginning of a text, for a chat that nobody gave a name."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= _TITLE else first[: _TITLE - 1].rstrip() + "…"


def _alone(value: Any) -> Any:
    """What is alone in a list, or in lists in lists, where no list should be."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value
