"""The completions of one turn: the model, the tools that it calls, and the model again."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from studiolo.api import events
from studiolo.server.chat.assembler import TurnAssembler
from studiolo.server.chat.inference import Inference, ModelLoading
from studiolo.server.chat.overflow import ContextCut
from studiolo.server.chat.responses import Message
from studiolo.server.chat.turn_tools import OpenTools
from studiolo.server.engine.contract import CHAT

ENOUGH = "\n[No further tools can be called in this turn. Answer with what is known by now.]"


class Rounds:
    """Carries a turn out. `said`: what the model and its tools have said so far, as a conversation keeps it.

    body: the first completion's, in the words of OpenAI's chat completions.
    """

    def __init__(
        self,
        inference: Inference,
        body: dict[str, Any],
        assembler: TurnAssembler,
        tools: OpenTools | None,
    ) -> None:
        self.said: list[Message] = []
        self._inference = inference
        self._body = body
        self._assembler = assembler
        self._tools = tools
        self._loading = False

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
        async with aclosing(self._inference.watch(CHAT, body)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, ModelLoading):
                    for event in self._loads(chunk):
                        yield event
                    continue
                if isinstance(chunk, ContextCut):
                    yield self._shortened(chunk)
                    continue
                if self._loading:
                    for event in self._loaded():
                        yield event
                for event in self._assembler.feed(chunk):
                    yield event
        for event in self._assembler.finish():
            yield event

    def _shortened(self, cut: ContextCut) -> events.Event:
        self._assembler.left_out(cut.messages)
        return events.ContextShortened(
            policy=cut.policy,
            messages=cut.messages,
            prompt_tokens=cut.prompt_tokens,
            context_length=cut.context_length,
        )

    def _loads(self, loading: ModelLoading) -> list[events.Event]:
        """Return what is told of a model that is loaded again."""
        progress = events.ModelLoadProgress(model_instance_id=loading.instance_id, progress=loading.fraction)
        begun, self._loading = self._loading, True
        return [progress] if begun else [events.ModelLoadStart(model_instance_id=loading.instance_id), progress]

    def _loaded(self) -> list[events.Event]:
        """Return what is told once it is."""
        self._loading = False
        instance = self._inference.instance
        assert instance
        self._assembler.loaded_again(instance.load_seconds)
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
