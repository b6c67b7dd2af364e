"""Where the lines of a field break."""

import re

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

_LONG_WORD = re.compile(r"[^\s\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]{2000}")
"""Chinese, Japanese and Korean may break behind each letter, though not before every sign."""


def wrap_for(field: QTextEdit | QPlainTextEdit, text: str) -> None:
    """Break the lines of what is to hold `text` between words, and anywhere where a word is too long for that.

    Qt looks for a place between words from each line on to the word's end: a minute for a megabyte in one word.
    """
    mode = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
    if _LONG_WORD.search(text):
        mode = QTextOption.WrapMode.WrapAnywhere
    if field.wordWrapMode() != mode:
        field.setWordWrapMode(mode)
