"""The parts of a message's content, in whichever dialect: programs send those of one to the route of another."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from studiolo.errors import RequestError

Body = dict[str, Any]

_TEXTS = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "summary_text": "text",
    "reasoning_text": "text",
    "refusal": "refusal",
}
_THOUGHTS = ("thinking", "reasoning")
_FILES = ("document", "input_file", "file")
_READABLE = ("text/", "application/json", "application/xml", "application/javascript", "application/x-yaml")
_BINARY = b"\0"
_MOST_DOCUMENT = 2**24
"""Letters of base64: no context holds more text."""


def read_parts(content: str | list[Any] | None, param: str, *, lenient: bool = False) -> list[Body]:
    """Read parts of the types `text`, `image_url` (OpenAI's), `input_audio` (the engine's) and `thinking`.

    lenient: what is of no known type is told to the model in a note; else it raises RequestError.
    """
    if not isinstance(content, list):
        return [{"type": "text", "text": content}] if content else []
    return [part for entry in content for part in _read(entry, param, lenient=lenient)]


def joined(parts: Iterable[Body]) -> str:
    """Return the texts of parts, an image being named."""
    texts = [part["text"] if part["type"] == "text" else "[an image]" for part in parts if part["type"] != "thinking"]
    return "\n".join(text for text in texts if text)


def is_plain(parts: Iterable[Body]) -> bool:
    """Return whether all parts are text or thoughts, so that a plain string can hold them."""
    return all(part["type"] in ("text", "thinking") for part in parts)


def thoughts(parts: Iterable[Body]) -> str:
    """Return the thoughts among the parts as one text, which is empty where there are none."""
    return "".join(part["text"] for part in parts if part["type"] == "thinking")


def _read(entry: Any, param: str, *, lenient: bool) -> list[Body]:
    if isinstance(entry, str):
        return [{"type": "text", "text": entry}]
    kind = str(entry.get("type")) if isinstance(entry, dict) else "null"
    if kind in _TEXTS:
        return [{"type": "text", "text": _text(entry.get(_TEXTS[kind]))}]
    if kind in _THOUGHTS:
        return [{"type": "thinking", "text": _text(entry.get("thinking") or entry.get("text"))}]
    if kind in ("image_url", "input_image", "image"):
        return [_image(entry, kind, param)]
    if kind == "input_audio":
        return [entry]
    if kind in _FILES:
        return _file(entry, param)
    if kind == "tool_reference":
        return [{"type": "text", "text": _text(entry.get("tool_name"))}]
    if kind == "search_result":
        head = " ".join(_text(entry.get(name)) for name in ("title", "source"))
        return [{"type": "text", "text": head.strip()}, *read_parts(entry.get("content"), param, lenient=True)]
    if kind == "redacted_thinking":
        return []
    if lenient:
        return [_note(f"Content of the type '{kind[:40]}' can't be read here.")]
    raise RequestError(f"Content of the type '{kind[:40]}' is not read.", param=param, code="invalid_value")


def _image(entry: Body, kind: str, param: str) -> Body:
    """Return an image's data URL, unchecked: images.py looks at it."""
    if kind == "image":
        source = entry.get("source")
        if not isinstance(source, dict) or source.get("type") != "base64":
            raise RequestError(
                "An image's source must be of the type 'base64'.",
                param=param,
                code="invalid_value",
                hint="Send it itself.",
            )
        data = _text(source.get("data"))
        url = data if data.startswith("data:") else f"data:{_text(source.get('media_type'))};base64,{data}"
    else:
        image = entry.get("image_url")
        url = _text(image.get("url") if isinstance(image, dict) else image)
    return {"type": "image_url", "image_url": {"url": url}}


def _file(entry: Body, param: str) -> list[Body]:
    """Return what of a document is text; else a note of it, so that the model can say what it was not shown."""
    inner = entry.get("source") or entry.get("file") or entry
    inner = inner if isinstance(inner, dict) else {}
    title = _text(entry.get("title") or inner.get("filename") or inner.get("name"))
    head = [{"type": "text", "text": title}] if title else []
    if inner.get("type") == "content":
        return [*head, *read_parts(inner.get("content"), param, lenient=True)]
    data = _text(inner.get("data") or inner.get("file_data"))
    kind = _text(inner.get("media_type"))
    if inner.get("type") == "text":
        return [*head, {"type": "text", "text": data}]
    if data.startswith("data:"):
        kind, _, data = data.removeprefix("data:").partition(",")
    text = _decoded(data) if kind.startswith(_READABLE) else None
    if text is not None:
        return [*head, {"type": "text", "text": text}]
    described = f"The document '{title[:200]}'" if title else "A document"
    return [_note(f"{described} can't be read here.")]


def _decoded(data: str) -> str | None:
    if len(data) > _MOST_DOCUMENT:
        return None
    try:
        content = base64.b64decode(data, validate=True)
        return None if _BINARY in content else content.decode()
    except (binascii.Error, ValueError):
        return None


def _note(text: str) -> Body:
    return {"type": "text", "text": f"[{text}]"}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
