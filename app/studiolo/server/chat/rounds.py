"""The completions of one turn: the model, the tools that it calls, and the model again."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from studiolo.api import events
from studiolo.server.chat.assembler import TurnAssembler
from studiolo.server.chat.inference import LoadedAgain, note_chunk, stream_with_room
from studiolo.server.chat.responses import Message
from studiolo.server.chat.turn_tools import OpenTools
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.instance import Instance
from studiolo.server.engine.pool import InstancePool

ENOUGH = "\n[No further tools can be called in this turn. Answer with what is known by now.]"


class Rounds:
    """Carries a turn out. `said`: what the model and its tools have said so far, as a conversation keeps it.

    body: the first completion's, in the words of OpenAI's chat completions.
    """

    def __init__(
        self,
        pool: InstancePool,
        instance: Instance,
        body: dict[str, Any],
        assembler: TurnAssembler,
        tools: OpenTools | None,
    ) -> None:
        self.instance = instance
        """Who answers: loaded again, it is another one."""
        self.said: list[Message] = []
        self._pool = pool
        self._body = body
        self._assembler = assembler
        self._tools = tools
        self._loading_again = False

    async def stream(self) -> AsyncGenerator[events.Event, None]:
        """Yield the events up to the last one of the reply.

        Closing the iterator ends the model and every tool that runs.

        Raises:
            AppError: The model can't go on; what it said until then is in the assembler.
        """
        left = self._tools.rounds if self._tools else 0
        while True:
            async with aclosing(self._completion(self._order(left), calls=left > 0)) as completion:
                async for event in completion:
                    yield event
            self.said.append(self._assembler.message())
            if not self._tools or not self._assembler.calls or left <= 0:
                break
            left -= 1
            async with aclosing(self._called(self._tools, enough=left <= 0)) as called:
                async for event in called:
                    yield event
        if self._tools and left <= 0:
            for event in self._assembler.remark(f"(Stopped after {self._tools.rounds} rounds of tools.)"):
                yield event

    async def _completion(self, body: dict[str, Any], *, calls: bool) -> AsyncGenerator[events.Event, None]:
        for event in self._assembler.start(calls=calls):
            yield event
        async with aclosing(stream_with_room(self._pool, self.instance, CHAT, body)) as chunks:
            async for answering, chunk in chunks:
                for event in self._loaded_again(answering, chunk):
                    yield event
                if isinstance(chunk, LoadedAgain):
                    continue
                if answering is not self.instance:
                    self.instance = answering
                    self._assembler.loaded_again(answering.load_seconds)
                note_chunk(chunk)
                for event in self._assembler.feed(chunk):
                    yield event
        for event in self._assembler.finish():
            yield event

    def _loaded_again(self, instance: Instance, chunk: Chunk | LoadedAgain) -> list[events.Event]:
        """Return what is told of a model that is loaded again, from a chunk that tells of it or follows that."""
        begun, self._loading_again = self._loading_again, isinstance(chunk, LoadedAgain)
        if isinstance(chunk, LoadedAgain):
            progress = events.ModelLoadProgress(model_instance_id=instance.id, progress=chunk.fraction)
            return [progress] if begun else [events.ModelLoadStart(model_instance_id=instance.id), progress]
        if not begun:
            return []
        return [
            events.ModelLoadProgress(model_instance_id=instance.id, progress=1.0),
            events.ModelLoadEnd(model_instance_id=instance.id, load_time_seconds=instance.load_seconds),
        ]

    async def _called(self, tools: OpenTools, *, enough: bool) -> AsyncGenerator[events.Event, None]:
        async with aclosing(tools.runs.run(self._assembler.calls)) as running:
            async for event in running:
                yield event
        for outcome in tools.runs.outcomes:
            self._assembler.add(outcome.item)
            self.said.append(outcome.message())
        if enough:
            self.said[-1] = with_text(self.said[-1], ENOUGH)

    def _order(self, left: int) -> dict[str, Any]:
        body = {**self._body, "messages": [*self._body["messages"], *self.said]}
        if self._tools and self._tools.functions:
            body |= {"tools": self._tools.functions, "tool_choice": "auto" if left > 0 else "none"}
            body["parallel_tool_calls"] = True
        return body


def with_text(message: Message, text: str) -> Message:
    """Return a message with more at its end."""
    content = message["content"]
    more = content + text if isinstance(content, str) else [*content, {"type": "text", "text": text}]
    return {**message, "content": more}
