"""What a JSON schema asks for, as fields of a form, and what was written into them as values.

Only the plain kinds have a field of their own: strings, numbers, booleans, choices. Anything else is written as JSON,
and whoever made the schema has the last word on it. References are not followed, and patterns not tried: a schema of
a stranger must not keep the window busy.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.desktop.language import translate

Kind = Literal["text", "number", "integer", "boolean", "choice", "choices", "json"]

MOST_FIELDS = 100
_MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class SchemaChoice:
    """A value that a field may have, and what it is called."""

    value: Any
    title: str


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One property. least, most: of a number, of the characters of a text, or of how many are chosen."""

    name: str
    title: str
    description: str
    kind: Kind
    required: bool
    default: Any = None
    choices: tuple[SchemaChoice, ...] = ()
    least: float | None = None
    most: float | None = None
    format: str = ""


class FieldError(ValueError):
    """What is wrong with one field, in a sentence."""


def fields_of(schema: Mapping[str, Any] | None) -> list[SchemaField]:
    """Return the properties of an object's schema, at most MOST_FIELDS; none for a schema without."""
    properties = (schema or {}).get("properties")
    if not isinstance(properties, dict):
        return []
    required = (schema or {}).get("required")
    needed = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    return [
        _field(str(name), one if isinstance(one, dict) else {}, required=name in needed)
        for name, one in list(properties.items())[:MOST_FIELDS]
    ]


def value_of(field: SchemaField, written: Any) -> Any:
    """Return what was written, as the schema has it; None for nothing.

    written: text, or for "boolean" a bool, for "choice" a value, for "choices" a list of values. Raises FieldError.
    """
    if written is None or written == "" or written == []:
        if field.required and not (field.kind == "text" and written == "" and not field.least):
            raise FieldError(translate("Schema", "This is needed."))
        return "" if field.required and field.kind == "text" else None
    match field.kind:
        case "number" | "integer":
            return _number(field, str(written))
        case "text":
            return _string(field, str(written))
        case "json":
            return _json(str(written))
        case "choices":
            _within(field, len(written), translate("Schema", "Choose at least %1."), _at_most_chosen())
    return written


def _field(name: str, schema: dict[str, Any], *, required: bool) -> SchemaField:
    kind, choices = _kind(schema)
    bounds = {
        "number": ("minimum", "maximum"),
        "integer": ("minimum", "maximum"),
        "text": ("minLength", "maxLength"),
        "choices": ("minItems", "maxItems"),
    }.get(kind, ("", ""))
    return SchemaField(
        name,
        _words(schema.get("title")) or name,
        _words(schema.get("description")),
        kind,
        required,
        schema.get("default"),
        choices,
        _bound(schema.get(bounds[0])),
        _bound(schema.get(bounds[1])),
        _words(schema.get("format")),
    )


def _kind(schema: dict[str, Any]) -> tuple[Kind, tuple[SchemaChoice, ...]]:
    if choices := _choices(schema):
        return "choice", choices
    items, kind = schema.get("items"), schema.get("type")
    if kind == "array" and isinstance(items, dict) and (choices := _choices(items)):
        return "choices", choices
    if isinstance(kind, list):  # A type, or null.
        kinds = [one for one in kind if one != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    match kind:
        case "string":
            return "text", ()
        case "number" | "integer" | "boolean":
            return kind, ()
    return "json", ()


def _choices(schema: dict[str, Any]) -> tuple[SchemaChoice, ...]:
    values = schema.get("enum")
    if isinstance(values, list) and values and all(isinstance(one, str | int | float) for one in values):
        names = schema.get("enumNames")
        titles = names if isinstance(names, list) and len(names) == len(values) else values
        return tuple(SchemaChoice(one, str(title)) for one, title in zip(values, titles, strict=True))[:_MOST_CHOICES]
    for key in ("oneOf", "anyOf"):
        options = schema.get(key)
        if isinstance(options, list) and options and all(isinstance(one, dict) and "const" in one for one in options):
            return tuple(SchemaChoice(one["const"], str(one.get("title", one["const"]))) for one in options)[
                :_MOST_CHOICES
            ]
    return ()


def _number(field: SchemaField, written: str) -> float:
    whole = field.kind == "integer"
    try:
        number = float(written.strip().replace(",", "."))
        number = (
            int(number) if number.is_integer() and abs(number) < 2**53 and (whole or "." not in written) else number
        )
    except (ValueError, OverflowError) as error:
        raise FieldError(translate("Schema", "This is no number.")) from error
    if not math.isfinite(number):
        raise FieldError(translate("Schema", "This is no number."))
    if whole and not isinstance(number, int):
        raise FieldError(translate("Schema", "This must be a whole number."))
    least, most = translate("Schema", "This must be at least %1."), translate("Schema", "This must be at most %1.")
    _within(field, number, least, most)
    return number


def _string(field: SchemaField, written: str) -> str:
    least = translate("Schema", "This needs at least %1 characters.")
    most = translate("Schema", "This may have at most %1 characters.")
    _within(field, len(written), least, most)
    if field.format == "email" and not (written.count("@") == 1 and all(written.split("@"))):
        raise FieldError(translate("Schema", "This is no email address."))
    if field.format == "uri" and ":" not in written:
        raise FieldError(translate("Schema", "This is no address."))
    return written


def _json(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise FieldError(translate("Schema", "This is no JSON: %1").replace("%1", str(error))) from error


def _within(field: SchemaField, number: float, least: str, most: str) -> None:
    if field.least is not None and number < field.least:
        raise FieldError(least.replace("%1", f"{field.least:g}"))
    if field.most is not None and number > field.most:
        raise FieldError(most.replace("%1", f"{field.most:g}"))


def _at_most_chosen() -> str:
    return translate("Schema", "Choose at most %1.")


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _bound(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
