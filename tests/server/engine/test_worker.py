"""The engine's child process: its parameters, its lifeline, its failures."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from studiolo.errors import EngineError
from studiolo.server.engine import worker
from studiolo.server.engine.contract import CHAT, EngineSettings
from studiolo.server.engine.http_client import EngineHttp
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.engine.process import socket_path
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import LIMIT_SECONDS


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    return EngineSettings(model=model, size_bytes=model.stat().st_size, context_length=1024)


ORDER = {
    "address": ["127.0.0.1", 0],
    "context_length": 4096,
    "embedding": False,
    "eval_batch_size": None,
    "flash_attention": None,
    "key": "k",
    "mmproj": None,
    "model": "m.gguf",
    "offload_kv_cache_to_gpu": True,
    "parallel": 4,
}


def test_every_parameter_exists_in_the_pinned_release() -> None:
    """In a process of its own: the engine's library never enters ours."""
    program = f"""
        import xllamacpp
        from operator import attrgetter
        params = xllamacpp.CommonParams()
        for name in {worker.PARAMETERS!r}:
            attrgetter(name)(params)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    assert set(worker.engine_parameters(ORDER, cards=[])) == set(worker.PARAMETERS)


def test_parameters_leave_the_machine_usable() -> None:
    values = worker.engine_parameters(ORDER, cards=[])
    assert values["cpuparams.n_threads"] >= 1
    assert values["cpuparams.n_threads"] <= max(1, (psutil.cpu_count() or 1) - 1)
    assert values["n_batch"] == values["n_ubatch"] == 128
    assert values["fit_params"] is False
    assert worker.engine_parameters(ORDER, cards=[{"name": "Vulkan0", "memory_free": 4 << 30}])["n_batch"] == 512
    assert worker.engine_parameters({**ORDER, "embedding": True}, cards=[])["n_batch"] == 4096


@pytest.mark.parametrize(("chosen", "spins"), [("", "1000"), ("GOMP_SPINCOUNT=7", "7"), ("OMP_WAIT_POLICY=active", "")])
async def test_a_worker_gives_its_core_away_while_it_waits(
    settings: EngineSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, spins: str
) -> None:
    """Else a reply takes five times as long beside a busy program. What the user chose stands."""
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if chosen:
        monkeypatch.setenv(*chosen.split("="))
    engine = await LlamaServer.start(settings, lambda _: None, sockets=tmp_path)
    try:
        assert psutil.Process(engine.pid).environ().get("GOMP_SPINCOUNT", "") == spins
    finally:
        await engine.close()


@pytest.mark.parametrize("folder", ["s", "x" * 90])
async def test_a_worker_listens_on_a_socket_or_where_its_path_is_too_long_on_a_port(
    settings: EngineSettings, tmp_path: Path, folder: str
) -> None:
    progress: list[float] = []
    engine = await LlamaServer.start(settings, progress.append, sockets=tmp_path / folder)
    try:
        assert engine.wire.address.startswith("unix://" if len(str(tmp_path / folder)) < 80 else "http://127.0.0.1:")
        assert await engine.wire.get("/health") == {"status": "ok"}
        async with EngineHttp(engine.wire.address, "wrong").open("GET", "/props") as stranger:
            status = stranger.status
        assert status == 401, "the key is asked for"
        key = engine.wire.key
        assert key not in " ".join(psutil.Process(engine.pid).cmdline())
        assert key not in str(psutil.Process(engine.pid).environ())
    finally:
        await engine.close()
    assert not psutil.pid_exists(engine.pid)
    assert not list((tmp_path / folder).glob("*")), "its socket is gone"
    assert progress == sorted(progress)


async def test_closing_twice_is_closing(settings: EngineSettings, tmp_path: Path) -> None:
    engine = await LlamaServer.start(settings, lambda _: None, sockets=tmp_path)
    await engine.close()
    await engine.close()
    with pytest.raises(EngineError, match="unloaded"):
        async for _ in engine.stream(CHAT, {"messages": [{"role": "user", "content": "x"}]}):
            pass


async def test_a_file_that_is_no_model_fails_with_the_engines_reason(tmp_path: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF but no more")
    settings = EngineSettings(model=file, size_bytes=16, context_length=512)
    with pytest.raises(EngineError, match="could not be loaded") as caught:
        await LlamaServer.start(settings, lambda _: None, sockets=tmp_path)
    assert "GGUF" in str(caught.value)
    assert not caught.value.retryable


@pytest.mark.skipif(sys.platform == "win32", reason="the kernel's signal is a Unix one")
def test_a_parents_death_ends_a_worker_that_holds_pythons_lock() -> None:
    """As loading does: no Python code of the worker can run then, so no thread could notice."""
    program = """
        import sys
        from studiolo.server.engine.worker import die_with_parent_while_loading
        die_with_parent_while_loading()
        print("up", flush=True)
        pow(3, 10**9)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == b"up\n"
        assert child.poll() is None
        child.stdin.close()
        child.wait(LIMIT_SECONDS)


def test_a_parent_that_died_before_is_noticed_too() -> None:
    program = """
        from studiolo.server.engine.worker import die_with_parent_while_loading
        die_with_parent_while_loading()
        print("still here")
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_SECONDS, check=True)
    assert done.stdout == b""


def test_sockets_stay_below_the_kernels_limit() -> None:
    assert socket_path(Path("/" + "x" * 120)) is None


def test_a_worker_holds_nothing_of_the_server() -> None:
    """What it imports is in the memory beside each model, and is waited for at each load."""
    program = "import sys, studiolo.server.engine.worker; print([*sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"asyncio", "pydantic", "studiolo.errors", "studiolo.api"} & {*ast.literal_eval(done.stdout)}
