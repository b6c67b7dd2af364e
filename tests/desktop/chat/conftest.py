import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.paths import HOME_VARIABLE, app_paths
from tests.desktop.chat.desk import MODEL
from tests.stands.server_process import server_process
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own process and home, with a quick model that is loaded.

    All tests of the folder share it: none may change what it keeps, or leave another model loaded.
    """
    home = tmp_path_factory.mktemp("server")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            for name in (HOME_VARIABLE, "HOME", "HF_HUB_CACHE", "OLLAMA_MODELS"):
                environment.setenv(name, str(home))
            write_tiny_llama(app_paths().models / f"{MODEL}/tiny.gguf")
            _, state = stack.enter_context(server_process())
        asyncio.run(_load(state.address))
        yield state.address


async def _load(address: str) -> None:
    async with Client(address) as client:
        await ModelsApi(client).load(LoadRequest(model=MODEL))


@pytest.fixture
async def own_server() -> AsyncIterator[str]:
    """The same for one test alone, in this process; the model is not loaded."""
    write_tiny_llama(app_paths().models / f"{MODEL}/tiny.gguf")
    async with serving() as running:
        yield running.address
