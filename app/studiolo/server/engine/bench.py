"""How fast a model is on this machine: it reads a prompt and writes a reply a few times; the words don't matter."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from studiolo.api.machine import Benchmark, BenchmarkEvent, BenchmarkRequest
from studiolo.errors import EngineError, RequestError
from studiolo.server.engine.build import ENGINE, engine_version
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.contract import COMPLETIONS
from studiolo.server.engine.instance import Instance, LoadOptions
from studiolo.server.engine.pool import InstancePool
from studiolo.server.library.gguf import GgufError, LongArray, read_header
from studiolo.server.library.scan import LibraryModel
from studiolo.server.runtimes.runtime import Runtime

_WARM_UP = (16, 2)
"""Tokens to read and to write before it counts."""
_LONG_SECONDS = 60.0
"""After so long no further run is begun: one that takes a minute is measured well enough."""
_TOLD_STEP = 0.01
_REPEATED = 16
"""Tokens that a prompt says again and again where it is to repeat itself."""
_LOAD_SHARE = 0.1
"""Of the whole progress, where the model has to be loaded."""


@dataclass(frozen=True)
class _Run:
    """What one run came to, in tokens a second."""

    reading: float
    writing: float


class ModelBench:
    """One measurement at a time: two would measure each other."""

    def __init__(self, pool: InstancePool) -> None:
        self._pool = pool
        self._running = False

    async def find(self, request: BenchmarkRequest) -> Instance | LibraryModel:
        """Return what is to be measured.

        Raises RequestError where that can't be, or not now; NotFoundError for no model.
        """
        target = await self._pool.find_here(request.model)
        model = target.model if isinstance(target, Instance) else target
        if model.kind == "embedding":
            raise RequestError(f"'{model.key}' makes embeddings; it writes no reply to measure.", param="model")
        if self._running:
            raise RequestError("Another benchmark is running.", code="benchmark_running", hint="Wait for its end.")
        if not request.beside_others and any(instance.busy for instance in self._pool.instances):
            raise RequestError(
                "A model is answering just now, which would make both slower.",
                param="beside_others",
                code="server_busy",
                hint="Wait until it is done, or measure all the same.",
            )
        return target

    async def run(
        self, request: BenchmarkRequest, target: Instance | LibraryModel
    ) -> AsyncGenerator[BenchmarkEvent, None]:
        """Yield how far it is, and what came of it last. Closing the iterator gives it up. Raises AppErrors."""
        if self._running:
            raise RequestError("Another benchmark is running.", code="benchmark_running", hint="Wait for its end.")
        self._running = True
        try:
            begun, dials = 0.0, request.dials
            alone = any(value is not None for value in dials.model_dump().values())
            if alone or isinstance(target, LibraryModel):
                begun = _LOAD_SHARE
                model = target.model if isinstance(target, Instance) else target
                loading = self._pool.load(model, LoadOptions(dials, just_in_time=not alone))
                async with aclosing(loading.progress()) as steps:
                    async for fraction in steps:
                        yield BenchmarkEvent(stage="load", progress=round(fraction * begun, 3))
                target = loading.instance()
            try:
                with self._pool.in_use(target):
                    async with aclosing(self._measure(request, target, begun)) as events:
                        async for event in events:
                            yield event
            finally:
                if alone and not target.ended:
                    await self._pool.unload(target.id)
        finally:
            self._running = False

    async def _measure(
        self, request: BenchmarkRequest, instance: Instance, begun: float
    ) -> AsyncGenerator[BenchmarkEvent, None]:
        wanted = request.prompt_tokens + request.generated_tokens
        if wanted >= instance.settings.context_length:
            raise RequestError(
                f"'{instance.id}' is loaded with a context of {instance.settings.context_length} tokens; "
                f"the benchmark takes {wanted}.",
                param="prompt_tokens",
                code="invalid_value",
                hint="Ask for fewer tokens, or load the model with a longer context.",
            )
        prompts = await asyncio.to_thread(_Prompts, instance.model, repeating=request.repeating)
        began, runs, disturbed = time.monotonic(), list[_Run](), False
        yield BenchmarkEvent(stage="warm_up", progress=begun)
        async for _ in _completed(instance, prompts.next(_WARM_UP[0]), _WARM_UP[1]):
            pass
        while len(runs) < request.runs and (not runs or time.monotonic() - began < _LONG_SECONDS):
            number, told, written, last = len(runs) + 1, 0.0, 0, None
            prompt = prompts.next(request.prompt_tokens)
            async with aclosing(_completed(instance, prompt, request.generated_tokens)) as chunks:
                async for chunk in chunks:
                    disturbed = disturbed or self._is_shared(instance)
                    last = chunk if chunk.timings else last
                    written += any(choice.text for choice in chunk.choices)
                    share = chunk.progress.processed / max(1, chunk.progress.total) if chunk.progress else 1.0
                    within = (share + min(1.0, written / request.generated_tokens)) / 2
                    done = begun + (1 - begun) * (len(runs) + within) / request.runs
                    if done >= told + _TOLD_STEP:
                        told = done
                        stage = "write" if written else "read"
                        yield BenchmarkEvent(stage=stage, run=number, progress=round(min(1.0, done), 3))
            runs.append(_timed(last))
        yield BenchmarkEvent(
            type="benchmark.result",
            run=len(runs),
            progress=1.0,
            result=_result(request, instance, self._pool.host.runtime(), runs, disturbed),
        )

    def _is_shared(self, instance: Instance) -> bool:
        return instance.busy > 1 or any(one.busy for one in self._pool.instances if one is not instance)


class _Prompts:
    """Prompts of tokens by chance, each another one, so that none is known already; the same in each measurement."""

    def __init__(self, model: LibraryModel, *, repeating: bool) -> None:
        self._repeating = repeating
        try:
            tokens = read_header(model.path).metadata.get("tokenizer.ggml.tokens")
        except GgufError as error:
            raise EngineError(f"The vocabulary of '{model.key}' can't be read: {error}") from error
        count = tokens.length if isinstance(tokens, LongArray) else len(tokens) if isinstance(tokens, list) else 0
        if not count:
            raise EngineError(f"The file of '{model.key}' has no vocabulary.")
        # Marks stand at the beginning of a vocabulary or at its end.
        self._range = range(count // 4, max(count // 4 + 1, count * 3 // 4))
        self._chance = random.Random(0)

    def next(self, length: int) -> list[int]:
        if not self._repeating:
            return self._chance.choices(self._range, k=length)
        said = self._chance.choices(self._range, k=min(length, _REPEATED))
        return (said * (length // len(said) + 1))[:length]


def _completed(instance: Instance, prompt: list[int], length: int) -> AsyncGenerator[Chunk, None]:
    body: dict[str, Any] = {
        "prompt": prompt,
        "max_tokens": length,
        "ignore_eos": True,
        "cache_prompt": False,
        "temperature": 0,
    }
    return instance.stream(COMPLETIONS, body)


def _timed(last: Chunk | None) -> _Run:
    if last is None or last.usage is None or last.timings is None or last.timings.prompt_ms <= 0:
        raise EngineError("The engine did not say how long it took.")
    read = last.usage.prompt_tokens - last.usage.cached_tokens
    return _Run(read * 1000 / last.timings.prompt_ms, last.timings.predicted_per_second)


def _result(
    request: BenchmarkRequest, instance: Instance, runtime: Runtime, runs: list[_Run], disturbed: bool
) -> Benchmark:
    model, config = instance.model, instance.config
    reading, writing = [run.reading for run in runs], [run.writing for run in runs]
    return Benchmark(
        time=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        model=model.key,
        quantization=model.quantization.name if model.quantization else None,
        parameters=model.params_string,
        size_bytes=model.size_bytes,
        engine=ENGINE,
        engine_version=engine_version(),
        context_length=config.context_length,
        flash_attention=config.flash_attention,
        offload_kv_cache_to_gpu=config.offload_kv_cache_to_gpu,
        eval_batch_size=config.eval_batch_size,
        runtime=runtime.id,
        backend=runtime.backend,
        k_cache_type=config.k_cache_type,
        v_cache_type=config.v_cache_type,
        gpu_layers=config.gpu_layers,
        speculation="n-gram" if config.ngram_speculation else "draft" if config.draft_model else "",
        repeating=request.repeating,
        prompt_tokens=request.prompt_tokens,
        generated_tokens=request.generated_tokens,
        runs=len(runs),
        prompt_tokens_per_second=round(statistics.median(reading), 2),
        prompt_spread=_spread(reading),
        tokens_per_second=round(statistics.median(writing), 2),
        spread=_spread(writing),
        disturbed=disturbed,
    )


def _spread(speeds: list[float]) -> float:
    middle = statistics.median(speeds)
    return round((max(speeds) - min(speeds)) / middle, 3) if middle else 0.0
