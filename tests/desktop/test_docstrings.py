"""What ruff can't tell of docstrings in the window: which methods are Qt's or a base's, and described there."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType

import studiolo.desktop


def test_every_public_method_says_what_it_does() -> None:
    classes = list(_classes())
    assert len(classes) > 250
    assert not sorted(f"{kind.__module__}.{kind.__name__}.{name}" for kind in classes for name in _silent(kind))


def _classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(studiolo.desktop.__path__, "studiolo.desktop."):
        loaded = importlib.import_module(module.name)
        for name, kind in vars(loaded).items():
            if inspect.isclass(kind) and kind.__module__ == module.name and not name.startswith("_"):
                yield kind


def _silent(kind: type) -> Iterator[str]:
    """Yield the names of public methods and properties without a docstring that override none of a base.

    What is written like Qt's virtual methods is one: that of a mixin has no base yet.
    """
    for name, member in vars(kind).items():
        if isinstance(member, staticmethod | classmethod):
            member = member.__func__
        if name.startswith("_") or not name.islower() or not isinstance(member, FunctionType | property):
            continue
        if not member.__doc__ and not any(name in vars(base) for base in kind.__mro__[1:]):
            yield name
