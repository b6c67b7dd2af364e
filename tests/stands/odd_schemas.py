"""JSON schemas as nobody should write them, by a seed."""

import random
from typing import Any

_NAMES = (
    "a",
    "b",
    "x/y",
    "p%q",
    "~t",
    "mit Leer",
    "ü",
    "]-^",
    '"q"',
    "\\d",
    "line\nbreak",
    "",
    "$ref",
    "properties",
    "n" * 300,
)
_TYPES: tuple[Any, ...] = (
    "object",
    "array",
    "string",
    "integer",
    "number",
    "boolean",
    "null",
    "any",
    "OBJECT",
    "float",
    "",
    None,
    7,
    [],
    {},
)
_REFERENCES = (
    "#",
    "#/",
    "#/$defs/a",
    "#/$defs/x~1y",
    "#/$defs/x/y",
    "#/$defs/p%25q",
    "#/definitions/b",
    "#/properties/a",
    "#/items",
    "#/$defs/none",
    "https://example.com/s.json",
    "https://example.com/s.json#/$defs/a",
    "other.json",
    "#anchor",
    "",
    None,
    3,
)
_PATTERNS = (
    "^a$",
    "^.*$",
    "^(a*)*$",
    "^(a|b?)+$",
    "*",
    "^[^",
    "^\\d{3}-\\w+$",
    "^(?=x)y$",
    "^\\p{L}+$",
    "^a{5,2}$",
    "^a{99999}$",
    "(",
    "^$",
    '^"$',
    "^\\n$",
    "^(a{50}){50}$",
    "^((((a))))$",
    "^a**$",
    "^[z-a]$",
    "^[]$",
    "^[a-]$",
    "^a|$",
    "^(|a)+$",
    "^[\\d.\\-]+$",
    "^ü+$",
    5,
)
_NUMBERS: tuple[Any, ...] = (
    0,
    1,
    2,
    -1,
    5,
    1000,
    2001,
    100_000,
    2**31,
    2**63,
    2**64,
    10**30,
    -(10**18),
    0.5,
    -2.5,
    3.0,
    1e300,
    True,
    "3",
    None,
    [],
)
_WORDS = (
    "properties",
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "allOf",
    "enum",
    "const",
    "additionalProperties",
    "$ref",
    "pattern",
    "format",
    "required",
    "description",
    "title",
    "default",
    "not",
    "if",
    "$defs",
    "definitions",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "patternProperties",
    "uniqueItems",
    "nullable",
    "examples",
    "dependentRequired",
    "$id",
    "$schema",
    "$comment",
)
_SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    "text",
    "line\nbreak",
    '"',
    "\\",
    "ü",
    "\x00",
    [],
    {},
    [None],
    {"a": None},
)


class OddSchemas:
    """Deals one schema after the other; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def schema(self) -> dict[str, Any]:
        """An object, as programs must send one, with definitions that what is in it may refer to."""
        schema = self._object(0)
        for home in ("$defs", "definitions"):
            if self._random.random() < 0.6:
                schema[home] = {name: self._any(1) for name in ("a", "b", "x/y", "p%q")}
        return schema

    def _any(self, depth: int) -> Any:
        if self._random.random() < 0.12:
            return self._random.choice(_SCALARS)
        return self._object(depth)

    def _object(self, depth: int) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        if self._random.random() < 0.7:
            schema["type"] = self._type()
        for word in self._random.sample(_WORDS, self._random.randint(0, 4)):
            schema[word] = self._value(word, depth)
        return schema

    def _type(self) -> Any:
        if self._random.random() < 0.15:
            return [self._random.choice(_TYPES) for _ in range(self._random.randint(0, 3))]
        return self._random.choice(_TYPES)

    def _value(self, word: str, depth: int) -> Any:
        if self._random.random() < 0.08:
            return self._random.choice(_SCALARS)
        if word in ("properties", "$defs", "definitions", "patternProperties"):
            return {self._random.choice(_NAMES): self._inner(depth) for _ in range(self._random.randint(0, 4))}
        if word in ("anyOf", "oneOf", "allOf", "prefixItems"):
            return [self._inner(depth) for _ in range(self._random.randint(0, 3))]
        if word in ("items", "additionalProperties", "not", "if"):
            return self._inner(depth) if self._random.random() < 0.8 else self._random.choice((True, False, [], [{}]))
        return self._plain(word)

    def _plain(self, word: str) -> Any:
        if word in ("enum", "examples"):
            return [self._random.choice(_SCALARS + _NUMBERS) for _ in range(self._random.choice((0, 1, 3, 700)))]
        if word == "required":
            return [self._random.choice((*_NAMES, None, 3)) for _ in range(self._random.randint(0, 3))]
        choices = {"$ref": _REFERENCES, "pattern": _PATTERNS, "format": ("date", "uuid", "email", "zork", 7, None)}
        return self._random.choice(choices.get(word) or (_NUMBERS if word[:3] in ("min", "max", "exc") else _SCALARS))

    def _inner(self, depth: int) -> Any:
        return {} if depth > 6 else self._any(depth + 1)
