"""Whether arguments fit a tool's JSON schema, in bounded time whatever the schema is."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import jsonschema
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

_MOST_REFERENCES = 5_000
"""References that one check follows: a schema may double its work with each level of them."""
_MOST_DEPTH = 200
_NOT_CHECKED = ("pattern", "patternProperties", "format", "propertyNames")
"""An expression may take for ever, and holds up all threads meanwhile. The tool's own server checks it."""


class _TooMuch(Exception):
    """The check would take too long."""


class _Validator(Protocol):
    def descend(self, instance: Any, schema: Any) -> Iterator[ValidationError]: ...


def mistake_in(arguments: dict[str, Any], schema: Mapping[str, Any]) -> str | None:
    """What is wrong with arguments, in a sentence; None if nothing is, or if the schema itself can't be followed.

    Nothing is fetched: a reference to somewhere else checks nothing.
    """
    try:
        errors = list(_checker(schema).iter_errors(arguments))
    except (SchemaError, Unresolvable, _TooMuch, RecursionError, TypeError, ValueError, AttributeError, KeyError):
        # A schema of a stranger, which only its own server can judge by.
        return None
    error = best_match(errors)
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path)
    return f"{place}: {error.message}." if place else f"{error.message}."


def _checker(schema: Mapping[str, Any]) -> Any:
    kind = validator_for(dict(schema), default=jsonschema.Draft202012Validator)
    left = [_MOST_REFERENCES]
    follow = kind.VALIDATORS["$ref"]

    def counted(validator: _Validator, reference: Any, instance: Any, owner: Any) -> Iterator[ValidationError]:
        left[0] -= 1
        if left[0] < 0:
            raise _TooMuch
        yield from follow(validator, reference, instance, owner) or ()

    extend: Any = jsonschema.validators.extend
    bounded = extend(kind, {"$ref": counted, **dict.fromkeys(_NOT_CHECKED, _nothing)})
    return bounded(_copied(schema), registry=Registry())


def _nothing(*_: Any) -> Iterator[ValidationError]:
    return iter(())


def _copied(value: Any, depth: int = 0) -> Any:
    """The schema, as long as it is of a depth that can be walked through."""
    if depth > _MOST_DEPTH:
        raise _TooMuch
    if isinstance(value, Mapping):
        return {key: _copied(one, depth + 1) for key, one in value.items()}
    return [_copied(one, depth + 1) for one in value] if isinstance(value, list) else value
