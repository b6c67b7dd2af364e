"""One server for a module's tests, with small models that answer at once: what is asked here changes nothing in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import HOME_VARIABLE, app_paths
from tests.stands.minilm import write_minilm
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving
from tests.stands.template_model import REASONING, TOOLS, write_template_model
from tests.stands.tiny_model import write_tiny_llama

TALKER = "acme/talker"
"""Shows its tools to the model. Its tokens are bytes, it talks noise, and it stops where it is told to."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the module's models, and the home that goes with it."""
    home = str(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in (HOME_VARIABLE, "HF_HUB_CACHE", "OLLAMA_MODELS", "HOME"):
            patch.setenv(name, home)
        yield app_paths().models


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(models: Path) -> AsyncIterator[RunningServer]:
    """With the talker loaded: an engine that a test starts is one that it leaves behind."""
    write_tiny_llama(models / TALKER / "talker-F32.gguf", chat_template=TOOLS, context_length=16384, name="talker")
    async with serving(default_context_length=8192, keep_last_only=False) as running:
        await load(running, TALKER)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def thinker(models: Path, server: RunningServer) -> str:
    """A model that never comes to an end of its thoughts."""
    file = models / "acme" / "thinker" / "thinker-F32.gguf"
    write_tiny_llama(file, chat_template=REASONING, context_length=16384, name="thinker")
    return await load(server, "acme/thinker")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(models: Path, server: RunningServer) -> str:
    """A model with a vocabulary that a grammar can choose from."""
    write_template_model(models / "acme" / "caller" / "caller-Q4_1.gguf", TOOLS)
    return await load(server, "acme/caller")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def embedder(models: Path, server: RunningServer) -> str:
    write_minilm(models / "acme" / "minilm" / "minilm-F16.gguf")
    return await load(server, "acme/minilm")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cuttable(models: Path, server: RunningServer) -> str:
    """The embedder under a name that says that its vectors may be cut."""
    write_minilm(models / "acme" / "nomic-embed-text-v1.5" / "nomic-embed-text-v1.5-F16.gguf")
    return await load(server, "acme/nomic-embed-text-v1.5")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(server.address, timeout=60) as client:
        yield client


async def load(server: RunningServer, key: str) -> str:
    async with http_client(server.address, timeout=60) as client:
        (await client.post("/api/v1/models/load", json={"model": key})).raise_for_status()
    return key
