"""The endpoints of a server as its OpenAPI document tells them, or, where it has none, those that are documented."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.desktop.server.examples import example_of, value_for
from studiolo.errors import ProtocolError

_METHODS = ("get", "post", "put", "patch", "delete")
_MOST = 500
_MOST_TEXT = 300
_DEEPEST = 12

CHAT, MODELS, DOWNLOADS, OPENAI, ANTHROPIC, TOOLS, SERVER, OLDER = (
    "chat",
    "models",
    "downloads",
    "openai",
    "anthropic",
    "tools",
    "server",
    "older",
)
GROUPS = (CHAT, MODELS, DOWNLOADS, OPENAI, ANTHROPIC, TOOLS, SERVER, OLDER)
_PREFIXES = (
    ("/api/v1/chat", CHAT),
    ("/api/v1/models/download", DOWNLOADS),
    ("/api/v1/models/file", DOWNLOADS),
    ("/api/v1/hub", DOWNLOADS),
    ("/api/v1/models", MODELS),
    ("/api/v1/mcp", TOOLS),
    ("/api/v1/", SERVER),
    ("/v1/messages", ANTHROPIC),
    ("/v1/", OPENAI),
    ("/api/v0/", OLDER),
)
_CHANGES = (
    *("/cancel", "/unload", "/move", "/import", "/download", "/sign-out", "/restart", "/tokens", "/call"),
    *(f"/runtimes/{order}" for order in ("get", "use", "test", "add", "refresh")),
    *("/upstreams", "/check"),
)
"""How the paths of POST requests end that stop something, begin something long, or let somebody in."""

DOCUMENTED: Sequence[tuple[str, str, str]] = (
    ("POST", "/api/v1/chat", "One turn of a chat."),
    ("GET", "/api/v1/models", "Every model on disk, with its loaded instances."),
    ("POST", "/api/v1/models/load", "Load a model."),
    ("POST", "/api/v1/models/unload", "Unload one instance."),
    ("POST", "/api/v1/models/download", "Start a download, or join the one of the same files."),
    ("GET", "/api/v1/models/download/status/{job_id}", "How far a download is."),
    ("GET", "/v1/models", "The models that a request may name."),
    ("POST", "/v1/chat/completions", "A chat completion."),
    ("POST", "/v1/completions", "A completion of plain text."),
    ("POST", "/v1/embeddings", "The embeddings of one text or several."),
    ("POST", "/v1/responses", "A response."),
    ("POST", "/v1/messages", "The model's next message."),
)
"""What every server of this kind answers, ours or not."""


@dataclass(frozen=True)
class EndpointParameter:
    """Part of a path, or of a query. `example` is what it is filled with; empty: only a person knows."""

    name: str
    in_path: bool
    required: bool
    example: str = ""


@dataclass(frozen=True)
class Endpoint:
    """What can be asked of a server.

    Args:
        method: In capitals.
        path: With names in braces where it has parameters.
        about: What it does, in a sentence.
        parameters: Those of the path first.
        body: An example, as JSON; empty where it takes none.
    """

    method: str
    path: str
    about: str
    parameters: tuple[EndpointParameter, ...] = ()
    body: str = ""

    @property
    def group(self) -> str:
        """Return which of GROUPS it is in."""
        return next((group for prefix, group in _PREFIXES if self.path.startswith(prefix)), SERVER)

    @property
    def key(self) -> str:
        """Return what tells it from the others."""
        return f"{self.method} {self.path}"

    @property
    def takes_body(self) -> bool:
        """Return whether something is sent along."""
        return bool(self.body)

    @property
    def asks_first(self) -> bool:
        """Return whether it takes something away, changes what is kept, or begins what is long."""
        return self.method in ("DELETE", "PUT", "PATCH") or (self.method == "POST" and self.path.endswith(_CHANGES))


@dataclass(frozen=True)
class ExampleModels:
    """Keys of models that examples name; empty for none."""

    chat: str = ""
    embedding: str = ""


def documented_endpoints(models: ExampleModels) -> list[Endpoint]:
    """Return those that every server of this kind has."""
    return _sorted(
        Endpoint(method, path, about, tuple(_in_path(path, models)), _body(method, path, {}, models))
        for method, path, about in DOCUMENTED
    )


def read_endpoints(document: str, models: ExampleModels) -> list[Endpoint]:
    """Return the endpoints that an OpenAPI document describes. Takes a while for a long one. Raises ProtocolError."""
    try:
        data = json.loads(document)
        found = _sorted(_endpoints(data, models))
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise ProtocolError("The server's list of endpoints was not understood.", details=str(error)[:200]) from error
    if not found:
        raise ProtocolError("The server's list of endpoints is empty.")
    return found[:_MOST]


def _endpoints(data: Any, models: ExampleModels) -> Iterator[Endpoint]:
    schemas = data.get("components", {}).get("schemas", {})
    for path, operations in data["paths"].items():
        for method, operation in operations.items():
            if method not in _METHODS or not str(path).startswith("/"):
                continue
            about = str(operation.get("description") or operation.get("summary") or "").split("\n\n")[0]
            told = {one["name"]: one for one in operation.get("parameters", ()) if isinstance(one, dict)}
            inside = list(_in_path(path, models))
            query = [
                EndpointParameter(str(name)[:_MOST_TEXT], False, bool(one.get("required")), value_for(str(name), path))
                for name, one in told.items()
                if one.get("in") == "query"
            ]
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = content.get("schema", {}) if content else None
            body = "" if schema is None else _body(method.upper(), path, _resolved(schema, schemas, 0), models)
            yield Endpoint(method.upper(), str(path), about[:_MOST_TEXT], (*inside, *query), body)


def _in_path(path: str, models: ExampleModels) -> Iterator[EndpointParameter]:
    for part in path.split("{")[1:]:
        name = part.partition("}")[0]
        # Starlette says of some that they may have slashes in them.
        name = name.partition(":")[0]
        filled = models.chat if name in ("key", "model_id") else value_for(name, path)
        yield EndpointParameter(name, True, True, filled)


def _body(method: str, path: str, schema: Any, models: ExampleModels) -> str:
    if method in ("GET", "DELETE"):
        return ""
    body = example_of(method, path, chat=models.chat, embedding=models.embedding)
    if body is None:
        body = _made_up(schema, models)
    return json.dumps(body, indent=2, ensure_ascii=False)


def _resolved(schema: Any, schemas: dict[str, Any], depth: int) -> Any:
    """Return a schema with the first step of its references followed, as far as an example needs it."""
    if depth < _DEEPEST and isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        return _resolved(schemas.get(schema["$ref"].rpartition("/")[2], {}), schemas, depth + 1)
    return schema


def _made_up(schema: Any, models: ExampleModels) -> dict[str, Any]:
    """Return an object with what a schema requires, for a person to fill in."""
    if not isinstance(schema, dict):
        return {}
    properties = schema.get("properties", {})
    empty = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return {
        name: models.chat if name == "model" else empty.get(str(properties.get(name, {}).get("type")))
        for name in schema.get("required", ())
    }


def _sorted(endpoints: Iterator[Endpoint]) -> list[Endpoint]:
    """By group, and in a group as the document has them."""
    return sorted(endpoints, key=lambda one: GROUPS.index(one.group))
