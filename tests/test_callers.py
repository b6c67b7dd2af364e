"""What only tests call is no part of the program: every function, method and class is used by the program itself.

Properties are exempt, since tests look at a presenter's state through them; so is what a library calls: what overrides
something of it, what is registered with a decorator, and the few that are found by their names alone.
"""

import ast
import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtWidgets import QWidget

_APP = Path(__file__).parents[1] / "app"
_FOUND_BY_NAME = {
    "studiolo.desktop.chat.transcript.markdown._Renderer": "markdown-it calls the method that is named as a token.",
    "studiolo.network.counting.CountedBackend": "httpcore and httpcore2 have each a class of their own for it.",
    "studiolo.server.mcp.oauth_store.SignInStorage": "The SDK's protocol, which nobody need inherit.",
}

Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def test_everything_is_used_by_the_program() -> None:
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(_APP.rglob("*.py"))}
    used = Counter(name for tree in trees.values() for name in _names_used(tree))
    assert len(used) > 5000
    unused = [
        f"{_module(file)}.{owner + '.' if owner else ''}{one.name}"
        for file, tree in trees.items()
        for owner, one in _defined(tree)
        if not used[one.name] and not one.decorator_list and not _is_called_by_others(_module(file), owner, one.name)
    ]
    assert not unused, "only tests use these: let them use what the program uses"


def _names_used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value


def _defined(tree: ast.Module) -> Iterator[tuple[str, Defined]]:
    """Everything that has a name, with the class that it is in; what is within a function is that function's own."""
    for node in tree.body:
        if isinstance(node, Defined):
            yield "", node
        if isinstance(node, ast.ClassDef):
            yield from ((node.name, one) for one in node.body if isinstance(one, Defined))


def _is_called_by_others(module: str, owner: str, name: str) -> bool:
    if name.startswith("__") or f"{module}.{owner}" in _FOUND_BY_NAME:
        return True
    if not owner:
        return False
    kind = getattr(importlib.import_module(module), owner)
    # A mixin's methods override those of the widget that it is mixed into.
    foreign = [QWidget, *(base for base in kind.__mro__[1:] if not base.__module__.startswith("studiolo"))]
    return any(hasattr(base, name) for base in foreign)


def _module(file: Path) -> str:
    return ".".join(file.relative_to(_APP).with_suffix("").parts).removesuffix(".__init__")
