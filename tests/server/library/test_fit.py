"""What the context of a model takes: header values of the catalog's models, against llama.cpp's formulas by hand."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from studiolo.hub.catalog import Catalog
from studiolo.paths import resource_path
from studiolo.server.library.fit import LoadWay, memory_shape
from studiolo.server.library.gguf import GgufHeader, LongArray

K = 1024
FLOAT16, FLOAT32 = 2, 4
_NEMOTRON = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
"""Its layers: recurrent, experts, attention."""


def every(period: int, layers: int) -> list[bool]:
    """Layers that see a window: all but the last of each period."""
    return [number % period < period - 1 for number in range(layers)]


def at(places: Sequence[int], value: int, layers: int) -> list[int]:
    return [value if number in places else 0 for number in range(layers)]


def header(architecture: str, tokens: int = 1000, **values: Any) -> GgufHeader:
    named = {f"{architecture}.{name.replace('__', '.')}": value for name, value in values.items()}
    metadata = {"general.architecture": architecture, "tokenizer.ggml.tokens": LongArray(tokens), **named}
    return GgufHeader(3, metadata, 0, 0, 0, {}, 0)


def plain(
    layers: int, width: int, heads: int, kv_heads: int | list[int], length: int = 0, **more: Any
) -> dict[str, Any]:
    sizes = {"attention__key_length": length, "attention__value_length": length} if length else {}
    counts = {"attention__head_count": heads, "attention__head_count_kv": kv_heads}
    return {"block_count": layers, "embedding_length": width, **counts, **sizes, **more}


def ssm(inner: int, state: int, groups: int, kernel: int = 4) -> dict[str, int]:
    sizes = {"ssm__inner_size": inner, "ssm__state_size": state}
    return {**sizes, "ssm__group_count": groups, "ssm__conv_kernel": kernel}


def states(inner: int, state: int, groups: int) -> int:
    """Elements of one layer's two states, with a kernel of 4."""
    return 3 * (inner + 2 * groups * state) + state * inner


# Model of the catalog, its header, tokens of context, and for one sequence: elements in the cache, and in states.
Row = tuple[str, GgufHeader, int, int, int]


def rows() -> Iterator[Row]:
    yield from _with_one_cache()
    yield from _with_windows()
    yield from _with_states()


def _with_one_cache() -> Iterator[Row]:
    for name, architecture, values, elements in (
        ("meta/llama-3.2-1b", "llama", plain(16, 2048, 32, 8), 16 * 8 * 128),
        ("meta/llama-3.1-8b", "llama", plain(32, 4096, 32, 8), 32 * 8 * 256),
        ("meta/llama-3.3-70b", "llama", plain(80, 8192, 64, 8), 80 * 8 * 256),
        ("mistralai/mistral-nemo-instruct-2407", "llama", plain(40, 5120, 32, 8, 128), 40 * 8 * 256),
        ("mistralai/ministral-3-8b", "mistral3", plain(34, 4096, 32, 8, 128), 34 * 8 * 256),
        ("qwen/qwen3-0.6b", "qwen3", plain(28, 1024, 16, 8, 128), 28 * 8 * 256),
        ("qwen/qwen3-8b", "qwen3", plain(36, 4096, 32, 8, 128), 36 * 8 * 256),
        ("qwen/qwen3-30b-a3b", "qwen3moe", plain(48, 2048, 32, 4, 128), 48 * 4 * 256),
        ("qwen/qwen3-vl-8b", "qwen3vl", plain(36, 4096, 32, 8, 128), 36 * 8 * 256),
        ("qwen/qwen2.5-7b-instruct", "qwen2", plain(28, 3584, 28, 4), 28 * 4 * 256),
        ("qwen/qwen2.5-vl-7b", "qwen2vl", plain(28, 3584, 28, 4), 28 * 4 * 256),
        ("microsoft/phi-4", "phi3", plain(40, 5120, 40, 10, attention__sliding_window=16384), 40 * 10 * 256),
        ("ibm/granite-4.1-8b", "granite", plain(40, 4096, 32, 8), 40 * 8 * 256),
        ("huggingfacetb/smollm2-135m", "llama", plain(30, 576, 9, 3), 30 * 3 * 128),
        ("huggingfacetb/smollm3-3b", "smollm3", plain(36, 2048, 16, 4), 36 * 4 * 256),
        ("zai-org/glm-4-9b-0414", "glm4", plain(40, 4096, 32, 2, 128), 40 * 2 * 256),
        ("zai-org/glm-4.5-air", "glm4moe", plain(47, 4096, 96, 8, 128, nextn_predict_layers=1), 46 * 8 * 256),
        ("bytedance/seed-oss-36b", "seed_oss", plain(64, 5120, 80, 8, 128), 64 * 8 * 256),
        ("baidu/ernie-4.5-21b-a3b", "ernie4_5-moe", plain(28, 2560, 20, 4, 128), 28 * 4 * 256),
        ("bigcode/starcoder2-3b-instruct", "starcoder2", plain(30, 3072, 24, 2), 30 * 2 * 256),
        ("lgai/exaone-3.5-2.4b", "exaone", plain(30, 2560, 32, 8), 30 * 8 * 160),
        ("lgai/exaone-4.0-1.2b", "exaone4", plain(30, 2048, 32, 8, attention__sliding_window=4096), 30 * 8 * 128),
    ):
        yield name, header(architecture, **values), 32 * K, 32 * K * elements, 0
    latent = {"attention__key_length_mla": 192, "attention__value_length_mla": 128, "attention__value_length": 512}
    for name, layers in (("zai-org/glm-4.7-flash", 47), ("deepseek/deepseek-coder-v2-lite-instruct", 27)):
        values = plain(layers, 2048, 20, 1) | {"attention__key_length": 576} | latent
        yield name, header("deepseek2", **values), 32 * K, 32 * K * layers * 576, 0
    former = plain(27, 2048, 16, 16) | {"attention__key_length": 192, "attention__value_length": 128}
    yield "deepseek/deepseek-coder-v2-lite-instruct", header("deepseek2", **former), 32 * K, 32 * K * 27 * 16 * 320, 0
    for name, architecture in (
        ("baai/bge-m3", "bert"),
        ("nomic-ai/nomic-embed-text-v1.5", "nomic-bert"),
        ("google/embeddinggemma-300m", "gemma-embedding"),
    ):
        yield name, header(architecture, **plain(24, 1024, 16, 16)), 512, 0, 0


def _with_windows() -> Iterator[Row]:
    """Each with a batch of 128: a windowed layer has cells for the window and the batch, in steps of 256."""

    def window(tokens: int, **more: Any) -> dict[str, Any]:
        return {"attention__sliding_window": tokens, **more}

    two = plain(42, 3584, 16, 8, 256, **window(4096))
    yield "google/gemma-2-9b", header("gemma2", **two), 8 * K, 21 * 8 * 512 * (8 * K + 4352), 0
    three = plain(34, 2560, 8, 4, 256, **window(1024))
    yield "google/gemma-3-4b", header("gemma3", **three), 128 * K, 4 * 512 * (5 * 128 * K + 29 * 1280), 0
    small = plain(18, 640, 4, 1, 256, **window(512))
    yield "google/gemma-3-270m", header("gemma3", **small), 32 * K, 512 * (3 * 32 * K + 15 * 768), 0
    nano = plain(35, 2048, 8, 2, 256, **window(512, attention__sliding_window_pattern=every(5, 35)))
    # Of its 35 layers, 20 have a cache of their own.
    yield "google/gemma-3n-e4b", header("gemma3n", **nano), 32 * K, 2 * 512 * (4 * 32 * K + 16 * 768), 0
    swa = {"attention__key_length_swa": 256, "attention__value_length_swa": 256}
    heads = [2 if number % 6 == 5 else 8 for number in range(30)]
    four = plain(30, 2816, 16, heads, 512, **window(1024, attention__sliding_window_pattern=every(6, 30)), **swa)
    yield "google/gemma-4-26b-a4b", header("gemma4", **four), 128 * K, 5 * 2 * 1024 * 128 * K + 25 * 8 * 512 * 1280, 0
    shared = plain(35, 1536, 8, 1, 512, **window(512, attention__sliding_window_pattern=every(5, 35)), **swa)
    shared["attention__shared_kv_layers"] = 20
    yield "google/gemma-4-e2b", header("gemma4", **shared), 32 * K, 3 * 1024 * 32 * K + 12 * 512 * 768, 0
    oss = plain(24, 2880, 64, 8, 64, **window(128))
    yield "openai/gpt-oss-20b", header("gpt-oss", **oss), 128 * K, 12 * 8 * 128 * (128 * K + 256), 0
    olmo = plain(32, 4096, 32, 32, **window(4096))
    yield "allenai/olmo-3-7b", header("olmo2", **olmo), 32 * K, 32 * 256 * (8 * 32 * K + 24 * 4352), 0
    scout = plain(48, 5120, 40, 8, 128)
    yield "meta/llama-4-scout", header("llama4", **scout), 128 * K, 8 * 256 * (12 * 128 * K + 36 * 8448), 0
    glimmer = plain(52, 4096, 32, 8, 128, **window(2048))
    yield "meta/muse-glimmer", header("muse-glimmer", **glimmer), 64 * K, 8 * 256 * (13 * 64 * K + 39 * 2304), 0
    laguna = plain(40, 2048, 48, 8, 128, **window(512))
    yield "poolside/laguna-xs-2.1", header("laguna", **laguna), 64 * K, 8 * 256 * (10 * 64 * K + 30 * 768), 0


def _with_states() -> Iterator[Row]:
    for name, architecture, values, cached, state in (
        (
            "qwen/qwen3.6-27b",
            "qwen35",
            plain(64, 5120, 24, 4, 256, **ssm(6144, 128, 16), full_attention_interval=4),
            16 * 4 * 512,
            48 * states(6144, 128, 16),
        ),
        (
            "qwen/qwen3.6-35b-a3b",
            "qwen35moe",
            plain(40, 2048, 16, 2, 256, **ssm(4096, 128, 16), full_attention_interval=4),
            10 * 2 * 512,
            30 * states(4096, 128, 16),
        ),
        (
            "qwen/qwen3.5-4b",
            "qwen35",
            plain(33, 2560, 16, 4, 256, **ssm(4096, 128, 16), nextn_predict_layers=1),
            8 * 4 * 512,
            24 * states(4096, 128, 16),
        ),
        (
            "qwen/qwen3-next-80b",
            "qwen3next",
            plain(48, 2048, 16, 2, 256, **ssm(4096, 128, 16)),
            12 * 2 * 512,
            36 * states(4096, 128, 16),
        ),
        (
            "qwen/qwen3-coder-next",
            "qwen3next",
            plain(48, 2048, 16, 2, 256, **ssm(4096, 128, 16))
            | {"attention__recurrent_layers": [number % 4 != 3 for number in range(48)]},
            12 * 2 * 512,
            36 * states(4096, 128, 16),
        ),
        (
            "ibm/granite-4-h-tiny",
            "granitehybrid",
            plain(40, 1536, 12, at((5, 15, 25, 35), 4, 40), **ssm(3072, 128, 1)),
            4 * 4 * 256,
            36 * states(3072, 128, 1),
        ),
        (
            "nvidia/nemotron-3-nano",
            "nemotron_h_moe",
            plain(52, 2688, 32, [2 * (kind == "*") for kind in _NEMOTRON], 128, **ssm(4096, 128, 8))
            | {"feed_forward_length": [1856 * (kind == "E") for kind in _NEMOTRON]},
            6 * 2 * 256,
            23 * states(4096, 128, 8),
        ),
        (
            "tiiuae/falcon-h1-7b-instruct",
            "falcon-h1",
            plain(44, 3072, 12, 2, 128, **ssm(3072, 256, 1)),
            44 * 2 * 256,
            44 * states(3072, 256, 1),
        ),
        (
            "liquid/lfm2-1.2b",
            "lfm2",
            plain(16, 2048, 32, at((2, 5, 8, 10, 12, 14), 8, 16), shortconv__l_cache=3),
            6 * 8 * 128,
            10 * 2 * 2048,
        ),
    ):
        yield name, header(architecture, **values), 256 * K, 256 * K * cached, state


@pytest.mark.parametrize(
    ("name", "about", "context", "cached", "state"), list(rows()), ids=lambda value: str(value)[:40]
)
def test_the_context_takes_what_llama_cpp_takes(
    name: str, about: GgufHeader, context: int, cached: int, state: int
) -> None:
    shape = memory_shape([about])
    for sequences in (1, 4):
        if shape.windowed and sequences > 1:
            continue  # Each of them has a window of its own: other cells than in this table.
        taken = shape.context_bytes(context, LoadWay(sequences, 128))
        assert taken == cached * FLOAT16 + state * sequences * FLOAT32


def test_windows_of_several_sequences_lie_beside_each_other() -> None:
    shape = memory_shape([header("gpt-oss", **plain(24, 2880, 64, 8, 64, attention__sliding_window=128))])
    four = shape.context_bytes(128 * K, LoadWay(4, 128))
    assert four == 12 * 8 * 128 * (128 * K + 768) * FLOAT16
    assert shape.context_bytes(300, LoadWay(4, 128)) == 24 * 8 * 128 * 512 * FLOAT16, "no more than there are"


def test_every_model_of_the_table_is_in_the_catalog() -> None:
    catalog = Catalog.model_validate_json(resource_path("catalog.json").read_bytes())
    assert [name for name, *_ in rows() if catalog.find(name) is None] == []


@pytest.mark.parametrize(
    ("name", "gibibytes"),
    # What a person who counted by hand had for one sequence, at the longest context.
    [("qwen/qwen3.6-27b", 16.2), ("qwen/qwen3.6-35b-a3b", 5.1), ("qwen/qwen3-next-80b", 6.1)],
)
def test_today_s_models_are_not_overestimated(name: str, gibibytes: float) -> None:
    about = next(row[1] for row in rows() if row[0] == name)
    taken = memory_shape([about]).context_bytes(256 * K, LoadWay(1, 128))
    assert taken / 2**30 == pytest.approx(gibibytes, rel=0.02)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"block_count": 2**31 - 1},
        {"block_count": -1, "attention.head_count": -4},
        {"block_count": 8, "attention.head_count_kv": [1, "x", None, 2.5, True]},
        {"block_count": 8, "attention.head_count": 2**30, "attention.key_length": 2**30, "embedding_length": 2**30},
        {"block_count": 8, "attention.sliding_window": 5, "attention.sliding_window_pattern": "odd"},
        {"block_count": 3, "attention.recurrent_layers": [True], "attention.head_count_kv": 4},
        {"block_count": 3, "nextn_predict_layers": 9, "attention.head_count": LongArray(5)},
        {"block_count": 3, "attention.shared_kv_layers": 9, "attention.head_count": 4},
    ],
)
@pytest.mark.parametrize(
    "architecture", ["llama", "gemma3", "qwen35", "laguna", "nemotron_h", "lfm2", "gemma3n", "new"]
)
def test_no_header_is_too_odd_to_be_reckoned(architecture: str, odd: dict[str, Any]) -> None:
    metadata = {"general.architecture": architecture} | {f"{architecture}.{name}": value for name, value in odd.items()}
    shape = memory_shape([GgufHeader(3, metadata, 0, 0, 1000, {}, 0)])
    assert shape.needed_bytes(4096, LoadWay(4, 128)) >= 1000
