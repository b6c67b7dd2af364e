"""What a tool returned, taken apart for a reader: MCP's content list (MCP 2025-11-25, "Tool Result"), or any text."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
"""What is shown as a picture; others, such as SVG, may load things or run programs."""
MOST_IMAGE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class ResultText:
    """Text to be shown as it is. `json`: it is JSON, indented."""

    text: str
    json: bool = False


@dataclass(frozen=True, slots=True)
class ResultImage:
    """A picture in the result of a tool."""

    data: bytes
    media_type: str


ResultPiece = ResultText | ResultImage


def result_pieces(output: str) -> list[ResultPiece]:
    """Return the pieces of `output`, a content list as JSON text or anything else.

    Texts that follow each other are one.
    """
    try:
        content = json.loads(output)
    except (ValueError, RecursionError):
        return [ResultText(output)]
    if is_content(content):
        return content_pieces(content)
    return [_text(output)]


def content_pieces(content: Sequence[dict[str, Any]]) -> list[ResultPiece]:
    """Return the same of a content list."""
    pieces: list[ResultPiece] = []
    for one in content:
        piece = _piece(one)
        before = pieces[-1] if pieces else None
        if isinstance(piece, ResultText) and isinstance(before, ResultText) and not (piece.json or before.json):
            pieces[-1] = ResultText(f"{before.text}\n\n{piece.text}")
        else:
            pieces.append(piece)
    return pieces


def output_text(output: str) -> str:
    """Return all of it as one text; images and sounds are named."""
    try:
        content = json.loads(output)
    except (ValueError, RecursionError):
        return output
    if is_content(content):
        return "\n\n".join(_told(one) for one in content)
    return _text(output).text


def indented(text: str) -> str:
    """Return JSON with a line a value; other text as it is."""
    return _text(text).text


def is_content(content: object) -> bool:
    """Return whether it is a content list."""
    return bool(
        isinstance(content, list) and content and all(isinstance(one, dict) and "type" in one for one in content)
    )


def _piece(one: dict[str, Any]) -> ResultPiece:
    if one.get("type") == "image" and one.get("mimeType") in _IMAGES and isinstance(one.get("data"), str):
        try:
            if len(one["data"]) <= MOST_IMAGE_BYTES * 4 // 3 + 4:
                return ResultImage(base64.b64decode(one["data"], validate=True), one["mimeType"])
        except (binascii.Error, ValueError):
            pass
    if one.get("type") == "text" and isinstance(one.get("text"), str):
        return _text(one["text"])
    return ResultText(_told(one))


def _told(one: dict[str, Any]) -> str:
    kind = one.get("type")
    if kind == "text" and isinstance(one.get("text"), str):
        return indented(str(one["text"]))
    if kind in ("image", "audio"):
        return f"[{one.get('mimeType') or kind}]"
    if kind == "resource_link":
        return " ".join(str(one[name]) for name in ("name", "uri") if isinstance(one.get(name), str)) or f"[{kind}]"
    resource = one.get("resource")
    if kind == "resource" and isinstance(resource, dict):
        uri = str(resource.get("uri") or "")
        if isinstance(resource.get("text"), str):
            return f"{uri}\n{indented(resource['text'])}".strip()
        return f"[{resource.get('mimeType') or kind}] {uri}".strip()
    return json.dumps(one, ensure_ascii=False, indent=2)


def _text(text: str) -> ResultText:
    if text.lstrip()[:1] not in ("{", "["):
        return ResultText(text)
    try:
        return ResultText(json.dumps(json.loads(text), ensure_ascii=False, indent=2), json=True)
    except (ValueError, RecursionError):
        return ResultText(text)
