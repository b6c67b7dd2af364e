"""A block of code on screen: its language, a button to copy it, and colours once it is complete."""

from collections.abc import Iterator

from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QWidget

from studiolo.desktop.chat.transcript.markdown import Piece
from studiolo.desktop.theme import IconButton, colours

_HEADER, _PADDING = 34, 12
_MOST_LINES = 40
"""A longer block scrolls within itself."""
_MOST_COLOURED = 200_000
"""Characters; more are shown in one colour."""

Span = tuple[int, int, str]
"""Where in a line it begins, how long it is, and what it is: a name in Colours."""

_KINDS: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "muted"),
    (Token.Keyword, "code_keyword"),
    (Token.Name.Function, "code_name"),
    (Token.Name.Class, "code_name"),
    (Token.Name.Decorator, "code_name"),
    (Token.Name.Tag, "code_keyword"),
    (Token.Name.Attribute, "code_name"),
    (Token.Literal.String, "code_string"),
    (Token.Literal.Number, "code_number"),
    (Token.Operator.Word, "code_keyword"),
)


def coloured(source: str, language: str) -> list[list[Span]]:
    """The spans of each line; empty lists for a language nobody knows."""
    lines: list[list[Span]] = [[]]
    for kind, text in _tokens(source, language):
        colour = next((name for group, name in _KINDS if kind in group), "")
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            begin = lines[-1][-1][0] + lines[-1][-1][1] if lines[-1] else 0
            if part:
                lines[-1].append((begin, len(part), colour))
    return lines


def _tokens(source: str, language: str) -> Iterator[tuple[_TokenType, str]]:
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return iter(())
    found: Iterator[tuple[_TokenType, str]] = lexer.get_tokens(source)
    return found


class _Colouring(QRunnable):
    """Reads the code beside the window's thread: it takes a millisecond a kilobyte."""

    class Told(QObject):
        done = Signal(str, list)

    def __init__(self, source: str, language: str) -> None:
        super().__init__()
        self.told = self.Told()
        self._source = source
        self._language = language
        # Qt knows the runnable, but nobody holds what belongs to it in Python.
        self.setAutoDelete(False)
        _under_way.add(self)

    def run(self) -> None:
        try:
            self.told.done.emit(self._source, coloured(self._source, self._language))
        finally:
            _under_way.discard(self)


_under_way: set[_Colouring] = set()


class _Highlighter(QSyntaxHighlighter):
    def __init__(self, field: QPlainTextEdit) -> None:
        super().__init__(field.document())
        self.lines: list[list[Span]] = []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        for begin, length, name in self.lines[number] if number < len(self.lines) else ():
            if name:
                form = QTextCharFormat()
                form.setForeground(QColor(getattr(colours(), name)))
                self.setFormat(begin, length, form)


class _Field(QPlainTextEdit):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """The conversation scrolls, unless the reader is in the code and there is more of it."""
        turned = event.angleDelta()
        down = turned.y() and self.hasFocus() and self.verticalScrollBar().maximum() > 0
        aside = turned.x() and self.horizontalScrollBar().maximum() > 0
        if down or aside:
            super().wheelEvent(event)
        else:
            event.ignore()


class CodeBlock(QFrame):
    """Shows a piece of code; lines are as long as they are, and scroll sideways."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._piece = Piece("code", "")
        self.language = QLabel(self)
        self.language.setProperty("kind", "muted")
        self.copy = IconButton("content-copy", self.tr("Copy code"), self, size=16)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._piece.source))
        self.field = _Field(self)
        self.field.setReadOnly(True)
        self.field.setFrameShape(QFrame.Shape.NoFrame)
        self.field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF() * 0.92)
        self.field.setFont(font)
        self.field.document().setDocumentMargin(0)
        self.field.viewport().setAutoFillBackground(False)
        self.field.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._highlighter = _Highlighter(self.field)

    def show_piece(self, piece: Piece) -> None:
        """Show it as it is now; what only grew is appended."""
        before, self._piece = self._piece, piece
        if piece == before:
            return
        self.language.setText(piece.language or self.tr("Code"))
        self.field.setAccessibleName(self.tr("Code in %1").replace("%1", piece.language or self.tr("plain text")))
        source = piece.source.replace("\0", "\ufffd")
        shown = self.field.toPlainText() if before.source else ""
        if before.source and source.startswith(shown):
            cursor = self.field.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.insertText(source[len(shown) :])
        elif source != shown:
            self.field.setPlainText(source)
        if piece.whole and piece.language and len(source) < _MOST_COLOURED:
            colouring = _Colouring(source, piece.language)
            colouring.told.done.connect(self._colour)
            QThreadPool.globalInstance().start(colouring)

    def height_for(self, width: int) -> int:
        """Pixels, at a width in pixels; the children are placed for it."""
        line = self.field.fontMetrics().lineSpacing()
        lines = self.field.blockCount()
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines > _MOST_LINES else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.field.setVerticalScrollBarPolicy(policy)
        bar = self.field.horizontalScrollBar().sizeHint().height()
        height = min(lines, _MOST_LINES) * line + bar
        self.language.setGeometry(_PADDING, 0, max(0, width - 60), _HEADER)
        size = self.copy.sizeHint()
        self.copy.setGeometry(width - size.width() - 6, (_HEADER - size.height()) // 2 + 2, size.width(), size.height())
        self.field.setGeometry(_PADDING, _HEADER, max(0, width - 2 * _PADDING), height)
        return _HEADER + height + _PADDING // 2

    def tab_stops(self) -> list[QWidget]:
        return [self.copy, self.field]

    def refresh_colours(self) -> None:
        self._highlighter.rehighlight()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().border))
        painter.setBrush(QColor(colours().card))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)

    def _colour(self, source: str, lines: list[list[Span]]) -> None:
        if source == self._piece.source.replace("\0", "\ufffd"):
            self._highlighter.lines = lines
            self._highlighter.rehighlight()
