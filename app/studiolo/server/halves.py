"""Halves of characters in JSON: U+FFFD stands in for each, since no text that holds one can be written anywhere."""

import re

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_REPLACEMENT = rb"\ufffd"


def without_halves(content: bytes) -> bytes:
    """Return JSON in UTF-8 with no escape that is half a character."""
    if not _HALF.search(content):
        return content
    return _ESCAPE.sub(lambda match: match[1] or _REPLACEMENT, content)
