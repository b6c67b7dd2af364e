"""A tool that the model called: its name and how it went, what it was given and what came back when unfolded.

What came back is a stranger's: it is shown as text and pictures, and nothing in it acts.
"""

import math
import time

from PySide6.QtCore import QLocale, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QToolButton, QWidget

from studiolo.desktop.chat.calls import Ask, Call
from studiolo.desktop.chat.tool_choice import PLUGIN
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox, ask_box
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.pieces import Piece
from studiolo.desktop.chat.transcript.result_picture import ResultPicture
from studiolo.desktop.chat.transcript.runs import Run
from studiolo.desktop.chat.transcript.status import elapsed_text
from studiolo.desktop.history.parts import Part, ToolPart
from studiolo.desktop.widgets.formatting import button_text, tip_text
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours, set_kind
from studiolo.desktop.widgets.tool_content import (
    ResultImage,
    ResultPiece,
    indented,
    output_text,
    result_pieces,
)
from studiolo.desktop.widgets.tool_hints import Badge
from studiolo.visible import visible

__all__ = ["ToolRun", "output_text"]

_PADDING, _GAP = 6, 8
_TICK_MS = 500
_MOST_WRAPPED = 20_000
"""Characters; the breaks of more would be felt."""
_MOST_SHOWN = 200_000
"""Characters of a piece: a window that shows millions on a line stands still for seconds."""
_SHORTEST_TOLD = 0.1
"""Seconds."""
_MOST_PIECES = 20


class ToolRun(Recoloured, Run):
    """A card that is one line until it is unfolded. `call`: how far it is, while it is under way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = ToolPart()
        self.call: Call | None = None
        self.unfolded = False
        self.header = QToolButton(self)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.header.clicked.connect(self._toggle)
        self.badge = Badge("", "plain", parent=self)
        self.given = CodeBlock(self)
        self.results: list[CodeBlock | ResultPicture] = []
        self.box: ApprovalBox | ElicitationBox | None = None
        self._shown: tuple[object, ...] = ()
        """What is in the blocks now."""
        self._pieces: list[ResultPiece] = []
        self.given.action_requested.connect(self.action_requested)
        self.given.resized.connect(self.resized)
        self.given.hide()
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self.dress)
        self.dress()

    @property
    def returned(self) -> CodeBlock:
        """Return what came back, as far as it is text. Raises StopIteration while there is nothing."""
        return next(block for block in self.results if isinstance(block, CodeBlock))

    def show_part(self, part: Part) -> None:
        assert isinstance(part, ToolPart)
        self._part = part
        shown = (part.arguments, part.output, part.failed)
        if shown != self._shown:
            self._shown = shown
            given = indented(part.arguments)
            self.given.show_piece(
                Piece("code", visible(self._bounded(given), lines=True), "json"),
                title=self.tr("Arguments"),
                whole=visible(given, lines=True) if len(given) > _MOST_SHOWN else "",
            )
            self._pieces = result_pieces(part.output)[:_MOST_PIECES] if part.output is not None else []
            self._drop_results()
        if self.unfolded:
            self._make_results()
        self._show_ask(self.call.ask if self.call else None)
        self.dress()

    def height_for(self, width: int) -> int:
        height = self.header.sizeHint().height()
        badge = self.badge.sizeHint()
        inside = width - 2 * _PADDING
        self._place(self.badge, QRect(width - _GAP - badge.width(), _PADDING, badge.width(), badge.height()), width)
        self.badge.move(self.badge.x(), _PADDING + (height - badge.height()) // 2)
        room = inside - badge.width() - _GAP if self.badge.text() else inside
        self._place(self.header, QRect(_PADDING, _PADDING, min(room, self.header.sizeHint().width()), height), width)
        y = height + 2 * _PADDING
        blocks = [self.given, *self.results]
        for block in blocks:
            shown = (block is self.given and self._arguments_shown) or (block is not self.given and self.unfolded)
            block.setVisible(shown)
            if shown:
                tall = block.height_for(width - 2 * _GAP)
                block.setGeometry(_GAP, y, width - 2 * _GAP, tall)
                y += tall + _GAP
        if self.box:
            tall = self.box.height_for(width - 2 * _GAP)
            self.box.setGeometry(_GAP, y, width - 2 * _GAP, tall)
            y += tall + _GAP
        return y

    def tab_stops(self) -> list[QWidget]:
        stops: list[QWidget] = [self.header, *self.given.tab_stops()]
        stops += [stop for block in self.results for stop in block.tab_stops()]
        return [*stops, *(self.box.tab_stops() if self.box else ())]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, edge = colours().window, colours().border
        if self._went_wrong:
            ground, edge = colours().danger_card, colours().danger_border
        elif self.box:
            ground, edge = colours().card, colours().warning_border
        painter.setPen(QColor(edge))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)

    @property
    def _arguments_shown(self) -> bool:
        """Nobody should have to unfold what is to be decided about."""
        return self.unfolded or (isinstance(self.box, ApprovalBox) and self._part.arguments not in ("", "{}"))

    @property
    def _went_wrong(self) -> bool:
        return self._part.failed and not self._part.denied

    def _place(self, widget: QWidget, rect: QRect, width: int) -> None:
        widget.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), rect))

    def _show_ask(self, ask: Ask | None) -> None:
        if self.box and self.box.ask is ask:
            self.box.refresh()
        if (self.box.ask if self.box else None) is ask:
            return
        if self.box:
            self.box.hide()
            self.box.deleteLater()
            self.box = None
        if ask:
            self.box = ask_box(ask, self._name, self._server, self)
            self.box.action_requested.connect(self.action_requested)
            self.box.resized.connect(self.resized)
            self.box.refresh()
            self.box.show()
        self.resized.emit()

    def _drop_results(self) -> None:
        for block in self.results:
            block.hide()
            block.deleteLater()
        self.results = []

    def _make_results(self) -> None:
        """Not before somebody wants to see them: a result may be large."""
        if self.results or not self._pieces:
            return
        for piece in self._pieces:
            block: CodeBlock | ResultPicture
            if isinstance(piece, ResultImage):
                block = ResultPicture(piece, self)
            else:
                block = CodeBlock(self)
                title = self.tr("Error") if self._part.failed else self.tr("Result")
                # A sentence is read, where JSON is looked through.
                block.wrap.setChecked(not piece.json and len(piece.text) < _MOST_WRAPPED)
                text = self._bounded(piece.text)
                shown = Piece("code", text, "json" if piece.json else "")
                block.show_piece(shown, title=title, whole=piece.text)
                block.action_requested.connect(self.action_requested)
            block.resized.connect(self.resized)
            self.results.append(block)

    def _bounded(self, text: str) -> str:
        if (left := len(text) - _MOST_SHOWN) <= 0:
            return text
        told = self.tr("%1 more characters are not shown").replace("%1", QLocale().toString(left))
        return f"{text[:_MOST_SHOWN]}…\n\n[{told}]"

    def _toggle(self) -> None:
        self.unfolded = not self.unfolded
        if self.unfolded:
            self._make_results()
        self.dress()
        self.resized.emit()

    @property
    def _name(self) -> str:
        return self._part.name or self.tr("a tool")

    @property
    def _server(self) -> str:
        return self._part.server.removeprefix(PLUGIN)

    def dress(self) -> None:
        part = self._part
        if part.denied:
            text = self.tr("%1 was not allowed")
        elif part.failed:
            text = self.tr("%1 failed")
        elif part.output is None:
            text = self.tr("Calling %1…") if self.growing else self.tr("%1 did not end")
        else:
            text = self.tr("Called %1")
        if self.box:
            text = self.tr("%1 waits for you")
        title = text.replace("%1", self._name)
        title = f"{title} · {self._server}" if part.server else title
        self.header.setText(button_text(title))
        self._dress_badge()
        self.header.setAccessibleName(" · ".join(filter(None, (title, self.badge.text()))))
        self.header.setAccessibleDescription(self.tr("Shows what it was given and what it returned"))
        colour = colours().danger if self._went_wrong else colours().warning if self.box else colours().muted
        self.header.setIcon(icon("wrench-outline", colour, 16))
        # Wider than the sign, so that it does not touch the words.
        self.header.setIconSize(QSize(sizes().scaled(20), sizes().scaled(16)))
        set_kind(self.header, "failed" if self._went_wrong else "quiet")
        waits = self.call is not None and self.call.ask is None and self.call.told
        if waits and not self._clock.isActive():
            self._clock.start()
        elif not waits:
            self._clock.stop()
        self.update()

    def _dress_badge(self) -> None:
        """How far it is, or how it went and how long it took."""
        part, call = self._part, self.call
        text, kind, tip = "", "plain", ""
        if self.box:
            text, kind = self.tr("Waiting for you"), "warning"
        elif call and call.told:
            pieces = [_progress_text(call)]
            if call.begun is not None:
                pieces.append(elapsed_text(time.monotonic() - call.begun))
            text = " · ".join(filter(None, pieces)) or self.tr("Running")
            tip = call.message
        elif part.denied:
            text = self.tr("Not allowed")
        elif part.output is not None and part.seconds is not None and math.isfinite(part.seconds):
            text = _seconds_text(part.seconds)
        before = self.badge.sizeHint()
        self.badge.setText(text)
        self.badge.show_kind(kind)
        self.badge.setToolTip(tip_text(tip))
        self.badge.setVisible(bool(text))
        if self.badge.sizeHint() != before:
            self.resized.emit()


def _progress_text(call: Call) -> str:
    """Return how far a call is, as "2 / 4"; empty for a tool that says nothing of it."""
    if not call.done or not math.isfinite(call.done):
        return ""
    locale = QLocale()
    done = locale.toString(call.done, "g", 4)
    if call.total and math.isfinite(call.total):
        return f"{done} / {locale.toString(call.total, 'g', 4)}"
    return done


def _seconds_text(seconds: float) -> str:
    if seconds < _SHORTEST_TOLD:
        return f"< {QLocale().toString(_SHORTEST_TOLD, 'f', 1)} s"
    if seconds < 60:
        return QLocale().toString(max(0.0, seconds), "f", 1) + " s"
    return elapsed_text(seconds)
