"""Listing, loading and unloading over real engines."""

from pathlib import Path

import gguf
import pytest

from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.api.models import LlmEntry, LoadRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import EngineError, NotFoundError, RequestError, UnsupportedError
from studiolo.paths import app_paths
from tests.stands.serving import RunningServer
from tests.stands.starter import STARTER
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

# Each of them loads and unloads, and so has a server to itself.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("own_server")]


async def entry_of(client: Client, key: str) -> LlmEntry:
    [entry] = [entry for entry in await ModelsApi(client).list_models() if entry.key == key]
    assert isinstance(entry, LlmEntry)
    return entry


async def test_the_starter_model_is_listed_from_its_file(client: Client) -> None:
    entry = await entry_of(client, STARTER)
    assert entry.type == "llm"
    assert entry.publisher == "huggingfacetb"
    assert entry.architecture == "llama"
    assert entry.quantization
    assert entry.quantization.name == "Q4_1"
    assert entry.params_string == "135M"
    assert entry.max_context_length == 8192
    assert entry.size_bytes == 98362432
    assert entry.format == "gguf"
    assert not entry.loaded_instances
    assert entry.error is None


async def test_load_list_and_unload(client: Client, own_server: RunningServer) -> None:
    loaded = await ModelsApi(client).load(
        LoadRequest(model=STARTER.upper(), context_length=2048, echo_load_config=True)
    )
    assert (loaded.instance_id, loaded.status, loaded.type) == (STARTER, "loaded", "llm")
    assert loaded.load_time_seconds > 0
    assert loaded.load_config
    assert loaded.load_config.context_length == 2048
    [instance] = (await entry_of(client, STARTER)).loaded_instances
    assert instance.id == STARTER
    assert instance.config.context_length == 2048
    assert instance.config.parallel == 4
    assert (await ModelsApi(client).unload(STARTER)).instance_id == STARTER
    assert not (await entry_of(client, STARTER)).loaded_instances
    assert not own_server.pool.instances


async def test_loading_again_makes_a_second_instance(client: Client, tiny: str) -> None:
    assert (await ModelsApi(client).load(LoadRequest(model=tiny))).instance_id == tiny
    assert (await ModelsApi(client).load(LoadRequest(model=tiny))).instance_id == f"{tiny}:2"
    await ModelsApi(client).unload(tiny)
    assert [item.id for item in (await entry_of(client, tiny)).loaded_instances] == [f"{tiny}:2"]


async def test_instance_ids_match_exactly(client: Client, tiny: str) -> None:
    await ModelsApi(client).load(LoadRequest(model=tiny))
    with pytest.raises(NotFoundError):
        await ModelsApi(client).unload(tiny.upper())


async def test_a_load_can_be_watched(client: Client) -> None:
    seen = [event async for event in ModelsApi(client).stream_load(LoadRequest(model=STARTER))]
    assert isinstance(seen[0], events.ModelLoadStart)
    assert isinstance(seen[-2], events.ModelLoadEnd)
    assert isinstance(seen[-1], events.ModelLoadResult)
    assert seen[-1].result.instance_id == STARTER
    fractions = [event.progress for event in seen if isinstance(event, events.ModelLoadProgress)]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)


async def test_a_load_that_nobody_waits_for_is_given_up(client: Client, own_server: RunningServer) -> None:
    stream = ModelsApi(client).stream_load(LoadRequest(model=STARTER))
    async for _ in stream:
        break
    await stream.aclose()
    await until(lambda: not own_server.pool.loadings)
    assert not own_server.pool.instances


async def test_unloading_during_generation_ends_it_with_a_clear_error(client: Client) -> None:
    stream = ChatApi(client).stream(ChatRequest(model=STARTER, input="Tell a long story.", max_output_tokens=3000))
    seen = []
    async for event in stream:
        seen.append(event)
        if len(seen) == 20:
            await ModelsApi(client).unload(STARTER)
    error, end = seen[-2:]
    assert isinstance(error, events.ErrorEvent)
    assert "unloaded" in error.error.message
    assert isinstance(end, events.ChatEnd)


async def test_what_can_not_be_loaded_says_why(client: Client) -> None:
    with pytest.raises(RequestError, match="8192") as caught:
        await ModelsApi(client).load(LoadRequest(model=STARTER, context_length=10_000_000))
    assert caught.value.param == "context_length"
    with pytest.raises(UnsupportedError):
        await ModelsApi(client).load(LoadRequest(model=STARTER, num_experts=2))


async def test_a_broken_file_is_listed_with_its_reason_and_breaks_nothing_else(client: Client) -> None:
    repo = app_paths().models / "someone" / "broken-GGUF"
    repo.mkdir(parents=True)
    (repo / "broken.gguf").write_bytes(b"GGUF\x03\x00\x00\x00 nonsense")
    assert (await entry_of(client, "someone/broken")).error
    assert (await entry_of(client, STARTER)).error is None
    with pytest.raises(RequestError, match="can't be used"):
        await ModelsApi(client).load(LoadRequest(model="someone/broken"))


async def test_a_file_that_reads_well_and_loads_badly_gives_the_engines_reason(
    client: Client, tiny: str, tmp_path: Path
) -> None:
    repo = app_paths().models / "someone" / "odd-GGUF"
    repo.mkdir(parents=True)
    good = write_tiny_llama(tmp_path / "good.gguf")
    (repo / "odd.gguf").write_bytes(good.read_bytes().replace(b"blk.0.attn_q.weight", b"blk.0.attn_x.weight"))
    with pytest.raises(EngineError, match="could not be loaded: .*not found"):
        await ModelsApi(client).load(LoadRequest(model="someone/odd"))
    assert (await ModelsApi(client).load(LoadRequest(model=tiny))).status == "loaded"


async def test_an_instance_can_be_given_a_name(client: Client, own_server: RunningServer, tiny: str) -> None:
    loaded = await ModelsApi(client).load(LoadRequest(model=tiny, identifier="My-helper"))
    assert loaded.instance_id == "My-helper"
    answer = await ChatApi(client).complete(ChatRequest(model="My-helper", input="Hi", max_output_tokens=2))
    assert answer.model_instance_id == "My-helper"
    with pytest.raises(RequestError, match="loaded already"):
        await ModelsApi(client).load(LoadRequest(model=tiny, identifier="My-helper"))
    assert (await ModelsApi(client).load(LoadRequest(model=tiny))).instance_id == tiny
    await ModelsApi(client).unload("My-helper")
    assert [instance.id for instance in own_server.pool.instances] == [tiny]


async def test_several_quantizations_are_one_model_with_variants(client: Client) -> None:
    folder = app_paths().models / "acme" / "small-GGUF"
    kinds = gguf.LlamaFileType
    for kind in (kinds.MOSTLY_Q8_0, kinds.ALL_F32, kinds.MOSTLY_Q4_K_M):
        write_tiny_llama(folder / f"small-{kind.name}.gguf", file_type=kind)
    entry = await entry_of(client, "acme/small")
    assert entry.variants == ["acme/small@q4_k_m", "acme/small@f32", "acme/small@q8_0"]
    assert entry.quantization
    assert (entry.selected_variant, entry.quantization.name) == ("acme/small@q4_k_m", "Q4_K_M")
    assert entry.variant_sizes
    assert len(entry.variant_sizes) == 3
    assert [entry.key for entry in await ModelsApi(client).list_models()].count("acme/small@q8_0") == 0
    for name in ("acme/small", "acme/small@Q8_0"):
        answer = await ChatApi(client).complete(ChatRequest(model=name, input="Hi", max_output_tokens=2))
        assert answer.model_instance_id == name.lower()
    entry = await entry_of(client, "acme/small")
    assert [instance.id for instance in entry.loaded_instances] == ["acme/small@q8_0"], "the last one alone stays"
