"""Whether arguments fit a tool's JSON schema, in bounded time whatever the schema is."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import validator_for
from referencing import Registry

_MOST_STEPS = 20_000
"""So often one check looks into a schema: each level of references may double that."""
_MOST_MISTAKES = 100
_MOST_DEPTH = 200
_PATTERNS = "patternProperties"
_NOT_CHECKED = ("pattern", _PATTERNS, "format", "propertyNames", "unevaluatedProperties", "unevaluatedItems")
"""An expression may take for ever, and holds up all threads meanwhile. The tool's own server checks it."""


class _TooMuch(Exception):
    """The check would take too long."""


def mistake_in(arguments: dict[str, Any], schema: Mapping[str, Any]) -> str | None:
    """Return what is wrong with arguments, in a sentence.

    None if nothing is, or if the schema itself can't be followed.

    Nothing is fetched: a reference to somewhere else checks nothing.
    """
    try:
        error = best_match(islice(_checker(schema).iter_errors(arguments), _MOST_MISTAKES))
    except Exception:  # noqa: BLE001 - a stranger's schema fails in any way; only its own server can judge by it
        return None
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path)
    return f"{place}: {error.message}." if place else f"{error.message}."


def _checker(schema: Mapping[str, Any]) -> Any:
    kind = validator_for(dict(schema), default=jsonschema.Draft202012Validator)
    left = [_MOST_STEPS]
    follow = kind.VALIDATORS.get("additionalProperties", _nothing)

    def additional(validator: Any, wanted: Any, instance: Any, owner: Any) -> Iterator[ValidationError]:
        # Which properties are additional is a question of the expressions beside it.
        if _PATTERNS not in owner:
            yield from follow(validator, wanted, instance, owner) or ()

    extend: Any = jsonschema.validators.extend
    bounded = extend(kind, {**dict.fromkeys(_NOT_CHECKED, _nothing), "additionalProperties": additional})
    evolve = bounded.evolve

    def counted(validator: Any, **changes: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise _TooMuch
        inner = changes.get("schema")
        if isinstance(inner, Mapping) and "$schema" in inner:
            # Naming a dialect, a schema within would be checked by that, without any of these bounds.
            changes["schema"] = {key: value for key, value in inner.items() if key != "$schema"}
        return evolve(validator, **changes)

    bounded.evolve = counted
    return bounded(_copied(schema), registry=Registry())


def _nothing(*_: Any) -> Iterator[ValidationError]:
    return iter(())


def _copied(value: Any, depth: int = 0) -> Any:
    """Return the schema, as long as it is of a depth that can be walked through."""
    if depth > _MOST_DEPTH:
        raise _TooMuch
    if isinstance(value, Mapping):
        return {key: _copied(one, depth + 1) for key, one in value.items()}
    return [_copied(one, depth + 1) for one in value] if isinstance(value, list) else value
