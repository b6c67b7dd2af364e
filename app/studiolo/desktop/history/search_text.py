"""How text is cut for the search, and how what was found is shown.

SQLite's tokenizer sees no words in Chinese, Japanese or Thai. So each letter of theirs is a word of its own here, and
a word of theirs is a phrase.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable

from studiolo.desktop.history.parts import Part, parts_from_json
from studiolo.desktop.history.records import Hit
from studiolo.desktop.history.rows import as_name, as_plain, as_role, as_time, storable

_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003134f"
)
_LETTER = re.compile(f"([{_WITHOUT_SPACES}])")
_WORD = re.compile(r"\w+")
_QUERY = re.compile(r'"([^"]*)"?|(\S+)')
_BEFORE, _LENGTH = 40, 160
"""Characters of a passage: before what was found, and in all."""


def text_of(parts: Iterable[Part]) -> str:
    """Return what is looked through in a message."""
    return storable("\n".join(part.text for part in parts))


def indexed_text(parts: Iterable[Part]) -> str:
    """Return what the search knows of a message; empty for nothing."""
    return segmented(text_of(parts)).strip()


def segmented(text: str) -> str:
    """Return text as it is indexed."""
    return _LETTER.sub(r" \1 ", text.replace("\0", " "))


def match_expression(query: str) -> str:
    """Return what FTS5 is asked for: every word, the last one also as a beginning; what is in quotes as a phrase.

    Empty where there is nothing to look for.
    """
    terms = []
    for phrase, word in _QUERY.findall(query):
        if words := _WORD.findall(segmented(phrase or word)):
            terms.append('"' + " ".join(words) + '"')
    if terms and not query.rstrip().endswith('"') and not query.endswith(" "):
        terms[-1] += "*"
    return " ".join(terms)


def passage(text: str, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the place of `text` that has what was asked for, on one line, and where in it that is.

    (begin, end) pairs.
    """
    found = places(text, query)
    begin = max(0, found[0][0] - _BEFORE) if found else 0
    if begin:
        space = text.find(" ", begin, found[0][0])
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), begin + _LENGTH)
    shown = re.sub(r"\s", " ", text[begin:end])
    lead, tail = "…" if begin else "", "…" if end < len(text) else ""
    shift = len(lead) - begin
    marks = tuple((start + shift, min(stop, end) + shift) for start, stop in found if begin <= start < end)
    return lead + shown + tail, marks


def places(text: str, query: str) -> list[tuple[int, int]]:
    """Return where the words of `query` are in `text`, whatever their case and accents."""
    wanted = [
        r"\W*".join(re.escape(part) for part in _WORD.findall(segmented(_folded(phrase or word))))
        for phrase, word in _QUERY.findall(query)
    ]
    pattern = "|".join(filter(None, wanted))
    if not pattern:
        return []
    # A letter that becomes several, or none, keeps its place by being left as it is.
    if text.isascii():
        folded = text.lower()
    else:
        folded = "".join(plain if len(plain := _folded(letter)) == 1 else letter for letter in text)
    return [(found.start(), found.end()) for found in re.finditer(rf"(?<!\w)(?:{pattern})|{_bare(wanted)}", folded)]


def _bare(wanted: list[str]) -> str:
    """Words of scripts without spaces begin anywhere."""
    return "|".join(one for one in wanted if one and _LETTER.match(one)) or r"(?!)"


def _folded(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )


def find_messages(sql: sqlite3.Connection, query: str, limit: int) -> list[Hit]:
    """Return messages with every word of `query`, the latest first."""
    expression = match_expression(query)
    if not expression:
        return []
    rows = sql.execute(
        "SELECT m.chat, c.title, m.id, m.role, m.created, m.parts FROM words"
        " JOIN messages m ON m.id = words.rowid JOIN chats c ON c.id = m.chat"
        " WHERE words MATCH ? AND c.trashed IS NULL AND m.deleted IS NULL ORDER BY words.rowid DESC LIMIT ?",
        (expression, limit),
    )
    hits = []
    for chat, title, message, role, created, parts in rows:
        shown, marks = passage(text_of(parts_from_json(as_plain(parts))), query)
        hits.append(Hit(chat, as_name(title), message, as_role(role), as_time(created), shown, marks))
    return hits
