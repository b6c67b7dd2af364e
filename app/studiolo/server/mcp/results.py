"""What a tool returned: bounded in size, as JSON for whoever asked, and as a message for the model."""

import json
from collections.abc import Sequence
from typing import Any

from studiolo.server.mcp.contract import Body, ToolResult

MOST_TEXT = 200_000
"""Characters, of all texts of a result: some fifty thousand tokens, more than most contexts hold."""
MOST_DATA = 12 * 2**20
"""Characters of base64, of all pictures of a result."""
_MOST_SOUND = 2 * 2**20
_MOST_ITEMS = 200
_MOST_WORDS = 2000
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class _Cutter:
    """Takes items in one after the other, up to the limits, and remembers what it left out."""

    def __init__(self) -> None:
        self.content: list[Body] = []
        self._text = self._data = self._sound = 0
        self._characters = 0
        self._left_out: dict[str, int] = {}

    def take(self, item: Body) -> None:
        if len(self.content) >= _MOST_ITEMS:
            self.leave_out("items")
            return
        kind = item.get("type")
        if kind == "text":
            self.content.append({**_kept(item), "type": "text", "text": self._shortened(str(item.get("text", "")))})
        elif kind == "image":
            self._take_data(item, "pictures")
        elif kind == "audio":
            self._take_data(item, "sounds")
        elif kind == "resource" and isinstance(item.get("resource"), dict):
            self._take_resource(item)
        elif kind == "resource_link":
            link = {key: _short(value) for key, value in item.items() if key not in ("_meta", "icons")}
            self.content.append(link)
        else:
            text = self._shortened(json.dumps(item, ensure_ascii=False))
            self.content.append({"type": "text", "text": text})

    def _take_data(self, item: Body, kind: str) -> None:
        data, mime = str(item.get("data", "")), _short(str(item.get("mimeType", "")))
        if not self._fits(len(data), kind):
            self.content.append({"type": "text", "text": f"[{mime}, {_size(len(data) * 3 // 4)}: left out]"})
            return
        self.content.append({**_kept(item), "type": item["type"], "data": data, "mimeType": mime})

    def _take_resource(self, item: Body) -> None:
        resource = item["resource"]
        kept = {"uri": _short(str(resource.get("uri", "")))}
        if "mimeType" in resource:
            kept["mimeType"] = _short(resource["mimeType"])
        blob = resource.get("blob")
        if isinstance(blob, str):
            if self._fits(len(blob), "files"):
                kept["blob"] = blob
            else:
                kept["text"] = f"[{_size(len(blob) * 3 // 4)}: left out]"
        else:
            kept["text"] = self._shortened(str(resource.get("text", "")))
        self.content.append({**_kept(item), "type": "resource", "resource": kept})

    def _fits(self, length: int, kind: str) -> bool:
        if kind == "pictures":
            fits = self._data + length <= MOST_DATA
            self._data += length if fits else 0
        else:
            fits = self._sound + length <= _MOST_SOUND
            self._sound += length if fits else 0
        if not fits:
            self.leave_out(kind)
        return fits

    def _shortened(self, text: str) -> str:
        room = max(0, MOST_TEXT - self._text)
        self._text += min(len(text), room)
        if len(text) <= room:
            return _sound(text)
        self._characters += len(text) - room
        return _sound(text[:room])

    def leave_out(self, kind: str) -> None:
        self._left_out[kind] = self._left_out.get(kind, 0) + 1

    @property
    def cut(self) -> str | None:
        """What was too large, in a sentence."""
        parts = [f"{self._characters:,} characters of text"] if self._characters else []
        parts += [f"{count} {kind}" for kind, count in self._left_out.items()]
        return f"The result was too large: {' and '.join(parts)} were left out." if parts else None


def make_result(content: Sequence[Body], structured: Any = None, *, is_error: bool = False) -> ToolResult:
    """Bound what a tool returned. content: MCP's list, as JSON."""
    cutter = _Cutter()
    for item in content:
        cutter.take(item)
    kept = structured if isinstance(structured, dict) else {"result": structured} if structured is not None else None
    if kept is not None and len(json.dumps(kept, ensure_ascii=False)) > MOST_TEXT:
        kept = None
        cutter.leave_out("objects (structured content)")
    return ToolResult(cutter.content, structured=kept, is_error=is_error, cut=cutter.cut)


def error_result(message: str) -> ToolResult:
    """Return an error of the protocol as a result, which the model reads as well."""
    return make_result([{"type": "text", "text": message}], is_error=True)


def message_content(result: ToolResult, *, sees: bool) -> str | list[Body]:
    """Return the result for a model: the `content` of a message with the role "tool" in OpenAI's form.

    Text as it is; images as parts where the model `sees`, else they are named; structured content only where there is
    no text. It is a text unless there is an image.
    """
    parts: list[Body] = []
    for item in result.content:
        if item["type"] == "image" and sees and item["mimeType"] in _PICTURES:
            url = f"data:{item['mimeType']};base64,{item['data']}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        else:
            parts.append({"type": "text", "text": _in_words(item)})
    if result.structured is not None and not any(item["type"] == "text" for item in result.content):
        text = json.dumps(result.structured, ensure_ascii=False)
        parts.append({"type": "text", "text": text})
    if result.cut:
        parts.append({"type": "text", "text": result.cut})
    if any(part["type"] != "text" for part in parts):
        return parts
    return "\n".join(part["text"] for part in parts)


def _in_words(item: Body) -> str:
    if item["type"] == "text":
        return str(item["text"])
    if item["type"] == "resource":
        resource = item["resource"]
        if "text" in resource:
            return f"{resource['uri']}:\n{resource['text']}"
        kind = resource.get("mimeType", "file")
        return f"[{resource['uri']}: {kind}, {_size(len(resource['blob']) * 3 // 4)}]"
    if item["type"] == "resource_link":
        words = [str(item[key]) for key in ("title", "name", "description") if item.get(key)]
        return f"[{item.get('uri', '')}: {'; '.join(dict.fromkeys(words))}]"
    noun = "picture" if item["type"] == "image" else "sound"
    return f"[{noun}: {item['mimeType']}, {_size(len(item['data']) * 3 // 4)}]"


def _kept(item: Body) -> Body:
    """Whom a part is meant for, and no more: what else servers add is theirs."""
    notes = item.get("annotations")
    return {"annotations": notes} if isinstance(notes, dict) and len(json.dumps(notes)) <= _MOST_WORDS else {}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_MOST_WORDS]
    return value if len(json.dumps(value)) <= _MOST_WORDS else None


def _sound(text: str) -> str:
    """Half a character, which no UTF-8 can hold, becomes a mark."""
    return text.encode("utf-8", "replace").decode()


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, count // 1024)} KB"
