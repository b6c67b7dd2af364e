"""What messages of plain lists are made of: blocks as OpenAI, Anthropic, Gemini and LibreChat write them."""

from collections import deque
from collections.abc import Callable
from typing import Any

from studiolo.desktop.history.imports.assets import Assets, from_address, from_base64
from studiolo.desktop.history.imports.values import as_block, as_dict, as_items, as_json, as_said, as_text
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart

_MOST_NESTED = 8
"""Blocks in blocks."""
_USES = ("tool_use", "server_tool_use", "mcp_tool_use")
_RESULT = "tool_result"
_SEALED, _SEALED_NAMES = "redacted_thinking", {"thoughtSignature", "thought_signature", "thought", "role"}
"""A thought that only its maker can read."""
_CALL_NAMES = ("functionCall", "function_call")
_RESPONSE_NAMES = ("functionResponse", "function_response")
_DATA_NAMES = ("inlineData", "inline_data", "inlineFile", "inlineAudio", "inlineVideo")
_LINK_NAMES = ("fileData", "file_data", "driveDocument", "driveImage", "driveVideo", "driveAudio", "youtubeVideo")
_CODE_NAMES = ("executableCode", "executable_code")
_WRAPPING_NAMES = {"result", "output", "content", "response", "error"}
_OUTCOME_NAMES = ("codeExecutionResult", "code_execution_result")


class Blocks:
    """Reads the blocks of one chat, in their order: what a tool said goes beside what it was asked."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._numbered: dict[str, deque[ToolPart]] = {}
        self._named: dict[str, deque[ToolPart]] = {}
        self._all: deque[ToolPart] = deque()
        self._depth = 0

    def called(self, number: str, name: str, arguments: Any) -> ToolPart:
        """Return a call that has no answer yet. number, name: empty where it has none."""
        call = ToolPart(name, as_said(arguments), None)
        if number:
            self._numbered.setdefault(number, deque()).append(call)
        self._named.setdefault(name, deque()).append(call)
        self._all.append(call)
        return call

    def answered(self, number: str, name: str, output: str, *, failed: bool = False) -> list[Part]:
        """Return a tool's answer: nothing that stands alone where the call that it belongs to is known."""
        if number:
            call = _first(self._numbered.get(number))
        elif name:
            call = _first(self._named.get(name)) or _first(self._named.get(""))
        else:
            call = _first(self._all)
        if call:
            call.output, call.failed = output, failed
            return []
        return [ToolPart(name, "", output, failed)] if output else []

    def result(self, number: str, name: str, content: Any, *, failed: bool = False) -> list[Part]:
        """Return a tool's answer in blocks, with the pictures and files among them."""
        told = self._inside(content)
        others: list[Part] = [part for part in told if isinstance(part, ImagePart | FilePart)]
        output = "\n".join(part.text for part in told if not isinstance(part, ImagePart | FilePart))
        return self.answered(number, name, output, failed=failed) + others

    def read(self, block: Any) -> list[Part]:
        """Return a block as the parts that it stands for."""
        if not isinstance(block, dict):
            return _text(as_said(block))
        if block.get("type") == _SEALED or not block.keys() - _SEALED_NAMES:
            return []
        for reader in (self._openai, self._anthropic, self._gemini):
            if (parts := reader(block)) is not None:
                return parts
        return _plain(block)

    def _inside(self, content: Any) -> list[Part]:
        """The parts of blocks in a block."""
        if self._depth >= _MOST_NESTED:
            return _text(as_said(content))
        self._depth += 1
        try:
            return [part for one in as_items(content) for part in self.read(one)]
        finally:
            self._depth -= 1

    def _openai(self, block: dict[str, Any]) -> list[Part] | None:
        if address := as_text(as_dict(block.get("image_url")).get("url")) or as_text(block.get("image_url")):
            return [from_address(address, "image", self._assets)]
        if audio := as_dict(block.get("input_audio")):
            return [from_base64(as_text(audio.get("data")), f"audio.{as_text(audio.get('format'))}", self._assets)]
        if call := as_dict(block.get("tool_call")):
            return [ToolPart(as_text(call.get("name")), as_said(call.get("args")), as_said(call.get("output")))]
        if not (file := as_dict(block.get("file"))):
            return None
        called = as_text(file.get("filename")) or "file"
        if address := as_text(file.get("file_data")):
            read: Callable[..., Part] = from_address if address.startswith("data:") else from_base64
            return [read(address, called, self._assets)]
        return [FilePart(as_text(file.get("text")), called)]

    def _anthropic(self, block: dict[str, Any]) -> list[Part] | None:
        kind = as_text(block.get("type"))
        if kind in _USES:
            return [self.called(as_text(block.get("id")), as_text(block.get("name")), as_json(block.get("input")))]
        if kind == _RESULT or kind.endswith(f"_{_RESULT}"):
            number, failed = as_text(block.get("tool_use_id")), block.get("is_error") is True
            return self.result(number, as_text(block.get("name")), block.get("content"), failed=failed)
        if thought := as_said(block.get("think")) or as_said(block.get("thinking")):
            return [ReasoningPart(thought)]
        if kind == "thinking":
            return []
        source = block.get("source")
        if kind not in ("image", "document") or not isinstance(source, dict):
            return None
        called = as_text(block.get("title")) or kind
        if data := as_text(source.get("data")):
            if source.get("type") == "text":
                return [FilePart(data, called, len(data.encode(errors="replace")))]
            return [from_base64(data, called, self._assets)]
        if address := as_text(source.get("url")):
            return [from_address(address, called, self._assets)]
        if name := as_text(source.get("file_id")):
            return [self._assets.find(name, name)]
        return self._inside(source.get("content")) or None

    def _gemini(self, block: dict[str, Any]) -> list[Part] | None:
        if call := _of(block, _CALL_NAMES):
            return [self.called(as_text(call.get("id")), as_text(call.get("name")), as_json(call.get("args")))]
        if response := _of(block, _RESPONSE_NAMES):
            output = _said_by_tool(response.get("response"))
            return self.answered(as_text(response.get("id")), as_text(response.get("name")), output)
        if data := _of(block, _DATA_NAMES):
            kind = as_text(data.get("mimeType")) or as_text(data.get("mime_type"))
            called = as_text(data.get("displayName")) or kind.partition("/")[0] or "file"
            return [from_base64(as_text(data.get("data")), called, self._assets)]
        if link := _of(block, _LINK_NAMES):
            address = next((as_text(link[name]) for name in ("fileUri", "file_uri", "id") if name in link), "")
            return [self._assets.find(address.rpartition("/")[2], address or "file")]
        if code := _of(block, _CODE_NAMES):
            return [self.called("", "code", as_said(code.get("code")))]
        if outcome := _of(block, _OUTCOME_NAMES):
            failed = as_text(outcome.get("outcome")) not in ("", "OUTCOME_OK")
            return self.answered("", "code", as_said(outcome.get("output")), failed=failed)
        if block.get("thought") is True or block.get("isThought") is True:
            return [ReasoningPart(text)] if (text := as_said(block.get("text"))).strip() else []
        return None


def _first(calls: deque[ToolPart] | None) -> ToolPart | None:
    """The first that has no answer yet; those before it are forgotten."""
    while calls:
        if (call := calls.popleft()).output is None:
            return call
    return None


def _of(block: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return next(filter(None, (as_dict(block.get(name)) for name in names)), {})


def _said_by_tool(response: Any) -> str:
    """Text is wrapped, since what a tool says has to be an object there."""
    known = as_dict(response)
    name, value = next(iter(known.items())) if len(known) == 1 else ("", None)
    return value if name in _WRAPPING_NAMES and isinstance(value, str) else as_json(response)


def _plain(block: dict[str, Any]) -> list[Part]:
    inner = block.get("text")
    text = as_said(as_dict(inner).get("value")) if isinstance(inner, dict) else as_said(inner)
    if text.strip() or "text" in block or block.get("type") == "text":
        return _text(text)
    return [TextPart(as_block(block))]


def _text(text: str) -> list[Part]:
    return [TextPart(text)] if text.strip() else []
