"""Selecting over several messages. Within one field Qt selects; this goes on where the mouse leaves it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Protocol

from PySide6.QtCore import QMimeData, QPoint
from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from studiolo.desktop.chat.messages import Message, Reply
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.runs import SelectableText
from studiolo.desktop.chat.transcript.sections import Section
from studiolo.desktop.chat.transcript.written import Stretch
from studiolo.desktop.widgets.theme import colours

_MOST_RICH, _MOST_CHARACTERS = 300, 2_000_000
"""Stretches, and characters in them; a longer selection is copied as text alone."""

Field = QTextEdit | QPlainTextEdit


class Rows(Protocol):
    """The conversation: its sections, and the rows that are widgets now."""

    @property
    def sections(self) -> Sequence[Section]:
        """Return all sections of the messages, from top to bottom."""

    @property
    def live(self) -> Mapping[int, Row]:
        """Return the rows that have a widget, by the numbers of their sections."""

    def row(self, index: int) -> Row:
        """Return the row of a section, made if it is not there."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A section, a field in it and a character in that."""

    section: int
    field: int
    at: int


@dataclass(frozen=True, slots=True)
class Copied:
    """One stretch of what is selected.

    `written`: what of it is known beside the Markdown; worked out where it is not, for most of a long conversation
    nobody has seen.
    """

    markdown: str
    written: tuple[str, str] | None = None

    @property
    def plain(self) -> str:
        """Return what is copied as it reads."""
        if self.written:
            return self.written[0]
        document = QTextDocument()
        document.setHtml(self.html)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        return Stretch(cursor).plain

    @property
    def html(self) -> str:
        """Return what is copied as rich text."""
        return self.written[1] if self.written else Writer(colours()).html(self.markdown)


class Selection:
    """From `anchor` to `end`, whichever comes first; None: nothing is selected over several fields."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._anchor: Spot | None = None
        self._end: Spot | None = None

    def __bool__(self) -> bool:
        return self._anchor is not None

    def clear(self) -> None:
        """Select nothing."""
        if self._anchor is None:
            return
        self._anchor = self._end = None
        for index, row in self._rows.live.items():
            self.show(index, row)

    def forget(self) -> None:
        """Forget what is selected: the sections are others than before."""
        self._anchor = self._end = None

    def select_all(self) -> None:
        """Select the whole conversation."""
        last = len(self._rows.sections) - 1
        if last >= 0:
            fields = self._rows.row(last).said()
            end = Spot(last, len(fields) - 1, _length(fields[-1])) if fields else Spot(last, 0, 0)
            self._select(Spot(0, 0, 0), end)

    def drag_to(self, field: Field, index: int, place: QPoint, viewport: QWidget) -> None:
        """Select to where the mouse is: it went down in `field` and is now at `place`, where the section `index` is."""
        origin = self._spot_of(field)
        if origin is None:
            return
        target, end = self._nearest(index, place, viewport)
        if target is field:
            self.clear()
        elif end:
            self._select(origin, end)

    def show(self, index: int, row: Row) -> None:
        """Let a row look as it is selected."""
        for number, field in enumerate(row.said()):
            begin, end = self._range(index, number, field)
            cursor = field.textCursor()
            if (cursor.selectionStart(), cursor.selectionEnd()) != (begin, end):
                cursor.setPosition(end)
                cursor.setPosition(begin, QTextCursor.MoveMode.KeepAnchor)
                field.setTextCursor(cursor)

    def copied(self, focus: QWidget | None) -> list[Copied]:
        """Return what is selected, from the first stretch to the last.

        In the field that has the focus, if in no other.
        """
        if self._anchor is None or self._end is None:
            if isinstance(focus, Field) and focus.textCursor().hasSelection():
                return [_part_of(focus, alone=True)]
            return []
        first, last = sorted((self._anchor, self._end))
        found: list[Copied] = []
        inside: list[Section] = []
        for index in range(first.section, last.section + 1):
            section = self._rows.sections[index]
            if first.section < index < last.section or self._all_of(index):
                inside.append(section)
            else:
                found += _whole(inside)
                inside = []
                fields = [field for field in self._rows.row(index).said() if field.textCursor().hasSelection()]
                found += [_part_of(field, alone=False) for field in fields]
        return [*found, *_whole(inside)]

    def _all_of(self, index: int) -> bool:
        """Return whether all that is said in a row is selected."""
        row = self._rows.row(index)
        self.show(index, row)
        said = row.said()
        return bool(said) and all(_is_whole(field) for field in said)

    def _select(self, anchor: Spot, end: Spot) -> None:
        self._anchor, self._end = anchor, end
        for index, row in self._rows.live.items():
            self.show(index, row)

    def _range(self, index: int, number: int, field: Field) -> tuple[int, int]:
        if self._anchor is None or self._end is None:
            return (0, 0)
        first, last = sorted((self._anchor, self._end))
        if not (first.section, first.field) <= (index, number) <= (last.section, last.field):
            return (0, 0)
        begin = first.at if (index, number) == (first.section, first.field) else 0
        end = last.at if (index, number) == (last.section, last.field) else _length(field)
        return begin, end

    def _spot_of(self, field: Field) -> Spot | None:
        for index, row in self._rows.live.items():
            for number, one in enumerate(row.said()):
                if one is field:
                    return Spot(index, number, field.textCursor().anchor())
        return None

    def _nearest(self, index: int, place: QPoint, viewport: QWidget) -> tuple[Field | None, Spot | None]:
        best: tuple[int, Field, int] | None = None
        for number, field in enumerate(self._rows.row(index).said()):
            top = field.mapTo(viewport, QPoint(0, 0)).y()
            away = max(top - place.y(), place.y() - top - field.height(), 0)
            if not field.isHidden() and (best is None or away < best[0]):
                best = away, field, number
        if best is None:
            return None, None
        _, field, number = best
        at = field.cursorForPosition(field.viewport().mapFrom(viewport, place)).position()
        return field, Spot(index, number, at)


def put_on_clipboard(copied: Sequence[Copied], *, how: str = "both") -> None:
    """Copy messages. how: "both" (Markdown for plain editors, rich text for others), "markdown" or "plain"."""
    if not copied:
        return
    data = QMimeData()
    data.setText("\n\n".join(one.plain if how == "plain" else one.markdown for one in copied))
    if how == "both" and len(copied) <= _MOST_RICH and sum(len(one.markdown) for one in copied) <= _MOST_CHARACTERS:
        data.setHtml("\n".join(one.html for one in copied))
    QGuiApplication.clipboard().setMimeData(data)


def _whole(sections: Sequence[Section]) -> Iterator[Copied]:
    """Yield what is said in them; stretches of one message are put together as they were."""
    for _, stretches in groupby(sections, key=lambda section: id(section.message)):
        told = list(stretches)
        text = "".join(section.said for section in told)
        if text.strip():
            yield _as_shown(told[0].message, text)


def _as_shown(message: Message, text: str) -> Copied:
    # What a person says is shown as it is.
    return Copied(text) if isinstance(message, Reply) else Copied(text, (text, f"<p>{_lines(text)}</p>"))


def _part_of(field: Field, *, alone: bool) -> Copied:
    whole = _is_whole(field)
    if isinstance(field, SelectableText):
        markdown, plain, html = field.stretch()
        return Copied(field.written if whole else markdown, (plain, html))
    block = field.parentWidget()
    plain = field.textCursor().selection().toPlainText()
    told = plain, f"<pre>{escape(plain)}</pre>"
    if alone or not isinstance(block, CodeBlock):
        return Copied(plain, told)
    return Copied(block.piece.written if whole and block.piece.written else _fenced(plain, block.piece.language), told)


def _fenced(code: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"


def _is_whole(field: Field) -> bool:
    cursor = field.textCursor()
    return cursor.selectionStart() == 0 and cursor.selectionEnd() == _length(field)


def _length(field: Field) -> int:
    return field.document().characterCount() - 1


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
