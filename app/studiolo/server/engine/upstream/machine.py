"""Another server: how it is reached, how it is doing, and what its models answer."""

import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from http import HTTPStatus
from typing import Any

from studiolo.api.upstreams import Dialect, UpstreamInfo, UpstreamModelInfo
from studiolo.errors import AppError
from studiolo.network.network import Network
from studiolo.server.apart import apart
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.context_budget import TokenDemand
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.encoding import size_of
from studiolo.server.engine.upstream.dialects import translated
from studiolo.server.engine.upstream.errors import (
    NoImagesError,
    NoToolsError,
    UpstreamBusyError,
    UpstreamError,
    broken_reply,
    cut_reply,
    error_line,
    own_words,
    refusal,
)
from studiolo.server.engine.upstream.reader import UpstreamReader
from studiolo.server.engine.upstream.wire import ReadKey, UpstreamAnswer, UpstreamWire

logger = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
"""So often a server that is well is asked for its models, which costs it nothing."""
NO_TOOLS = "It takes no tools: "
"""Begins a note of a model."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_BYTES_OF_TOKEN = 4
"""About, of English text: what is not counted is estimated."""
_COUNT_SECONDS = 20.0


class UpstreamMachine:
    """One server, as it was set up and as it is doing.

    Attributes:
        info: What is kept of it, and told; its state is told by `state`.
        problem: Why it is asked after others; None while it is well.
        failures: How often it failed since it last answered a request to its end.
        next_look: When it is to be asked how it is, by the monotonic clock.
        closed: It was removed, or set up otherwise.
    """

    def __init__(
        self, info: UpstreamInfo, *, key: ReadKey, network: Network, on_trouble: Callable[[], None] = lambda: None
    ) -> None:
        """on_trouble: called whenever it is to be looked at sooner than before."""
        self.info = info
        self.problem: AppError | None = None
        self.failures = 0
        self.busy = 0
        self.seen = False
        self.next_look = time.monotonic()
        self.closed = False
        self.wire = UpstreamWire(info.address, place=self.place, subject=info.name, key=key, network=network)
        self._on_trouble = on_trouble
        self._rests_until = 0.0
        self._told_dropped: set[str] = set()

    @property
    def place(self) -> str:
        """Return its name and address, as errors tell them."""
        name, address = self.info.name, self.info.address
        return f"'{name}' ({address})" if name not in address else address

    @property
    def dialect(self) -> Dialect:
        """Return whose words it speaks."""
        return _DIALECTS.get(self.info.dialect, "openai")

    @property
    def state(self) -> str:
        """Return an UpstreamState."""
        return "away" if self.problem else "ready" if self.seen else "unknown"

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Return what machines are asked in the order of: the lowest first."""
        return (self.problem is not None, time.monotonic() < self._rests_until, self.busy)

    def rest(self, seconds: float | None) -> None:
        """Ask it after those that are well for a while, as it has too much to do. seconds: how long it asks for."""
        self._rests_until = time.monotonic() + min(seconds or _FIRST_PAUSE, _LONGEST_PAUSE)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a request that it is asked."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    def note_answer(self, *, whole: bool) -> None:
        """Note that it answered. whole: a request to its end; that it lists models says less of how it is doing."""
        self.seen, self.problem = True, None
        self.next_look = time.monotonic() + LOOK_SECONDS
        if whole:
            self.failures = 0

    def note_failure(self, error: AppError) -> None:
        """Note that it failed: others are asked first, until it is looked at again and answers."""
        if self.problem is not None and time.monotonic() < self.next_look:
            return  # What else ran there fails with it, and counts once.
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self.failures, 10))
        if self.problem is None:
            logger.warning("%s is asked after others from now on: %s", self.place, error.message)
        self.failures += 1
        self.problem = error
        self.next_look = time.monotonic() + pause
        self._on_trouble()

    async def stream(self, route: str, body: dict[str, Any], model: UpstreamModelInfo) -> AsyncGenerator[Chunk, None]:
        """Stream one completion of a model, the last chunk with counts and times; closing the iterator cancels it.

        Raises UpstreamError and UpstreamBusyError where it may work elsewhere; RequestError, ContextOverflowError.
        """
        order, dropped = await apart(lambda: translated(route, body, model.id, self.dialect))
        self._tell_dropped(dropped)
        reader = UpstreamReader(route, await apart(lambda: about(body)))
        async with self.wire.open("POST", self.route(route), order) as answer:
            if answer.status != HTTPStatus.OK:
                raise self._refusal(answer.status, await answer.read(), answer.retry_after, model)
            if not answer.is_stream:
                said = own_words(await answer.read())
                raise UpstreamError(f"{self.place} answers without a stream.", details=said)
            async with aclosing(answer.events()) as events:
                async for data in events:
                    if data == b"[DONE]":
                        break
                    if data and (chunk := reader.feed(self._event(data, answer))):
                        yield chunk
        if not reader.is_whole:
            raise cut_reply(self.place)
        yield reader.last()

    async def ask(self, route: str, body: dict[str, Any], model: UpstreamModelInfo) -> dict[str, Any]:
        """Return the answer of a route that has no stream: EMBEDDINGS. Raises as `stream`."""
        reply = await self.wire.fetch("POST", self.route(route), {**body, "model": model.id})
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply.status, reply.content, reply.retry_after, model)
        if not isinstance(reply.data, dict):
            raise UpstreamError(f"{self.place} answers with something else than JSON.", retryable=False)
        return reply.data

    async def count(self, route: str, body: dict[str, Any], model: UpstreamModelInfo) -> int:
        """Return tokens of a request's prompt: its server's count where it has one, else about as many."""
        try:
            if (count := await self._counted(route, body, model)) is not None:
                return count
        except UpstreamError as error:
            logger.info("%s did not count: %s", self.place, error)
        return await apart(lambda: about(body))

    def route(self, route: str) -> str:
        """Return where a route of OpenAI's is there: some servers have none of them below `/v1`."""
        return route.removeprefix("/v1") if self.info.bare_routes else route

    async def aclose(self) -> None:
        """Close all connections to it. Idempotent; whatever still runs ends with an UpstreamError."""
        self.closed = True
        await self.wire.aclose()

    async def _counted(self, route: str, body: dict[str, Any], model: UpstreamModelInfo) -> int | None:
        """Return tokens by `/tokenize`, in vLLM's dialect or llama-server's; None where there is none."""
        if self.dialect == "vllm":
            names = ("messages", "tools") if route == CHAT else ("prompt",)
            order = {name: body[name] for name in names if name in body}
            reply = await self.wire.fetch("POST", "/tokenize", {**order, "model": model.id}, seconds=_COUNT_SECONDS)
            return _count_of(reply.data, "count")
        if self.dialect != "llama.cpp":
            return None
        prompt = body.get("prompt")
        if route == CHAT:
            order = {name: body[name] for name in ("messages", "tools") if name in body}
            rendered = await self.wire.fetch("POST", "/apply-template", order, seconds=_COUNT_SECONDS)
            prompt = rendered.data.get("prompt") if isinstance(rendered.data, dict) else None
        if not isinstance(prompt, str):
            return None
        text = {"content": prompt, "add_special": True, "parse_special": True}
        tokens = (await self.wire.fetch("POST", "/tokenize", text, seconds=_COUNT_SECONDS)).data
        return len(tokens["tokens"]) if isinstance(tokens, dict) and isinstance(tokens.get("tokens"), list) else None

    def _event(self, data: bytes, answer: UpstreamAnswer) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise broken_reply("It sent something that is no JSON.", place=self.place) from error
        if error_line(event) is not None:
            problem = error_line(json.loads(answer.without_key(data)))
            raise broken_reply(problem or "It does not say why.", place=self.place)
        read: dict[str, Any] = event
        return read

    def _refusal(self, status: int, content: bytes, retry_after: str | None, model: UpstreamModelInfo) -> AppError:
        """Return the error for an answer that is no reply, having learnt from it."""
        error = refusal(status, content, retry_after, place=self.place, model=model.id)
        if isinstance(error, NoToolsError):
            model.tools = False
            why = f"{error.advice[:1].lower()}{error.advice[1:]}" or "its server does not say why."
            model.notes = [*(one for one in model.notes if not one.startswith(NO_TOOLS)), f"{NO_TOOLS}{why}"]
        if isinstance(error, NoImagesError):
            model.vision = False
        return error

    def _tell_dropped(self, names: list[str]) -> None:
        fresh = [name for name in names if name not in self._told_dropped]
        if fresh:
            self._told_dropped.update(fresh)
            logger.info("%s is not told %s: it has no such field", self.place, ", ".join(fresh))


_DIALECTS: dict[str, Dialect] = {
    "studiolo": "studiolo",
    "lm_studio": "lm_studio",
    "llama.cpp": "llama.cpp",
    "vllm": "vllm",
    "openai": "openai",
}


def may_work_elsewhere(error: AppError) -> bool:
    """Return whether what failed at one server may succeed at another."""
    return isinstance(error, UpstreamError | UpstreamBusyError)


def about(body: dict[str, Any]) -> int:
    """Return about how many tokens a request's prompt has."""
    prompt = body.get("messages") or body.get("prompt") or body.get("input")
    if isinstance(prompt, list) and prompt and all(isinstance(one, int) for one in prompt):
        return len(prompt)
    images = TokenDemand.of(body).images
    text = size_of(_without_images(prompt)) + size_of(body.get("tools"))
    return max(1, text // _BYTES_OF_TOKEN) + images


def _without_images(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_images(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_images(one) for one in value]
    return "" if isinstance(value, str) and value.startswith("data:") else value


def _count_of(data: Any, name: str) -> int | None:
    count = data.get(name) if isinstance(data, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
