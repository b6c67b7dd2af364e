"""Instances: which models are loaded, loading them when asked, letting them go, noticing when one dies."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from studiolo.api.chat import ContextOverflow
from studiolo.api.models import MemoryEstimate, Sampling
from studiolo.api.settings import ServerSettings
from studiolo.errors import EngineError, NotFoundError, RequestError
from studiolo.server.engine.contract import EngineSettings, StartEngine
from studiolo.server.engine.growing import Growing
from studiolo.server.engine.instance import Instance, Loading, LoadOptions
from studiolo.server.engine.load_settings import engine_settings, with_template
from studiolo.server.engine.memory import EngineHost, check_room, estimate, needed_bytes
from studiolo.server.engine.model_files import with_files
from studiolo.server.engine.refusals import model_in_use, model_not_loaded, unknown_model
from studiolo.server.engine.serving import RemoteModels, ServingInstance
from studiolo.server.library.sampling import USUAL
from studiolo.server.library.scan import Library, LibraryModel
from studiolo.server.library.special_tokens import Vocabularies
from studiolo.server.request_log import note

logger = logging.getLogger(__name__)


class InstancePool:
    """The instances of one server. Instance ids are the model's key, `key:2` for a second one, or as was asked.

    settings: the settings in force, asked each time, since they change live. on_use: hears of each use of a model's
    file, in a thread. recommended: what the maker of a model recommends, by its key. host: what they are loaded
    on. measured: hears of each load, with the process that holds it, in a thread. claim_seconds: so long a model that
    was loaded for a request waits for it to come. remote: the models of other machines; what is here goes before.
    """

    def __init__(
        self,
        library: Library,
        start: StartEngine,
        settings: Callable[[], ServerSettings],
        on_use: Callable[[Path], None] = lambda _: None,
        recommended: Callable[[str], Sampling] = lambda _: Sampling(),
        *,
        host: EngineHost | None = None,
        measured: Callable[[LibraryModel, EngineSettings, int], None] = lambda _model, _settings, _pid: None,
        claim_seconds: float = 10.0,
        remote: RemoteModels | None = None,
    ) -> None:
        self._remote = remote
        self.claim_seconds = claim_seconds
        self.host = host or EngineHost()
        self._measured = measured
        self._library = library
        self._start = start
        self._settings = settings
        self._on_use = on_use
        self._recommended = recommended
        self._instances: dict[str, Instance] = {}
        self._loadings: dict[str, Loading] = {}
        self._numbers = count()
        self._background: set[asyncio.Task[None]] = set()
        self.vocabularies = Vocabularies()
        self.growing = Growing(
            lambda: self._settings().grow_context, self.in_use, self._replace, self._again, self.host
        )
        self._closed = False

    @property
    def instances(self) -> list[Instance]:
        """Return all loaded instances, in the order in which they were loaded."""
        return list(self._instances.values())

    @property
    def loadings(self) -> list[Loading]:
        """Return the loads under way."""
        return list(self._loadings.values())

    @property
    def just_in_time(self) -> bool:
        """Return whether a request may load the model that it names."""
        return self._settings().just_in_time_loading

    @property
    def context_overflow(self) -> ContextOverflow:
        """Return what becomes of a chat that is too long, where a request does not say."""
        return self._settings().context_overflow

    @property
    def only_chat_model(self) -> ServingInstance | None:
        """Return the one that answers to a name nobody knows, if the settings have it so.

        What is loaded, if it is one; where nothing is, what another machine has, if it is one.
        """
        if not self._settings().answer_to_any_name:
            return None
        items = {item.id: item for item in (*self.growing.instances, *self._instances.values())}
        here: list[ServingInstance] = [instance for instance in items.values() if instance.model.kind == "llm"]
        chatting = here or [instance for instance in self.remote_instances() if instance.model.kind == "llm"]
        return chatting[0] if len(chatting) == 1 else None

    def remote_instances(self, here: Collection[str] = ()) -> Sequence[ServingInstance]:
        """Return the models of other machines, as RemoteModels.listed does."""
        return self._remote.listed(here) if self._remote else ()

    async def models(self) -> list[LibraryModel]:
        """Return every model on disk, broken ones too."""
        return await asyncio.to_thread(self._library.scan)

    async def find(self, name: str) -> ServingInstance | LibraryModel:
        """Return what `name` means, on this machine or, where it means nothing here, on another one.

        Raises as `find_here` does.
        """
        try:
            return await self.find_here(name)
        except NotFoundError:
            if remote := self._remote.find(name) if self._remote else None:
                return remote
            raise

    async def find_here(self, name: str) -> Instance | LibraryModel:
        """Return what `name` means: an instance's id, or a model's key (without regard to case), loaded or not.

        Raises NotFoundError, or RequestError for a model whose file is broken or that may not be loaded just in time.
        """
        if instance := self._loaded(name):
            return instance
        model = await self.find_model(name)
        if instance := self._loaded(model.key):
            return instance
        if not self.just_in_time:
            raise model_not_loaded(model)
        return model

    async def find_model(self, name: str) -> LibraryModel:
        """Return the model on disk that `name` means. Raises as `find` does."""
        model = await asyncio.to_thread(self._library.find, name)
        if model is None:
            raise unknown_model(name, elsewhere=bool(self._remote and self._remote.find(name)))
        if model.error:
            raise RequestError(
                f"The model '{model.key}' can't be used: {model.error}", param="model", code="invalid_value"
            )
        return with_template(model, self._settings().defaults_of(model.key).chat_template)

    def ensure_not_loaded(self, model: LibraryModel) -> None:
        """Raise RequestError for a model that is loaded or about to be. Safe from any thread."""
        items: list[Loading | Instance] = [*self._loadings.values(), *self._instances.values()]
        if users := [item.id for item in items if item.model.path == model.path]:
            raise model_in_use(model, users)

    def load(self, model: LibraryModel, options: LoadOptions) -> Loading:
        """Begin to load. A load just in time joins one of the same model that is under way."""
        if self._closed:
            raise RequestError("The server is stopping.")
        if options.just_in_time and (loading := self._under_way(model)):
            return loading
        if options.identifier in self._taken():
            raise RequestError(
                f"'{options.identifier}' is loaded already.",
                param="identifier",
                code="invalid_value",
                hint="Choose another.",
            )
        model = with_template(model, options.dials.chat_template)
        evicted = self._evictable(model) if options.just_in_time and self._settings().keep_last_only else []
        evictable = sum(needed_bytes(item.model, item.settings) for item in evicted)
        settings = engine_settings(model, options, self._settings(), self.host, evictable)
        if self._settings().refuse_beyond_memory:
            check_room(model, settings, self.host, evictable)
        name = self._free_id(options.identifier or model.key)
        return self._begin(name, model, settings, evicted, just_in_time=options.just_in_time)

    def _begin(
        self, name: str, model: LibraryModel, settings: EngineSettings, evicted: list[Instance], *, just_in_time: bool
    ) -> Loading:
        loading = Loading(name, model, next(self._numbers), just_in_time)
        self._loadings[loading.id] = loading
        loading.task = asyncio.create_task(self._load(loading, settings, evicted), name=f"load {loading.id}")
        return loading

    def _again(self, instance: Instance, settings: EngineSettings) -> Loading:
        if self._closed:
            raise EngineError("The server is stopping.")
        name = self._free_id(instance.id)
        return self._begin(name, instance.model, settings, [], just_in_time=instance.just_in_time)

    async def estimate(self, model: LibraryModel, options: LoadOptions) -> MemoryEstimate:
        """Return what a load would take. Raises as `load`, and as `model_files.with_files` does."""
        settings = engine_settings(model, options, self._settings(), self.host)
        settings = await asyncio.to_thread(with_files, model, settings, self._library)
        return await asyncio.to_thread(estimate, model, settings, self.host)

    def sampling(self, model: LibraryModel) -> Sampling:
        """Return what is in force for a model where a request says nothing.

        As its person chose, else its file, its maker.
        """
        own = self._settings().defaults_of(model.key).sampling or Sampling()
        return own.over(model.sampling).over(self._recommended(model.key)).over(USUAL)

    @contextmanager
    def in_use(self, instance: ServingInstance, *, ttl: float | None = None) -> Iterator[None]:
        """Hold `instance` for a request: it is not idle, and its clock starts anew afterwards.

        ttl: seconds that a request asks to keep an instance that was loaded just in time, from its own end on.
        """
        if not isinstance(instance, Instance):
            note(model=instance.id)  # What it takes, and how long it stays, is the other machine's to say.
            yield
            return
        note(model=instance.id, queue_position=max(0, instance.busy + 1 - instance.settings.parallel))
        instance.busy += 1
        instance.reserved_for_request = False
        instance.stop_clock()
        if ttl is not None and instance.just_in_time:
            instance.ttl = ttl
        try:
            yield
        finally:
            instance.busy -= 1
            instance.last_used = time.monotonic()
            self._note_use(instance.model)
            if not instance.busy:
                instance.rested.set()
                self._schedule_idle(instance)

    async def unload(self, instance_id: str) -> None:
        """End an instance, or give up its load. Raises NotFoundError."""
        given_up = await self.growing.give_up(instance_id)
        if loading := self._loadings.get(instance_id):
            assert loading.task
            loading.task.cancel()
            await asyncio.wait([loading.task])
            return
        instance = self._instances.get(instance_id)
        if instance is None and given_up:
            return
        if instance is None:
            raise NotFoundError(f"'{instance_id[:200]}' is not loaded.", what="instance", param="instance_id")
        await self._end(instance)

    def settings_changed(self) -> None:
        """Wind the clocks of idle instances by the settings in force."""
        for instance in self.instances:
            if not instance.busy:
                self._schedule_idle(instance)

    async def aclose(self) -> None:
        """End everything. Whatever is being generated ends with an error of its own. Idempotent."""
        self._closed = True
        await self.growing.aclose()
        loads = [loading.task for loading in self._loadings.values() if loading.task]
        for task in loads:
            task.cancel()
        if loads:
            await asyncio.wait(loads)
        await asyncio.gather(*(self._end(instance) for instance in self.instances))
        if self._background:
            await asyncio.wait(self._background)
        if self._remote:
            await self._remote.aclose()

    def _note_use(self, model: LibraryModel) -> None:
        if not self._closed:
            self._spawn(asyncio.to_thread(self._on_use, model.path))

    def _loaded(self, name: str) -> Instance | None:
        # Who asks for one that is loaded again with a longer context waits for that, as Growing.settled does.
        items = {item.id: item for item in (*self.growing.instances, *self._instances.values())}
        if exact := items.get(name):
            return exact
        lower = name.lower()
        return next((item for item in items.values() if lower in item.model.names), None)

    def _under_way(self, model: LibraryModel) -> Loading | None:
        candidates = (item for item in self._loadings.values() if item.model.path == model.path)
        return next((item for item in candidates if item.task and not item.task.cancelling()), None)

    def _evictable(self, model: LibraryModel) -> list[Instance]:
        return [item for item in self._instances.values() if item.just_in_time and item.model.path != model.path]

    def _is_outdated(self, loading: Loading) -> bool:
        """Whether a later request loads or has loaded another model just in time, so that this one was not the last."""
        others: list[Loading | Instance] = [*self._loadings.values(), *self._instances.values()]
        later = [item for item in others if item.just_in_time and item.number > loading.number]
        return any(item.model.path != loading.model.path for item in later)

    def _taken(self) -> set[str]:
        return self._instances.keys() | self._loadings.keys()

    def _free_id(self, name: str) -> str:
        taken = self._taken()
        number = 1
        while (candidate := name if number == 1 else f"{name}:{number}") in taken:
            number += 1
        return candidate

    async def _load(self, loading: Loading, settings: EngineSettings, evicted: list[Instance]) -> Instance:
        began = time.monotonic()
        try:
            settings = await self._with_files(loading.model, settings)
            await self._evict(evicted)
            engine = await self._start(settings, loading.on_progress)
        finally:
            del self._loadings[loading.id]
        seconds = time.monotonic() - began
        instance = Instance(loading.id, loading.model, loading.number, engine, settings, seconds, loading.just_in_time)
        instance.reserved_for_request = loading.just_in_time or settings.keep_alive_seconds == 0
        instance.unload_when_idle = (
            loading.just_in_time and self._settings().keep_last_only and self._is_outdated(loading)
        )
        instance.sampling = partial(self.sampling, loading.model)
        instance.vocabularies = self.vocabularies
        self._instances[instance.id] = instance
        self._note_use(loading.model)
        self._spawn(asyncio.to_thread(self._measured, loading.model, settings, engine.pid))
        self._spawn(self._watch(instance))
        self._schedule_idle(instance)
        logger.info("loaded %s in %.2f s (process %d)", instance.id, instance.load_seconds, engine.pid)
        return instance

    async def _with_files(self, model: LibraryModel, settings: EngineSettings) -> EngineSettings:
        if not (settings.loras or settings.draft_model):
            return settings
        settings = await asyncio.to_thread(with_files, model, settings, self._library)
        if self._settings().refuse_beyond_memory:
            check_room(model, settings, self.host)
        return settings

    async def _evict(self, instances: list[Instance]) -> None:
        """Let go of what was loaded just in time before; what is still working goes when it is done."""
        for instance in instances:
            if instance.busy or instance.reserved_for_request:
                instance.unload_when_idle = True
            else:
                await self._end(instance)

    def _schedule_idle(self, instance: Instance) -> None:
        """An instance that no request uses: end it if it is leaving, else start its clock."""
        instance.stop_clock()
        if self._instances.get(instance.id) is not instance:
            return
        if instance.reserved_for_request:
            instance.start_clock(self.claim_seconds, lambda: self._unclaimed(instance))
        elif instance.unload_when_idle:
            self._end_later(instance, "is not the last model any more")
        elif (seconds := self._idle_seconds(instance)) is not None:
            instance.start_clock(seconds, lambda: self._end_later(instance, "was idle"))

    def _idle_seconds(self, instance: Instance) -> float | None:
        """Return how long it stays without a request, None for as long as the server runs.

        As the last request has it, else as it was loaded, else as the settings say.
        """
        kept = instance.settings.keep_alive_seconds
        if instance.ttl is not None:
            return instance.ttl
        if kept is not None:
            return None if kept < 0 else kept
        settings = self._settings()
        return settings.idle_minutes * 60 if instance.just_in_time and settings.unload_idle else None

    def _unclaimed(self, instance: Instance) -> None:
        instance.reserved_for_request = False
        if not instance.busy:
            self._schedule_idle(instance)

    def _end_later(self, instance: Instance, why: str) -> None:
        self._spawn(self._end_unused(instance, why))

    async def _end_unused(self, instance: Instance, why: str) -> None:
        # A request may have come for it since this was asked for.
        if not instance.busy:
            logger.info("%s %s and is unloaded", instance.id, why)
            await self._end(instance)

    async def _end(self, instance: Instance) -> None:
        instance.stop_clock()
        instance.ended = True
        if self._instances.get(instance.id) is instance:
            del self._instances[instance.id]
        await instance.engine.close()
        logger.info("unloaded %s", instance.id)

    async def _replace(self, instance: Instance) -> None:
        """As _end, which goes on where whoever waits for it does not wait any more."""
        await asyncio.wait([self._spawn(self._end(instance))])

    async def _watch(self, instance: Instance) -> None:
        await instance.engine.wait_closed()
        if self._instances.get(instance.id) is instance:
            logger.error("the process of %s ended by itself", instance.id)
            await self._end(instance)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
