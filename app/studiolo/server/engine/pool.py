"""Instances: which models are loaded, loading them when asked, noticing when one dies."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from studiolo.api.models import LlmConfig
from studiolo.errors import EngineError, NotFoundError, RequestError, UnsupportedError
from studiolo.server.engine.contract import Engine, EngineSettings, StartEngine
from studiolo.server.library.scan import Library, LibraryModel

logger = logging.getLogger(__name__)

_STEP = 0.01
"""Progress is told in steps of at least this much."""


@dataclass(frozen=True)
class LoadOptions:
    """What a request may say about how to load; None leaves it to the defaults."""

    context_length: int | None = None
    eval_batch_size: int | None = None
    flash_attention: bool | None = None
    offload_kv_cache_to_gpu: bool = True


@dataclass(frozen=True)
class Instance:
    """A loaded model. `load_seconds` is how long that took."""

    id: str
    model: LibraryModel
    engine: Engine
    load_seconds: float

    @property
    def config(self) -> LlmConfig:
        return self.engine.config


@dataclass
class Loading:
    """A load under way, shared by everyone who wants its result. When nobody does any more, it is given up."""

    id: str
    model: LibraryModel
    fraction: float = 0.0
    _waiters: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[Instance] | None" = None

    def on_progress(self, fraction: float) -> None:
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
        """The result, after `progress` has ended."""
        assert self.task
        return self.task.result()


class Pool:
    """The instances of one server. Instance ids are the model's key, or `key:2` for a second one."""

    def __init__(self, library: Library, start: StartEngine, *, default_context_length: int) -> None:
        self._library = library
        self._start = start
        self._default_context_length = default_context_length
        self._instances: dict[str, Instance] = {}
        self._loadings: dict[str, Loading] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def instances(self) -> list[Instance]:
        return list(self._instances.values())

    async def models(self) -> list[LibraryModel]:
        """Every model on disk, broken ones too."""
        return await asyncio.to_thread(self._library.scan)

    async def find(self, name: str) -> Instance | LibraryModel:
        """What `name` means: an instance's id, or a model's key (without regard to case), loaded or not.

        Raises NotFoundError, or RequestError for a model whose file is broken.
        """
        return self._loaded(name) or await self.find_model(name)

    async def find_model(self, name: str) -> LibraryModel:
        """The model on disk that `name` means. Raises as `find` does."""
        model = await asyncio.to_thread(self._library.find, name)
        if model is None:
            raise NotFoundError(
                f"No model '{name}' is known here.",
                what="model",
                hint="GET /api/v1/models lists the models on disk.",
            )
        if model.error:
            raise RequestError(
                f"The model '{model.key}' can't be used: {model.error}", param="model", code="invalid_value"
            )
        return model

    def load(self, model: LibraryModel, options: LoadOptions, *, another: bool = False) -> Loading:
        """Begin to load, or join a load of the same model. another: make a new instance beside those there are."""
        if self._closed:
            raise RequestError("The server is stopping.")
        if not another and (loading := self._under_way(model)):
            return loading
        loading = Loading(self._free_id(model.key), model)
        self._loadings[loading.id] = loading
        loading.task = asyncio.create_task(self._load(loading, options), name=f"load {loading.id}")
        return loading

    async def unload(self, instance_id: str) -> None:
        """End an instance, or give up its load. Raises NotFoundError."""
        if loading := self._loadings.get(instance_id):
            assert loading.task
            loading.task.cancel()
            await asyncio.wait([loading.task])
            return
        instance = self._instances.pop(instance_id, None)
        if instance is None:
            raise NotFoundError(f"'{instance_id}' is not loaded.", what="instance", param="instance_id")
        await instance.engine.close()
        logger.info("unloaded %s", instance_id)

    async def aclose(self) -> None:
        """End everything. Whatever is being generated ends with an error of its own. Idempotent."""
        self._closed = True
        loads = [loading.task for loading in self._loadings.values() if loading.task]
        for task in loads:
            task.cancel()
        if loads:
            await asyncio.wait(loads)
        await asyncio.gather(*(instance.engine.close() for instance in self.instances))
        if self._watchers:
            await asyncio.wait(self._watchers)

    def _loaded(self, name: str) -> Instance | None:
        if exact := self._instances.get(name):
            return exact
        return next((item for item in self._instances.values() if item.model.key == name.lower()), None)

    def _under_way(self, model: LibraryModel) -> Loading | None:
        candidates = (item for item in self._loadings.values() if item.model.path == model.path)
        return next((item for item in candidates if item.task and not item.task.cancelling()), None)

    def _free_id(self, key: str) -> str:
        taken = self._instances.keys() | self._loadings.keys()
        number = 1
        while (name := key if number == 1 else f"{key}:{number}") in taken:
            number += 1
        return name

    async def _load(self, loading: Loading, options: LoadOptions) -> Instance:
        began = time.monotonic()
        try:
            engine = await self._start(self._settings(loading.model, options), loading.on_progress)
        finally:
            del self._loadings[loading.id]
        instance = Instance(loading.id, loading.model, engine, time.monotonic() - began)
        self._instances[instance.id] = instance
        watcher = asyncio.create_task(self._watch(instance), name=f"watch {instance.id}")
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        logger.info("loaded %s in %.2f s (process %d)", instance.id, instance.load_seconds, engine.pid)
        return instance

    async def _watch(self, instance: Instance) -> None:
        await instance.engine.wait_closed()
        if self._instances.get(instance.id) is instance:
            del self._instances[instance.id]
            if not self._closed:
                logger.error("the process of %s ended by itself", instance.id)
        await instance.engine.close()

    def _settings(self, model: LibraryModel, options: LoadOptions) -> EngineSettings:
        limit = model.max_context_length or self._default_context_length
        wanted = options.context_length or min(self._default_context_length, limit)
        if wanted > limit:
            raise RequestError(
                f"'{model.key}' has a context of at most {limit} tokens; {wanted} were asked for.",
                param="context_length",
                code="invalid_value",
            )
        if model.architecture is None:
            raise UnsupportedError(f"The file of '{model.key}' does not say which architecture it has.", param="model")
        return EngineSettings(
            model=model.path,
            size_bytes=model.size_bytes,
            context_length=wanted,
            mmproj=model.mmproj,
            embedding=model.kind == "embedding",
            eval_batch_size=options.eval_batch_size,
            flash_attention=options.flash_attention,
            offload_kv_cache_to_gpu=options.offload_kv_cache_to_gpu,
        )
