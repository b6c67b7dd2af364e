"""One noun, one file, in the contract, in the server and in the client."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_APP = Path(__file__).parents[2] / "app/studiolo"
_NOUNS = {
    "/api/v1/models/download": "downloads",
    "/api/v1/models/file": "downloads",
    "/api/v1/models": "models",
    "/api/v1/hub": "hub",
    "/api/v1/chat": "chat",
    "/api/v1/mcp": "mcp",
    "/api/v1/runtimes": "runtimes",
    "/api/v1/server": "server",
    "/api/v1/server/connections": "network",
    "/api/v1/server/network": "network",
    "/api/v1/server/machine": "machine",
    "/api/v1/server/benchmarks": "machine",
    "/api/v1/upstreams": "upstreams",
    "/lmstudio-greeting": "server",
    "/v1/messages": "anthropic",
    "/v1": "openai",
    "/api/v0": "older",
}
"""By what a path begins with; the longest one counts. `older` is LM Studio's former dialect, without a contract."""
_VERBS = ("get", "post", "put", "patch", "delete")


def noun_of(path: str) -> str:
    """Return the noun that a path belongs to."""
    return next(_NOUNS[start] for start in sorted(_NOUNS, key=len, reverse=True) if path.startswith(start))


def routes_of(file: Path) -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Yield the paths of a file's routes, with the functions that answer them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    prefix, named = "", {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                named[name] = value
            case ast.Call(func=ast.Name(id="APIRouter"), keywords=keywords):
                prefix = next((ast.literal_eval(one.value) for one in keywords if one.arg == "prefix"), "")
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
    for function in functions:
        for mark in function.decorator_list:
            match mark:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="router"), attr=attr), args=[path]) if (
                    attr in _VERBS
                ):
                    yield prefix + _text(path, named), function


def _text(path: ast.expr, named: dict[str, str]) -> str:
    match path:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=name)), *rest]):
            return named.get(name, "/api/v1/models/file") + "".join(_text(one, named) for one in rest)
    return ast.unparse(path)


def models_in(function: ast.AsyncFunctionDef) -> set[str]:
    """Return the names in a route's annotations."""
    annotations = [one.annotation for one in function.args.args if one.annotation] + [function.returns]
    return {node.id for one in annotations if one for node in ast.walk(one) if isinstance(node, ast.Name)}


_FILES = sorted(file.stem for file in (_APP / "server/http").glob("*.py") if any(routes_of(file)))


def test_every_noun_has_its_file() -> None:
    assert sorted(set(_NOUNS.values())) == _FILES
    assert {file.stem for file in (_APP / "api").glob("*.py")} >= set(_FILES) - {"older"}
    assert {file.stem for file in (_APP / "client").glob("*.py")} >= set(_FILES) - {"older", "anthropic"}


@pytest.mark.parametrize("noun", _FILES)
def test_an_endpoint_is_in_the_file_of_its_noun(noun: str) -> None:
    paths = [path for path, _ in routes_of(_APP / f"server/http/{noun}.py") if path != "/"]
    assert {noun_of(path) for path in paths} == {noun}


@pytest.mark.parametrize("noun", sorted(set(_FILES) - {"older"}))
def test_what_an_endpoint_takes_and_gives_is_in_the_file_of_its_noun(noun: str) -> None:
    file = _APP / f"server/http/{noun}.py"
    homes = {
        name.name: node.module
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("studiolo.api.")
        for name in node.names
    }
    used = {homes[name] for _, function in routes_of(file) for name in models_in(function) if name in homes}
    # What a server can be set to is one long model, and has a file of its own.
    assert used - {"studiolo.api.settings"} <= {f"studiolo.api.{noun}"}


@pytest.mark.parametrize("noun", sorted(set(_FILES) - {"older", "anthropic"}))
def test_the_client_asks_an_endpoint_in_the_file_of_its_noun(noun: str) -> None:
    tree = ast.parse((_APP / f"client/{noun}.py").read_text(encoding="utf-8"))
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    paths = {text for text in constants if text.startswith(tuple(_NOUNS))}
    assert paths
    assert {noun_of(path) for path in paths} == {noun}
