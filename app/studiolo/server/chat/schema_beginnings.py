"""In how many ways a value that a schema allows may begin, and what that leaves of the schema."""

from typing import Any

Schema = dict[str, Any]

TEXTS = ("description", "title")
_MOST_BEGINNINGS = 10_000
"""Ways in which a value may begin: the engine follows all of them at once. Definitions that each refer to the next one
twice have millions after twenty of them, and it works on that, for nobody else, until it is ended."""


class Thinning:
    """Makes any value of what may begin in too many ways. definitions: without circles; they are changed in place."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._counts: dict[str, int] = {}
        for name in definitions:
            self._count_all(name, definitions)
        for name, definition in definitions.items():
            definitions[name] = self.thinned(definition)

    def thinned(self, schema: Any) -> Any:
        """Return a schema in which whatever may begin in too many ways takes any value, and keeps its texts alone."""
        if not isinstance(schema, dict):
            return schema
        if self._count(schema) > _MOST_BEGINNINGS:
            return {word: text for word, text in schema.items() if word in TEXTS}
        out = dict(schema)
        for word in ("items", "additionalProperties"):
            if word in out:
                out[word] = self.thinned(out[word])
        for word in ("prefixItems", "anyOf", "oneOf"):
            if word in out:
                out[word] = [self.thinned(one) for one in out[word]]
        if "properties" in out:
            out["properties"] = {name: self.thinned(one) for name, one in out["properties"].items()}
        return out

    def _count_all(self, name: str, definitions: dict[str, Schema]) -> None:
        """Count a definition after all that it may begin with."""
        ahead = [name]
        while ahead:
            last = ahead[-1]
            missing = [other for other in _first_references(definitions[last]) if other not in self._counts]
            if missing and last not in self._counts:
                ahead += missing
                continue
            ahead.pop()
            count = self._count(definitions[last])
            self._counts[last] = count if count <= _MOST_BEGINNINGS else 1

    def _count(self, schema: Schema) -> int:
        """Return in how many ways a value may begin."""
        if "$ref" in schema:
            return self._counts[schema["$ref"].removeprefix("#/$defs/")]
        alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if alternatives:
            return sum(self._count(one) for one in alternatives)
        return max(1, *(len(schema[word]) for word in ("enum", "type") if isinstance(schema.get(word), list)), 1)


def break_circles(definitions: dict[str, Schema]) -> None:
    """Let a definition that is itself, before anything is written, be any value: a grammar can't say that."""
    first = {name: _first_references(definition) for name, definition in definitions.items()}
    for name in definitions:
        seen: set[str] = set()
        ahead = list(first[name])
        while ahead:
            other = ahead.pop()
            if other == name:
                definitions[name] = {word: text for word, text in definitions[name].items() if word in TEXTS}
                first[name] = set()
                break
            if other not in seen:
                seen.add(other)
                ahead += first[other]


def _first_references(schema: Schema) -> set[str]:
    """Return the definitions that may stand for the whole of a schema."""
    if "$ref" in schema:
        return {schema["$ref"].removeprefix("#/$defs/")}
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return set().union(*(_first_references(one) for one in alternatives)) if alternatives else set()
