"""llama.cpp's own programs as runtimes: a build of its source, one for cards on a card made of software, and machines
that share a model.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from studiolo.api.runtimes import RuntimeProof
from studiolo.errors import EngineError
from studiolo.paths import app_paths
from studiolo.server.engine.contract import CHAT, EngineSettings, LoraFile
from studiolo.server.engine.devices import devices_of
from studiolo.server.engine.executable import devices_with_layers
from studiolo.server.engine.llama_flags import known_flags
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.engine.proof import prove
from studiolo.server.engine.starting import Starter
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime
from tests.server.engine.test_executable import runtime_at, settings_for
from tests.server.http.images import image_url
from tests.stands.adapter import write_adapter
from tests.stands.llama_executable import FLAGS, SWITCHES, VERSION, write_stand
from tests.stands.llama_programs import card_programs, llama_programs
from tests.stands.minilm import write_minilm
from tests.stands.plain_http import http_client
from tests.stands.projector import write_projector
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import STARTER, RunningServer, serving
from tests.stands.starter import starter_model
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until, wait_until

pytestmark = [
    pytest.mark.proof,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="what is built and fetched here is for Linux"),
]

PROMPT = {"prompt": "1, 2, 3, 4, 5, 6, 7,", "n_predict": 8, "temperature": 0, "cache_prompt": False}
CAPITAL = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 24}


@pytest.fixture(scope="module")
def programs() -> Path:
    return llama_programs()


@pytest.fixture(scope="module")
def built(programs: Path) -> Runtime:
    return runtime_at(programs / "llama-server")


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """llama.cpp hides cards that are processors, unless they are asked for by their number."""
    assert shutil.which("vulkaninfo") or list(Path("/usr/share/vulkan/icd.d").glob("lvp*")), (
        "this proof computes on the card that Debian's mesa-vulkan-drivers make of a processor"
    )
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    folder = card_programs()
    return replace(runtime_at(folder / "llama-server"), backend="vulkan")


@asynccontextmanager
async def _loaded(settings: EngineSettings, runtime: Runtime) -> AsyncIterator[LlamaServer]:
    engine = await LlamaServer.start(settings, lambda _: None, sockets=app_paths().runtime / "engines", runtime=runtime)
    try:
        yield engine
    finally:
        await engine.close()


async def _words(engine: LlamaServer) -> str:
    return str((await engine.ask("/completion", PROMPT))["content"])


async def test_the_stand_has_the_options_and_the_words_of_the_real_one(built: Runtime, tmp_path: Path) -> None:
    known = await known_flags(built)
    assert {*FLAGS, *SWITCHES} <= known.names
    assert {"ngram-simple", "draft-simple"} <= known.speculations
    stand = await known_flags(runtime_at(write_stand(tmp_path)))
    assert stand.build.startswith("b9999")
    said = subprocess.run([str(built.executable), "--version"], capture_output=True, text=True, check=True)
    assert (said.stdout + said.stderr).split()[0] == VERSION.split()[0]


async def test_every_dial_is_one_of_the_real_one(built: Runtime, tmp_path: Path) -> None:
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    drafter = write_tiny_llama(tmp_path / "drafter, small.gguf")
    settings = settings_for(
        model,
        eval_batch_size=64,
        physical_batch_size=32,
        parallel=2,
        threads=1,
        flash_attention=True,
        offload_kv_cache_to_gpu=False,
        k_cache_type="f32",
        v_cache_type="f32",
        unified_cache=False,
        use_mmap=False,
        gpu_layers=0,
        cpu_expert_layers=1,
        num_experts=1,
        architecture="llama",
        rope_frequency_base=20000.0,
        rope_frequency_scale=0.5,
        seed=7,
        loras=(LoraFile(write_adapter(tmp_path / "one, two.gguf")), LoraFile(write_adapter(tmp_path / "b.gguf"), 0.5)),
        draft_model=drafter,
        draft_max=3,
        chat_template="{% for message in messages %}{{ message.content }}{% endfor %}",
        thinking=True,
    )
    async with _loaded(settings, built) as engine:
        prompt = await engine.ask("/apply-template", {"messages": [{"role": "user", "content": "bare"}]})
        assert prompt["prompt"] == "bare"
        assert [one["scale"] for one in await engine.wire.get("/lora-adapters")] == [1.0, 0.5]
        assert [slot["n_ctx"] for slot in await engine.slots()] == [1024, 1024]
    ngram = settings_for(model, ngram_speculation=True, draft_max=5, device_memory_limit=1 << 30, use_mlock=False)
    async with _loaded(ngram, built) as engine:
        assert (await engine.wire.get("/props"))["total_slots"] == 4


async def test_a_build_of_our_own_passes(built: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    proof = await _prove(built)
    _print(capsys, f"a build of llama.cpp's source: {proof.problem or 'passed'}, {proof.text!r}, "
                   f"{proof.tokens_per_second} tokens a second")  # fmt: skip
    assert proof.passed, proof.problem


async def _prove(runtime: Runtime) -> RuntimeProof:
    sockets = app_paths().runtime / "engines"
    return await prove(runtime, starter_model(), lambda _stage, _done: None, sockets=sockets)


def _print(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\n{text}")


@asynccontextmanager
async def _serving_with(executable: Path, *rpc: str) -> AsyncIterator[tuple[RunningServer, httpx.AsyncClient, str]]:
    """A server whose chosen runtime is an executable, a client of it, and the runtime's id."""
    registry = RuntimeRegistry(app_paths())
    runtime = registry.add(str(executable), "Built", list(rpc))
    registry.note_proof(runtime.id, RuntimeProof(passed=True))
    registry.choose(runtime.id)
    async with serving() as server, http_client(server.address, timeout=300) as http:
        yield server, http, runtime.id


async def test_all_that_the_api_has_is_there_with_a_build_of_our_own(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = app_paths().models / "acme"
    write_scripted_llama(models / "caller" / "caller.gguf", calls={"light": {"on": True}})
    write_projector(models / "caller" / "mmproj-caller.gguf", model_width=64)
    write_minilm(models / "minilm" / "minilm.gguf")
    done = []
    async with _serving_with(programs / "llama-server") as (server, http, _):
        first = (await http.post("/api/v1/chat", json={"model": "acme/caller", "input": "Well?"})).json()
        assert first["output"][-1]["content"] == REPLY
        more = {"model": "acme/caller", "input": "And?", "previous_response_id": first["response_id"]}
        assert (await http.post("/api/v1/chat", json=more)).json()["output"][-1]["content"] == REPLY
        done += ["chat", "a second turn"]
        tool = {"type": "function", "function": {"name": "light", "parameters": {"type": "object"}}}
        asked = {"model": "acme/caller", "messages": [{"role": "user", "content": "On!"}], "tools": [tool]}
        [call] = (await http.post("/v1/chat/completions", json=asked)).json()["choices"][0]["message"]["tool_calls"]
        assert call["function"]["name"] == "light"
        done.append("tools")
        parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": image_url("PNG")}}]
        asked = {"model": "acme/caller", "messages": [{"role": "user", "content": parts}]}
        seen = await http.post("/v1/chat/completions", json=asked)
        assert seen.status_code == 200, seen.text
        done.append("an image")
        vectors = (await http.post("/v1/embeddings", json={"model": "acme/minilm", "input": ["a", "b"]})).json()
        assert [len(one["embedding"]) for one in vectors["data"]] == [384, 384]
        done.append("embeddings")
        said = (await http.post("/v1/chat/completions", json={"model": STARTER, "temperature": 0, **CAPITAL})).json()
        assert "Paris" in said["choices"][0]["message"]["content"]
        engines = {instance.engine.pid for instance in server.pool.instances}
        commands = {psutil.Process(pid).name() for pid in engines}
        assert commands == {"llama-server"}
    _print(capsys, f"a build of llama.cpp's source through the API: {', '.join(done)}")


async def test_killed_in_the_middle_it_gives_way_with_its_reason(programs: Path) -> None:
    async with _serving_with(programs / "llama-server") as (server, http, _):
        body = {"model": STARTER, "stream": True, "max_tokens": 400, "messages": CAPITAL["messages"]}
        lines = []
        async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
            async for line in answer.aiter_lines():
                lines.append(line)
                if len(lines) == 8:
                    [instance] = server.pool.instances
                    os.kill(instance.engine.pid, signal.SIGKILL)
        assert any('"error"' in line for line in lines), "the reply ends with an error"
        await until(lambda: not server.pool.instances)
        again = await http.post("/v1/chat/completions", json={"model": STARTER, **CAPITAL})
        assert again.status_code == 200
        [instance] = server.pool.instances
        assert "--engine-worker" in psutil.Process(instance.engine.pid).cmdline(), "the bundled one"


@contextlib.contextmanager
def _worker(programs: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [str(programs / "ggml-rpc-server"), "-H", "127.0.0.1", "-p", str(port), "-t", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(process.pid), "the worker", process=process)
        yield process
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(pid: int) -> bool:
    return any(one.status == psutil.CONN_LISTEN for one in psutil.Process(pid).net_connections("tcp4"))


async def test_two_machines_share_a_model_and_one_that_goes_is_a_clear_error(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = starter_model()
    async with _loaded(settings_for(model), BUNDLED_RUNTIME) as engine:
        expected = await _words(engine)
    ports = (_free_port(), _free_port())
    rpc = tuple(f"127.0.0.1:{port}" for port in ports)
    runtime = replace(runtime_at(programs / "llama-server"), rpc=rpc)
    with _worker(programs, ports[0]):
        with _worker(programs, ports[1]) as second:
            assert [device.id for device in await devices_of(runtime)] == ["RPC0", "RPC1"]
            async with _loaded(settings_for(model, gpu_layers=-1), runtime) as engine:
                said, places = await _words(engine), devices_with_layers(engine.lines)
                assert said == expected
                with pytest.raises(
                    EngineError, match=f"The worker {rpc[0]} on another machine does not answer"
                ) as busy:
                    await _start(model, runtime)
                assert "one model at a time" in busy.value.hint
                with pytest.raises(EngineError, match="ended in the middle of its work"):
                    await _killed_at_the_first_word(engine, second)
        with pytest.raises(EngineError, match=f"The worker {rpc[1]} on another machine can't be reached"):
            await _start(model, runtime)
        with _worker(programs, ports[1]):
            async with _loaded(settings_for(model, gpu_layers=-1), runtime) as engine:
                assert await _words(engine) == expected
    _print(capsys, f"two workers: {said!r} as without, layers on {', '.join(places)}; one killed: a clear error, named "
                   "while it is away, used again when it is back")  # fmt: skip


async def _start(model: Path, runtime: Runtime) -> LlamaServer:
    return await LlamaServer.start(
        settings_for(model), lambda _: None, sockets=app_paths().runtime / "engines", runtime=runtime
    )


async def _killed_at_the_first_word(engine: LlamaServer, worker: "subprocess.Popen[bytes]") -> None:
    body = {"messages": [{"role": "user", "content": "Tell a long story."}], "max_tokens": 300}
    async for chunk in engine.stream(CHAT, body):
        if any(one.text for one in chunk.choices):
            worker.kill()


async def test_a_server_outlives_a_head_whose_worker_went(programs: Path) -> None:
    port = _free_port()
    with contextlib.ExitStack() as workers:
        there = workers.enter_context(_worker(programs, port))
        async with _serving_with(programs / "llama-server", f"127.0.0.1:{port}") as (server, http, _):
            asked = {"model": STARTER, "temperature": 0, **CAPITAL}
            assert (await http.post("/v1/chat/completions", json=asked)).status_code == 200
            there.kill()
            there.wait()
            lost = await http.post("/v1/chat/completions", json=asked)
            assert lost.status_code >= 500, "the head aborted"
            await until(lambda: not server.pool.instances)
            away = await http.post("/v1/chat/completions", json=asked)
            assert f"The worker 127.0.0.1:{port} on another machine can't be reached" in away.text
            workers.enter_context(_worker(programs, port))
            back = await http.post("/v1/chat/completions", json=asked)
            assert back.status_code == 200
            [instance] = server.pool.instances
            assert psutil.Process(instance.engine.pid).name() == "llama-server"


async def test_a_worker_of_another_build_is_refused_before_anything_is_started(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = _free_port()
    with _worker(card_programs(), port):
        runtime = replace(runtime_at(programs / "llama-server"), rpc=(f"127.0.0.1:{port}",))
        with pytest.raises(EngineError, match="has another version of llama.cpp") as caught:
            await _start(starter_model(), runtime)
    _print(capsys, f"a worker of another build: {caught.value.message}")


async def test_a_card_says_what_the_processor_says(cards: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    [card] = await devices_of(cards)
    assert card.id == "Vulkan0"
    settings = settings_for(starter_model(), gpu_layers=-1, parallel=1)
    async with _loaded(settings, BUNDLED_RUNTIME) as engine:
        expected = await _words(engine)
    async with _loaded(settings, cards) as engine:
        said, places = await _words(engine), devices_with_layers(engine.lines)
        layers = next(line for line in engine.lines if "layers to GPU" in line and "offloaded" in line)
    _print(capsys, f"{card.name}: {said!r} as the processor, {layers.partition('offloaded ')[2]}")
    assert said == expected
    assert "Vulkan0" in places
    offloaded, _, every = layers.partition("offloaded ")[2].split()[0].partition("/")
    assert offloaded == every


async def test_a_build_for_another_processor_is_told_and_the_bundled_one_used(
    cards: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = await _prove(cards)
    if "amx_int8" in Path("/proc/cpuinfo").read_text():
        assert proof.passed, proof.problem
        return
    _print(capsys, f"on a processor without AMX: {proof.problem} {proof.hint}")
    assert "it has instructions that this processor does not know" in proof.problem
    told: list[str] = []
    registry = RuntimeRegistry(app_paths(), tell=told.append)
    runtime = registry.add(str(cards.executable), "Vulkan", [])
    registry.note_proof(runtime.id, RuntimeProof(passed=True))
    registry.choose(runtime.id)
    starter = Starter(registry, sockets=app_paths().runtime / "engines")
    engine = await starter.start(settings_for(starter_model(), gpu_layers=0), lambda _: None)
    watch = asyncio.create_task(engine.wait_closed())
    await engine.close()
    await watch
    assert "illegal instruction" in registry.fallback
    assert len(told) == 1
