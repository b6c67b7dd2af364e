"""What a load is called in a llama-server's options, newer and older builds alike."""

from pathlib import Path
from typing import Any

import pytest

from studiolo.api.runtimes import RuntimeDevice
from studiolo.errors import RequestError
from studiolo.server.engine.contract import EngineSettings, LoraFile
from studiolo.server.engine.llama_flags import KnownFlags, Launch, arguments, parse_devices

_NEW = """
--model --host --port --ctx-size --parallel --batch-size --ubatch-size --threads --threads-batch --no-ui
--offline --slots --cache-ram --jinja --log-verbosity --log-prefix --log-timestamps --log-colors --embedding
--mmproj --seed --chat-template-kwargs --chat-template-file --rpc --kv-unified --no-kv-unified --flash-attn
--cache-type-k --cache-type-v --no-kv-offload --gpu-layers --device --split-mode --tensor-split --fit
--fit-target --n-cpu-moe --load-mode --no-mmap --mlock --rope-freq-base --rope-freq-scale --lora --lora-scaled
--override-kv --spec-type --spec-draft-model --spec-draft-n-max --spec-ngram-simple-size-m
"""
_KINDS = frozenset({"none", "draft-simple", "ngram-simple"})
_GIB = 1 << 30


def _options(dials: dict[str, Any], launch: Launch | None = None, known: KnownFlags | None = None) -> str:
    settings = EngineSettings(Path("m.gguf"), 5, 4096, **dials)
    known = known or KnownFlags(frozenset(_NEW.split()), _KINDS, "b11434")
    return " ".join(arguments(settings, launch or Launch(("s.sock", 0)), known))


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({}, "--ctx-size 4096 --parallel 4 --batch-size 128 --ubatch-size 128"),
        ({}, "--kv-unified --fit on"),
        ({"unified_cache": False, "parallel": 2}, "--ctx-size 8192 --parallel 2"),
        ({"embedding": True, "parallel": 1}, "--batch-size 4096 --ubatch-size 4096"),
        ({"embedding": True}, "--embedding --no-kv-unified"),
        ({"physical_batch_size": 64, "eval_batch_size": 256}, "--batch-size 256 --ubatch-size 64"),
        ({"gpu_layers": -1}, "--gpu-layers 9999 --fit off"),
        ({"gpu_layers": 0}, "--gpu-layers 0 --device none --fit off"),
        ({"main_device": "Vulkan1"}, "--device Vulkan1 --split-mode none --fit on"),
        ({"device_split": (3, 1.5)}, "--tensor-split 3,1.5 --fit on"),
        ({"device_split": (1, 1e-300)}, "--tensor-split 1,0 --fit on"),
        ({"device_memory_limit": 6 * _GIB}, "--fit-target 2048,1024"),
        ({"use_mmap": False, "use_mlock": True}, "--load-mode mlock"),
        ({"use_mlock": True}, "--load-mode mmap+mlock"),
        ({"use_mmap": False}, "--load-mode none"),
        ({"loras": (LoraFile(Path("a,b.gguf")),)}, '--lora "a,b.gguf"'),
        ({"loras": (LoraFile(Path("C:/c.gguf"), 0.5),)}, "--lora C:/c.gguf"),
        ({"num_experts": 4, "architecture": "qwen3moe"}, "--override-kv qwen3moe.expert_used_count=int:4"),
        ({"draft_model": Path("d.gguf"), "draft_max": 5}, "d.gguf --spec-type draft-simple --spec-draft-n-max 5"),
        ({"ngram_speculation": True}, "--spec-type ngram-simple --spec-ngram-simple-size-m 24"),
        ({"thinking": False}, '--chat-template-kwargs {"enable_thinking": false}'),
        ({"k_cache_type": "q8_0", "flash_attention": True}, "--flash-attn on --cache-type-k q8_0"),
    ],
)
def test_a_dial_is_an_option(dials: dict[str, Any], said: str) -> None:
    cards = [RuntimeDevice(id=f"Vulkan{number}", free_bytes=free * _GIB) for number, free in enumerate((8, 4))]
    assert said in _options(dials, Launch(("s.sock", 0), cards))


def test_cards_and_workers_are_given_larger_batches() -> None:
    assert "--batch-size 512" in _options({}, Launch(("s.sock", 0), cards=True))
    assert "--rpc a:1,b:2" in _options({}, Launch(("s.sock", 0), rpc=("a:1", "b:2")))


def test_an_older_build_is_told_in_its_own_words() -> None:
    names = {*_NEW.split(), "--no-webui", "--model-draft", "--draft-max"} - {
        "--load-mode",
        "--no-ui",
        "--offline",
        "--fit",
    }
    old = KnownFlags(frozenset(names - {"--spec-draft-model", "--spec-draft-n-max"}), frozenset(), "b8000")
    assert "--model-draft d.gguf --draft-max 5" in _options({"draft_model": Path("d.gguf"), "draft_max": 5}, known=old)
    said = _options({"use_mmap": False, "use_mlock": True}, known=old)
    assert "--no-mmap --mlock" in said
    assert "--no-webui" in said
    assert not {"--fit", "--offline", "--load-mode"} & {*said.split()}
    with pytest.raises(RequestError, match=r"This build of llama-server \(b8000\) has no option for ngram_speculation"):
        _options({"ngram_speculation": True}, known=old)


def test_devices_are_read_as_they_are_listed() -> None:
    listed = (
        "Available devices:\n"
        "  CUDA0: NVIDIA GeForce RTX 4090 (24080 MiB, 23665 MiB free)\n"
        "  Vulkan0: llvmpipe (LLVM 15.0.6, 256 bits) (2048 MiB, 2048 MiB free)\n"
    )
    assert [(one.id, one.name, one.free_bytes) for one in parse_devices(listed)] == [
        ("CUDA0", "NVIDIA GeForce RTX 4090", 23665 << 20),
        ("Vulkan0", "llvmpipe (LLVM 15.0.6, 256 bits)", 2048 << 20),
    ]
    assert parse_devices("Available devices:\n  (none)\n") == []
