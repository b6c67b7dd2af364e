"""A chat as a PDF: the branch in sight, on paper. For any thread."""

import html
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QMarginsF, QUrl
from PySide6.QtGui import QFont, QImage, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from studiolo.desktop.chat.transcript.formulas import FormulaLook, drawn
from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.history.exporting import Messages, highlighted, who
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Chat, path_to
from studiolo.desktop.markup.formula_rules import Formula
from studiolo.desktop.widgets.theme import LIGHT
from studiolo.desktop.widgets.tool_content import output_text
from studiolo.desktop.worker.formulas import FormulaDrawer

_POINTS = 10.5
_DENSITY = 4.0
"""Dots of a formula for each pixel."""
_WIDEST = 460
"""Pixels between the margins, about."""
_STYLE = f"""
body {{ color: {LIGHT.text}; }} h4 {{ color: {LIGHT.muted}; margin-top: 14px; margin-bottom: 4px; }}
p {{ margin-top: 0; margin-bottom: 7px; }} pre {{ background-color: {LIGHT.card}; font-size: 9pt; }}
"""


def write_pdf(chat: Chat, messages: Messages, target: Path, files: Mapping[str, bytes]) -> None:
    """Write a chat as a PDF. files: the bytes of images. Raises OSError where `target` can't be written."""
    document = QTextDocument()
    font = QFont()
    font.setPointSizeF(_POINTS)
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(_STYLE)
    inside = [f"<h2>{html.escape(chat.title)}</h2>"]
    with FormulaDrawer() as drawer:
        page = _Page(document, files, drawer)
        for message in path_to(messages, chat.leaf):
            inside.append(f"<h4>{html.escape(who(message))}</h4>")
            inside += [page.part(part, asked=message.role == "user") for part in message.parts]
    document.setHtml("\n".join(inside))
    target.touch()
    writer = QPdfWriter(str(target))
    writer.setTitle(chat.title)
    writer.setCreator("Studiolo")
    margins = QMarginsF(18, 18, 18, 18)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    document.print_(writer)


class _Page:
    """Writes parts as HTML, and gives the document their images."""

    def __init__(self, document: QTextDocument, files: Mapping[str, bytes], drawer: FormulaDrawer) -> None:
        self._document = document
        self._drawer = drawer
        self._files = files
        self._writer = Writer(LIGHT, highlight=highlighted)
        self._count = 0

    def part(self, part: Part, *, asked: bool) -> str:
        match part:
            case ReasoningPart():
                return f'<p style="color: {LIGHT.muted}"><i>{_lines(part.text.strip())}</i></p>'
            case ToolPart():
                call = html.escape(f"{part.name}({part.arguments})")
                return f"<pre>{call}\n{html.escape(output_text(part.output or ''))}</pre>"
            case ImagePart():
                image = QImage.fromData(self._files.get(part.file, b""))
                return self._image(image, image.width(), image.height()) or f"<p>[{html.escape(part.name)}]</p>"
            case FilePart():
                return f"<p>[{html.escape(part.name)}]</p>"
            case TextPart() if not asked:
                return self._writer.html(part.text, self._formula)
        inside = f"<p>{_lines(part.text)}</p>"
        return f'<table width="100%" bgcolor="{LIGHT.bubble}" cellpadding="8"><tr><td>{inside}</td></tr></table>'

    def _formula(self, formula: Formula) -> str:
        look = FormulaLook(formula.latex, formula.block, _POINTS * 4 / 3 * 1.1, _POINTS / 3, LIGHT.text, _DENSITY)
        image = drawn(look, self._drawer)
        shown = self._image(image.image, image.width, image.height)
        if not shown:
            return self._writer.formula_source(formula)
        return f'<p align="center">{shown}</p>' if formula.block else shown

    def _image(self, image: QImage, width: float, height: float) -> str:
        """Empty for one that can't be read."""
        if image.isNull():
            return ""
        self._count += 1
        name = f"image:{self._count}"
        self._document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), image)
        share = min(1.0, _WIDEST / max(1.0, width))
        size = f'width="{width * share:.0f}" height="{height * share:.0f}"'
        return f'<img src="{name}" {size} style="vertical-align: middle">'


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
