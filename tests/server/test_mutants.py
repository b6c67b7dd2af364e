"""200 model files with damaged headers: every one is listed, refused or loaded, and the server never dies."""

import os
from pathlib import Path

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.models import LoadRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AppError
from studiolo.paths import app_paths
from studiolo.server.library.gguf import read_header
from tests.stands.mutants import write_mutants
from tests.stands.starter import STARTER
from tests.stands.tiny_model import write_tiny_llama

COUNT = 200 if os.environ.get("STUDIOLO_PROVE") else 36


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_no_damaged_file_brings_the_server_down(client: Client, tmp_path: Path) -> None:
    source = write_tiny_llama(tmp_path / "tiny.gguf")
    files = write_mutants(source, read_header(source).data_offset, app_paths().models, COUNT, seed=3)
    entries = {entry.key: entry for entry in await ModelsApi(client).list_models()}
    assert {key for key in entries if key.startswith("mutant/")} == {f"mutant/{file.stem}" for file in files}
    reasons: list[str] = []
    outcomes = {"listed as broken": 0, "refused by the engine": 0, "loaded": 0}
    for file in files:
        key = f"mutant/{file.stem}"
        try:
            loaded = await ModelsApi(client).load(LoadRequest(model=key, context_length=256))
        except AppError as error:
            reasons.append(error.message)
            outcomes["listed as broken" if getattr(entries[key], "error", None) else "refused by the engine"] += 1
        else:
            await ModelsApi(client).unload(loaded.instance_id)
            outcomes["loaded"] += 1
    print(f"{COUNT} mutants: {outcomes}")
    assert all(outcomes.values()), outcomes
    assert all(reasons), "every refusal says why"
    assert (await ChatApi(client).complete(ChatRequest(model=STARTER, input="Hello", max_output_tokens=3))).output
