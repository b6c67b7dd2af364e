"""Models for what the starter model can't do, and the official clients."""

import shutil
from collections.abc import AsyncIterator

import anthropic
import openai
import pytest

from studiolo.paths import app_paths
from studiolo.server.library.scan import Library
from tests.stands.minilm import write_minilm
from tests.stands.projector import write_projector
from tests.stands.serving import STARTER, RunningServer
from tests.stands.template_model import REASONING, TOOLS, write_template_model


@pytest.fixture
async def gpt(server: RunningServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
async def claude(server: RunningServer) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=server.address, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def caller() -> str:
    """A model that is shown its tools."""
    write_template_model(app_paths().models / "acme" / "caller" / "caller-Q4_1.gguf", TOOLS)
    return "acme/caller"


@pytest.fixture
def thinker() -> str:
    """A model that reasons, unless it is told not to."""
    write_template_model(app_paths().models / "acme" / "thinker" / "thinker-Q4_1.gguf", REASONING)
    return "acme/thinker"


@pytest.fixture
def seer() -> str:
    """A model that takes images."""
    write_seer("seer")
    return "acme/seer"


@pytest.fixture
def embedder() -> str:
    """A model that embeds."""
    write_minilm(app_paths().models / "acme" / "minilm" / "minilm-F16.gguf")
    return "acme/minilm"


def write_seer(name: str) -> None:
    folder = app_paths().models / "acme" / name
    folder.mkdir(parents=True)
    model = Library([]).find(STARTER)
    assert model
    shutil.copy(model.path, folder / "seer-Q4_1.gguf")
    write_projector(folder / "mmproj-seer.gguf", model_width=576)
