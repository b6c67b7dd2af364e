"""Arguments against the schemas of strangers: no schema ends a turn, holds up the program, or has its own way."""

import time
from typing import Any

import pytest

from studiolo.server.chat.argument_check import mistake_in

Schema = dict[str, Any]

_DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_LEVELS = 20
_ENDLESS = "a" * 22 + "!"
"""With the expression `^(a+)+$` it takes seconds."""


def test_what_does_not_fit_is_named_with_its_place() -> None:
    schema = {"properties": {"a": {"type": "array", "items": {"type": "integer"}}}, "additionalProperties": False}
    assert mistake_in({"a": [1]}, schema) is None
    assert mistake_in({"a": [1, "x"]}, schema) == "a.1: 'x' is not of type 'integer'."
    assert "'b' was unexpected" in (mistake_in({"b": 1}, schema) or "")


@pytest.mark.parametrize(
    "broken",
    [
        {"multipleOf": 0},
        {"multipleOf": 0.0},
        {"multipleOf": 1e-300},
        {"type": "float"},
        {"type": ["date"]},
        {"type": {"is": "it"}},
        {"required": 5},
        {"enum": 5},
        {"$ref": "http://["},
        {"$ref": "#/nowhere"},
        {"$schema": "http://json-schema.org/draft-03/schema#", "divisibleBy": 0},
    ],
    ids=str,
)
def test_a_schema_that_is_none_judges_nothing(broken: Schema) -> None:
    assert mistake_in({"x": 10**400}, {"properties": {"x": broken}}) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {_ENDLESS: {"pattern": "^(a+)+$"}}},
        {"properties": {_ENDLESS: {"$schema": _DRAFT_7, "pattern": "^(a+)+$"}}},
        {"$schema": _DRAFT_7, "definitions": {"a": {"$schema": _DRAFT_7, "propertyNames": {"pattern": "^(a+)+$"}}}}
        | {"allOf": [{"$ref": "#/definitions/a"}]},
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False},
    ],
    ids=["plain", "of another dialect within", "names", "additional", "unevaluated"],
)
def test_no_expression_of_a_schema_is_run(schema: Schema) -> None:
    assert mistake_in({_ENDLESS: _ENDLESS}, schema) is None


def _doubling(**more: Any) -> Schema:
    """Each level refers to the next one twice."""
    levels: dict[str, Any] = {
        f"l{number}": {**more, "allOf": [{"$ref": f"#/definitions/l{number + 1}"}] * 2} for number in range(_LEVELS)
    }
    return {"$ref": "#/definitions/l0", "definitions": {**levels, f"l{_LEVELS}": {}}}


def _nested(levels: int) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for _level in range(levels):
        arguments = {"c": arguments}
    return arguments


@pytest.mark.parametrize(
    "schema",
    [
        _doubling(),
        _doubling(**{"$schema": _DRAFT_7}),
        {"$dynamicAnchor": "n", "properties": {"c": {"allOf": [{"$dynamicRef": "#n"}] * 2}}},
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$recursiveAnchor": True,
            "properties": {"c": {"allOf": [{"$recursiveRef": "#"}] * 2}},
        },
    ],
    ids=["references", "naming a dialect", "dynamic", "recursive"],
)
def test_a_schema_that_doubles_its_work_is_left_alone(schema: Schema) -> None:
    begun = time.process_time()
    assert mistake_in(_nested(_LEVELS), schema) is None
    assert time.process_time() - begun < 4
