"""Where the lines of a field break."""

import re

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

_LONG_WORD = re.compile(r"\S{2000}")


def wrap_for(field: QTextEdit | QPlainTextEdit, text: str) -> None:
    """Break the lines of what is to hold `text` between words, and anywhere where a word is too long for that.

    Qt looks for a place between words from each line on to the word's end: a minute for a megabyte in one word.
    """
    mode = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
    if _LONG_WORD.search(text):
        mode = QTextOption.WrapMode.WrapAnywhere
    if field.wordWrapMode() != mode:
        field.setWordWrapMode(mode)
