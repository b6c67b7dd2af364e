"""A block of code on screen: its language, a button to copy it, and colours once it is complete."""

from PySide6.QtCore import QEvent, QObject, QRunnable, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextCursor,
    QTextLayout,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QWidget

from studiolo.desktop.chat.transcript.actions import SaveCode
from studiolo.desktop.chat.transcript.keys import SharesInput
from studiolo.desktop.chat.transcript.pieces import Piece
from studiolo.desktop.widgets.code_colours import Span, coloured
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import lines_height, may_resize, sizes, wear_code_font
from studiolo.desktop.widgets.theme import colours, may_recolour

_HEADER, _PADDING = 34, 12
_MOST_LINES = 40
"""A longer block scrolls within itself."""
_MOST_COLOURED = 300_000
"""Characters; more are shown in one colour."""
_MOST_WRAPPED = 3_000
"""Lines; the breaks of more would be felt."""
_STRETCH, _LINES_AT_ONCE = 150_000, 400
"""Characters shown, and lines coloured, before others have their turn."""


class _Colouring(QRunnable):
    """Reads the code beside the window's thread: it takes a millisecond a kilobyte."""

    class Told(QObject):
        highlighted = Signal(str, list)

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
            self.told.highlighted.emit(self._source, coloured(self._source, self._language))
        finally:
            _under_way.discard(self)


_under_way: set[_Colouring] = set()


class _Field(SharesInput, QPlainTextEdit):
    """Copying, and selecting beyond it, is the conversation's."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The conversation scrolls, unless the reader is in the code and there is more of it."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # Else Qt would enlarge this field alone.
            return
        turned = event.angleDelta()
        down = turned.y() and self.hasFocus() and self.verticalScrollBar().maximum() > 0
        aside = turned.x() and self.horizontalScrollBar().maximum() > 0
        if down or aside:
            super().wheelEvent(event)
        else:
            event.ignore()


class CodeBlock(QFrame):
    """Shows a piece of code; lines scroll sideways, or wrap. A long one comes bit by bit."""

    action_requested = Signal(object)
    """A MessageAction."""
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._piece = Piece("code", "")
        self._whole = ""
        """What is copied and saved."""
        self._colours = colours()
        self._title = ""
        self._source = ""
        self._arranged = (0, 0, False, 0)
        """For which width, length and wrapping it is arranged, and how high it is so."""
        self._shown = 0
        """Characters of the source that are in the field."""
        self._lines: list[list[Span]] = []
        self._coloured = 0
        """Lines that have their colours."""
        self.language = QLabel(self)
        self.language.setProperty("kind", "muted")
        self.wrap = IconButton("wrap", self.tr("Wrap lines"), self, size=16)
        self.wrap.setCheckable(True)
        self.wrap.toggled.connect(self._wrap)
        self.save = IconButton("content-save-outline", self.tr("Save code"), self, size=16)
        self.save.clicked.connect(lambda: self.action_requested.emit(SaveCode(self._whole, self._piece.language)))
        self.copy = IconButton("content-copy", self.tr("Copy code"), self, size=16)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._whole))
        self.field = _Field(self)
        self.field.setReadOnly(True)
        self.field.setUndoRedoEnabled(False)
        self.field.setFrameShape(QFrame.Shape.NoFrame)
        self.field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._sizes = sizes()
        wear_code_font(self.field)
        self.field.document().setDocumentMargin(0)
        self.field.viewport().setAutoFillBackground(False)
        self.field.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._work = QTimer(self)
        self._work.setInterval(0)
        self._work.timeout.connect(self._work_on)

    @property
    def piece(self) -> Piece:
        """Return what it shows."""
        return self._piece

    @property
    def complete(self) -> bool:
        """Return whether all of it is shown, in the colours that are known."""
        return not self._work.isActive()

    def show_piece(self, piece: Piece, *, title: str = "", whole: str = "") -> None:
        """Show it as it is now; what only grew is appended.

        Args:
            piece: The code.
            title: Instead of its language.
            whole: What is copied and saved, where the piece is but a part of it.
        """
        before, self._piece = self._piece, piece
        self._whole = whole or piece.source
        if piece == before and title == self._title:
            return
        self._title = title
        self.language.setText(title or piece.language or self.tr("Code"))
        self.field.setAccessibleName(self.tr("Code in %1").replace("%1", piece.language or self.tr("plain text")))
        source = piece.source.replace("\0", "\ufffd")
        if not (self._shown == len(self._source) and source.startswith(self._source)):
            self.field.clear()
            self._shown = 0
        self._source, self._lines, self._coloured = source, [], 0
        self._show_more()
        if piece.whole and piece.language and len(source) < _MOST_COLOURED:
            colouring = _Colouring(source, piece.language)
            colouring.told.highlighted.connect(self._colour)
            QThreadPool.globalInstance().start(colouring)

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels; the children are placed for it."""
        *known, height = self._arranged
        if known != [width, len(self._source), self.wrap.isChecked()]:
            height = self._arrange(width)
            self._arranged = (width, len(self._source), self.wrap.isChecked(), height)
        return height

    def _arrange(self, width: int) -> int:
        # Not what has come so far: a long code would grow under the reader's eyes.
        lines = self._source.count("\n") + 1
        long = lines > _MOST_LINES
        self.wrap.setVisible(lines <= _MOST_WRAPPED)
        header, inside = sizes().scaled(_HEADER), max(0, width - 2 * _PADDING)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if long else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.field.setVerticalScrollBarPolicy(policy)
        if self.wrap.isChecked():
            self.field.setGeometry(_PADDING, header, inside, self.field.height())
            lines = int(self.field.document().size().height())
            bar = 4
        else:
            bar = self.field.horizontalScrollBar().sizeHint().height()
        height = lines_height(self.field, min(lines, _MOST_LINES)) + bar
        self.field.setGeometry(_PADDING, header, inside, height)
        self._arrange_header(width)
        return header + height + _PADDING // 2

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return [self.wrap, self.save, self.copy, self.field]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_resize(event) and self._sizes is not sizes():
            self._sizes = sizes()
            self._arranged = (0, 0, False, 0)
        if may_recolour(event) and self._colours is not colours():
            self._colours = colours()
            self._coloured = 0
            self._work.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().border))
        painter.setBrush(QColor(colours().card))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)

    def _arrange_header(self, width: int) -> None:
        right, header = width - 6, sizes().scaled(_HEADER)
        for button in (self.copy, self.save, self.wrap):
            size = button.sizeHint()
            right -= size.width()
            button.setGeometry(right, (header - size.height()) // 2 + 2, size.width(), size.height())
        self.language.setGeometry(_PADDING, 0, max(0, right - _PADDING), header)

    def _wrap(self, wrapped: bool) -> None:
        mode, policy = QPlainTextEdit.LineWrapMode, Qt.ScrollBarPolicy
        self.field.setLineWrapMode(mode.WidgetWidth if wrapped else mode.NoWrap)
        # The space at which a line ends may stand beyond the edge: a bar for it would cover the last line.
        self.field.setHorizontalScrollBarPolicy(policy.ScrollBarAlwaysOff if wrapped else policy.ScrollBarAsNeeded)
        self.resized.emit()

    def _work_on(self) -> None:
        if self._shown < len(self._source):
            self._show_more()
        elif self._coloured < len(self._lines):
            self._colour_more()
        else:
            self._work.stop()

    def _show_more(self) -> None:
        """Another stretch of lines: all at once would be felt."""
        end = self._shown + _STRETCH
        line_end = self._source.find("\n", end) + 1 if end < len(self._source) else 0
        stretch = (
            self._source[self._shown : line_end or None]
            if line_end < end + _STRETCH
            else self._source[self._shown : end]
        )
        cursor = QTextCursor(self.field.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(stretch)
        self._shown += len(stretch)
        if self._shown < len(self._source):
            self._work.start()

    def _colour(self, source: str, lines: list[list[Span]]) -> None:
        if source == self._source:
            self._lines, self._coloured = lines, 0
            self._work.start()

    def _colour_more(self) -> None:
        """Colour some lines, without the document being told of each."""
        document = self.field.document()
        first = self._coloured
        self._coloured = min(len(self._lines), first + _LINES_AT_ONCE)
        block = document.findBlockByNumber(first)
        begin = block.position()
        for spans in self._lines[first : self._coloured]:
            block.layout().setFormats([_format(span) for span in spans if span[2]])
            block = block.next()
        end = block.position() if block.isValid() else document.characterCount() - 1
        document.markContentsDirty(begin, max(0, end - begin))


def _format(span: Span) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length = span[0], span[1]
    form = QTextCharFormat()
    form.setForeground(QColor(getattr(colours(), span[2])))
    made.format = form
    return made
