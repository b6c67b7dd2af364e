"""A context that nobody chose: as long as the model, the memory and the setting allow."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.memory import automatic_context, needed_bytes
from studiolo.server.library.fit import MemoryShape
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture
def model(tmp_path: Path) -> LibraryModel:
    write_tiny_llama(tmp_path / "acme" / "tiny" / "tiny.gguf", context_length=1 << 17)
    (found,) = Library([tmp_path], starter=False).scan()
    return found


def settings_for(model: LibraryModel, *, embedding: bool = False) -> EngineSettings:
    return EngineSettings(model.path, model.size_bytes, 0, embedding=embedding)


def with_dear_context(model: LibraryModel, bytes_of_token: float) -> LibraryModel:
    shape = model.memory
    assert isinstance(shape, MemoryShape)
    return replace(model, memory=replace(shape, full=int(bytes_of_token // 2)))


def test_where_there_is_room_it_is_as_long_as_it_may_be(model: LibraryModel) -> None:
    assert automatic_context(model, settings_for(model), 32_768) == 32_768
    assert automatic_context(model, settings_for(model), 1000) == 1000


def test_where_there_is_not_it_is_what_leaves_some_of_the_memory_free(model: LibraryModel) -> None:
    free = psutil.virtual_memory().available
    dear, settings = with_dear_context(model, free / 20_000), settings_for(model)
    context = automatic_context(dear, settings, 32_768)
    assert context % 256 == 0
    assert 8_000 < context < 20_000
    assert needed_bytes(dear, replace(settings, context_length=context)) < free
    more = automatic_context(dear, settings, 32_768, evictable_bytes=free // 2)
    assert more > context + 4_000, "what goes before makes room"


def test_where_there_is_room_for_none_it_is_a_short_one_and_the_load_says_what_is_missing(model: LibraryModel) -> None:
    dear = with_dear_context(model, psutil.virtual_memory().available / 100)
    assert automatic_context(dear, settings_for(model), 32_768) == 4096
    unknown = replace(model, memory=None)
    assert automatic_context(unknown, settings_for(model), 32_768) == 4096


def test_an_embedding_model_takes_no_more_than_texts_need(model: LibraryModel) -> None:
    assert automatic_context(model, settings_for(model, embedding=True), 32_768) <= 8192
