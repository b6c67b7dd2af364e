"""What is selected of a reply that is shown, written for other programs: as it reads, as Markdown, and as rich text.

Qt's own ways leave formulas out, run the cells of tables together, and break lines of Markdown after eighty characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat, QTextTable

from studiolo.desktop.markup.formula_rules import Formula

FORMULA_ADDRESS = "formula:"
"""Of an image in a document, before the number of the formula."""
_OBJECT = "\ufffc"
_IMAGE = re.compile(rf'<img\b[^>]*?src="{FORMULA_ADDRESS}(\d+)"[^>]*>')
_SIGNS = re.compile(r"([\\`]|\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)|\[(?=[^\]]*\]\()|~(?=~))")
_BOXES = ("☐ ", "☑ ")

Inline = Callable[[str, QTextCharFormat], str]
"""How a stretch in one format is written."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """One block of what is selected. kind: paragraphs of one kind that is not empty follow each other closely."""

    text: str
    kind: str = ""


class Stretch:
    """What `cursor` has selected, in a document that shows `formulas` as images with their numbers."""

    def __init__(self, cursor: QTextCursor, formulas: Sequence[Formula] = ()) -> None:
        self._cursor = cursor
        self._formulas = formulas
        self._begin, self._end = cursor.selectionStart(), cursor.selectionEnd()

    @property
    def plain(self) -> str:
        """Return it as it reads: cells apart by tabs, items with their numbers, formulas with their delimiters."""
        return _joined(self._paragraphs(self._plain_block, _as_rows))

    @property
    def markdown(self) -> str:
        """Return what is selected as Markdown."""
        return _joined(self._paragraphs(self._markdown_block, _as_table))

    @property
    def html(self) -> str:
        """Return rich text that names nothing which other programs can't find."""
        return _IMAGE.sub(self._written_formula, self._cursor.selection().toHtml())

    def _written_formula(self, found: re.Match[str]) -> str:
        return escape(self._formula(int(found[1]))).replace("\n", "<br>")

    def _formula(self, number: int) -> str:
        return self._formulas[number].source if number < len(self._formulas) else ""

    def _paragraphs(
        self, write: Callable[[QTextBlock], _Paragraph], table: Callable[[list[list[str]]], str]
    ) -> Iterator[_Paragraph]:
        block = self._cursor.document().findBlock(self._begin)
        while block.isValid() and (block.position() < self._end or block.position() == self._begin):
            inside = QTextCursor(block).currentTable()
            if inside is None:
                yield write(block)
            else:
                yield _Paragraph(table(self._cells(inside, write)))
                block = inside.lastCursorPosition().block()
            block = block.next()

    def _cells(self, table: QTextTable, write: Callable[[QTextBlock], _Paragraph]) -> list[list[str]]:
        """Rows of which something is selected; of a part of one table, the cells that are."""
        first, rows, left, columns = 0, table.rows(), 0, table.columns()
        if self._cursor.hasComplexSelection() and self._cursor.currentTable() is table:
            first, rows, left, columns = self._cursor.selectedTableCells()  # type: ignore[misc]
        told = []
        for row in range(first, first + rows):
            cells = [table.cellAt(row, column) for column in range(left, left + columns)]
            if cells[-1].lastPosition() < self._begin or cells[0].firstPosition() >= self._end:
                continue
            written = []
            for cell in cells:
                block, texts = cell.firstCursorPosition().block(), []
                while block.isValid() and block.position() <= cell.lastPosition():
                    texts.append(write(block).text)
                    block = block.next()
                written.append(" ".join(texts))
            # From right to left, the first column is the last one on the screen.
            mirrored = table.format().alignment() & Qt.AlignmentFlag.AlignRight
            told.append(written[::-1] if mirrored else written)
        return told

    def _stretches(self, block: QTextBlock, write: Inline) -> str:
        told = []
        inside = block.begin()
        while not inside.atEnd():
            fragment = inside.fragment()
            # Positions are in UTF-16.
            units = fragment.text().encode("utf-16-le", "surrogatepass")
            begin = max(0, self._begin - fragment.position())
            end = max(0, self._end - fragment.position())
            text = units[2 * begin : 2 * end].decode("utf-16-le", "replace").replace("\u2028", "\n")
            if text:
                told.append(write(text, fragment.charFormat()))
            inside += 1
        return "".join(told)

    def _object(self, text: str, form: QTextCharFormat) -> str | None:
        """Return a formula's source, where it is one."""
        if not text.strip(_OBJECT) and form.isImageFormat():
            number = form.toImageFormat().name().removeprefix(FORMULA_ADDRESS)
            return self._formula(int(number)) * len(text) if number.isdecimal() else ""
        return None

    def _plain_block(self, block: QTextBlock) -> _Paragraph:
        def inline(text: str, form: QTextCharFormat) -> str:
            formula = self._object(text, form)
            return text if formula is None else formula

        text = self._stretches(block, inline)
        marker = self._marker(block, "•", text)
        return _Paragraph(_set_in(block, marker, text), _kind(block))

    def _markdown_block(self, block: QTextBlock) -> _Paragraph:
        level = block.blockFormat().headingLevel()
        code = block.blockFormat().nonBreakableLines()

        def inline(text: str, form: QTextCharFormat) -> str:
            formula = self._object(text, form)
            if formula is not None:
                return formula
            return text if code else _marked(text, form, bold=not level and not QTextCursor(block).currentTable())

        text = self._stretches(block, inline)
        if block.blockFormat().hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth):
            return _Paragraph("---")
        for box, mark in zip(_BOXES, ("[ ] ", "[x] "), strict=True):
            text = mark + text.removeprefix(box) if block.textList() and text.startswith(box) else text
        heading = "#" * level + " " if level and self._begin <= block.position() else ""
        written = _set_in(block, self._marker(block, "-"), heading + text)
        quotes = block.blockFormat().property(QTextFormat.Property.BlockQuoteLevel)
        mark = "> " * (quotes if isinstance(quotes, int) else 0)
        return _Paragraph(mark + written.replace("\n", f"\n{mark}"), _kind(block))

    def _marker(self, block: QTextBlock, bullet: str, text: str = "") -> str:
        """Return what stands before an item of a list that is selected from its beginning."""
        items = block.textList()
        if items is None or self._begin > block.position() or text.startswith(_BOXES):
            return ""
        number = items.itemText(block)
        return f"{number if number[:-1].isdecimal() else bullet} "


def _marked(text: str, form: QTextCharFormat, *, bold: bool) -> str:
    if "monospace" in (form.fontFamilies() or ()):
        ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
        return f"{ticks} {text} {ticks}" if text[:1] == "`" or text[-1:] == "`" else f"{ticks}{text}{ticks}"
    marks = ["**"] if bold and form.fontWeight() >= QFont.Weight.DemiBold else []
    marks += ["*"] if form.fontItalic() else []
    marks += ["~~"] if form.fontStrikeOut() else []
    signs = _SIGNS.sub(r"\\\1", text).replace("\n", "\\\n")
    bare = signs.strip()
    if not bare:
        return signs
    if link := form.anchorHref():
        bare = text.strip() if text.strip() in (link, link.removeprefix("http://")) else f"[{bare}]({link})"
    begin = len(signs) - len(signs.lstrip())
    end = len(signs.rstrip())
    return signs[:begin] + "".join(marks) + bare + "".join(reversed(marks)) + signs[end:]


def _set_in(block: QTextBlock, marker: str, text: str) -> str:
    if _kind(block) == "code":
        return text
    items = block.textList()
    depth = items.format().indent() - 1 if items else block.blockFormat().indent()
    space = "    " * depth
    inside = "\n" + space + " " * len(marker)
    return space + marker + text.replace("\n", inside)


def _kind(block: QTextBlock) -> str:
    if block.blockFormat().nonBreakableLines():
        return "code"
    return "item" if block.textList() else ""


def _joined(paragraphs: Iterator[_Paragraph]) -> str:
    told = ""
    before: _Paragraph | None = None
    for paragraph in paragraphs:
        # Qt has an empty one before a table, and behind code.
        if not paragraph.text and paragraph.kind != "code":
            continue
        if before is not None:
            close = before.kind and before.kind == paragraph.kind
            told = f"{told}\n" if close else told.rstrip("\n") + "\n\n"
        told += paragraph.text
        before = paragraph
    return told.strip("\n")


def _as_rows(rows: list[list[str]]) -> str:
    return "\n".join("\t".join(re.sub(r"\s+", " ", cell).strip() for cell in row) for row in rows)


def _as_table(rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _cell(text: str) -> str:
    return re.sub(r"\\?\n", "<br>", text.strip()).replace("|", r"\|")
