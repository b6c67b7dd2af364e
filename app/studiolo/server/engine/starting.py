"""Which runtime a model is loaded with: the chosen one, or the bundled one where that fails, never without a word."""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from studiolo.api.runtimes import BUNDLED, RuntimeDevice
from studiolo.errors import AppError, EngineError
from studiolo.server.engine.contract import Engine, EngineSettings, OnProgress
from studiolo.server.engine.deaths import Fault, RuntimeFailedError
from studiolo.server.engine.devices import devices_of
from studiolo.server.engine.executable import devices_with_layers
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.engine.rpc import lost_workers
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

logger = logging.getLogger(__name__)


class Starter:
    """Loads models with the runtime that a person chose. sockets: a folder of ours for the engines' unix sockets."""

    def __init__(self, registry: RuntimeRegistry, *, sockets: Path) -> None:
        self._registry = registry
        self._sockets = sockets
        self._cards: dict[str, list[RuntimeDevice]] = {}
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loading: Counter[str] = Counter()
        self._loaded: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()

    def runtime_of(self, engine: Engine) -> str:
        """Return the id of the runtime that a loaded model runs on."""
        return self._loaded.get(engine, BUNDLED)

    def is_loading_with(self, runtime_id: str) -> bool:
        """Return whether a model is being loaded with a runtime just now."""
        return self._loading[runtime_id] > 0

    @property
    def runtime(self) -> Runtime:
        """Return the runtime that the next model is loaded with.

        Blocks where the registry was not read yet, and once where the chosen one is gone: a disk that does not answer
        is not asked again for each load.
        """
        if self._registry.fallback:
            return BUNDLED_RUNTIME
        chosen = self._registry.chosen
        return BUNDLED_RUNTIME if self._registry.fallback else chosen

    def cards(self) -> Sequence[RuntimeDevice]:
        """Return the cards that the next model is loaded on, with what was free when it was last looked."""
        runtime = self.runtime
        if (known := self._cards.get(runtime.id)) is not None:
            return known
        if self._loop is None:
            self._changed.set()  # Nobody waits for it yet.
        else:
            # Whoever estimates asks in a thread.
            self._loop.call_soon_threadsafe(self._changed.set)
        proof = self._registry.proof_of(runtime.id)
        return proof.devices if proof else []

    async def run(self) -> None:
        """Look at the cards whenever a model came or went, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._changed.wait()
            self._changed.clear()
            runtime = self.runtime
            if runtime.rpc or (runtime.kind == BUNDLED and sys.platform != "darwin"):
                continue  # Workers answer one head at a time; the bundled one has the processor alone.
            try:
                self._cards[runtime.id] = await devices_of(runtime)
            except AppError as error:
                self._cards[runtime.id] = []
                logger.warning("the cards can't be looked at: %s", error)

    async def start(self, settings: EngineSettings, on_progress: OnProgress) -> Engine:
        """Load a model, as StartEngine says.

        Where the chosen runtime itself fails, the bundled one loads it, and does so from now on until a person chooses
        again. Raises what LlamaServer.start does, of the runtime that tried it last.
        """
        runtime = await asyncio.to_thread(lambda: self.runtime)
        if runtime.kind == BUNDLED:
            return await self._start(settings, on_progress, BUNDLED_RUNTIME)
        try:
            return await self._start(settings, on_progress, runtime)
        except RuntimeFailedError as error:
            if lost := await self._lost_workers(runtime):
                raise lost from error
            logger.warning("%s %s\n%s", error, "The bundled runtime tries it.", error.details)
            try:
                engine = await self._start(settings, on_progress, BUNDLED_RUNTIME)
            except AppError as second:
                # Both fail: the model may end any engine's process, so that nothing is proved of the runtime.
                second.details = f"{second.details}\n\n{error}\n{error.details}".strip()
                raise
            await asyncio.to_thread(self._registry.fall_back, str(error), of=runtime.id)
            return engine

    async def _start(self, settings: EngineSettings, on_progress: OnProgress, runtime: Runtime) -> Engine:
        def on_crash(fault: Fault) -> None:
            if not runtime.rpc:
                said = f"'{runtime.name}' ended in the middle of its work: {fault.problem}. {fault.hint}"
                self._registry.fall_back(said.strip(), of=runtime.id)

        self._loading[runtime.id] += 1
        try:
            engine = await LlamaServer.start(
                settings,
                on_progress,
                sockets=self._sockets,
                runtime=runtime,
                on_crash=on_crash,
                on_end=self._changed.set,
            )
        finally:
            self._loading[runtime.id] -= 1
        self._loaded[engine] = runtime.id
        self._changed.set()
        places = ", ".join(devices_with_layers(engine.lines))
        logger.info("%s is loaded with %s%s", settings.model.name, runtime.name, places and f" on {places}")
        return engine

    async def _lost_workers(self, runtime: Runtime) -> EngineError | None:
        """Return the error of a worker on another machine that went during a load; it is no fault of the runtime."""
        if not runtime.rpc or not (lost := await lost_workers(runtime)):
            return None
        return EngineError(
            f"The worker {lost[0]} on another machine ended while the model was loaded.",
            hint="Try again once it is back.",
        )
