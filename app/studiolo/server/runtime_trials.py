"""What the engines' side knows of runtimes, for the desk: proofs, devices, and which one a loaded model runs on."""

from studiolo.api.runtimes import BUNDLED, RuntimeDevice, RuntimeProof
from studiolo.errors import UnsupportedError
from studiolo.server.engine.instance import Instance
from studiolo.server.library.scan import LibraryModel
from studiolo.server.runtime_desk import OnStage
from studiolo.server.runtimes.runtime import Runtime


class RuntimeTrials:
    """Tries runtimes with the engine's own processes."""

    async def prove(self, runtime: Runtime, model: LibraryModel, on_stage: OnStage) -> RuntimeProof:
        """Return what was found with a model."""
        raise UnsupportedError("This server can't test runtimes.")

    async def devices_of(self, runtime: Runtime) -> list[RuntimeDevice]:
        """Return what a runtime says that it can compute on."""
        raise UnsupportedError("This server can't ask runtimes for their devices.")

    def runtime_of(self, instance: Instance) -> str:
        """Return the id of the runtime that a model is loaded with."""
        return BUNDLED
