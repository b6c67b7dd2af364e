"""What the engines' side knows of runtimes, for the desk: proofs, devices, and which one a loaded model runs on."""

from pathlib import Path

from studiolo.api.runtimes import RuntimeDevice, RuntimeProof
from studiolo.server.engine.contract import Engine
from studiolo.server.engine.devices import devices_of
from studiolo.server.engine.proof import prove
from studiolo.server.engine.starting import Starter
from studiolo.server.library.scan import LibraryModel
from studiolo.server.runtime_desk import OnStage
from studiolo.server.runtimes.runtime import Runtime


class RuntimeTrials:
    """Tries runtimes with the engine's own processes. sockets: a folder of ours for their unix sockets."""

    def __init__(self, starter: Starter, *, sockets: Path) -> None:
        self._starter = starter
        self._sockets = sockets

    async def prove(self, runtime: Runtime, model: LibraryModel, on_stage: OnStage) -> RuntimeProof:
        """Return what was found with a model. Raises AppErrors where there is nothing to compare with."""
        return await prove(runtime, model.path, on_stage, sockets=self._sockets)

    async def devices_of(self, runtime: Runtime) -> list[RuntimeDevice]:
        """Return what a runtime says that it can compute on. Raises AppErrors where it can't be asked."""
        return await devices_of(runtime)

    def runtime_of(self, engine: Engine) -> str:
        """Return the id of the runtime that a loaded model runs on."""
        return self._starter.runtime_of(engine)

    def is_loading_with(self, runtime_id: str) -> bool:
        """Return whether a model is being loaded with a runtime just now."""
        return self._starter.is_loading_with(runtime_id)
