"""Chunks of a completion whose text may hold calls that the engine did not know for such."""

import json

from studiolo.server.chat.mending import Knows, WrittenCall
from studiolo.server.chat.written_text import WrittenText
from studiolo.server.engine.chunk import CallDelta, ChoiceDelta, Chunk


class WrittenChunks:
    """Finds calls in the chunks of one completion, which are fed in order.

    What may be a call is held back, and becomes a call or text where the completion ends. Calls that the engine knows,
    and what stands beside them, pass as they are. The chunks' JSON is left alone: nobody passes it on here.
    """

    def __init__(self, knows: Knows) -> None:
        self._text: WrittenText | None = WrittenText(knows)

    def feed(self, chunk: Chunk) -> Chunk:
        """Return the chunk with the text that may go on by now, and with the calls that the text turned out to be."""
        written = self._text
        if written is None or not chunk.choices:
            return chunk
        return chunk._replace(choices=tuple([self._turned(written, choice) for choice in chunk.choices]))

    def rest(self) -> Chunk:
        """Return what is held where a stream broke off: no call in it is certain to be whole."""
        text, self._text = self._text, None
        return Chunk({}, (ChoiceDelta(text=text.finish(complete=False) if text else ""),))

    def _turned(self, written: WrittenText, choice: ChoiceDelta) -> ChoiceDelta:
        passed, calls = written.feed(choice.text or ""), choice.calls
        if choice.finish_reason or calls:
            self._text = None
            passed += written.finish(complete=choice.finish_reason == "stop" and not calls)
            if written.calls:
                calls = tuple([_as_delta(call, number) for number, call in enumerate(written.calls)])
        return choice._replace(text=passed, calls=calls)


def _as_delta(call: WrittenCall, number: int) -> CallDelta:
    return CallDelta(number, name=call.name, arguments=json.dumps(call.arguments, ensure_ascii=False))
