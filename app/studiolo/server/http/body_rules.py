"""A request's body against its model: the first thing that is wrong, named the way real servers name it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema

from studiolo.api.errors import ErrorInfo

_MOST_UNKNOWN = 5
"""Unknown keys that are named."""
_MOST_TEXT = 300
"""Characters of what a message quotes."""
_UNKNOWN = "extra_forbidden"
_ENUM_ERRORS = ("literal_error", "enum")
_UNION_ERRORS = ("union_tag_invalid", "union_tag_not_found")
_UNION_MEMBERS = frozenset({"str", "int", "text", "message", "image", "plugin", "ephemeral_mcp"})


class BodyRules:
    """What a body must be like. kind: the pydantic model, or what else a route declares.

    pydantic collects every error of every element, for each member of a union. With a hundred thousand wrong elements
    that takes gigabytes and many seconds, and only one is told; so here the first one in a list or an object ends it.
    """

    def __init__(self, kind: Any) -> None:
        # What pydantic has built of a model already collects all of them: it must not be taken.
        self._validator = SchemaValidator(_failing_fast(TypeAdapter(kind).core_schema), None, False)

    def check(self, data: Any) -> tuple[Any, ErrorInfo | None]:
        """Return the model made of parsed JSON, or what is wrong with it."""
        try:
            return self._validator.validate_python(data), None
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            return None, describe([{**problem, "loc": ("body", *problem["loc"])} for problem in problems])


def describe(problems: Sequence[Any]) -> ErrorInfo:
    """Return an error for the problems that pydantic found; each `loc` begins with "body", "query" or the like."""
    # A union reports every member that did not fit: the one that came furthest is the one that was meant.
    problem = max(problems, key=lambda item: (len(item["loc"]), item["type"] != _UNKNOWN))
    kind = problem["type"]
    param = _param(problem["loc"], exact=kind == _UNKNOWN)
    code, message = "invalid_value", f"Invalid value for '{param}': {_short(problem['msg'])}."
    if kind == _UNKNOWN:
        beside = [item for item in problems if item["type"] == _UNKNOWN and item["loc"][:-1] == problem["loc"][:-1]]
        code, message = "unrecognized_keys", f"Unrecognized key(s) in the body: {_names(beside)}."
    elif kind == "missing" and param:
        code, message = "missing_required_parameter", f'"{param}" is required'
    elif kind == "missing":
        code, message = "invalid_json", "The body is empty; JSON is expected."
    elif not param and problem["loc"][0] == "body":
        message = "The body must be a JSON object."
    elif kind in _ENUM_ERRORS:
        code = "invalid_enum_value"
    elif kind in _UNION_ERRORS:
        code = "invalid_union"
    return ErrorInfo(message=message, type="invalid_request", param=param or None, code=code)


def _names(unknown: Sequence[Any]) -> str:
    names = ", ".join(f"'{_param(item['loc'], exact=True)}'" for item in unknown[:_MOST_UNKNOWN])
    return f"{names} and others" if len(unknown) > _MOST_UNKNOWN else names


def _param(location: tuple[str | int, ...], *, exact: bool = False) -> str:
    """`("body", "input", "list[…]", 0, "text", "content")` as `input.0.content`: pydantic names union members, too.

    exact: the last part is a key that was sent, and stands as it is.
    """
    inner = location[1:-1] if exact else location[1:]
    parts = [str(part) for part in inner if isinstance(part, int) or part.isidentifier()]
    parts = [part for part in parts if part not in _UNION_MEMBERS]
    return _short(".".join([*parts, str(location[-1])] if exact else parts))


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"


def _failing_fast(schema: Any) -> Any:
    """The same schema, with lists and objects whose validation ends at the first error."""
    if isinstance(schema, list):
        return [_failing_fast(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: value if key == "metadata" else _failing_fast(value) for key, value in schema.items()}
    if out.get("type") in ("list", "dict"):
        return {**out, "fail_fast": True}
    model = out.get("cls") if out.get("type") == "model" else None
    if isinstance(model, type) and issubclass(model, BaseModel) and model.model_config.get("extra") == "forbid":
        few = partial(_with_few_unknown, frozenset(model.model_fields))
        # Who refers to the model means what stands in its place now.
        ref = out.pop("ref", None)
        return core_schema.no_info_before_validator_function(few, out, ref=ref)
    return out


def _with_few_unknown(known: frozenset[str], data: Any) -> Any:
    """An object without most of the keys that will be refused anyway: each would be an error of its own."""
    if not isinstance(data, dict) or len(data) <= len(known) + _MOST_UNKNOWN:
        return data
    unknown = [key for key in data if key not in known]
    dropped = frozenset(unknown[_MOST_UNKNOWN + 1 :])
    return {key: value for key, value in data.items() if key not in dropped}
