"""Values in schemas, as far as the engine can use them."""

import math
from typing import Any

Schema = dict[str, Any]

_TYPES = {
    "object": ("object", "dict", "map", "struct"),
    "array": ("array", "list", "tuple"),
    "string": ("string", "str", "text"),
    "integer": ("integer", "int", "int32", "int64", "long"),
    "number": ("number", "float", "double", "decimal"),
    "boolean": ("boolean", "bool"),
    "null": ("null", "none"),
}
"""Programs of many languages call them by the names of theirs, or in capitals as Google's interfaces do."""
_KNOWN_TYPES = {name: kind for kind, names in _TYPES.items() for name in names}
_DEEPEST_VALUE = 24
_MOST_REPEATED = 1000
_MOST_REPEATED_OF_ALL = 20_000
_LARGEST_BOUND = 10**14
"""The engine's way of writing a range of whole numbers breaks beyond."""
_LARGEST_NUMBER = 2**63
NUMBER_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def sound_types(value: Any) -> str | list[str] | None:
    """Return the value of `type`; None where it says nothing that can be used."""
    if isinstance(value, str):
        return _KNOWN_TYPES.get(value.lower())
    if not isinstance(value, list):
        return None
    known = [_KNOWN_TYPES.get(one.lower()) for one in value if isinstance(one, str)]
    if len(known) < len(value) or None in known:
        return None  # One of them may be anything.
    return list(dict.fromkeys(one for one in known if one)) or None


def is_sound_value(value: Any, depth: int = 0) -> bool:
    """Return whether the engine can read it: numbers that it has room for, nothing too deep."""
    if isinstance(value, dict):
        return depth < _DEEPEST_VALUE and all(is_sound_value(one, depth + 1) for one in value.values())
    if isinstance(value, list):
        return depth < _DEEPEST_VALUE and all(is_sound_value(one, depth + 1) for one in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) < _LARGEST_NUMBER


class Repetitions:
    """How often what is in a request's schemas may be repeated: each time is a rule of the grammar."""

    def __init__(self) -> None:
        self._left = _MOST_REPEATED_OF_ALL

    def sound(self, schema: Schema, least: str, most: str) -> Schema:
        """Return what stays of a schema's two bounds."""
        low, high = _count(schema.get(least)), _count(schema.get(most))
        if low is not None and high is not None and low > high:
            return {}
        limit = min(_MOST_REPEATED, self._left)
        low = low if low is not None and low <= limit else None
        high = high if high is not None and high <= limit else None
        self._left -= high or low or 0
        return {word: count for word, count in ((least, low), (most, high)) if count is not None}


def number_bounds(schema: Schema) -> Schema:
    """Return what stays of the bounds of a number.

    Those that the engine can write and that leave something between them.
    """
    bounds = {word: _number(schema.get(word)) for word in NUMBER_BOUNDS}
    if schema.get("type") == "integer":
        bounds |= {word: _rounded(value, up=word in ("minimum", "exclusiveMaximum")) for word, value in bounds.items()}
    low, high = bounds["minimum"], bounds["maximum"]
    above, below = bounds["exclusiveMinimum"], bounds["exclusiveMaximum"]
    # Of two bounds on one side the engine obeys the first that it knows, not the closer one.
    if low is not None and above is not None:
        bounds["minimum" if above >= low else "exclusiveMinimum"] = None
    if high is not None and below is not None:
        bounds["maximum" if below <= high else "exclusiveMaximum"] = None
    if bounds["exclusiveMinimum"] is not None:
        low = bounds["exclusiveMinimum"] + 1
    if bounds["exclusiveMaximum"] is not None:
        high = bounds["exclusiveMaximum"] - 1
    if low is not None and high is not None and low > high:
        return {}
    return {word: value for word, value in bounds.items() if value is not None}


def _rounded(value: float | None, *, up: bool) -> int | None:
    return None if value is None else math.ceil(value) if up else math.floor(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < _LARGEST_BOUND else None  # Neither is what is no number at all.


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LARGEST_BOUND:
        return None
    return int(value) if value == int(value) else None
