"""A tool that the model called: its name and how it went, what it was given and what came back when unfolded."""

import json

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.pieces import Piece
from studiolo.desktop.chat.transcript.runs import Run
from studiolo.desktop.history.parts import Part, ToolPart
from studiolo.desktop.theme import colours, icon, may_recolour, set_kind

_PADDING, _GAP = 6, 8


class ToolRun(Run):
    """A card that is one line until it is unfolded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = ToolPart()
        self.unfolded = False
        self.header = QToolButton(self)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.header.clicked.connect(self._toggle)
        self.given = CodeBlock(self)
        self.returned = CodeBlock(self)
        for block in (self.given, self.returned):
            block.wanted.connect(self.wanted)
            block.resized.connect(self.resized)
            block.hide()
        self._dress()

    def show_part(self, part: Part) -> None:
        assert isinstance(part, ToolPart)
        self._part = part
        self.given.show_piece(Piece("code", _indented(part.arguments), "json"), title=self.tr("Arguments"))
        answer = output_text(part.output or "")
        title = self.tr("Error") if part.failed else self.tr("Result")
        self.returned.show_piece(Piece("code", answer, "json" if answer[:1] in "{[" else ""), title=title)
        self._dress()

    def height_for(self, width: int) -> int:
        height = self.header.sizeHint().height()
        self.header.setGeometry(_PADDING, _PADDING, min(width - 2 * _PADDING, self.header.sizeHint().width()), height)
        y = height + 2 * _PADDING
        for block in (self.given, self.returned):
            shown = self.unfolded and (block is self.given or self._part.output is not None)
            block.setVisible(shown)
            if shown:
                tall = block.height_for(width - 2 * _GAP)
                block.setGeometry(_GAP, y, width - 2 * _GAP, tall)
                y += tall + _GAP
        return y

    def tab_stops(self) -> list[QWidget]:
        return [self.header, *self.given.tab_stops(), *self.returned.tab_stops()]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_recolour(event):
            self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().danger_border if self._part.failed else colours().border))
        painter.setBrush(QColor(colours().danger_card if self._part.failed else colours().window))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)

    def _toggle(self) -> None:
        self.unfolded = not self.unfolded
        self._dress()
        self.resized.emit()

    def _dress(self) -> None:
        part = self._part
        name = part.name or self.tr("a tool")
        if part.failed:
            text = self.tr("%1 failed")
        elif part.output is None:
            text = self.tr("Calling %1…") if self.growing else self.tr("%1 did not end")
        else:
            text = self.tr("Called %1")
        title = text.replace("%1", name)
        self.header.setText(f"{title} · {part.server}" if part.server else title)
        self.header.setAccessibleName(self.header.text())
        self.header.setAccessibleDescription(self.tr("Shows what it was given and what it returned"))
        colour = colours().danger if part.failed else colours().muted
        self.header.setIcon(icon("wrench-outline", colour, 16))
        set_kind(self.header, "failed" if part.failed else "quiet")
        self.update()


def output_text(output: str) -> str:
    """What a tool returned, for a reader: the text of an MCP content list (MCP 2025-06-18, "Tool Result"), or as it
    is."""
    try:
        content = json.loads(output)
    except (ValueError, RecursionError):
        return output
    if isinstance(content, list) and content and all(isinstance(one, dict) and "type" in one for one in content):
        return "\n\n".join(_content_text(one) for one in content)
    return _indented(output)


def _content_text(content: dict[str, object]) -> str:
    if content.get("type") == "text" and isinstance(content.get("text"), str):
        return _indented(str(content["text"]))
    if content.get("type") in ("image", "audio"):
        return f"[{content.get('mimeType') or content['type']}]"
    return json.dumps(content, ensure_ascii=False, indent=2)


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
