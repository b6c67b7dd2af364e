"""Lines of code to be copied: what they are, the lines in colours, and a button."""

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.code_colours import Span, coloured
from studiolo.desktop.widgets.sizes import Resized, lines_height, wear_code_font
from studiolo.desktop.widgets.theme import colours, may_recolour, set_kind

_MOST_COLOURED = 30_000
"""Characters; colouring takes a millisecond a kilobyte."""
_MOST_LINES = 30
_COPIED_MS = 2000


class CodeColours(QSyntaxHighlighter):
    """Colours what a document has in a language; what changes by hand is coloured as soon as `colour` is called."""

    def __init__(self, document: QTextDocument, language: str) -> None:
        super().__init__(document)
        self.language = language
        self._look = colours()
        self._lines: list[list[Span]] = []

    def colour(self) -> None:
        """Colour the document as it is now."""
        text = self.document().toPlainText()
        self._lines = coloured(text, self.language) if len(text) <= _MOST_COLOURED else []
        self.rehighlight()

    def recolour(self, event: QEvent) -> None:
        """Put on the colours of the theme in force, if a widget's event says that they may be others."""
        if may_recolour(event) and self._look is not colours():
            self._look = colours()
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        for begin, length, colour in self._lines[number] if number < len(self._lines) else ():
            if colour:
                form = QTextCharFormat()
                form.setForeground(QColor(getattr(colours(), colour)))
                self.setFormat(begin, length, form)


class CodeBox(Resized, QFrame):
    """As high as its lines, up to some; then it scrolls. title: what the lines are, or the file where they go."""

    def __init__(self, parent: QWidget, *, most_lines: int = _MOST_LINES) -> None:
        super().__init__(parent)
        self._most_lines = most_lines
        self.setProperty("kind", "card")
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setWordWrap(True)
        set_kind(self.title, "muted")
        self.copy = QPushButton(self.tr("Copy"), self)
        set_kind(self.copy, "flat")
        self.copy.clicked.connect(self._copy)
        self.field = _Lines(self)
        self._colours = CodeColours(self.field.document(), "")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy.setText(self.tr("Copy")))
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 4, 0)
        head.addWidget(self.title, 1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(0)
        column.addLayout(head)
        inside = QHBoxLayout()
        inside.setContentsMargins(12, 0, 8, 0)
        inside.addWidget(self.field)
        column.addLayout(inside)

    @property
    def text(self) -> str:
        """Return the lines as they are copied."""
        return self.field.toPlainText()

    def show_code(self, text: str, language: str, title: str) -> None:
        """Show lines in a language."""
        self.title.setText(title)
        self.field.setAccessibleName(title)
        self.copy.setAccessibleName(self.tr("Copy: %1").replace("%1", title))
        text = text.rstrip("\n")
        if text == self.text and language == self._colours.language:
            return
        self._colours.language = language
        self.field.setPlainText(text)
        self._colours.colour()
        self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._colours.recolour(event)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy.setText(self.tr("Copied"))
        self._copied.start()
        announce(self, self.tr("Copied"))

    def fit(self) -> None:
        lines = min(self._most_lines, self.field.document().blockCount())
        bar = self.field.horizontalScrollBar().sizeHint().height()
        self.field.setFixedHeight(lines_height(self.field, lines) + bar + 4)


class _Lines(QPlainTextEdit):
    """Leaves the wheel to the page while nobody is in it or there is nothing more of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        wear_code_font(self)
        self.document().setDocumentMargin(0)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        aside = event.angleDelta().x() and self.horizontalScrollBar().maximum()
        down = event.angleDelta().y() and self.hasFocus() and self.verticalScrollBar().maximum()
        if aside or down:
            super().wheelEvent(event)
        else:
            event.ignore()
