"""Where the lines of a field break, and how many of them it can have."""

import re

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

_LONG_WORD = re.compile(r"[^\s\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]{2000}")
"""Chinese, Japanese and Korean may break behind each letter, though not before every sign."""

MOST_WRITTEN = 50_000
"""Characters."""
MOST_LINES = 5_000


def too_long(text: str) -> bool:
    """Return whether a text can't be written or changed in a field: laying it out, and each key, would be felt."""
    return len(text) > MOST_WRITTEN or text.count("\n") > MOST_LINES


def shown_of(text: str) -> str:
    """Return as much of the beginning of a text as a field can hold."""
    lines = text[:MOST_WRITTEN].split("\n", MOST_LINES)
    return "\n".join(lines[:MOST_LINES])


def wrap_for(field: QTextEdit | QPlainTextEdit, text: str) -> None:
    """Break the lines of what is to hold `text` between words, and anywhere where a word is too long for that.

    Qt looks for a place between words from each line on to the word's end: a minute for a megabyte in one word.
    """
    mode = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
    if _LONG_WORD.search(text):
        mode = QTextOption.WrapMode.WrapAnywhere
    if field.wordWrapMode() != mode:
        field.setWordWrapMode(mode)
