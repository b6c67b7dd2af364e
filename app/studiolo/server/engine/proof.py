"""Whether a runtime works here: it loads a small model and says the same as the bundled one, in children, in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.errors import AppError
from studiolo.files import size_of
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.deaths import HUNG, Fault, failed
from studiolo.server.engine.devices import devices_of, missing_backend
from studiolo.server.engine.executable import devices_with_layers
from studiolo.server.engine.llama_flags import known_flags
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

STEP_SECONDS = 240.0
"""So long each of the steps may take: at the first load on a card shaders are made, which takes slow ones a minute."""
_PROMPT = "1, 2, 3, 4, 5, 6, 7,"
"""Small models are sure of what follows, so that no rounding has them say something else."""
_TOKENS = 8
_CONTEXT = 512
_NEAR = 0.5
"""Two tokens whose logarithms of probability are as close as this may change places by rounding."""
_CHOICES = 8

_NO_ANSWER = Fault("it answers in another way than a llama-server does", "Take a build of llama.cpp's own server.")

OnStage = Callable[[str, float], None]
"""Told which stage has begun (devices, load, processor, card), and how much of the whole is done, 0 to 1."""


@dataclass(frozen=True)
class _Said:
    """What a model said: tokens, each with the likeliest in its place and the logarithms of their probabilities."""

    tokens: tuple[str, ...]
    likely: tuple[dict[str, float], ...]
    tokens_per_second: float
    devices: tuple[str, ...]


async def prove(
    runtime: Runtime, model: Path, on_progress: OnStage, *, sockets: Path, step_seconds: float = STEP_SECONDS
) -> RuntimeProof:
    """Return what came of a proof: whatever is wrong with the runtime is in it, in words, and raises nothing.

    Args:
        runtime: The runtime to prove.
        model: A small model's file, such as the starter's.
        on_progress: Hears of the stages.
        sockets: A folder of ours for unix sockets.
        step_seconds: So long each step may take before it counts as hung.

    Raises:
        AppError: The bundled runtime can't load the model, so that there is nothing to compare with.
    """
    trial = _Trial(runtime, model, on_progress, sockets, step_seconds)
    on_progress("devices", 0.0)
    expected = await trial.say("load", 0.1, BUNDLED_RUNTIME, None)
    found = RuntimeProof(time=datetime.now(UTC).isoformat(timespec="seconds"), build=runtime.build)
    try:
        await _prove(trial, expected, found)
    except AppError as error:
        logger.warning("%s does not work here: %s\n%s", runtime.name, error, error.details)
        found.problem, found.hint, found.details = error.message, error.hint, error.details
        return found
    found.passed = True
    on_progress("card" if found.devices else "processor", 1.0)
    return found


async def _prove(trial: "_Trial", expected: _Said, found: RuntimeProof) -> None:
    runtime = trial.runtime
    found.devices = await trial.within(devices_of(runtime))
    if runtime.kind == "llama-server":
        found.build = (await trial.within(known_flags(runtime))).build or runtime.build
    if not found.devices and runtime.backend not in ("cpu", "metal"):
        raise failed(runtime, await missing_backend(runtime) or _no_device(runtime))
    if runtime.kind == BUNDLED:
        said = expected
    else:
        said = await trial.say("processor", 0.4, runtime, 0)
        _compare(runtime, expected, said, "on the processor")
    if found.devices:
        said = await trial.say("card", 0.7, runtime, -1)
        # Those of other machines are told as `RPC0[host:port]`, all with the same name.
        places = {name.partition("[")[2].rstrip("]") or name for name in said.devices}
        found.devices_used = [name for name in (*(one.id for one in found.devices), *runtime.rpc) if name in places]
        _compare(runtime, expected, said, f"on {' and '.join(found.devices_used) or 'the card'}")
    found.text = "".join(said.tokens)
    found.tokens_per_second = round(said.tokens_per_second, 2)


class _Trial:
    """A runtime on trial."""

    def __init__(self, runtime: Runtime, model: Path, on_progress: OnStage, sockets: Path, step_seconds: float) -> None:
        self.runtime = runtime
        self._model = model
        self._on_progress = on_progress
        self._sockets = sockets
        self._step_seconds = step_seconds

    async def within(self, work: Awaitable[_T], runtime: Runtime | None = None) -> _T:
        """Return what comes of a step. Raises RuntimeFailedError where it takes too long.

        runtime: whose step it is; None for the one on trial.
        """
        runtime = runtime or self.runtime
        try:
            async with asyncio.timeout(STEP_SECONDS if runtime.kind == BUNDLED else self._step_seconds):
                return await work
        except TimeoutError:
            raise failed(runtime, HUNG) from None

    async def say(self, stage: str, begun: float, runtime: Runtime, layers: int | None) -> _Said:
        """Return what a runtime says with so many layers on the card; the process ends with it."""
        self._on_progress(stage, begun)
        settings = EngineSettings(
            model=self._model,
            size_bytes=size_of(self._model),
            context_length=_CONTEXT,
            parallel=1,
            gpu_layers=layers,
            offload_kv_cache_to_gpu=layers != 0,
        )

        async def run() -> _Said:
            engine = await LlamaServer.start(settings, lambda _: None, sockets=self._sockets, runtime=runtime)
            try:
                answer = await engine.ask(
                    "/completion",
                    {
                        "prompt": _PROMPT,
                        "n_predict": _TOKENS,
                        "temperature": 0,
                        "n_probs": _CHOICES,
                        "cache_prompt": False,
                        "ignore_eos": True,
                    },
                )
                try:
                    return _read(answer, engine.lines)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    raise failed(runtime, _NO_ANSWER, engine.lines) from error
            finally:
                await engine.close()

        return await self.within(run(), runtime)


def _read(answer: dict[str, Any], lines: list[str]) -> _Said:
    told = answer.get("completion_probabilities") or []
    likely = tuple({one["token"]: float(one["logprob"]) for one in place["top_logprobs"]} for place in told)
    speed = float((answer.get("timings") or {}).get("predicted_per_second") or 0.0)
    return _Said(tuple(place["token"] for place in told), likely, speed, tuple(devices_with_layers(lines)))


def _compare(runtime: Runtime, expected: _Said, said: _Said, where: str) -> None:
    """Raise RuntimeFailedError where tokens differ by more than rounding.

    After a place where two tokens are about as likely, all may differ.
    """
    for number, token in enumerate(expected.tokens):
        other = said.tokens[number] if number < len(said.tokens) else ""
        if other == token:
            continue
        near = expected.likely[number].get(other, float("-inf")) > expected.likely[number][token] - _NEAR
        if near:
            return
        raise failed(
            runtime,
            Fault(
                f"it computes wrongly {where}: it says '{''.join(said.tokens)}' where the bundled one says "
                f"'{''.join(expected.tokens)}'",
                "Update the card's driver, or use another build.",
            ),
        )


def _no_device(runtime: Runtime) -> Fault:
    drivers = {
        "vulkan": "Install the card's Vulkan driver: mesa-vulkan-drivers for AMD and Intel, else its maker's.",
        "cuda12": "Install NVIDIA's driver.",
        "cuda13": "Install NVIDIA's driver.",
        "rocm": "Install AMD's driver, and see that you may use /dev/kfd (groups render and video).",
    }
    return Fault("it finds no card", drivers.get(runtime.backend, ""))
