"""Chunks of a completion whose text may hold calls that the engine did not know for such."""

import json
from typing import Any

from studiolo.server.chat.mending import Knows, WrittenCall
from studiolo.server.chat.written_text import WrittenText

Chunk = dict[str, Any]


class WrittenChunks:
    """Finds calls in the chunks of one completion, which are fed in order.

    What may be a call is held back, and becomes a call or text where the completion ends. Calls that the engine knows,
    and what stands beside them, pass as they are.
    """

    def __init__(self, knows: Knows) -> None:
        self._text: WrittenText | None = WrittenText(knows)

    def feed(self, chunk: Chunk) -> Chunk:
        """Return the chunk with the text that may go on by now, and with the calls that the text turned out to be."""
        if self._text is None or not chunk.get("choices"):
            return chunk
        return {**chunk, "choices": [self._turned(self._text, choice) for choice in chunk["choices"]]}

    def rest(self) -> Chunk:
        """Return what is held where a stream broke off: no call in it is certain to be whole."""
        text, self._text = self._text, None
        return {"choices": [{"delta": {"content": text.finish(complete=False) if text else ""}}]}

    def _turned(self, written: WrittenText, choice: Chunk) -> Chunk:
        delta = dict(choice.get("delta") or {})
        passed = written.feed(delta.get("content") or "")
        reason = choice.get("finish_reason")
        if reason or delta.get("tool_calls"):
            self._text = None
            passed += written.finish(complete=reason == "stop" and not delta.get("tool_calls"))
            if written.calls:
                delta["tool_calls"] = [_as_delta(call, number) for number, call in enumerate(written.calls)]
        return {**choice, "delta": {**delta, "content": passed}}


def _as_delta(call: WrittenCall, number: int) -> Chunk:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return {"index": number, "function": {"name": call.name, "arguments": arguments}}
