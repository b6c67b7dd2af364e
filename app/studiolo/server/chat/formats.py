"""The form that an answer is to have, wherever and however a dialect or another asks for it."""

import re
from itertools import accumulate
from typing import Any

from studiolo.errors import RequestError
from studiolo.server.chat.grammars import is_ambiguous
from studiolo.server.chat.schemas import SchemaReader

Body = dict[str, Any]

_MOST_REPEATED = 2000
_REPEATED = re.compile(r"\{\s*+(\d++)\s*+(,)?+\s*+(\d*+)\s*+\}")
_LONGEST_GRAMMAR = 100_000
"""Characters: the engine takes time that grows with the square of them."""
_DEEPEST_GRAMMAR = 200
"""Parentheses in each other: the engine goes down all of them at once, and some thousands end it."""
_LITERAL = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|\[(?:[^\]\\]|\\.?)*+(?:\]|\Z)|#[^\n]*+', re.DOTALL)
_SCHEMA_WORDS = ("type", "properties", "anyOf", "oneOf", "allOf", "enum", "$ref", "items", "$defs")


def read_format(wanted: Any, param: str) -> Body | None:
    """Return the engine's `response_format`; None for plain text. Raises RequestError for what is not understood.

    The schema may stand where Chat Completions has it (`json_schema.schema`), where Responses and Anthropic have it
    (`schema`), or by itself in the place of `json_schema` or of the whole.
    """
    asked = {"type": wanted} if isinstance(wanted, str) else wanted
    if not asked or not isinstance(asked, dict) or all(value is None for value in asked.values()):
        return None
    kind, schema = asked.get("type"), _schema(asked)
    if kind == "text":
        return None
    if kind == "json_object" and schema is None:
        return {"type": "json_object"}
    if schema is None or kind not in ("json_schema", "json_object", "object", None):
        raise RequestError(
            f"'{param}' is text, json_object, or json_schema with its schema.", param=param, code="invalid_value"
        )
    inner = asked.get("json_schema")
    name = (inner.get("name") if isinstance(inner, dict) else None) or asked.get("name") or "output"
    return {"type": "json_schema", "json_schema": {"name": str(name), "schema": SchemaReader().read(schema)}}


def sound_constraints(body: Body) -> Body:
    """Return the request with nothing in its `json_schema` or its `grammar` that would end the engine.

    The contract knows neither key; they are the engine's own. Raises RequestError for what would be too much for it.
    """
    if body.get("json_schema") is not None:
        body = {**body, "json_schema": SchemaReader(shown=False).read(body["json_schema"])}
    grammar = body.get("grammar")
    if isinstance(grammar, str) and (len(grammar) > _LONGEST_GRAMMAR or _depth(grammar) > _DEEPEST_GRAMMAR):
        raise RequestError(
            f"'grammar' has {_LONGEST_GRAMMAR} characters at most, and {_DEEPEST_GRAMMAR} parentheses in each other.",
            param="grammar",
            code="invalid_value",
        )
    if isinstance(grammar, str) and is_ambiguous(grammar):
        raise RequestError(
            "'grammar' may begin in too many ways.",
            param="grammar",
            code="invalid_value",
            hint="Leave out alternatives that are alike.",
        )
    for least, ranged, most in _REPEATED.findall(grammar) if isinstance(grammar, str) else ():
        counts = [int(count[:9]) for count in (least, most) if count]
        if max(counts) > _MOST_REPEATED or (ranged and most and counts[0] > counts[1]):
            raise RequestError(
                f"'grammar' repeats something from least to most, and {_MOST_REPEATED} times at most.",
                param="grammar",
                code="invalid_value",
            )
    return body


def _depth(grammar: str) -> int:
    """Return how deep the parentheses of a grammar are, those of its texts, classes and comments aside."""
    steps = ((letter == "(") - (letter == ")") for letter in _LITERAL.sub("", grammar) if letter in "()")
    return max(accumulate(steps), default=0)


def _schema(asked: Body) -> Body | None:
    inner = asked.get("json_schema")
    for place in (inner, asked):
        if isinstance(place, dict) and isinstance(place.get("schema"), dict):
            schema: Body = place["schema"]
            return schema
    if isinstance(inner, dict) and any(word in inner for word in _SCHEMA_WORDS):
        return inner
    return asked if asked.get("type") == "object" and isinstance(asked.get("properties"), dict) else None
