"""What the model said, as Markdown: text and code, one below the other."""

import time
from functools import cache

from PySide6.QtCore import QEvent, QRect, Qt, QUrl, Signal
from PySide6.QtGui import QImage, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QStyle, QTextEdit, QWidget

from studiolo.desktop.chat.composing.wrapping import wrap_for
from studiolo.desktop.chat.transcript.actions import Follow
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.formulas import FormulaImage, FormulaLook, Formulas
from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.chat.transcript.pieces import Definitions, Piece, Splitter
from studiolo.desktop.chat.transcript.runs import Run, SelectableText
from studiolo.desktop.chat.transcript.written import FORMULA_ADDRESS, Stretch
from studiolo.desktop.history.parts import Part
from studiolo.desktop.markup.formula_rules import Formula
from studiolo.desktop.widgets.sizes import TextKind, may_resize, quoted, sizes
from studiolo.desktop.widgets.theme import Colours, colours, may_recolour

_GAP = 10
_INSET = 40
"""Pixels: Qt's own for a list."""
_STYLE = """
p {{ margin-top: 0; margin-bottom: 9px; line-height: 130%; }}
li {{ margin-bottom: 4px; line-height: 130%; }}
ul, ol {{ margin-top: 0; margin-bottom: 8px; }}
h1, h2, h3, h4 {{ margin-top: 10px; margin-bottom: 6px; }}
h1 {{ font-size: {h1}pt; }} h2 {{ font-size: {h2}pt; }} h3 {{ font-size: {h3}pt; }}
code, kbd, pre {{ font-family: {code_family}, monospace; font-size: {code}pt; }}
a {{ color: {link}; }}
"""


_HEADINGS: dict[str, TextKind] = {"h1": "display", "h2": "title", "h3": "heading"}
_FORMULA_SCALE = 1.1
_WIDEST_FORMULA = 660
"""Pixels, where nothing is known of the width yet."""
_MOST_FORMULA_BYTES = 12_000_000
"""Of the images of one piece of text; what is more is shown as it is written."""
_NO_FORMULA = FormulaImage(QImage())
_LATE_SECONDS = 1.0


@cache
def formulas() -> Formulas:
    """Return those of all conversations."""
    return Formulas()


@cache
def _writer(chosen: Colours) -> Writer:
    return Writer(chosen)


def _style_sheet() -> str:
    measures = sizes()
    return _STYLE.format(
        link=colours().link,
        code_family=quoted(measures.code_family),
        code=f"{measures.points('code'):.2f}",
        **{name: f"{measures.points(kind):.2f}" for name, kind in _HEADINGS.items()},
    )


class MarkdownText(SelectableText):
    """A piece of text. A link that is followed is told, not opened."""

    link_followed = Signal(QUrl)
    grown = Signal()
    """Formulas have come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(self.tr("Message text"))
        self._piece = Piece("text", "")
        self._known = Definitions()
        self._drawn: list[tuple[Formula, FormulaImage]] = []
        self._images: dict[FormulaLook, FormulaImage] = {}
        """Those that have come, as long as they are shown."""
        self._awaited: set[FormulaLook] = set()
        self._seen: set[FormulaLook] = set()
        self._come = False
        """Whether some have come that are not shown yet."""
        self._rendered = 0.0
        self._sizes = sizes()
        self._listening = False
        self.anchorClicked.connect(self.link_followed)

    def show_piece(self, piece: Piece, known: Definitions) -> None:
        """Show it, with what is defined elsewhere in the message; nothing is done where it is shown already."""
        same = piece.source == self._piece.source and (known == self._known or "[" not in piece.source)
        self._piece, self._known = piece, known
        if not same:
            wrap_for(self, piece.source)
            self.render()

    def render(self) -> None:  # type: ignore[override]
        """Write it anew: the colours may have changed."""
        self.document().setDefaultStyleSheet(_style_sheet())
        selected = self.textCursor().anchor(), self.textCursor().position()
        self._drawn.clear()
        self._awaited.clear()
        self._come, self._rendered = False, time.monotonic()
        if any(look.colour != colours().text for look in self._images):
            self._images.clear()
        self._seen.clear()
        self.setHtml(_writer(colours()).html(self._piece.source, self._formula, self._known))
        self._images = {look: image for look, image in self._images.items() if look in self._seen}
        if self._awaited and not self._listening:
            self._listening = True
            formulas().arrived.connect(self._take_formulas)
        if selected[0] != selected[1]:
            self._select(*selected)

    def _select(self, anchor: int, position: int) -> None:
        end = self.document().characterCount() - 1
        cursor = self.textCursor()
        cursor.setPosition(min(anchor, end))
        cursor.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_resize(event) and self._sizes is not sizes():
            self._sizes = sizes()
            self.render()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Load formulas, and nothing from anywhere else."""
        address = name.toString() if isinstance(name, QUrl) else name
        number = address.removeprefix(FORMULA_ADDRESS)
        known = number != address and number.isdecimal() and int(number) < len(self._drawn)
        return self._drawn[int(number)][1].image if known else None

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        before = self.lineWrapColumnOrWidth()
        if before != width:
            self.setLineWrapColumnOrWidth(width)
            if any(image.width > min(before or width, width) for _, image in self._drawn):
                self.render()
        return super().height_for(width)

    @property
    def written(self) -> str:
        return self._piece.written

    def stretch(self) -> tuple[str, str, str]:
        selected = Stretch(self.textCursor(), [formula for formula, _ in self._drawn])
        return selected.markdown, selected.plain, selected.html

    def _formula(self, formula: Formula) -> str:
        """As an image, or as it is written while there is none."""
        metrics = self.fontMetrics()
        look = FormulaLook(
            formula.latex,
            formula.block,
            self.fontInfo().pixelSize() * _FORMULA_SCALE,
            metrics.xHeight() / 2,
            colours().text,
            self.devicePixelRatioF(),
        )
        self._seen.add(look)
        image = self._image(look)
        if image is None or image.image.isNull():
            if image is None:
                self._awaited.add(look)
            return _writer(colours()).formula_source(formula)
        self._drawn.append((formula, image))
        room = self.lineWrapColumnOrWidth() or _WIDEST_FORMULA
        share = min(1.0, room / image.width)
        tag = (
            f'<img src="{FORMULA_ADDRESS}{len(self._drawn) - 1}" width="{image.width * share:.0f}" '
            f'height="{image.height * share:.0f}" style="vertical-align: middle">'
        )
        return f'<p align="center">{tag}</p>' if formula.block else tag

    def _image(self, look: FormulaLook) -> FormulaImage | None:
        """None while it is being drawn; a null one where there is no room for more."""
        if look in self._images:
            return self._images[look]
        if sum(one.image.sizeInBytes() for one in self._images.values()) > _MOST_FORMULA_BYTES:
            return _NO_FORMULA
        if (image := formulas().get(look)) is not None:
            self._images[look] = image
        return image

    def _take_formulas(self) -> None:
        """All at once, since to write it anew takes a while; but some may take much longer than the others."""
        come = {look for look in self._awaited if self._image(look) is not None}
        if come:
            self._awaited -= come
            self._come = True
        late = time.monotonic() - self._rendered > _LATE_SECONDS
        if self._come and (late or not self._awaited):
            self.render()
            self.grown.emit()


class MarkdownRun(Run):
    """Pieces are kept while only the last one changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._splitter = Splitter()
        self.pieces: list[MarkdownText | CodeBlock] = []
        self._insets: list[int] = []
        """How many lists and quotations each piece stands in."""
        self._shown = ("", False)
        self._colours = colours()
        self.growing = False

    def show_part(self, part: Part) -> None:
        state = (part.text, not self.growing)
        if state == self._shown:
            return
        self._shown = state
        pieces = self._splitter.pieces(part.text, whole=not self.growing)
        known = self._splitter.definitions
        for index, piece in enumerate(pieces):
            self._show_piece(index, piece, known)
        for surplus in self.pieces[len(pieces) :]:
            surplus.hide()
            surplus.deleteLater()
        del self.pieces[len(pieces) :]
        self._insets = [piece.inset for piece in pieces]

    def height_for(self, width: int) -> int:
        y, gap = 0, sizes().spaced(_GAP)
        for number, piece in enumerate(self.pieces):
            inset = min(self._insets[number] * _INSET, width // 2)
            height = piece.height_for(width - inset)
            place = QRect(inset, y, width - inset, height)
            piece.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), place))
            y += height + gap
        return max(0, y - gap)

    def tab_stops(self) -> list[QWidget]:
        return [
            stop for piece in self.pieces for stop in (piece.tab_stops() if isinstance(piece, CodeBlock) else [piece])
        ]

    @property
    def fields(self) -> list[QTextEdit | QPlainTextEdit]:
        """Return where the text is."""
        return [piece.field if isinstance(piece, CodeBlock) else piece for piece in self.pieces]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_recolour(event) and self._colours is not colours():
            self._colours = colours()
            for piece in self.pieces:
                if not isinstance(piece, CodeBlock):
                    piece.render()

    def _show_piece(self, index: int, piece: Piece, known: Definitions) -> None:
        kind = CodeBlock if piece.kind == "code" else MarkdownText
        if index < len(self.pieces) and not isinstance(self.pieces[index], kind):
            for stale in self.pieces[index:]:
                stale.hide()
                stale.deleteLater()
            del self.pieces[index:]
        if index == len(self.pieces):
            made = kind(self)
            if isinstance(made, MarkdownText):
                made.grown.connect(self.resized)
                made.link_followed.connect(lambda url: self.action_requested.emit(Follow(url)))
            else:
                made.action_requested.connect(self.action_requested)
                made.resized.connect(self.resized)
            made.show()
            self.pieces.append(made)
        widget = self.pieces[index]
        if isinstance(widget, CodeBlock):
            widget.show_piece(piece)
        else:
            widget.show_piece(piece, known)
