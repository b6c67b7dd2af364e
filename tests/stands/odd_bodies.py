"""Bodies for every route of an OpenAPI document, and what can be wrong with them; the same ones for the same seed."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = Any
_DEPTH = 5

_ODD_VALUES: tuple[Json, ...] = (
    *(None, "", 0, -1, True, [], {}, 1e308, 2**70, -(2**63), "x" * 5000, "\0", "ü\U0001f600", "../../etc/passwd"),
    *([None], [[]], [{}], {"": ""}, ["x"] * 3000, [[0]] * 500, [1.5] * 5000, {str(n): n for n in range(3000)}),
)
_RAW_VALUES = (b"NaN", b"-Infinity", b"1e9999", b'"\\ud83d"', b'"\\udc00x"', b'"\xff"', b"1" * 5000, b"[" * 400)


@dataclass(frozen=True)
class OddBody:
    """A request. `statuses` are those that the document names for the route."""

    method: str
    path: str
    content: bytes
    statuses: frozenset[int]


def routes_with_bodies(document: Json) -> list[tuple[str, str, Json, frozenset[int]]]:
    """Method, path, schema of the body, and documented statuses."""
    found = []
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            if body := about.get("requestBody"):
                statuses = frozenset(int(status) for status in about["responses"] if status.isdigit())
                schema = body["content"]["application/json"]["schema"]
                found.append(
                    (method.upper(), path.replace("{job_id}", "job_0").replace("{token_id}", "t"), schema, statuses)
                )
    return found


def odd_bodies(document: Json, count: int, *, seed: int, known: dict[str, Json]) -> Iterator[OddBody]:
    """`count` of them, going round the routes. known: values for fields of these names, so that some get far."""
    chance = random.Random(seed)
    routes = routes_with_bodies(document)
    for number in range(count):
        method, path, schema, statuses = routes[number % len(routes)]
        body = _example(schema, document, chance, known)
        for _ in range(chance.choice((0, 1, 1, 2))):
            body = chance.choice(_CHANGES)(body, chance)
        yield OddBody(method, path, _damaged(json.dumps(body).encode(), chance), statuses)


def _example(schema: Json, document: Json, chance: random.Random, known: dict[str, Json], depth: int = 0) -> Json:
    if reference := schema.get("$ref"):
        return _example(document["components"]["schemas"][reference.rpartition("/")[2]], document, chance, known, depth)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _example(chance.choice(schema[several]), document, chance, known, depth)
    if "const" in schema or "enum" in schema:
        return schema.get("const", chance.choice(schema.get("enum", [None])))
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, document, chance, known, depth)
    if kind == "array":
        count = chance.choice((1, 1, 2, 40)) if depth < _DEPTH else 0
        return [_example(schema.get("items", {}), document, chance, known, depth + 1) for _ in range(count)]
    return {"string": "text", "integer": 300, "number": 0.5, "boolean": False}.get(kind)


def _object(schema: Json, document: Json, chance: random.Random, known: dict[str, Json], depth: int) -> Json:
    out = {}
    for name, about in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or (depth < _DEPTH and chance.random() < 0.2):
            out[name] = known[name] if name in known else _example(about, document, chance, known, depth + 1)
    return out


def _places(body: Json) -> list[tuple[Json, Json]]:
    """Every object or list within, with each of its keys."""
    if not isinstance(body, dict | list):
        return []
    keys = list(body) if isinstance(body, dict) else list(range(len(body)))[:20]
    return [*((body, key) for key in keys), *(place for key in keys for place in _places(body[key]))]


def _other_value(body: Json, chance: random.Random) -> Json:
    if not (places := _places(body)):
        return copy.deepcopy(chance.choice(_ODD_VALUES))
    parent, key = chance.choice(places)
    parent[key] = copy.deepcopy(chance.choice(_ODD_VALUES))
    return body


def _without_one(body: Json, chance: random.Random) -> Json:
    if places := [place for place in _places(body) if isinstance(place[0], dict)]:
        parent, key = chance.choice(places)
        parent.pop(key, None)
    return body


def _with_unknown(body: Json, chance: random.Random) -> Json:
    objects = [body, *(parent[key] for parent, key in _places(body))]
    target = chance.choice([one for one in objects if isinstance(one, dict)] or [{}])
    target.update({f"odd{number}" * chance.choice((1, 30)): number for number in range(chance.choice((1, 10, 8000)))})
    return body


def _many_times(body: Json, chance: random.Random) -> Json:
    if places := _places(body):
        parent, key = chance.choice(places)
        parent[key] = [parent[key]] * chance.choice((3, 300, 3000))
    return body


def _wrapped(body: Json, chance: random.Random) -> Json:
    for _ in range(chance.choice((1, 150, 300))):
        body = [body] if chance.random() < 0.5 else {"input": body}
    return body


_CHANGES: tuple[Callable[[Json, random.Random], Json], ...] = (
    *(_other_value, _other_value, _other_value, _without_one, _with_unknown, _many_times, _wrapped),
)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(max(1, len(content)))
    match chance.randrange(20):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
        case 2:
            return content[:at] + chance.choice(_RAW_VALUES) + content[at:]
        case 3:
            value = content.find(b": ", at)
            return content[: value + 2] + chance.choice(_RAW_VALUES) + content[value + 2 :].lstrip(b'"0123456789')
        case 4:
            return b"\xef\xbb\xbf" + content
        case 5:
            return content.decode().encode("utf-16")
        case 6:
            return b'{"input":[' + b"[]," * chance.choice((1000, 30_000, 200_000)) + b'[]],"model":"x"}'
        case _:
            return content
