"""A loaded model, and one that is being loaded."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from studiolo.api.load_dials import LoadDials
from studiolo.api.models import LlmConfig, Sampling
from studiolo.errors import AppError, BusyError, EngineError
from studiolo.server.apart import apart
from studiolo.server.engine.build import fingerprint
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.context_budget import (
    CellsTakenError,
    ContextBudget,
    TokenDemand,
    context_is_shared,
    context_overflow,
)
from studiolo.server.engine.contract import CHAT, TEMPLATE, Engine, EngineSettings
from studiolo.server.engine.conversation import Demands, takes_turns
from studiolo.server.engine.endings import with_context_told
from studiolo.server.engine.strangers import has_strangers, without_marks
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.special_tokens import SpecialTokens, Vocabularies

_STEP = 0.01
"""Progress is told in steps of at least this much."""
_AHEAD = 32
"""Cells that the engine may take beyond the tokens of a reply that were read."""
_ATTEMPTS = 8
"""How often a request may be displaced before it began to answer."""
_MOMENT = 0.05
"""Seconds: so long, at first, the engine is given to free the cells of replies that have ended."""
_PATIENCE = 6.0
"""Seconds that it is given altogether: on a busy machine it takes some to come to it."""


@dataclass(frozen=True)
class LoadOptions:
    """How to load; None leaves it to the defaults.

    dials: what is chosen. just_in_time: a request loads it in passing, so it goes again when idle. identifier: the
    instance's id, where it is not to be the model's key.
    """

    dials: LoadDials = field(default_factory=LoadDials)
    just_in_time: bool = False
    identifier: str | None = None


@dataclass(eq=False)
class Instance:
    """A loaded model. `load_seconds` is how long that took; `busy` counts the requests that use it.

    `ttl`: seconds of idleness that it is allowed, None for the setting's; `leaving`: it ends when it is idle;
    `number`: that of its load; `awaited`: the request that it was loaded for is still to come; `ended`: it is unloaded.
    """

    id: str
    model: LibraryModel
    number: int
    engine: Engine
    settings: EngineSettings
    load_seconds: float
    just_in_time: bool
    ttl: float | None = None
    busy: int = 0
    unload_when_idle: bool = False
    reserved_for_request: bool = False
    ended: bool = False
    last_used: float = field(default_factory=time.monotonic)
    sampling: Callable[[], Sampling] = Sampling
    """What is in force where a request says nothing."""
    cells: ContextBudget = field(init=False)
    rested: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the last of the requests that used it has ended."""
    successor: "asyncio.Task[Instance] | None" = None
    """It is loaded again with a longer context: who comes now waits for that."""
    _clock: asyncio.TimerHandle | None = None
    _demands: Demands | None = None
    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    _special: SpecialTokens | None = None

    def __post_init__(self) -> None:
        self.cells = ContextBudget(self.settings.total_context)

    @property
    def config(self) -> LlmConfig:
        """Return the settings that the model was loaded with in the end."""
        return self.engine.config

    @property
    def remaining_ttl_seconds(self) -> int | None:
        """Return seconds until it is unloaded for being idle; None while it works or if it stays."""
        if self.idle_until is None:
            return None
        return max(0, round(self.idle_until - asyncio.get_running_loop().time()))

    @property
    def idle_until(self) -> float | None:
        """Return when the instance is unloaded for being idle, by the event loop's clock.

        It is None while it works or if it stays.
        """
        return self._clock.when() if self._clock else None

    async def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """Yield the engine's chunks, as Engine.stream gives them, once there is room for what `body` asks.

        A request that has to give way to others begins again if nothing of its reply was read; else it ends with
        BusyError. One that would not fit if it were alone is refused before it waits: ContextOverflowError.
        A reply that ends because its context is full has the finish_reason CONTEXT_FULL.
        """
        async with aclosing(self._stream(route, body)) as chunks:
            async for chunk in with_context_told(chunks, body.get("max_tokens")):
                yield chunk

    async def _stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        body = self.sampling().said | await self._fitted(route, body)
        need = await apart(lambda: TokenDemand.of(body))
        need.check(self.settings.context_length)
        if need.prompts > 1:
            body = await self._with_shares(route, body, need.prompts)
            need = await apart(lambda: TokenDemand.of(body))
        if not self.cells.fits_now(need):
            need = replace(need, text=await self._counted(route, body))
        opened = False
        refusal: AppError = context_is_shared()
        attempts, pause, deadline = 0, _MOMENT, None
        while attempts < _ATTEMPTS:
            async with self.cells.claim(need) as claim, aclosing(self.engine.stream(route, body)) as chunks:
                try:
                    async for chunk in chunks:
                        self.cells.observe(claim, chunk)
                        if claim.displaced:
                            break
                        if chunk.opens:
                            if opened:
                                continue
                            opened = True
                        yield chunk
                    else:
                        return
                except BusyError:
                    if claim.generated:
                        raise
                except CellsTakenError as error:
                    claim.refused = True
                    refusal, now = error, time.monotonic()
                    deadline = deadline or now + _PATIENCE
                    if now >= deadline:
                        break
                    await self.cells.wait_for_release(min(pause, deadline - now))
                    pause *= 2
                    continue
            if claim.generated:
                break
            attempts += 1
            need = replace(need, text=claim.prompt, images=0)
        raise refusal

    async def _with_shares(self, route: str, body: dict[str, Any], prompts: int) -> dict[str, Any]:
        """The request with a limit for each of its replies, such that those under way at once fit the context.

        Without one they would fill it together, and the engine would fail them all.
        """
        if self.settings.unified_cache is False:
            return body
        at_once = min(prompts, self.settings.parallel)
        share = self.settings.context_length // at_once - _AHEAD - await self.longest(route, body)
        limit = body.get("max_tokens")
        if share < 1 or (isinstance(limit, int) and 0 < limit <= share):
            return body
        return {**body, "max_tokens": share}

    @property
    def fingerprint(self) -> str:
        """Return what answers of the engine's build have in common."""
        return fingerprint()

    @property
    def forces_calls(self) -> bool:
        """Return that a call which a request insists on is forced by a grammar: the engine takes one."""
        return True

    async def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a route that has no stream.

        Raises as Engine.ask does, and ContextOverflowError for what can't fit, before the engine is asked.
        """
        need = await apart(lambda: TokenDemand.of(body))
        need.check(self.settings.context_length)
        return await self.engine.ask(route, body)

    async def count(self, route: str, body: dict[str, Any]) -> int:
        """Return tokens of the prompt that `stream` would begin with, without its images.

        Raises as Engine.count does, and ContextOverflowError for a prompt that can't fit.
        """
        need = await apart(lambda: TokenDemand.of(body))
        need.check(self.settings.context_length)
        return await self.engine.count(route, await self._fitted(route, body))

    async def _fitted(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """The request with its conversation as the model's template takes it, and no mark in what tools wrote."""
        if route == CHAT and await apart(lambda: has_strangers(body)):
            tokens, marked = await self.special_tokens(), body
            body = await apart(lambda: without_marks(marked, tokens))
        if route != CHAT or await apart(lambda: takes_turns(body["messages"])):
            return body
        if self._demands is None:
            self._demands = await Demands.of(lambda messages: self.engine.ask(TEMPLATE, {"messages": messages}))
        demands = self._demands
        return {**body, "messages": await apart(lambda: demands.fit(body["messages"]))}

    async def special_tokens(self) -> SpecialTokens:
        """Return those of the model's vocabulary. Raises GgufError where the file is not there to be read any more."""
        if self._special is None:
            self._special = await self.vocabularies.special_tokens(self.settings.model)
        return self._special

    async def _counted(self, route: str, body: dict[str, Any]) -> int:
        """Return tokens of the request's prompts together.

        Raises ContextOverflowError where one of them is too long.
        """
        counts = await self._counts(route, body)
        if max(counts) >= self.settings.context_length:
            raise context_overflow(max(counts), self.settings.context_length)
        return sum(counts)

    async def longest(self, route: str, body: dict[str, Any]) -> int:
        """Return tokens of the longest of the request's prompts, without its images. Raises as Engine.count does."""
        return max(await self._counts(route, await self._fitted(route, body)))

    async def _counts(self, route: str, body: dict[str, Any]) -> list[int]:
        prompt = body.get("prompt")
        several = isinstance(prompt, list) and not all(isinstance(token, int) for token in prompt)
        each = [{**body, "prompt": one} for one in prompt] if several and prompt else [body]
        return [await self.engine.count(route, one) for one in each]

    def start_clock(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` in so many seconds, in place of whatever the clock was to call before."""
        self.stop_clock()
        self._clock = asyncio.get_running_loop().call_later(seconds, then)

    def stop_clock(self) -> None:
        """Stop the clock, if it runs: nothing is called."""
        if self._clock:
            self._clock.cancel()
            self._clock = None


@dataclass(eq=False)
class Loading:
    """A load under way, shared by everyone who wants its result. When nobody does any more, it is given up.

    number: later loads have higher ones.
    """

    id: str
    model: LibraryModel
    number: int
    just_in_time: bool
    fraction: float = 0.0
    task: "asyncio.Task[Instance] | None" = None
    _waiters: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_progress(self, fraction: float) -> None:
        """Note how much is loaded, from 0 to 1; those who wait are woken only for a step that is worth telling."""
        if fraction >= self.fraction + _STEP:
            self.fraction = fraction
            self._changed.set()

    async def progress(self) -> AsyncGenerator[float, None]:
        """Yield the fraction loaded, rising, until the load is done; raise what made it fail.

        Close the iterator (contextlib.aclosing) when leaving early: that is how the load learns who still waits.
        """
        assert self.task
        task = self.task
        self._waiters += 1
        told = -_STEP
        try:
            while not task.done():
                if self.fraction >= told + _STEP:
                    told = self.fraction
                    yield told
                    continue
                self._changed.clear()
                change = asyncio.ensure_future(self._changed.wait())
                try:
                    await asyncio.wait([task, change], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    change.cancel()
            if task.cancelled():
                raise EngineError(f"The load of '{self.id}' was given up.", hint="Ask again to load it anew.")
            task.result()
        finally:
            self._waiters -= 1
            if not self._waiters and not task.done():
                task.cancel()

    def instance(self) -> Instance:
        """Return the result, after `progress` has ended."""
        assert self.task
        return self.task.result()
