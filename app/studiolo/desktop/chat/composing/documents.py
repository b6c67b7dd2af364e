"""The text of documents: PDF, and Word as it has been since 2007. Everything here blocks."""

import zipfile
from typing import BinaryIO
from xml.parsers import expat

from studiolo.desktop.chat.composing.refusal import refused, too_long
from studiolo.errors import AppError

_MOST_UNPACKED = 200_000_000
_CHUNK = 1 << 16
_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main ",
    "http://purl.oclc.org/ooxml/wordprocessingml/main ",
)
"""The two name spaces of ECMA-376: the usual one, and the one of its strict variant."""
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"


def pdf_text(file: BinaryIO, name: str, *, most: int, protected: bool) -> str:
    """Return a paragraph a page. protected: whether the file says that it is encrypted. Raises RequestError."""
    from pypdf import PdfReader  # Half the time of the window's start, for what is seldom needed.

    texts: list[str] = []
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise refused(name, "it is protected by a password", "Save it without a password first.")
        for page in reader.pages:
            if text := page.extract_text().strip():
                texts.append(text)
            if sum(map(len, texts)) > most:
                raise too_long(name)
    except (AppError, MemoryError):
        raise
    except Exception as error:
        if protected:
            raise refused(name, "it is protected", "Save it without protection first.", repr(error)) from error
        raise refused(name, "the PDF is broken", "Open it and save it anew.", repr(error)) from error
    if not texts:
        raise refused(name, "its pages are images without text", "Attach the pages as images.")
    return "\n\n".join(texts).replace("\t", " ")


def docx_text(file: BinaryIO, name: str, *, most: int) -> str:
    """Return paragraphs as lines, and a table's row as one with tabs. Raises RequestError."""
    text = _WordText(name, most)
    try:
        with zipfile.ZipFile(file) as archive:
            info = archive.getinfo("word/document.xml")
            if info.file_size > _MOST_UNPACKED:
                raise refused(name, "it is too large", "Attach the part that matters.")
            with archive.open(info) as document:
                while chunk := document.read(_CHUNK):
                    text.feed(chunk)
        return text.whole()
    except (AppError, MemoryError):
        raise
    except Exception as error:
        # The archive's own reader raises whatever it stumbles over.
        raise refused(name, "it is no Word document", "Save it as .docx anew.", repr(error)) from error


class _WordText:
    """Reads the document as it comes (ECMA-376, part 1, 17.3 and 17.4): no tree of it is ever in memory."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._room = most
        self._lines: list[str] = []
        self._line: list[str] = []
        self._cells: list[str] = []
        self._tables = self._runs = self._fallbacks = 0
        """How many of them are open."""
        self._in_text = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._take

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, False)

    def whole(self) -> str:
        """Return all of the text; nothing comes after it."""
        self._parser.Parse(b"", True)
        return "\n".join(self._lines).strip()

    def _refuse_doctype(self, *_: object) -> None:
        # No word processor writes one, and what it declares can be told a million times over.
        raise refused(self._name, "it declares a document type of its own", "Open it and save it as .docx anew.")

    def _start(self, name: str, _attributes: object) -> None:
        if name == _FALLBACK:
            self._fallbacks += 1
        match _local(name):
            case "r":
                self._runs += 1
            case "t":
                self._in_text = True
            case "tab" if self._runs:
                self._add("\t")
            case "br" | "cr" if self._runs:
                self._add("\n")
            case "p" if self._tables and self._line:
                self._add(" ")
            case "tbl":
                self._tables += 1

    def _end(self, name: str) -> None:
        if name == _FALLBACK:
            self._fallbacks -= 1
        match _local(name):
            case "r":
                self._runs -= 1
            case "t":
                self._in_text = False
            case "p" if not self._tables:
                self._lines.append(self._taken())
            case "tc" if self._tables == 1:
                self._cells.append(self._taken())
            case "tr" if self._tables == 1:
                self._lines.append("\t".join(self._cells))
                self._cells = []
            case "tbl":
                self._tables -= 1

    def _take(self, text: str) -> None:
        if self._in_text:
            self._add(text)

    def _add(self, text: str) -> None:
        if self._fallbacks:
            return  # What stands there for old readers is there for new ones, too.
        self._room -= len(text)
        if self._room < 0:
            raise too_long(self._name)
        self._line.append(text)

    def _taken(self) -> str:
        text = "".join(self._line)
        self._line.clear()
        return text


def _local(name: str) -> str:
    """Return what a word processor's element is called; empty for one of somebody else's."""
    for space in _WORD:
        if name.startswith(space):
            return name[len(space) :]
    return ""
