"""Schemas as the engine gets them: what is sound stays as it is, what can't be a grammar is any value at its spot."""

import json
import time
from typing import Any

import pytest

from studiolo.errors import RequestError
from studiolo.server.chat.schemas import SchemaReader
from tests.stands.odd_schemas import OddSchemas

TEXT = {"type": "string"}


def read(schema: Any) -> dict[str, Any]:
    return SchemaReader().read(schema)


def parameters(schema: Any) -> dict[str, Any]:
    return SchemaReader().parameters(schema)


def with_property(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, "required": ["a"]}


@pytest.mark.parametrize(
    "schema",
    [
        with_property({"type": "string", "description": "Where.", "minLength": 1, "maxLength": 20}),
        with_property({"type": ["string", "null"], "default": None}),
        with_property({"enum": ["a", None, 1.5, {"b": []}]}),
        with_property(
            {"type": "array", "items": {"anyOf": [TEXT, {"type": "null"}]}, "minItems": 1, "uniqueItems": True}
        ),
        with_property({"type": "integer", "minimum": -3, "exclusiveMaximum": 10}),
        with_property({"$ref": "#/$defs/Node"})
        | {"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}},
        {"type": "object", "properties": {}, "additionalProperties": {"type": "number"}, "x-order": [1]},
    ],
)
def test_a_sound_schema_stays_as_it_is(schema: dict[str, Any]) -> None:
    assert read(schema) == schema
    assert parameters(schema) == schema
    assert list(read(schema)) == list(schema)


@pytest.mark.parametrize(
    ("odd", "sound"),
    [
        ({"type": "string", "description": None}, TEXT),
        ({"type": None, "description": "Which."}, {"description": "Which."}),
        (True, {}),
        (None, {}),
        ("string", {}),
        ([TEXT], {}),
        ({"type": "any"}, {}),
        ({"type": ["string", "any"]}, {}),
        ({"type": "STRING"}, TEXT),
        ({"type": "float"}, {"type": "number"}),
        ({"enum": []}, {}),
        ({"enum": "red"}, {}),
        ({"enum": [10**400]}, {}),
        ({"anyOf": []}, {}),
        ({"anyOf": [False]}, {}),
        ({"anyOf": [True, TEXT]}, {"anyOf": [{}, TEXT]}),
        ({"type": "object", "properties": None}, {"type": "object"}),
        ({"type": "object", "properties": ["a"]}, {"type": "object"}),
        ({"type": "array", "items": False, "prefixItems": [TEXT]}, {"type": "array", "prefixItems": [TEXT]}),
        ({"type": "array", "items": [TEXT, {}]}, {"type": "array", "prefixItems": [TEXT, {}]}),
        ({"type": "array", "items": False}, {"type": "array", "maxItems": 0}),
        ({"type": "array", "items": True}, {"type": "array"}),
        ({"type": "string", "minLength": 5, "maxLength": 2}, TEXT),
        ({"type": "string", "minLength": -1, "maxLength": 10**9}, TEXT),
        ({"type": "array", "items": TEXT, "minItems": "2"}, {"type": "array", "items": TEXT}),
        ({"type": "integer", "minimum": 3, "maximum": 1}, {"type": "integer"}),
        ({"type": "integer", "minimum": 1e300}, {"type": "integer"}),
        ({"type": "integer", "minimum": 0.5}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "exclusiveMinimum": True, "minimum": 1}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "minimum": -9, "exclusiveMinimum": 0}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "minimum": 4, "exclusiveMinimum": 0}, {"type": "integer", "minimum": 4}),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": 5}, {"type": "integer", "exclusiveMaximum": 5}),
        ({"type": "integer", "maximum": 3, "exclusiveMaximum": 5}, {"type": "integer", "maximum": 3}),
        ({"type": "string", "pattern": "^(?=a)b$"}, TEXT),
        ({"$ref": "https://example.com/s.json", "description": "Far."}, {"description": "Far."}),
        ({"$ref": "#/$defs/none"}, {}),
        ({"$ref": None, "type": "string"}, TEXT),
        ({"allOf": [TEXT, {"minLength": 3}]}, {"type": "string", "minLength": 3}),
        ({"allOf": "no"}, {}),
    ],
)
def test_what_can_not_be_a_grammar_is_any_value_at_its_spot(odd: Any, sound: dict[str, Any]) -> None:
    assert parameters(with_property(odd)) == with_property(sound)
    assert read({"type": "array", "items": {"anyOf": [odd, {}]}})["items"]["anyOf"][-1] == {}


def test_what_may_not_be_there_is_not_offered() -> None:
    assert parameters(with_property(False)) == {"type": "object", "properties": {}, "required": []}


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("#/$defs/x~1y", {"$defs": {"x/y": TEXT}}),
        ("#/$defs/x/y", {"$defs": {"x": {"y": TEXT}}}),
        ("#/$defs/mit%20Leer", {"$defs": {"mit Leer": TEXT}}),
        ("#/$defs/100%25", {"$defs": {"100%": TEXT}}),
        ("#/$defs/~0t", {"$defs": {"~t": TEXT}}),
        ("#/definitions/T", {"definitions": {"T": TEXT}}),
        ("#/properties/b", {}),
        ("#/properties/c/anyOf/1", {}),
    ],
)
def test_a_reference_is_followed_however_it_is_written(reference: str, place: dict[str, Any]) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"$ref": reference}, "b": TEXT}, **place}
    schema["properties"]["c"] = {"anyOf": [{}, TEXT]}
    sound = parameters(schema)
    (name,) = sound["$defs"]
    assert sound["properties"]["a"] == {"$ref": f"#/$defs/{name}"}
    assert sound["$defs"][name] == TEXT


def test_definitions_that_were_left_inside_are_found() -> None:
    inner = {"type": "object", "properties": {"b": {"$ref": "#/$defs/T"}}, "$defs": {"T": TEXT}}
    assert parameters(with_property(inner))["$defs"] == {"T": TEXT}


def test_names_of_definitions_that_the_engine_takes_for_one_are_told_apart() -> None:
    schema = {
        "anyOf": [{"$ref": "#/$defs/a.b"}, {"$ref": "#/$defs/a_b"}],
        "$defs": {"a.b": TEXT, "a_b": {"type": "null"}},
    }
    sound = read(schema)
    kinds = [sound["$defs"][one["$ref"].removeprefix("#/$defs/")] for one in sound["anyOf"]]
    assert kinds == [TEXT, {"type": "null"}]
    assert len({name.replace("_", "-").replace(".", "-") for name in sound["$defs"]}) == 2


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}]},
        {"allOf": [{"$ref": "#"}]},
        {
            "$ref": "#/$defs/a",
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/a"}]}},
        },
    ],
)
def test_a_reference_that_leads_to_itself_is_any_value(schema: dict[str, Any]) -> None:
    anything = {"type": "object", "properties": {}, "additionalProperties": True}
    assert parameters(schema) == anything
    definitions = read({"type": "array", "items": schema, "$defs": schema.get("$defs", {})}).get("$defs", {})
    assert all("$ref" not in definition for definition in definitions.values())


def test_a_schema_may_hold_itself() -> None:
    sound = parameters({"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#"}}}})
    (name,) = sound["$defs"]
    assert sound["properties"]["below"]["items"] == {"$ref": f"#/$defs/{name}"}
    assert sound["$defs"][name]["properties"]["below"]["items"] == {"$ref": f"#/$defs/{name}"}


def test_names_that_others_can_not_be_told_from_stand_alone() -> None:
    schema = {"type": "object", "properties": {"a]": TEXT, "\\": TEXT}, "additionalProperties": True}
    assert read(schema) == {"type": "object", "properties": {"a]": TEXT, "\\": TEXT}}


def test_where_no_model_sees_a_schema_it_has_only_words_of_a_grammar() -> None:
    schema = with_property({"oneOf": [TEXT | {"format": "email"}, {"not": TEXT}], "description": "Which.", "$id": "x"})
    assert SchemaReader(shown=False).read(schema) == with_property({"anyOf": [TEXT, {}]})


def test_a_function_is_called_with_an_object_whatever_its_schema_says() -> None:
    for schema in (TEXT, {}, {"anyOf": [TEXT, {"type": "object"}]}, True, {"description": "All."}):
        sound = parameters(schema)
        assert (sound["type"], sound["properties"], sound["additionalProperties"]) == ("object", {}, True)
    pointed = {"$ref": "#/$defs/A", "$defs": {"A": with_property(TEXT)}}
    assert parameters(pointed) == with_property(TEXT)


def test_what_adds_to_an_object_does_not_take_its_place() -> None:
    schema = with_property(TEXT) | {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert parameters(schema) == with_property(TEXT)


def test_everything_that_holds_together_is_one_object() -> None:
    base = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
    schema = {"allOf": [{"$ref": "#/$defs/Base"}, with_property(TEXT)], "$defs": {"Base": base}}
    sound = parameters(schema)
    assert sound["properties"] == {"a": TEXT, "b": {"type": "integer"}}
    assert sorted(sound["required"]) == ["a", "b"]


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = with_property(schema)
    return schema


def linked(count: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {f"d{n}": with_property({"$ref": f"#/$defs/d{n + 1}"}) for n in range(count)}
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def doubled(count: int) -> dict[str, Any]:
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(count)}
    return {"type": "array", "items": {"$ref": "#/$defs/d0"}, "$defs": definitions}


@pytest.mark.parametrize(
    "schema",
    [
        nested(400),
        linked(5000),
        doubled(60),
        {"type": "object", "properties": {f"p{n}": TEXT for n in range(5000)}},
        {"enum": [f"value {n}" for n in range(100_000)]},
        {"anyOf": [TEXT] * 100_000},
        {"type": "object", "properties": {"n" * 100_000: TEXT}},
        {"type": "object", "properties": {f"p{n}": {"type": "string", "maxLength": 1000} for n in range(90)}},
    ],
    ids=["deep", "linked", "doubled", "wide", "choices", "alternatives", "name", "repeated"],
)
def test_however_large_a_schema_is_what_the_engine_gets_is_not(schema: dict[str, Any]) -> None:
    began = time.process_time()
    sound = json.dumps(read(schema))
    assert time.process_time() - began < 5, "seconds of the processor"
    assert len(sound) < 400_000


def test_the_schemas_of_a_request_share_what_there_may_be() -> None:
    reader = SchemaReader()
    large = {"type": "object", "properties": {f"p{n}": TEXT for n in range(100)}, "required": []}
    sizes = [len(json.dumps(reader.parameters(large))) for _ in range(300)]
    assert sizes[0] > 10 * sizes[-1]


@pytest.mark.parametrize("seed", range(0, 2000, 100))
def test_the_caller_s_schema_is_left_alone_and_what_is_sound_stays(seed: int) -> None:
    for number in range(seed, seed + 100):
        schema = OddSchemas(number).schema()
        before = json.dumps(schema)
        sound = read(schema)
        assert json.dumps(schema) == before
        assert None not in sound.values() or "default" in sound or "const" in sound
        assert parameters(schema).get("type", "object") == "object"


def branching(levels: int) -> dict[str, Any]:
    """Definitions that each refer to the next one twice."""
    definitions: dict[str, Any] = {
        f"d{level}": {"anyOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)
    }
    return with_property({"$ref": "#/$defs/d0"}) | {"$defs": definitions | {f"d{levels}": TEXT}}


def test_what_may_begin_in_millions_of_ways_is_any_value() -> None:
    few = read(branching(8))
    assert few["$defs"]["d0"] == {"anyOf": [{"$ref": "#/$defs/d1"}] * 2}
    many = read(branching(40))
    ways = [1]
    for level in reversed(range(40)):
        alternatives = many["$defs"][f"d{level}"].get("anyOf")
        ways.append(ways[-1] * len(alternatives) if alternatives else 1)
    assert max(ways) < 20_000


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#/$defs/a"}] * 400, "$defs": {"a": {f"k{number}": 1 for number in range(30_000)}}},
        {"allOf": [{"properties": {f"p{number}": {}}, "required": [f"p{number}"]} for number in range(9000)]},
        with_property({"$ref": "#/$defs/none"}) | {"x": [{"$defs": {f"d{number}": {}}} for number in range(30_000)]},
    ],
)
def test_a_schema_takes_time_in_proportion_to_its_size(schema: dict[str, Any]) -> None:
    began = time.process_time()
    read(schema)
    assert time.process_time() - began < 10, "not minutes, as what grows with its square"


def test_one_schema_that_is_too_much_leaves_room_for_the_others() -> None:
    reader = SchemaReader()
    reader.read({"allOf": [{"$ref": "#/$defs/a"}] * 3, "$defs": {"a": {f"k{number}": 1 for number in range(30_000)}}})
    assert reader.read(with_property(TEXT)) == with_property(TEXT)


def spellings(name: str, count: int) -> list[str]:
    """References that all mean the same definition."""
    return [
        "#/$defs/" + "".join(f"%{ord(one):02x}" if number >> at & 1 else one for at, one in enumerate(name))
        for number in range(count)
    ]


LONG = "x" * 100_000
WORDY = {"type": "string", "default": LONG, "description": LONG, "x-more": [LONG]}
DEFINED = {"abcdefgh": WORDY}


@pytest.mark.parametrize(
    "schema",
    [
        {"prefixItems": [{"$ref": one} for one in spellings("abcdefgh", 200)], "$defs": DEFINED},
        {"prefixItems": [{"allOf": [{"$ref": "#/$defs/abcdefgh"}, {"title": "t"}]}] * 200, "$defs": DEFINED},
        {
            "prefixItems": [
                {"allOf": [{"$ref": "#/$defs/abcdefgh"}]},
                {"anyOf": [{"$ref": one} for one in spellings("abcdefgh", 200)]},
            ],
            "$defs": DEFINED,
        },
        {
            "prefixItems": [{"$ref": one} for one in spellings("abcdefgh", 250)],
            "$defs": {"abcdefgh": {"properties": {f"{number:0200}": {} for number in range(100)}}},
        },
    ],
    ids=["spellings", "merged", "alternatives", "names"],
)
def test_what_is_written_for_every_name_that_it_has_is_refused_beyond_what_is_sent(schema: dict[str, Any]) -> None:
    began = time.process_time()
    with pytest.raises(RequestError, match="4,000,000 characters"):
        read(schema)
    assert time.process_time() - began < 5
    few = {**schema, "prefixItems": schema["prefixItems"][:1]}
    assert len(json.dumps(read(few))) < 2 * len(json.dumps(few))


def test_the_schemas_of_a_request_share_what_is_written_out() -> None:
    reader = SchemaReader()
    for _ in range(13):
        reader.parameters(with_property(WORDY))
    with pytest.raises(RequestError, match="4,000,000 characters"):
        reader.parameters(with_property(WORDY))


def test_what_holds_together_is_read_however_often_it_is_wrapped() -> None:
    odd: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"$ref": "#/nowhere"}, "b": {"type": "string", "minLength": -1}},
    }
    sound = {"type": "object", "properties": {"a": {}, "b": TEXT}}
    for _ in range(40):
        odd = {"allOf": [odd]}
        assert read(odd) == sound
    assert read({"allOf": [{"allOf": [{"$ref": "#/nowhere"}]}]}) == {}
    assert "allOf" not in json.dumps(read({"allOf": 7, "type": "string"}))


def alternatives(levels: int) -> dict[str, Any]:
    return {"anyOf": [alternatives(levels - 1)] * 2} if levels else TEXT


@pytest.mark.parametrize("word", ["anyOf", "oneOf", "allOf"])
def test_alternatives_in_alternatives_are_no_larger_than_they_were_sent(word: str) -> None:
    for levels in (3, 10, 14):
        schema = json.loads(json.dumps(alternatives(levels)).replace("anyOf", word))
        assert len(json.dumps(read(schema))) <= len(json.dumps(schema))
