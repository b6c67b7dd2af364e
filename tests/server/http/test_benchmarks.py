"""A model is measured on a real engine, and what came of it is kept."""

import asyncio
import stat
from contextlib import aclosing
from typing import Any

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.machine import Benchmark, BenchmarkRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.machine import MachineApi
from studiolo.errors import NotFoundError, RequestError
from studiolo.paths import app_paths
from studiolo.server.engine.bench_file import MOST_KEPT, BenchmarkFile
from studiolo.server.engine.build import engine_version
from tests.stands.minilm import write_minilm
from tests.stands.serving import serving
from tests.stands.slots import busy
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

MODEL = "acme/tiny"


def request(model: str = MODEL, prompt: int = 64, generated: int = 16, runs: int = 2, **more: Any) -> BenchmarkRequest:
    return BenchmarkRequest(model=model, prompt_tokens=prompt, generated_tokens=generated, runs=runs, **more)


async def test_a_model_is_loaded_measured_and_the_result_kept() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf")
    async with serving(adopt_models=False) as server, Client(server.address) as client:
        machine = MachineApi(client)
        events = [event async for event in machine.measure(request())]
        assert [event.progress for event in events] == sorted(event.progress for event in events)
        assert {"load", "warm_up", "write"} <= {event.stage for event in events}
        result = events[-1].result
        assert result
        assert (result.model, result.runs, result.prompt_tokens, result.generated_tokens) == (MODEL, 2, 64, 16)
        assert result.prompt_tokens_per_second > 0
        assert result.tokens_per_second > 0
        assert result.context_length == 2048
        assert result.engine_version == engine_version()
        assert result.processor == (await machine.look()).processor.name
        assert not result.disturbed
        assert await machine.benchmarks() == [result]
    async with serving(adopt_models=False) as server, Client(server.address) as client:
        assert await MachineApi(client).benchmarks() == [result]
        await MachineApi(client).forget_benchmark(result.id)
        assert await MachineApi(client).benchmarks() == []
        with pytest.raises(NotFoundError):
            await MachineApi(client).forget_benchmark(result.id)


async def test_what_can_not_be_measured_is_refused_with_the_reason() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf")
    write_minilm(app_paths().models / "acme/minilm/minilm-F16.gguf")
    async with serving(adopt_models=False, default_context_length=512) as server, Client(server.address) as client:
        machine = MachineApi(client)
        with pytest.raises(NotFoundError):
            await anext(machine.measure(request("no/body")))
        with pytest.raises(RequestError, match="embeddings"):
            await anext(machine.measure(request("acme/minilm")))
        with pytest.raises(RequestError, match="context of 512 tokens; the benchmark takes 516"):
            [event async for event in machine.measure(request(prompt=500))]
        assert await machine.benchmarks() == []


async def test_it_does_not_begin_beside_a_reply_unless_that_is_wanted() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", context_length=1 << 15)
    async with serving(adopt_models=False, default_context_length=1 << 15) as server, Client(server.address) as client:
        machine = MachineApi(client)
        asking = asyncio.create_task(
            ChatApi(client).complete(ChatRequest(model=MODEL, input="Tell.", max_output_tokens=30_000))
        )
        await until(lambda: busy(server))
        with pytest.raises(RequestError) as refused:
            await anext(machine.measure(request()))
        assert refused.value.code == "server_busy"
        events = [event async for event in machine.measure(request(runs=1, beside_others=True))]
        assert events[-1].result
        assert events[-1].result.disturbed
        asking.cancel()
        await asyncio.wait([asking])


async def test_leaving_gives_it_up_and_there_is_one_at_a_time() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", context_length=8192)
    async with (
        serving(adopt_models=False, default_context_length=8192) as server,
        Client(server.address) as client,
    ):
        machine = MachineApi(client)
        async with aclosing(machine.measure(request(prompt=4000, generated=4000, runs=10))) as events:
            async for event in events:
                if event.stage == "read":
                    break
            with pytest.raises(RequestError) as refused:
                await anext(machine.measure(request(beside_others=True)))
            assert refused.value.code == "benchmark_running"

        async def rests() -> bool:
            return not await busy(server) and not any(one.busy for one in server.pool.instances)

        await until(rests)
        assert [event async for event in machine.measure(request(runs=1))][-1].result
        assert len(await machine.benchmarks()) == 1


def test_what_is_kept_is_bounded_and_private() -> None:
    file = app_paths().data / "benchmarks.json"
    kept = BenchmarkFile(file)
    for number in range(3):
        kept.add(Benchmark(model=f"m{number}"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert MOST_KEPT == 500
    assert [one.model for one in BenchmarkFile(file).all()] == ["m0", "m1", "m2"]
