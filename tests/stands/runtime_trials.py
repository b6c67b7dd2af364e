"""Proofs that end as a test says, in place of the engine's processes; what those find is tested with them."""

import asyncio

import pytest

from studiolo.api.runtimes import BUNDLED, RuntimeDevice, RuntimeProof
from studiolo.errors import RequestError
from studiolo.server.engine.contract import Engine
from studiolo.server.library.scan import LibraryModel
from studiolo.server.runtime_desk import OnStage
from studiolo.server.runtimes.runtime import Runtime


class StandTrials:
    """proof: what is found. loaded: the runtime that every model is loaded with. hold: what a proof waits for."""

    proof = RuntimeProof(passed=True, text="Hello", devices_used=["Vulkan0"], tokens_per_second=12.5)
    loaded: str = BUNDLED
    loading: bool = False
    hold: asyncio.Event | None = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def prove(self, runtime: Runtime, model: LibraryModel, on_stage: OnStage) -> RuntimeProof:
        assert model.key
        on_stage("load", 0.5)
        if StandTrials.hold:
            await StandTrials.hold.wait()
        return StandTrials.proof

    async def devices_of(self, runtime: Runtime) -> list[RuntimeDevice]:
        if runtime.id != BUNDLED:
            raise RequestError("It does not begin.", hint="Get another.")
        return [RuntimeDevice(id="CPU", name="Stand-in card", kind="cpu")]

    def runtime_of(self, engine: Engine) -> str:
        return StandTrials.loaded

    def is_loading_with(self, runtime_id: str) -> bool:
        return StandTrials.loading


def use_trials(monkeypatch: pytest.MonkeyPatch) -> type[StandTrials]:
    """Have servers of this test prove with the stand; what it is told is forgotten after the test."""
    monkeypatch.setattr("studiolo.server.app.RuntimeTrials", StandTrials)
    for name in ("proof", "loaded", "loading", "hold"):
        monkeypatch.setattr(StandTrials, name, getattr(StandTrials, name))
    return StandTrials
