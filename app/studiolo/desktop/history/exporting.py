"""A chat as a file for other programs: Markdown and HTML of the branch in sight, JSON of all of it."""

import base64
import html
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, ToolPart, parts_to_json
from studiolo.desktop.history.records import Chat, StoredMessage, path_to
from studiolo.desktop.markup.formula_rules import FORMULAS, formula_of
from studiolo.desktop.markup.parser import markdown_parser
from studiolo.desktop.widgets.tool_content import ResultPiece, ResultText, output_text, result_pieces
from studiolo.desktop.worker.formulas import FormulaDrawer

_TEXT_SIZE = 17.0

Messages = Mapping[int, StoredMessage]
Files = Mapping[str, bytes]
"""Bytes by their SHA-256."""
EMPTY: Files = {}

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1e23; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: .85rem; color: #646a76; margin: 2rem 0 .25rem; font-weight: 600; }
section.user { background: #eef1fb; border-radius: 14px; padding: .25rem 1rem; margin-left: 15%; }
img { max-width: 100%; border-radius: 10px; }
pre { background: #f6f7f9; border: 1px solid #e1e4ea; border-radius: 10px; padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; } td, th { border: 1px solid #e1e4ea; padding: .3rem .7rem; }
blockquote { color: #646a76; border-left: 3px solid #e1e4ea; margin-left: 0; padding-left: 1rem; }
details { color: #646a76; }
"""


def as_markdown(chat: Chat, messages: Messages, _files: Files = EMPTY) -> str:
    """Return the branch in sight, a heading a message."""
    lines = [f"# {chat.title}", ""]
    for message in path_to(messages, chat.leaf):
        lines += [f"## {who(message)}", ""]
        lines += [_part_as_markdown(part) + "\n" for part in message.parts]
    return "\n".join(lines).rstrip() + "\n"


def as_json(chat: Chat, messages: Messages, _files: Files = EMPTY) -> str:
    """Return every message with its parts, its parent and all that is known of it; `leaf` ends the branch in sight."""
    whole = {
        "format": "studiolo-chat",
        "version": 1,
        "title": chat.title,
        "created": _iso(chat.created),
        "tags": list(chat.tags),
        "leaf": chat.leaf,
        "messages": [
            {
                "id": message.id,
                "parent": message.parent,
                "role": message.role,
                "created": _iso(message.created),
                "state": message.state,
                "model": message.model,
                "details": dict(message.details),
                "parts": json.loads(parts_to_json(message.parts)) if _is_json(message) else message.raw,
            }
            for message in messages.values()
        ],
    }
    return json.dumps(whole, ensure_ascii=True, indent=2) + "\n"


def as_html(chat: Chat, messages: Messages, files: Files = EMPTY) -> str:
    """Return the branch in sight as a page that needs nothing beside it, and loads nothing.

    files: the bytes of images.
    """
    markdown = markdown_parser({"highlight": highlighted}).disable("image")
    sections = []
    with FormulaDrawer() as drawer:
        for kind in FORMULAS:
            markdown.add_render_rule(kind, _writes_formulas(drawer))
        for message in path_to(messages, chat.leaf):
            inside = "\n".join(_part_as_html(part, markdown, files) for part in message.parts)
            speaker = f"<h2>{html.escape(who(message))}</h2>"
            sections.append(f"{speaker}\n<section class={message.role}>\n{inside}\n</section>")
    title = html.escape(chat.title)
    return (
        f'<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n<h1>{title}</h1>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


FORMATS: dict[str, Callable[[Chat, Messages, Files], str]] = {".md": as_markdown, ".html": as_html, ".json": as_json}
"""By the end of the file's name."""


def export(chat: Chat, messages: Messages, target: Path, files: Files = EMPTY) -> None:
    """Write a chat to `target`, in the format of its suffix (Markdown for one that nobody knows). Raises OSError."""
    text = FORMATS.get(target.suffix.lower(), as_markdown)(chat, messages, files)
    part = target.with_name(target.name + ".part")
    with part.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)


def who(message: StoredMessage) -> str:
    """Return whose message it is."""
    return "You" if message.role == "user" else message.model or "Reply"


def _part_as_markdown(part: Part) -> str:
    match part:
        case ReasoningPart():
            return "\n".join(f"> {line}".rstrip() for line in part.text.strip().splitlines())
        case ToolPart():
            text = output_text(part.output or "")
            fence = "`" * max(3, 1 + longest_run(text, "`"))
            return f"`{part.name}({part.arguments})`\n\n{fence}\n{text}\n{fence}"
        case ImagePart():
            return f"*[{part.name or part.media_type}]*"
        case FilePart():
            return f"*[{part.name}]*\n\n```\n{part.text}\n```"
    return part.text


def _part_as_html(part: Part, markdown: MarkdownIt, files: Files) -> str:
    match part:
        case ReasoningPart():
            return f"<details><summary>Reasoning</summary>{markdown.render(part.text)}</details>"
        case ToolPart():
            call = html.escape(f"{part.name}({part.arguments})")
            shown = "".join(_piece_as_html(piece) for piece in result_pieces(part.output or ""))
            return f"<details><summary>{call}</summary>{shown}</details>"
        case ImagePart() if part.file in files:
            data = base64.b64encode(files[part.file]).decode()
            address = f"data:{html.escape(part.media_type)};base64,{data}"
            return f'<p><img alt="{html.escape(part.name)}" src="{address}"></p>'
        case ImagePart() | FilePart():
            return f"<p><em>[{html.escape(part.name)}]</em></p>"
    return str(markdown.render(part.text))


def _piece_as_html(piece: ResultPiece) -> str:
    """A tool's words are a stranger's: they are shown as they are, and nothing in them acts."""
    if isinstance(piece, ResultText):
        return f"<pre>{html.escape(piece.text)}</pre>"
    data = base64.b64encode(piece.data).decode()
    return f'<p><img alt="" src="data:{piece.media_type};base64,{data}"></p>'


def longest_run(text: str, sign: str) -> int:
    """Return how many of `sign` stand side by side in it at most."""
    return max((len(run) for run in re.findall(f"{re.escape(sign)}+", text)), default=0)


def _writes_formulas(drawer: FormulaDrawer) -> Callable[..., str]:
    def write(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
        formula = formula_of(tokens[index])
        drawing = drawer.draw(formula.latex, _TEXT_SIZE, "#1c1e23", block=formula.block)
        if drawing is None:
            source = f"<code>{html.escape(formula.source)}</code>"
            return f"<p>{source}</p>" if formula.block else source
        svg = drawing.svg.replace("<svg ", f'<svg style="vertical-align: {-drawing.below:.1f}px" ', 1)
        picture = f'<span role="img" aria-label="{html.escape(formula.latex)}">{svg}</span>'
        return f'<p style="text-align: center">{picture}</p>' if formula.block else picture

    return write


def highlighted(code: str, language: str, _attributes: str) -> str:
    """Return code as HTML with its colours within."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, noclasses=True)))


def _is_json(message: StoredMessage) -> bool:
    try:
        json.loads(parts_to_json(message.parts))
    except (ValueError, RecursionError):
        return False
    return True


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
