"""A request to a model, in whichever dialect: find it, load it if need be, ask it, note how it went."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from studiolo.api.chat import CONTEXT_FULL, ContextOverflow
from studiolo.api.load_dials import LoadDials
from studiolo.errors import ContextOverflowError, NotFoundError, RequestError
from studiolo.server.apart import apart
from studiolo.server.chat.forced_call import ForcedCall, callable_names, force_call
from studiolo.server.chat.overflow import ContextCut, check_reply_room, shortened
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.instance import Instance, Loading, LoadOptions
from studiolo.server.engine.pool import InstancePool
from studiolo.server.engine.serving import ServingInstance
from studiolo.server.engine.strangers import tools_without_marks
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.served import ServedModel
from studiolo.server.request_log import note, note_reply, note_usage

logger = logging.getLogger(__name__)


class ModelLoading(NamedTuple):
    """How much of a model is loaded, from 0 to 1, told among the chunks of a reply that has not begun."""

    instance_id: str
    fraction: float


class Inference:
    """A model that can be asked, loaded or not yet, and as often as a reply with tools takes."""

    def __init__(
        self,
        pool: InstancePool,
        target: ServingInstance | LibraryModel,
        ttl: float | None,
        context_length: int | None,
        overflow: ContextOverflow,
    ) -> None:
        """See `prepare`."""
        self._overflow = overflow
        self._pool = pool
        self._target = target
        self._ttl = ttl
        self._options = LoadOptions(LoadDials(context_length=context_length), just_in_time=True)
        self.context_length: int | None = None
        """Tokens: that of the instance which answers, once it does and where it is known."""
        self._loading: Loading | None = None
        self._name = ""
        """The instance that answers."""
        self._fingerprint: dict[str, str] = {}
        self.context_full = False
        """Whether a reply ended because there was no more room."""

    @classmethod
    async def prepare(
        cls,
        pool: InstancePool,
        name: str,
        *,
        kind: Literal["llm", "embedding"] = "llm",
        ttl: float | None = None,
        context_length: int | None = None,
        exact: bool = False,
        overflow: ContextOverflow | None = None,
    ) -> "Inference":
        """Find the model that a request names, or the only one that is loaded to chat, where the name is not known.

        Programs come with names of other servers in them.

        Args:
            pool: The instances and the library to look in.
            name: The model's key or an instance's id, as the request has it.
            kind: What the model has to be good for.
            ttl: Seconds of idleness that the request grants the model; None is the settings' choice.
            context_length: Tokens, where the model has to be loaded; None is the settings' choice.
            exact: Whether a name that is not known is refused.
            overflow: What becomes of a chat that is too long; None is the settings' choice.

        Raises:
            NotFoundError: No model has the name, and none stands in for it.
            RequestError: The model is one of another kind.
        """
        target = await (find_for_request(pool, name) if exact else _meant(pool, name, kind))
        inference = cls(pool, target, ttl, context_length, overflow or pool.context_overflow)
        if inference.model.kind != kind:
            what = "an embedding model: it can't chat" if kind == "llm" else "not an embedding model"
            raise RequestError(f"'{inference.model.key}' is {what}.", param="model", code="invalid_value")
        return inference

    @property
    def model(self) -> ServedModel:
        """Return the model, whether it is loaded yet or not, here or elsewhere."""
        return self._target if isinstance(self._target, LibraryModel) else self._target.model

    @property
    def instance(self) -> ServingInstance | None:
        """Return who answers, or answered last; None where the model is still to be loaded."""
        return None if isinstance(self._target, LibraryModel) else self._target

    def begin_load(self) -> Loading | None:
        """Begin to load the model; None where it is loaded. Raises RequestError where it can't be.

        Whoever is asked meanwhile waits for it.
        """
        if not isinstance(self._target, LibraryModel):
            return None
        if self._loading is None:
            self._loading = self._pool.load(self._target, self._options)
        return self._loading

    async def load(self) -> AsyncGenerator[ModelLoading, None]:
        """Have the model loaded, which may be so by now, and yield how far it is. Raises what makes it fail."""
        if isinstance(self._target, Instance):
            self._target = instance = self._pool.growing.latest(self._target)
            if instance.ended and instance.successor is None:
                # It was idle or gave way to another since it was found: tools take their time between two rounds.
                self._target = await self._pool.find(instance.model.key)
        elif not isinstance(self._target, LibraryModel) and self._target.ended:
            self._target = await self._pool.find(self._target.id)
        if loading := self.begin_load():
            async with aclosing(loading.progress()) as progress:
                async for fraction in progress:
                    yield ModelLoading(loading.id, fraction)
            self._target, self._loading = loading.instance(), None

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[ServingInstance]:
        """Yield the instance, loaded and held for as long as the context lasts."""
        async with aclosing(self.load()) as loading:
            async for _ in loading:
                pass
        instance = await self._settled()
        with self._pool.in_use(instance, ttl=self._ttl):
            yield instance

    async def watch(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk | ModelLoading | ContextCut, None]:
        """Yield the engine's chunks as they are, and before them how far a model is that is loaded for them.

        Where the prompt is too long for the instance, the model is loaded again with a longer context, if it can have
        one; else messages of a chat are left out, where that is wanted. Raises as Instance.stream does.
        """
        async with aclosing(self.load()) as loading:
            async for step in loading:
                yield step
        begun, shorten = False, self._overflow != "stop" and route == CHAT
        while True:
            if isinstance(self._target, Instance):
                async with aclosing(self._pool.growing.progress(self._target)) as growth:
                    async for fraction in growth:
                        yield ModelLoading(self._target.id, fraction)
            instance = await self._settled()
            try:
                with self._pool.in_use(instance, ttl=self._ttl):
                    if shorten and isinstance(instance, Instance):
                        await check_reply_room(instance, body)
                    async with aclosing(instance.stream(route, body)) as chunks:
                        async for chunk in chunks:
                            begun = begun or chunk.progress is None
                            note_chunk(chunk)
                            yield chunk
                return
            except ContextOverflowError as error:
                # Each time the context is longer, or there is an end to it.
                if begun:
                    raise
                if isinstance(instance, Instance) and await self._pool.growing.begin(instance, route, body, error):
                    continue
                if not shorten or not instance.config.context_length:
                    raise
            with self._pool.in_use(instance, ttl=self._ttl):
                body, cut = await shortened(instance, body, self._overflow)
            shorten = False
            logger.info(
                "%d messages are left out of a conversation of %d tokens (%s): %s has a context of %d tokens",
                *(cut.messages, cut.prompt_tokens, cut.policy, instance.id, cut.context_length),
            )
            yield cut

    async def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """Yield the chunks as programs in OpenAI's dialect know them: under the instance's name, and text alone.

        A chat's first says whose turn it is: the engine says so only beside the prompt's progress, and programs wait
        for it. The engine does not tell how many of the tokens were reasoning: they are counted here, a delta being a
        token.
        """
        reasoning, opened = 0, route != CHAT
        async with aclosing(self.watch(route, body)) as chunks:
            async for chunk in chunks:
                if not isinstance(chunk, Chunk):
                    continue
                if chunk.ended_by(CONTEXT_FULL):
                    self.context_full = True
                    chunk = chunk.with_finish_reason(CONTEXT_FULL, "length")
                reasoning += sum([choice.reasoning is not None for choice in chunk.choices])
                if reasoning and chunk.usage:
                    chunk = chunk.with_reasoning_tokens(reasoning)
                if chunk.progress:
                    continue
                chunk = chunk.with_raw(model=self._name, **self._fingerprint)
                if not opened and chunk.choices:
                    opened = True
                    yield _opening(chunk)
                if not chunk.opens:
                    yield chunk

    async def chat(self, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """Yield the chunks of a chat completion. `tool_choice` is "auto", "none", "required", or names a function.

        A call that is required is forced by a grammar, whatever the model's template knows of tools.
        """
        translator = ForcedCall(callable_names(body)) if self._forces_call(body) else None
        async with aclosing(self.stream(CHAT, await self._chat_order(body))) as chunks:
            async for chunk in chunks:
                turned = translator.feed(chunk) if translator else chunk
                if not translator or turned.usage or any(choice.says_something for choice in turned.choices):
                    yield turned

    async def count(self, body: dict[str, Any]) -> int:
        """Return tokens of the prompt that `chat` would begin with; images are not counted."""
        order = await self._chat_order(body)
        async with self.in_use() as instance:
            return await instance.count(CHAT, order)

    async def request(self, route: str, body: dict[str, Any]) -> tuple[ServingInstance, dict[str, Any]]:
        """Return the answer of a route without a stream, and who gave it."""
        while True:
            async with self.in_use() as instance:
                try:
                    return instance, await instance.ask(route, body)
                except ContextOverflowError as error:
                    if not isinstance(instance, Instance):
                        raise
                    refusal = error
            larger = await self._pool.growing.larger(instance, route, body, refusal)
            if larger is None:
                raise refusal
            self._target = larger

    async def _chat_order(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self._forces_call(body):
            return body
        knows_tools = self.model.capabilities.trained_for_tool_use
        if not knows_tools:
            # They become words of the system's, in which nobody looks for marks any more.
            tokens = await self._pool.vocabularies.special_tokens(self._file)
            body = {**body, "tools": await apart(lambda: tools_without_marks(body["tools"], tokens))}
        return force_call(body, knows_tools=knows_tools)

    @property
    def _file(self) -> Path:
        """The model's file, of one of this machine."""
        model = self._target if isinstance(self._target, LibraryModel) else self._target.model
        assert isinstance(model, LibraryModel)
        return model.path

    def _forces_call(self, body: dict[str, Any]) -> bool:
        """Whether a request insists on a call, and it is forced here."""
        forced = body.get("tool_choice") not in (None, "auto", "none")
        return forced and (isinstance(self._target, LibraryModel) or self._target.forces_calls)

    async def _settled(self) -> ServingInstance:
        """Return the instance that answers now, which may be the successor of the one that was found."""
        assert not isinstance(self._target, LibraryModel)
        if isinstance(self._target, Instance):
            self._target = await self._pool.growing.settled(self._target)
        instance = self._target
        self.context_length = instance.config.context_length or None
        self._name = instance.id
        self._fingerprint = {"system_fingerprint": instance.fingerprint} if instance.fingerprint else {}
        return instance


def _opening(chunk: Chunk) -> Chunk:
    """Return the chunk that goes before a chat's first."""
    told = {key: value for key, value in chunk.raw.items() if key not in ("usage", "timings")}
    delta = {"role": "assistant", "content": ""}
    return Chunk.of(told | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


async def _meant(pool: InstancePool, name: str, kind: Literal["llm", "embedding"]) -> ServingInstance | LibraryModel:
    try:
        return await find_for_request(pool, name)
    except NotFoundError:
        # Not for embeddings: vectors of another model look right and compare with nothing.
        if kind == "llm" and (instance := pool.only_chat_model):
            return instance
        raise


async def find_for_request(pool: InstancePool, name: str) -> ServingInstance | LibraryModel:
    """Return what `name` means to a request that runs a model. Raises as Pool.find does."""
    try:
        return await pool.find(name)
    except NotFoundError as error:
        # Chat names a missing model by its code, loading by its type (spec section 5).
        error.param, error.code = "model", "model_not_found"
        raise


def note_chunk(chunk: Chunk) -> None:
    """Note what the request log keeps of a completion: its text, and the counts of the engine's own last chunk."""
    for choice in chunk.choices:
        note_reply(choice.text or "")
    if usage := chunk.usage:
        tells = "prompt_tokens_details" in chunk.raw["usage"]
        note_usage(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens if tells else None)
        if timings := chunk.timings:
            note(
                time_to_first_token_seconds=round(timings.prompt_ms / 1000, 4),
                tokens_per_second=round(timings.predicted_per_second, 2),
            )
