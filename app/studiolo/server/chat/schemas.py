"""JSON schemas of programs, made such that the engine can hold a model to them.

The engine turns a schema into a grammar. It refuses a request for one word in it that it does not take, is ended by
others (a reference that leads to itself, a longest length below the shortest), and takes all the memory there is for
some more. So what reaches it are the words that it knows with values that it can use. What can't be a grammar is any
value at that spot, and what the engine does not read stays as it is, since models are shown it.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from studiolo.errors import RequestError
from studiolo.server.chat.patterns import sound_pattern
from studiolo.server.chat.schema_beginnings import TEXTS, Thinning, break_circles
from studiolo.server.chat.schema_references import HOMES, place_at, scattered_definitions
from studiolo.server.chat.schema_values import (
    NUMBER_BOUNDS,
    Repetitions,
    is_sound_value,
    number_bounds,
    sound_types,
)

Schema = dict[str, Any]

_DEEPEST = 48
"""Levels: rules are named by the way to them, so that what lies deep costs more."""
_MOST_NODES = 20_000
"""Schemas in schemas, of all that a request brings."""
_MOST_OPTIONAL = 100
"""Properties of an object that may be left out; the grammar of more takes seconds."""
_MOST_CHOICES = 500
_MOST_CHOICE_CHARACTERS = 20_000
_LONGEST_NAME = 200
_MOST_CHARACTERS = 4_000_000
"""Of all schemas of a request as they are written out: what is referred to by many names is written for each."""
_MOST_LEVELS = 400
"""Of all that a schema refers to, one below the other: the engine goes down all of them at once."""
_DEFINITION = re.compile(r"#/(?:\$defs|definitions)/([A-Za-z0-9_.-]{1,100})")
_UNNAMED = re.compile(r"[^a-zA-Z0-9-]+")
_UNTELLABLE = re.compile(r"[\]\\\x00-\x1f]")
_FORMATS = ("date", "time", "date-time", "uuid")
_BESIDE = (*TEXTS, "default", "examples")
"""What says nothing that a grammar could, beside a reference."""
_BOUNDS = ("minItems", "maxItems", "minLength", "maxLength", *NUMBER_BOUNDS)
_SHOWN = ("default", "const")
"""What null is a value of."""
_STRUCTURE = ("type", "properties", "items", "prefixItems", "enum", "const")


class SchemaReader:
    """Reads the schemas of one request, which share what there may be of them altogether.

    shown: models see them, too, so that words which only they can follow stay. The engine's route for plain text drops
    a schema that has any of these.
    """

    def __init__(self, *, shown: bool = True) -> None:
        self.shown = shown
        self._left = _MOST_NODES
        self._room = _MOST_CHARACTERS
        self._sizes: dict[int, tuple[Any, int]] = {}
        self.repetitions = Repetitions()

    def parameters(self, schema: Any) -> Schema:
        """Return the arguments of a function: always an object, as templates and programs take nothing else."""
        read = _Document(schema, self).read(opened=True)
        alternatives = read.get("oneOf") or read.get("anyOf")
        if all(_is_object(one) for one in alternatives or [read]):
            return {**read, "type": "object"} if alternatives else read
        kept = {name: read[name] for name in TEXTS if name in read}
        return {**kept, "type": "object", "properties": {}, "additionalProperties": True}

    def read(self, schema: Any) -> Schema:
        """Return a schema for any value. What `schema` refers to stands in `$defs`, at its top."""
        return _Document(schema, self).read()

    def spend(self, count: int = 1) -> bool:
        """Return whether there may be one more schema, which counts as so many."""
        if count > self._left:
            return False
        self._left -= count
        return True

    def write_out(self, schema: Schema, words: Iterable[str]) -> None:
        """Count what of a schema stands in the result as it is. Raises RequestError where all of it is too much."""
        self._room -= sum(len(word) + self._size_of(schema[word]) for word in words)
        if self._room < 0:
            raise RequestError(
                f"The JSON schemas of the request have more than {_MOST_CHARACTERS:,} characters, written out.",
                code="invalid_value",
                hint="Shorten what is referred to from many places: its descriptions, defaults and examples.",
            )

    def _size_of(self, value: Any) -> int:
        """Characters, about. A value is measured once, however often it is written."""
        if not isinstance(value, dict | list):
            return len(value) if isinstance(value, str) else 4
        # With the value itself, so that no other one has its number.
        known = self._sizes.get(id(value))
        if known is None:
            known = self._sizes[id(value)] = (value, len(json.dumps(value, ensure_ascii=False)))
        return known[1]


class _Document:
    """One schema, and what its references mean."""

    def __init__(self, root: Any, reader: SchemaReader) -> None:
        self._root = root
        self._reader = reader
        self._deepest = 0
        self._scattered: Schema | None = None
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._waiting: list[str] = []

    def read(self, *, opened: bool = False) -> Schema:
        """opened: what the whole refers to stands in its place."""
        top, seen = self._root, set[str]()
        while opened and isinstance(top, dict) and isinstance(reference := top.get("$ref"), str):
            found, target = self._target(reference)
            top = target if found and reference not in seen else {}
            seen.add(reference)
        out = self._schema(top, 0)
        definitions: dict[str, Schema] = {}
        levels = 0
        while self._waiting:
            reference = self._waiting.pop()
            self._deepest = 0
            read = self._schema(self._target(reference)[1], 1)
            levels += self._deepest
            definitions[self._names[reference]] = read if levels <= _MOST_LEVELS else {}
        break_circles(definitions)
        out = Thinning(definitions).thinned(out)
        return {**out, "$defs": definitions} if definitions else out

    def _schema(self, schema: Any, depth: int) -> Schema:
        """Return the schema at one spot: {} is any value."""
        if not isinstance(schema, dict) or depth > _DEEPEST or not self._reader.spend():
            return {}
        self._deepest = max(self._deepest, depth)
        if "$ref" in schema and schema["$ref"] is not None:
            return self._reference(schema)
        if schema.get("allOf") is not None:
            schema = self._merged(schema, depth)
            if "$ref" in schema:
                return self._reference(schema)
        return self._without_references(schema, depth)

    def _without_references(self, schema: Schema, depth: int) -> Schema:
        bounds = self._reader.repetitions.sound(schema, "minItems", "maxItems")
        bounds |= self._reader.repetitions.sound(schema, "minLength", "maxLength")
        bounds |= number_bounds(schema)
        read: Schema = {}
        for word, value in schema.items():
            if word in _READERS:
                sound = _READERS[word](self, schema, value, depth)
                if sound is not None:
                    read[word] = sound
            elif word in _BOUNDS:
                if word in bounds:
                    read[word] = bounds[word]
            elif word not in (*HOMES, "allOf") and _may_be_shown(word, value):
                read[word] = value
        self._count(read, schema)
        if isinstance(read.get("items"), list):
            read["prefixItems"] = read.pop("items")
        if schema.get("items") is False and not read.get("prefixItems"):
            read["maxItems"] = 0
            read.pop("minItems", None)
        if isinstance(schema.get("properties"), dict) and "properties" not in read:
            read.pop("additionalProperties", None)
        return read if self._reader.shown else _bare(read)

    def _count(self, read: Schema, schema: Schema) -> None:
        """What is a schema itself was counted where it was read."""
        self._reader.write_out(read, (word for word, value in read.items() if value is schema.get(word)))
        names = [*read.get("properties", ()), *read.get("required", ())]
        self._reader.write_out({"names": "".join(names)}, ("names",))

    def _type(self, schema: Schema, value: Any, depth: int) -> Any:
        return sound_types(value)

    def _properties(self, schema: Schema, value: Any, depth: int) -> Schema | None:
        if not isinstance(value, dict) or any(len(str(name)) > _LONGEST_NAME for name in value):
            return None
        named = schema.get("required")
        required = {name for name in named if isinstance(name, str)} if isinstance(named, list) else set()
        if len(value.keys() - required) > _MOST_OPTIONAL:
            return None
        return {name: self._schema(one, depth + 1) for name, one in value.items() if one is not False}

    def _required(self, schema: Schema, value: Any, depth: int) -> list[str] | None:
        properties = schema.get("properties")
        if not isinstance(value, list) or not isinstance(properties, dict):
            return None
        return [
            name
            for name in dict.fromkeys(v for v in value if isinstance(v, str))
            if properties.get(name, {}) is not False
        ]

    def _additional(self, schema: Schema, value: Any, depth: int) -> bool | Schema | None:
        """Other names than those are written as letters that come in none of them: not all letters can be told so."""
        names = schema["properties"] if isinstance(schema.get("properties"), dict) else {}
        if value is not False and any(_UNTELLABLE.search(name) for name in names):
            return None
        if isinstance(value, bool):
            return value
        return self._schema(value, depth + 1) if isinstance(value, dict) else None

    def _items(self, schema: Schema, value: Any, depth: int) -> Any:
        """Of places in a row exactly so many are written as are told of: the engine knows no others."""
        first = schema.get("prefixItems")
        if isinstance(value, list):
            return self._places(schema, value, depth)
        if isinstance(value, bool) or (isinstance(first, list) and first):
            return None
        return self._schema(value, depth + 1)

    def _places(self, schema: Schema, value: Any, depth: int) -> list[Schema] | None:
        if not isinstance(value, list) or not value:
            return None
        most, least = schema.get("maxItems"), schema.get("minItems")
        places = value[:most] if isinstance(most, int) and not isinstance(most, bool) and most >= 0 else value
        if not places or (isinstance(least, int) and least > len(places)):
            return None
        return [self._schema(place, depth + 1) for place in places]

    def _choices(self, schema: Schema, value: Any, depth: int) -> list[Any] | None:
        if not isinstance(value, list) or not value or len(value) > _MOST_CHOICES:
            return None
        fits = all(is_sound_value(one) for one in value) and len(str(value)) <= _MOST_CHOICE_CHARACTERS
        return value if fits else None

    def _alternatives(self, schema: Schema, value: Any, depth: int) -> list[Schema] | None:
        """The engine looks at nothing beside alternatives.

        Where they only add to an object, that comes first.
        """
        if not isinstance(value, list) or isinstance(schema.get("properties"), dict):
            return None
        if len(value) > _MOST_CHOICES:
            return None
        return [self._schema(one, depth + 1) for one in value if one is not False] or None

    def _pattern(self, schema: Schema, value: Any, depth: int) -> str | None:
        return sound_pattern(value) if isinstance(value, str) else None

    def _format(self, schema: Schema, value: Any, depth: int) -> str | None:
        return value if isinstance(value, str) else None

    def _reference(self, schema: Schema) -> Schema:
        kept = {
            word: value
            for word, value in schema.items()
            if self._reader.shown and word in _BESIDE and _may_be_shown(word, value)
        }
        self._reader.write_out(kept, kept)
        reference = schema["$ref"]
        found, _ = self._target(reference)
        return {"$ref": f"#/$defs/{self._name(reference)}", **kept} if found else kept

    def _target(self, reference: Any) -> tuple[bool, Any]:
        """Return whether there is something where a reference points to, and what."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return False, None
        found, place = place_at(self._root, reference[1:].split("/"))
        if found or not _DEFINITION.fullmatch(reference):
            return found, place
        if self._scattered is None:
            self._scattered = scattered_definitions(self._root)
        name = reference.rpartition("/")[2]
        return name in self._scattered, self._scattered.get(name)

    def _name(self, reference: str) -> str:
        if reference not in self._names:
            plain = _DEFINITION.fullmatch(reference)
            wanted = plain[1] if plain else _UNNAMED.sub("-", reference)[-40:].strip("-") or "whole"
            name, number = wanted, 1
            while _UNNAMED.sub("-", name) in self._taken:
                number += 1
                name = f"{wanted}-{number}"
            self._taken.add(_UNNAMED.sub("-", name))
            self._names[reference] = name
            self._waiting.append(reference)
        return self._names[reference]

    def _merged(self, schema: Schema, depth: int) -> Schema:
        """Return what has to hold together, as one schema: of objects everything, else what is said first."""
        while True:
            merged = {word: value for word, value in schema.items() if word != "allOf"}
            parts = schema["allOf"] if isinstance(schema.get("allOf"), list) else []
            if len(parts) != 1 or not isinstance(parts[0], dict) or any(word in merged for word in _STRUCTURE):
                break
            if not self._reader.spend(_width(parts[0])):
                return merged
            schema = {**parts[0], **merged}
            if schema.get("allOf") is None:
                return schema
        own: set[str] = set()
        for part in self._opened(parts, set(), depth):
            for word, value in part.items():
                known = merged.get(word)
                if word == "properties" and isinstance(value, dict) and isinstance(known, dict):
                    # What is merged is copied once, not for every part.
                    known = merged[word] = known if word in own else dict(known)
                    own.add(word)
                    for name, one in value.items():
                        known.setdefault(name, one)
                elif word == "required" and isinstance(value, list) and isinstance(known, list):
                    known = merged[word] = known if word in own else list(known)
                    own.add(word)
                    known += value
                elif known is None:
                    merged[word] = value
        return merged

    def _opened(self, parts: list[Any], seen: set[str], depth: int) -> list[Schema]:
        """Return the schemas that parts are or refer to."""
        opened: list[Schema] = []
        for part in parts:
            # Each is copied, however often one is referred to.
            if not isinstance(part, dict) or depth > _DEEPEST or not self._reader.spend(_width(part)):
                continue
            reference = part.get("$ref")
            if reference is not None:
                found, target = self._target(reference)
                if found and reference not in seen:
                    opened += self._opened([target], seen | {reference}, depth + 1)
                continue
            inner = part.get("allOf")
            opened.append({word: value for word, value in part.items() if word != "allOf"})
            if isinstance(inner, list):
                opened += self._opened(inner, seen, depth + 1)
        return opened


_READERS: dict[str, Callable[[_Document, Schema, Any, int], Any]] = {
    "type": _Document._type,
    "properties": _Document._properties,
    "required": _Document._required,
    "additionalProperties": _Document._additional,
    "items": _Document._items,
    "prefixItems": _Document._places,
    "enum": _Document._choices,
    "anyOf": _Document._alternatives,
    "oneOf": _Document._alternatives,
    "pattern": _Document._pattern,
    "format": _Document._format,
}


def _bare(read: Schema) -> Schema:
    """Nothing but words that every one of the engine's routes knows."""
    bare = {word: value for word, value in read.items() if word in _READERS or word in _BOUNDS or word == "const"}
    if bare.get("format") not in _FORMATS:
        bare.pop("format", None)
    if "oneOf" in bare:
        bare["anyOf"] = bare.pop("oneOf")
    return {"anyOf": bare["anyOf"]} if "anyOf" in bare else bare


def _is_object(schema: Schema) -> bool:
    return schema.get("type") == "object" or ("type" not in schema and "properties" in schema)


def _may_be_shown(word: str, value: Any) -> bool:
    if word in TEXTS:
        return isinstance(value, str)
    return (value is not None or word in _SHOWN) and is_sound_value(value)


def _width(part: Schema) -> int:
    """Return how much of a schema there is to copy."""
    return 1 + len(part) + sum(len(value) for value in part.values() if isinstance(value, dict | list))
