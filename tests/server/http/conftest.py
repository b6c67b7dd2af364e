"""Servers that a module shares, models for what the starter model can't do, and the clients of all dialects.

A test that asks for `own_server` has one to itself, in a home of its own, and may do with it what it likes. The others
share that of their module, and leave its settings, its tokens and its loaded models as they are. Both run on the event
loop of the module.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
import pytest_asyncio

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.paths import app_paths
from tests.stands.homes import make_home, use_home
from tests.stands.minilm import write_minilm
from tests.stands.plain_http import http_client
from tests.stands.projector import write_projector
from tests.stands.serving import RunningServer, serving
from tests.stands.starter import STARTER, starter_model
from tests.stands.template_model import REASONING, TOOLS, write_template_model
from tests.stands.tiny_model import write_tiny_llama

_SHARED = {"address", "server"}
_TALKERS = {"claude", "client", "gpt"}


@pytest.fixture(autouse=True)
def application_home(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The home of the server that a test shares, else one of its own."""
    wanted = set(request.fixturenames)
    if _SHARED & wanted and "own_server" not in wanted:
        # Here, so that what the server starts was there before the test.
        request.getfixturevalue("starter" if _TALKERS & wanted else "server")
        home: Path = request.getfixturevalue("shared_home")
    else:
        home = make_home(tmp_path_factory)
    use_home(home, monkeypatch)
    return home


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(shared_home: Path) -> AsyncIterator[RunningServer]:
    """The server of a module."""
    with pytest.MonkeyPatch.context() as patch:
        use_home(shared_home, patch)
        async with serving(exact_names=True) as running, Client(running.address) as client:
            # Once it has answered, what goes on beside the requests has begun.
            assert await ServerApi(client).greets()
            yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def starter(server: RunningServer) -> str:
    """The starter model, loaded: those who use a client get it unasked."""
    return await _load(server, STARTER)


@pytest_asyncio.fixture(loop_scope="module")
async def own_server() -> AsyncIterator[RunningServer]:
    """A server that is the test's alone. No model is loaded."""
    async with serving() as running:
        yield running


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """Where the test's own server listens, if it has one, or else the shared one."""
    name = "own_server" if "own_server" in request.fixturenames else "server"
    running: RunningServer = request.getfixturevalue(name)
    return running.address


@pytest_asyncio.fixture(loop_scope="module")
async def client(address: str) -> AsyncIterator[Client]:
    async with Client(address) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(address, timeout=60) as http:
        yield http


@pytest_asyncio.fixture(loop_scope="module")
async def gpt(address: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def claude(address: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=address, api_key="none", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def caller(server: RunningServer) -> str:
    """A model that is shown its tools."""
    write_template_model(app_paths().models / "acme" / "caller" / "caller-Q4_1.gguf", TOOLS)
    return await _load(server, "acme/caller")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def thinker(server: RunningServer) -> str:
    """A model that reasons, unless it is told not to."""
    write_template_model(app_paths().models / "acme" / "thinker" / "thinker-Q4_1.gguf", REASONING)
    return await _load(server, "acme/thinker")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def seer(server: RunningServer) -> str:
    """A model that takes images."""
    write_seer(app_paths().models / "acme" / "seer")
    return await _load(server, "acme/seer")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def babbler(server: RunningServer) -> str:
    """A model that says nothing, quickly, and as much of it as it may."""
    write_tiny_llama(app_paths().models / "acme" / "babbler" / "babbler.gguf")
    return await _load(server, "acme/babbler")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def quick_seer(server: RunningServer) -> str:
    """A model that takes images, and answers with a few random characters."""
    model = write_tiny_llama(app_paths().models / "acme" / "quick" / "quick.gguf", context_length=4096, brief=True)
    write_projector(model.with_name("mmproj-quick.gguf"), model_width=64)
    return await _load(server, "acme/quick")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def embedder(server: RunningServer) -> str:
    """A model that embeds."""
    write_minilm(app_paths().models / "acme" / "minilm" / "minilm-F16.gguf")
    return await _load(server, "acme/minilm")


@pytest.fixture
def tiny(application_home: Path) -> str:
    """A model that is loaded in no time, for where the words don't matter; it is there and not loaded."""
    write_tiny_llama(app_paths().models / "acme" / "tiny" / "tiny.gguf")
    return "acme/tiny"


def write_seer(folder: Path) -> None:
    """Write the starter model, with a projector for images, into `folder`."""
    folder.mkdir(parents=True)
    shutil.copy(starter_model(), folder / "seer-Q4_1.gguf")
    write_projector(folder / "mmproj-seer.gguf", model_width=576)


async def _load(server: RunningServer, model: str) -> str:
    """Load a model for good: one that is loaded on purpose does not go for the next. Returns its id."""
    async with Client(server.address) as client:
        return (await ModelsApi(client).load(LoadRequest(model=model))).instance_id
