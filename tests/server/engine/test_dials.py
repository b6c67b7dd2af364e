"""Every dial of a load, by what it changes of the real engine."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.api.load_dials import LoadDials
from studiolo.errors import EngineError, RequestError, UnsupportedError
from studiolo.server.engine.contract import CHAT, COMPLETIONS, TEMPLATE, EngineSettings, LoraFile
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.engine.worker import engine_parameters
from tests.stands.adapter import write_adapter
from tests.stands.architectures import write_architecture
from tests.stands.tiny_model import write_tiny_llama

TEXT = "the quick brown fox "
_LETTER = 5 + 256
"""The token of the letter a in the tiny model's vocabulary."""
LONG = 100_000
"""Tokens of a context whose cache is most of what is held."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dials")


@pytest.fixture(scope="module")
def tiny(folder: Path) -> EngineSettings:
    model = write_tiny_llama(folder / "tiny.gguf")
    return EngineSettings(model=model, size_bytes=model.stat().st_size, context_length=1024, parallel=2)


@asynccontextmanager
async def started(settings: EngineSettings) -> AsyncIterator[LlamaServer]:
    engine = await LlamaServer.start(settings, lambda _: None, sockets=settings.model.parent / "s")
    try:
        yield engine
    finally:
        await engine.close()


async def said(engine: LlamaServer, **more: Any) -> str:
    body = {"prompt": TEXT, "max_tokens": 12, "temperature": 0, **more}
    return "".join([chunk.text async for chunk in _chunks(engine, body)])


@dataclass
class _Piece:
    text: str
    raw: dict[str, Any]


async def _chunks(engine: LlamaServer, body: dict[str, Any]) -> AsyncIterator[_Piece]:
    async for chunk in engine.stream(COMPLETIONS, body):
        yield _Piece("".join(choice.text or "" for choice in chunk.choices), chunk.raw)


async def drafted(engine: LlamaServer) -> int:
    """Tokens that were proposed while it wrote the same letter again and again."""
    body = {"prompt": TEXT, "max_tokens": 100, "temperature": 0, "logit_bias": {str(_LETTER): 90}}
    timings = [chunk.raw["timings"] async for chunk in _chunks(engine, body) if chunk.raw.get("timings")]
    return int(timings[-1].get("draft_n") or 0)


async def slots(engine: LlamaServer) -> tuple[int, int]:
    told = await engine.slots()
    return len(told), told[0]["n_ctx"]


async def held(engine: LlamaServer) -> int:
    """Megabytes."""
    return psutil.Process(engine.pid).memory_info().rss >> 20


async def held_after_a_prompt(engine: LlamaServer) -> int:
    await said(engine, prompt=TEXT * 90, max_tokens=1)
    return await held(engine)


async def working_threads(engine: LlamaServer) -> int:
    await said(engine)
    return psutil.Process(engine.pid).num_threads()


async def steps(engine: LlamaServer) -> int:
    body = {"prompt": TEXT * 40, "max_tokens": 1}
    return len([chunk async for chunk in _chunks(engine, body) if "prompt_progress" in chunk.raw])


async def maps_the_file(engine: LlamaServer) -> bool:
    return "tiny.gguf" in Path(f"/proc/{engine.pid}/maps").read_text(encoding="utf-8")


async def locked(engine: LlamaServer) -> bool:
    status = Path(f"/proc/{engine.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmLck:")[2].split()[0]) > 0


async def by_chance(engine: LlamaServer) -> str:
    return await said(engine, temperature=1.0, max_tokens=30)


async def odds(engine: LlamaServer) -> str:
    body = {"prompt": TEXT * 20, "max_tokens": 8, "temperature": 0, "n_probs": 3}
    return str([chunk.raw["choices"][0].get("logprobs") async for chunk in _chunks(engine, body) if chunk.text])


async def prompt(engine: LlamaServer) -> str:
    return str((await engine.ask(TEMPLATE, {"messages": [{"role": "user", "content": "Hi"}]}))["prompt"])


Look = Callable[[LlamaServer], Awaitable[Any]]
_ROOMY = {"context_length": LONG}
SEEN: dict[str, tuple[dict[str, Any], dict[str, Any], Look]] = {
    "context_length": ({"context_length": 512}, {"context_length": 1024}, slots),
    "parallel": ({"parallel": 1}, {"parallel": 3}, slots),
    "eval_batch_size": ({"eval_batch_size": 512}, {"eval_batch_size": 64}, steps),
    "physical_batch_size": (
        {"context_length": 2048, "eval_batch_size": 2048, "physical_batch_size": 64},
        {"context_length": 2048, "eval_batch_size": 2048, "physical_batch_size": 2048},
        held_after_a_prompt,
    ),
    "threads": ({"threads": 1}, {"threads": 3}, working_threads),
    "flash_attention": ({"flash_attention": True}, {"flash_attention": False}, odds),
    "k_cache_type": (_ROOMY, _ROOMY | {"k_cache_type": "f32"}, held),
    "v_cache_type": (_ROOMY, _ROOMY | {"v_cache_type": "f32"}, held),
    "unified_cache": (_ROOMY, _ROOMY | {"unified_cache": False}, held),
    "use_mmap": ({"use_mmap": True}, {"use_mmap": False}, maps_the_file),
    "use_mlock": ({"use_mlock": False}, {"use_mlock": True}, locked),
    "rope_frequency_base": ({}, {"rope_frequency_base": 50.0}, odds),
    "rope_frequency_scale": ({}, {"rope_frequency_scale": 0.25}, odds),
    "seed": ({"seed": 1}, {"seed": 2}, by_chance),
    "loras": ({}, {"loras": "adapter"}, said),
    "draft_model": ({}, {"draft_model": "tiny"}, drafted),
    "draft_max": ({"ngram_speculation": True, "draft_max": 2}, {"ngram_speculation": True, "draft_max": 20}, drafted),
    "ngram_speculation": ({}, {"ngram_speculation": True}, drafted),
    "chat_template": ({}, {"chat_template": "{{ messages[0]['content'] }}!"}, prompt),
}
ELSEWHERE = {
    "gpu_layers": "test_the_dials_of_cards_reach_the_engine",
    "main_device": "test_the_dials_of_cards_reach_the_engine",
    "device_split": "test_the_dials_of_cards_reach_the_engine",
    "device_memory_limit": "test_the_dials_of_cards_reach_the_engine",
    "cpu_expert_layers": "test_the_dials_of_cards_reach_the_engine",
    "offload_kv_cache_to_gpu": "test_the_dials_of_cards_reach_the_engine",
    "num_experts": "test_what_the_bundled_engine_can_not_be_told_is_refused_by_name",
    "keep_alive_seconds": "tests/server/http/test_load_dials.py",
}
"""Which can't be seen here, and what tries them."""


def test_every_dial_is_tried() -> None:
    assert set(SEEN) | set(ELSEWHERE) == set(LoadDials.model_fields)
    assert set(LoadDials.model_fields) <= {one.name for one in fields(EngineSettings)}


def _settings(tiny: EngineSettings, changes: dict[str, Any]) -> EngineSettings:
    changes = dict(changes)
    if "loras" in changes:
        changes["loras"] = (LoraFile(write_adapter(tiny.model.with_name("adapter.gguf"))),)
    if "draft_model" in changes:
        changes["draft_model"] = tiny.model
    return replace(tiny, **changes)


@pytest.mark.parametrize("dial", SEEN)
async def test_a_dial_changes_what_can_be_seen(dial: str, tiny: EngineSettings) -> None:
    before, after, look = SEEN[dial]
    seen = []
    for changes in (before, after):
        async with started(_settings(tiny, changes)) as engine:
            seen.append(await look(engine))
            config = engine.config.model_dump()
            if dial in changes and dial not in ("chat_template", "draft_model", "loras"):
                assert config[dial] == changes[dial]
    if isinstance(seen[0], int) and look in (held, held_after_a_prompt):
        assert seen[1] > seen[0] + 5, seen
    else:
        assert seen[0] != seen[1], seen


async def test_the_same_seed_is_the_same_chance_in_every_load(tiny: EngineSettings) -> None:
    texts = []
    for _ in range(2):
        async with started(replace(tiny, seed=5)) as engine:
            texts.append(await by_chance(engine))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("kind", ["q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl", "bf16", "f16", "f32"])
async def test_every_type_of_cache_is_one_of_the_engine(kind: Any, folder: Path) -> None:
    model = folder / "wide.gguf"
    if not model.exists():
        write_architecture(model, "llama")
    settings = EngineSettings(
        model, model.stat().st_size, 512, parallel=1, k_cache_type=kind, v_cache_type=kind, flash_attention=True
    )
    async with started(settings) as engine:
        assert await slots(engine) == (1, 512)
        assert (engine.config.k_cache_type, engine.config.v_cache_type) == (kind, kind)


@pytest.mark.parametrize("changes", [{"ngram_speculation": True}, {"draft_model": "tiny"}])
async def test_what_is_said_is_the_same_with_speculation(changes: dict[str, Any], tiny: EngineSettings) -> None:
    texts = []
    for more in ({}, changes):
        async with started(_settings(tiny, more)) as engine:
            texts.append(await said(engine, prompt=TEXT * 8, max_tokens=80))
            assert (await drafted(engine) > 0) == bool(more)
    assert texts[0] == texts[1]


def test_the_dials_of_cards_reach_the_engine(tiny: EngineSettings) -> None:
    """No machine of the tests has a card: this is what one would be told."""
    cards = [{"name": "Vulkan0", "memory_free": 8 << 30}, {"name": "Vulkan1", "memory_free": 4 << 30}]

    def told(**changes: Any) -> dict[str, Any]:
        order = replace(tiny, **changes).to_json() | {"address": ["127.0.0.1", 0], "key": "k"}
        return engine_parameters(order, cards=cards)

    usual = told()
    assert (usual["n_gpu_layers"], usual["fit_params"], usual["split_mode"]) == (-1, True, "LAYER")
    assert usual["fit_params_target"] == [1 << 30, 1 << 30]
    assert (told(gpu_layers=7)["n_gpu_layers"], told(gpu_layers=7)["fit_params"]) == (7, False)
    assert told(gpu_layers=0)["n_gpu_layers"] == 0
    assert told(gpu_layers=-1)["n_gpu_layers"] > 1000
    assert told(device_memory_limit=3 << 30)["fit_params_target"] == [5 << 30, 1 << 30]
    alone = told(main_device="Vulkan1")
    assert (alone["main_gpu"], alone["split_mode"]) == (1, "NONE")
    assert told(device_split=(1.0, 3.0))["tensor_split"] == [1.0, 3.0]
    assert told(offload_kv_cache_to_gpu=False)["no_kv_offload"] is True
    places = told(cpu_expert_layers=2)["tensor_buft_overrides"].split(",")
    assert [place[:9] for place in places] == [r"blk\.0\.f", r"blk\.1\.f"]


async def test_experts_on_the_processor_are_a_pattern_that_the_engine_takes(folder: Path) -> None:
    model = write_architecture(folder / "mixture.gguf", "qwen3moe")
    settings = EngineSettings(model, model.stat().st_size, 512, parallel=1, cpu_expert_layers=3)
    async with started(settings) as engine:
        assert (await engine.count(COMPLETIONS, {"prompt": "Hi"})) > 0


async def test_what_the_bundled_engine_can_not_be_told_is_refused_by_name(tiny: EngineSettings) -> None:
    with pytest.raises(UnsupportedError) as caught:
        await LlamaServer.start(replace(tiny, num_experts=1), lambda _: None, sockets=tiny.model.parent)
    assert caught.value.param == "num_experts"


async def test_a_template_that_only_the_engine_finds_fault_with_is_the_request_s(tiny: EngineSettings) -> None:
    broken = "{{ messages[0] | no_such_filter(( }}"
    with pytest.raises((RequestError, EngineError)) as caught:
        await LlamaServer.start(replace(tiny, chat_template=broken), lambda _: None, sockets=tiny.model.parent)
    assert isinstance(caught.value, RequestError)
    assert caught.value.param == "chat_template"


async def test_a_chat_uses_the_template_that_was_chosen(tiny: EngineSettings) -> None:
    async with started(replace(tiny, chat_template="{{ messages[0]['content'] }}!")) as engine:
        assert engine.config.own_chat_template is True
        body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
        assert [chunk async for chunk in engine.stream(CHAT, body)]
