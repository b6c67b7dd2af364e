"""The memory that a load is said to take, against what it takes, for many architectures."""

import os

import pytest

from studiolo.paths import app_paths
from tests.stands.architectures import ARCHITECTURES, write_architecture
from tests.stands.plain_http import http_client
from tests.stands.serving import serving

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
TRIED = ARCHITECTURES if FULL else ("qwen35", "gemma4", "deepseek2-mla", "gpt-oss", "lfm2")
CONTEXT = 200_000
"""Tokens: so many that the cache is most of what is taken."""


WAYS: dict[str, dict[str, object]] = {
    "q8_0": {"k_cache_type": "q8_0", "v_cache_type": "q8_0"},
    "q4_0 keys": {"k_cache_type": "q4_0"},
    "f32": {"k_cache_type": "f32", "v_cache_type": "f32"},
    "each its own": {"unified_cache": False, "parallel": 3, "context_length": 80_000},
    "no mapping": {"use_mmap": False},
}


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS if FULL else ["q8_0", "each its own"])
async def test_the_way_of_a_load_is_in_the_estimate(way: str) -> None:
    write_architecture(app_paths().models / "acme" / "llama" / "llama.gguf", "llama")
    async with (
        serving(refuse_beyond_memory=False) as server,
        http_client(server.address, timeout=120) as http,
    ):
        asked = {"model": "acme/llama", "context_length": CONTEXT, "eval_batch_size": 8, **WAYS[way]}
        needed = (await http.post("/api/v1/models/estimate", json=asked)).json()["needed_bytes"]
        loaded = await http.post("/api/v1/models/load", json=asked)
        assert loaded.status_code == 200, loaded.text
        entries = (await http.get("/api/v1/models")).json()["models"]
        [instance] = [one for entry in entries for one in entry["loaded_instances"]]
    share = needed / instance["memory_bytes"]
    print(f"\n{way} {share:.2f}")
    assert 0.9 < share < 1.1


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_a_load_takes_what_was_estimated() -> None:
    for name in TRIED:
        write_architecture(app_paths().models / "acme" / name / f"{name}.gguf", name)
    shares = {}
    async with (
        serving(refuse_beyond_memory=False) as server,
        http_client(server.address, timeout=120) as http,
    ):
        for name in TRIED:
            # A small batch: its buffers are not written to before something is asked.
            asked = {"model": f"acme/{name}", "context_length": CONTEXT, "eval_batch_size": 8}
            needed = (await http.post("/api/v1/models/estimate", json=asked)).json()["needed_bytes"]
            loaded = await http.post("/api/v1/models/load", json=asked)
            assert loaded.status_code == 200, f"{name}: {loaded.text}"
            [entry] = [one for one in (await http.get("/api/v1/models")).json()["models"] if one["loaded_instances"]]
            [instance] = entry["loaded_instances"]
            shares[name] = needed / instance["memory_bytes"]
            await http.post("/api/v1/models/unload", json={"instance_id": instance["id"]})
    print("\n" + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))
    assert {name: share for name, share in shares.items() if not 0.9 < share < 1.1} == {}
