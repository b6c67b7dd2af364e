"""A llama-server as an engine: what it is started with, what it says when it can't, and that it outlives nobody."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from studiolo.errors import EngineError, RequestError
from studiolo.server.engine.contract import CHAT, EMBEDDINGS, EngineSettings, LoraFile
from studiolo.server.engine.deaths import RuntimeFailedError
from studiolo.server.engine.http_client import EngineHttp
from studiolo.server.engine.llama_flags import known_flags
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.runtimes.runtime import Runtime
from tests.server.http.images import image_url
from tests.stands.adapter import write_adapter
from tests.stands.llama_executable import write_stand
from tests.stands.minilm import write_minilm
from tests.stands.projector import write_projector
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand is a script with a first line for Unix")


def runtime_at(executable: Path, *rpc: str) -> Runtime:
    folder = executable.parent
    return Runtime("own-stand", "Stand", "llama-server", folder=folder, executable=executable, rpc=rpc, own=True)


def settings_for(model: Path, **changes: object) -> EngineSettings:
    values: dict[str, object] = {"model": model, "size_bytes": model.stat().st_size, "context_length": 1024}
    return EngineSettings(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    return runtime_at(write_stand(tmp_path_factory.mktemp("stand")))


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scripted_llama(
        tmp_path_factory.mktemp("models") / "scripted" / "scripted.gguf", calls={"light": {"on": True}}
    )


async def _chat(engine: LlamaServer, **body: object) -> str:
    request = {"messages": [{"role": "user", "content": "Well?"}], "max_tokens": 40, "temperature": 0, **body}
    chunks = [chunk async for chunk in engine.stream(CHAT, request)]
    return "".join(choice.text or "" for chunk in chunks for choice in chunk.choices)


@pytest.mark.parametrize("folder", ["s", "x" * 90])
async def test_it_answers_on_a_socket_or_where_its_path_is_too_long_on_a_port_of_its_own(
    stand: Runtime, scripted: Path, tmp_path: Path, folder: str
) -> None:
    progress: list[float] = []
    engine = await LlamaServer.start(settings_for(scripted), progress.append, sockets=tmp_path / folder, runtime=stand)
    try:
        assert engine.wire.address.startswith("unix://" if len(folder) == 1 else "http://127.0.0.1:")
        assert await _chat(engine) == REPLY
        async with EngineHttp(engine.wire.address, "wrong").open("GET", "/props") as stranger:
            assert stranger.status == 401, "the key is asked for"
        process = psutil.Process(engine.pid)
        assert engine.wire.key not in " ".join(process.cmdline())
        assert str(stand.executable) in process.cmdline(), "our worker has become it"
        assert not process.children(), "nothing stands beside it"
        assert progress == sorted(progress)
    finally:
        await engine.close()
    assert not psutil.pid_exists(engine.pid)
    assert not list((tmp_path / folder).glob("*")), "its socket is gone"


async def test_what_the_environment_would_have_it_do_is_not_done(
    stand: Runtime, scripted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_ARG_API_PREFIX", "/elsewhere")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    engine = await LlamaServer.start(settings_for(scripted), lambda _: None, sockets=tmp_path, runtime=stand)
    try:
        environment = psutil.Process(engine.pid).environ()
        assert {"LLAMA_ARG_API_PREFIX", "HF_TOKEN"} & environment.keys() == set()
        assert environment["GGML_VK_VISIBLE_DEVICES"] == "0", "what is the card's stays"
    finally:
        await engine.close()


async def test_tools_templates_images_and_embeddings_are_as_with_the_bundled_one(
    stand: Runtime, scripted: Path, tmp_path: Path
) -> None:
    projector = write_projector(tmp_path / "mmproj.gguf", model_width=64)
    template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    settings = settings_for(scripted, mmproj=projector)
    engine = await LlamaServer.start(settings, lambda _: None, sockets=tmp_path / "s", runtime=stand)
    try:
        tool = {"type": "function", "function": {"name": "light", "parameters": {"type": "object"}}}
        request = {"messages": [{"role": "user", "content": "On!"}], "tools": [tool], "temperature": 0}
        chunks = [chunk async for chunk in engine.stream(CHAT, request)]
        assert [call.name for chunk in chunks for one in chunk.choices for call in one.calls if call.name] == ["light"]
        parts = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": image_url("PNG")}}]
        assert await _chat(engine, messages=[{"role": "user", "content": parts}])
    finally:
        await engine.close()
    engine = await LlamaServer.start(
        settings_for(scripted, chat_template=template), lambda _: None, sockets=tmp_path / "s", runtime=stand
    )
    try:
        line = " ".join(psutil.Process(engine.pid).cmdline())
        assert ".jinja" in line
        assert engine.wire.key[:8] not in line, "nor the beginning of the key"
        prompt = await engine.ask("/apply-template", {"messages": [{"role": "user", "content": "bare"}]})
        assert prompt["prompt"] == "bare"
        assert not list((tmp_path / "s").glob("*.jinja")), "the template's file is gone"
    finally:
        await engine.close()
    settings = settings_for(write_minilm(tmp_path / "minilm.gguf"), embedding=True, parallel=1, context_length=256)
    engine = await LlamaServer.start(settings, lambda _: None, sockets=tmp_path / "s", runtime=stand)
    try:
        answer = await engine.ask(EMBEDDINGS, {"input": "a cat"})
        assert len(answer["data"][0]["embedding"]) == 384
    finally:
        await engine.close()


async def test_what_is_wrong_with_a_model_is_said_in_its_own_words_and_not_laid_on_the_runtime(
    stand: Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF but no more")
    with pytest.raises(EngineError, match="The model could not be loaded") as caught:
        await LlamaServer.start(settings_for(file), lambda _: None, sockets=tmp_path, runtime=stand)
    assert not isinstance(caught.value, RuntimeFailedError)
    assert "GGUF" in str(caught.value)


async def test_an_adapter_is_as_strong_as_was_chosen_whatever_its_path(stand: Runtime, tmp_path: Path) -> None:
    files = [write_adapter(tmp_path / name) for name in ("a.gguf", "c:b.gguf")]
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    settings = settings_for(model, loras=(LoraFile(files[0]), LoraFile(files[1], 0.5)))
    engine = await LlamaServer.start(settings, lambda _: None, sockets=tmp_path / "s", runtime=stand)
    try:
        told = [(one["path"], one["scale"]) for one in await engine.wire.get("/lora-adapters")]
        assert told == [(str(files[0]), 1.0), (str(files[1]), 0.5)]
    finally:
        await engine.close()


async def test_a_line_without_an_end_keeps_nobody_from_reading_on(scripted: Path, tmp_path: Path) -> None:
    noisy = runtime_at(write_stand(tmp_path / "noisy", noise=8 << 20))
    engine = await LlamaServer.start(settings_for(scripted), lambda _: None, sockets=tmp_path / "s", runtime=noisy)
    try:
        assert await _chat(engine) == REPLY
    finally:
        await engine.close()


async def test_a_dial_that_a_build_does_not_have_is_refused_by_name(tmp_path: Path) -> None:
    runtime = runtime_at(write_stand(tmp_path / "old", without=["--seed"]))
    settings = settings_for(write_tiny_llama(tmp_path / "tiny.gguf"), seed=7)
    with pytest.raises(RequestError, match=r"This build of llama-server \(b9999\) has no option for seed") as caught:
        await LlamaServer.start(settings, lambda _: None, sockets=tmp_path, runtime=runtime)
    assert caught.value.param == "seed"


async def test_options_are_read_again_when_the_executable_is_another(tmp_path: Path) -> None:
    executable = write_stand(tmp_path)
    assert "--seed" in (await known_flags(runtime_at(executable))).names
    write_stand(tmp_path, without=["--seed"])
    os.utime(executable, (1, 1))
    assert "--seed" not in (await known_flags(runtime_at(executable))).names


@pytest.mark.parametrize("loads", [True, False], ids=["loaded", "while it loads"])
def test_it_ends_with_its_parent_however_that_dies(stand: Runtime, tmp_path: Path, loads: bool) -> None:
    model = write_tiny_llama(tmp_path / "tiny.gguf")
    executable = stand.executable if loads else write_stand(tmp_path / "slow", at_load="hang")
    program = f"""
        import asyncio
        from pathlib import Path
        from tests.server.engine.test_executable import runtime_at, settings_for
        from studiolo.server.engine.executable import ExecutableProcess

        async def main():
            settings = settings_for(Path({str(model)!r}))
            runtime = runtime_at(Path({str(executable)!r}))
            engine = await ExecutableProcess.spawn(settings, Path({str(tmp_path)!r}), runtime)
            await (engine.wait_ready(settings, lambda _: None) if {loads} else engine._wait_turn())
            print(engine.pid, flush=True)
            await asyncio.sleep(600)

        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        engine = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: str(executable) in engine.cmdline())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "its end")
