"""A context that nobody chose, made longer: how long it has to be for a request, and the way there.

The model is loaded again, under the same name, once whatever else it answers is answered; who comes meanwhile waits.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import psutil

from studiolo.errors import AppError, ContextOverflowError, EngineError
from studiolo.server.apart import apart
from studiolo.server.engine.context_budget import TokenDemand
from studiolo.server.engine.contract import CHAT, COMPLETIONS, EngineSettings
from studiolo.server.engine.instance import Instance, Loading
from studiolo.server.engine.memory import EngineHost, automatic_context, placed

logger = logging.getLogger(__name__)

_STEP = 256
_ROOM = 64
"""Tokens of a reply without which a prompt does not count as fitting."""
_USUAL_REPLY = 2048
"""Tokens that are made room for where a request sets no limit, or one beyond."""


@dataclass(eq=False)
class _Growth:
    """An instance on its way. loaded: of its model, from 0 to 1; less before the load begins."""

    instance: Instance
    loaded: float = -1.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, loaded: float) -> None:
        self.loaded = loaded
        self._changed.set()

    async def progress(self, until: "asyncio.Task[Instance]") -> AsyncGenerator[float, None]:
        told = -1.0
        until.add_done_callback(lambda _: self._changed.set())
        while not until.done():
            self._changed.clear()
            if self.loaded > told:
                told = self.loaded
                yield told
            else:
                await self._changed.wait()


class Growing:
    """Instances on their way to a longer context.

    wanted: whether the settings have it so. working: holds an instance for as long as it is used. end: ends one.
    again: begins to load its model once more. host: what they are loaded on.
    """

    def __init__(
        self,
        wanted: Callable[[], bool],
        working: Callable[[Instance], AbstractContextManager[None]],
        end: Callable[[Instance], Awaitable[None]],
        again: Callable[[Instance, EngineSettings], Loading],
        host: EngineHost,
    ) -> None:
        self._wanted = wanted
        self._working = working
        self._end = end
        self._again = again
        self._host = host
        self._under_way: dict[asyncio.Task[Instance], _Growth] = {}

    @property
    def instances(self) -> list[Instance]:
        """Return those in whose place another one will answer soon, also while there is none in between."""
        return [growth.instance for growth in self._under_way.values()]

    async def give_up(self, instance_id: str) -> bool:
        """Load no other instance in the place of one; return whether that was under way."""
        tasks = [task for task, growth in self._under_way.items() if growth.instance.id == instance_id]
        await self._cancel(tasks)
        return bool(tasks)

    async def progress(self, instance: Instance) -> AsyncGenerator[float, None]:
        """Yield how much of the model is loaded again in its place, rising from 0 to 1; nothing where it stays."""
        if (task := instance.successor) and (growth := self._under_way.get(task)):
            async with aclosing(growth.progress(task)) as progress:
                async for loaded in progress:
                    yield loaded

    def latest(self, instance: Instance) -> Instance:
        """Return the last one that was loaded in the place of an instance, maybe itself; it may have ended by now."""
        while (task := instance.successor) and task.done() and not task.cancelled() and not task.exception():
            instance = task.result()
        return instance

    async def settled(self, instance: Instance) -> Instance:
        """Return the instance that answers in its place by now, once it is loaded.

        Raises what kept it from being loaded.
        """
        while successor := instance.successor:
            if not successor.done():
                await asyncio.wait([successor])
            if successor.cancelled():
                raise EngineError(f"'{instance.id}' was unloaded.", hint="Ask again to load it anew.")
            instance = successor.result()
        return instance

    async def larger(
        self, instance: Instance, route: str, body: dict[str, Any], error: ContextOverflowError
    ) -> Instance | None:
        """Return the instance that answers a request which `instance` refused with `error`, once it is loaded.

        None where no context that it could have is long enough, or it is not to have another. Raises AppErrors of
        loading it.
        """
        return await self.settled(instance) if await self.begin(instance, route, body, error) else None

    async def begin(self, instance: Instance, route: str, body: dict[str, Any], error: ContextOverflowError) -> bool:
        """Have a request that `instance` refused with `error` answered by another one, where there may be one.

        Returns whether there soon is: `settled` waits for it.
        """
        if not (instance.settings.automatic and self._wanted()):
            return False
        if instance.successor is None:
            with self._working(instance):
                context = await longer_context(instance, route, body, error, self._host)
            if context is None:
                return False
            # Another request may have come to this while its tokens were counted.
            if instance.successor is None:
                self._start(instance, context, error)
        return True

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._cancel(list(self._under_way))

    async def _cancel(self, tasks: list[asyncio.Task[Instance]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _start(self, instance: Instance, context: int, error: ContextOverflowError) -> None:
        logger.info(
            "a request does not fit (%d tokens or more): %s is loaded again with a context of %d tokens in place of %d",
            *(error.prompt_tokens, instance.id, context, instance.settings.context_length),
        )
        growth = _Growth(instance)
        instance.successor = asyncio.create_task(self._grow(growth, context), name=f"grow {instance.id}")
        self._under_way[instance.successor] = growth
        instance.successor.add_done_callback(self._grown)

    async def _grow(self, growth: _Growth, context: int) -> Instance:
        instance = growth.instance
        while instance.busy:
            instance.rested.clear()
            await instance.rested.wait()
        await self._end(instance)
        try:
            larger = await self._load(growth, replace(instance.settings, context_length=context))
        except AppError as error:
            logger.warning("%s could not be loaded with a longer context: %s", instance.id, error)
            larger = await self._load(growth, replace(instance.settings, automatic=False))
        larger.ttl = instance.ttl
        return larger

    async def _load(self, growth: _Growth, settings: EngineSettings) -> Instance:
        loading = self._again(growth.instance, settings)
        async with aclosing(loading.progress()) as progress:
            async for loaded in progress:
                growth.note(loaded)
        return loading.instance()

    def _grown(self, task: "asyncio.Task[Instance]") -> None:
        del self._under_way[task]
        if not task.cancelled() and (error := task.exception()):
            logger.warning("a model that was to have a longer context is not loaded any more: %s", error)


async def longer_context(
    instance: Instance, route: str, body: dict[str, Any], error: ContextOverflowError, host: EngineHost
) -> int | None:
    """Return tokens of the context that `instance` has to be loaded with for a request that it refused with `error`.

    Twice what it has where that is enough, so that a conversation which grows does not have it loaded again each time;
    None where the model or the memory does not allow what is needed. Raises as Instance.longest does.
    """
    most, now = instance.model.max_context_length, instance.settings.context_length
    need = await apart(lambda: TokenDemand.of(body))
    if most <= now or max(need.least, error.prompt_tokens) >= most:
        return None
    prompt = error.prompt_tokens
    if route in (CHAT, COMPLETIONS):
        # What the error tells may be less: a prompt that can't fit at all is not counted to its end.
        prompt = await instance.longest(route, body) + need.images
    reply = body.get("max_tokens")
    reply = min(reply, _USUAL_REPLY) if isinstance(reply, int) and reply > 0 else _USUAL_REPLY
    if prompt + _ROOM > most:
        return None
    held = placed(instance.model, instance.settings, host).in_ram
    wanted = min(most, max(_in_steps(prompt + _ROOM + reply), 2 * now))
    longer = automatic_context(instance.model, instance.settings, wanted, host, held)
    if longer > prompt + _ROOM:
        return longer
    # Closer to the end of the memory than anybody is put unasked, but here there is a reason.
    least = min(most, _in_steps(prompt + _ROOM))
    needed = placed(instance.model, replace(instance.settings, context_length=least), host).in_ram
    return least if needed <= psutil.virtual_memory().available + held else None


def _in_steps(tokens: int) -> int:
    return -(-tokens // _STEP) * _STEP
