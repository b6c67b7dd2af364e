"""Importing Qt without making every import after it slower."""

import builtins


def import_qt() -> None:
    """Import PySide6, and leave Python's `import` as it was.

    PySide6 puts its own in its place, for `from __feature__ import snake_case`, which reads the source of every module
    that is imported from then on: a quarter of the time that it takes to import the window's. Without it, a star does
    not import all of Qt's names, and nobody here uses one.
    """
    before = builtins.__import__
    import PySide6.QtCore  # noqa: F401

    builtins.__import__ = before
