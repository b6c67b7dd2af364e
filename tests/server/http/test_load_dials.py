"""Dials of a load over the wire: chosen, refused by name, as defaults of a model, in the estimate."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from studiolo.paths import app_paths
from studiolo.server.engine.calibration import CALIBRATION_FILE
from tests.stands.adapter import write_adapter
from tests.stands.architectures import write_architecture
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, RunningServer
from tests.stands.starter import STARTER
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}{% if tools %}{{ tools }}{% endif %}"


async def load(http: httpx.AsyncClient, model: str, **dials: Any) -> httpx.Response:
    body = {"model": model, "context_length": 512, "echo_load_config": True, **dials}
    return await http.post("/api/v1/models/load", json=body)


async def test_what_is_chosen_is_in_force_and_listed(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    adapter = write_adapter(app_paths().models.parent / "adapter.gguf")
    chosen: dict[str, Any] = {
        "k_cache_type": "f32",
        "v_cache_type": "bf16",
        "unified_cache": False,
        "use_mmap": False,
        "threads": os.cpu_count(),
        "eval_batch_size": 256,
        "physical_batch_size": 64,
        "seed": 3,
        "loras": [{"path": str(adapter), "scale": 0.5}],
        "ngram_speculation": True,
        "draft_max": 4,
        "rope_frequency_base": 5000.0,
        "rope_frequency_scale": 0.5,
        "parallel": 2,
    }
    answer = await load(http, tiny, **chosen)
    assert answer.status_code == 200, answer.text
    told = answer.json()["load_config"]
    chosen["loras"] = [{"path": "adapter.gguf", "scale": 0.5}]
    assert {name: told.get(name) for name in chosen} == chosen
    [entry] = [one for one in (await http.get("/api/v1/models")).json()["models"] if one["loaded_instances"]]
    assert entry["loaded_instances"][0]["config"] == told
    said = {"model": tiny, "input": "Hi", "max_output_tokens": 4}
    assert (await http.post("/api/v1/chat", json=said)).status_code == 200


async def test_a_key_of_a_model_drafts_for_another(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    write_tiny_llama(app_paths().models / "acme" / "small" / "small.gguf")
    answer = await load(http, tiny, draft_model="acme/small", draft_max=5)
    assert answer.status_code == 200, answer.text
    assert answer.json()["load_config"]["draft_model"].endswith("small.gguf")
    body = {"model": tiny, "prompt": "Hi", "max_tokens": 20, "temperature": 0}
    assert (await http.post("/v1/completions", json=body)).status_code == 200


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"k_cache_type": "q8_0"}, "k_cache_type", "blocks of 32"),
    ({"v_cache_type": "q4_0", "flash_attention": False}, "v_cache_type", "flash attention"),
    ({"v_cache_type": "q9"}, "v_cache_type", ""),
    ({"num_experts": 2}, "num_experts", "no mixture"),
    ({"gpu_layers": 3}, "gpu_layers", "graphics card"),
    ({"main_device": "Vulkan0"}, "main_device", "graphics card"),
    ({"device_split": [1, 1]}, "device_split", "graphics card"),
    ({"device_memory_limit": 1 << 30}, "device_memory_limit", "graphics card"),
    ({"cpu_expert_layers": 1}, "cpu_expert_layers", "graphics card"),
    ({"physical_batch_size": 512, "eval_batch_size": 64}, "physical_batch_size", "batch of 64"),
    ({"draft_max": 4}, "draft_max", "Nothing proposes"),
    ({"draft_model": "no/such"}, "draft_model", "no/such"),
    ({"draft_model": "acme/tiny", "ngram_speculation": True}, "ngram_speculation", "not both"),
    ({"loras": [{"path": "relative.gguf"}]}, "loras.0.path", "full path"),
    ({"loras": [{"path": "/no/such.gguf"}]}, "loras.0.path", "can't be used"),
    ({"loras": [{"path": "THE MODEL"}]}, "loras.0.path", "no LoRA adapter"),
    ({"chat_template": "{% if x %}never closed"}, "chat_template", "'endif'"),
    ({"chat_template": "{% endfor %}"}, "chat_template", "ends nothing"),
    ({"chat_template": "{{ 'open"}, "chat_template", "no '}}'"),
    ({"keep_alive_seconds": -2}, "keep_alive_seconds", ""),
    ({"threads": 0}, "threads", ""),
    ({"threads": 1000}, "threads", "threads at a time"),
    ({"seed": -1}, "seed", ""),
    ({"rope_frequency_base": 0}, "rope_frequency_base", ""),
    ({"rope_frequency_scale": 1e-300}, "rope_frequency_scale", ""),
    ({"nonsense": 1}, "nonsense", ""),
]


async def test_what_can_not_be_is_refused_by_name_and_nothing_is_loaded(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    file = app_paths().models / "acme" / "tiny" / "tiny.gguf"
    for dials, param, words in REFUSED:
        body = json.loads(json.dumps(dials).replace("THE MODEL", str(file)))
        answer = await load(http, tiny, **body)
        assert answer.status_code in (400, 404, 501), (dials, answer.text)
        error = answer.json()["error"]
        assert param in str(error["param"]), (dials, error)
        assert words in error["message"], (dials, error)
        estimated = await http.post("/api/v1/models/estimate", json={"model": tiny, **body})
        assert estimated.status_code in (400, 404, 501), (dials, estimated.text)
    assert own_server.pool.instances == []


async def test_experts_are_counted_and_the_bundled_engine_says_that_it_can_not(
    http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    write_architecture(app_paths().models / "acme" / "mixture" / "mixture.gguf", "qwen3moe")
    for count, words in ((9, "has 4 experts"), (1, "bundled engine can't")):
        answer = await load(http, "acme/mixture", num_experts=count)
        assert answer.json()["error"]["param"] == "num_experts", answer.text
        assert words in answer.json()["error"]["message"]


async def test_what_embeds_has_no_use_for_what_is_for_chats(
    http: httpx.AsyncClient, server: RunningServer, embedder: str
) -> None:
    answer = await http.post("/api/v1/models/load", json={"model": embedder, "k_cache_type": "f32"})
    assert answer.json()["error"]["param"] == "k_cache_type"


async def test_defaults_of_a_model_are_in_force_just_in_time(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    own = {
        "context_length": 512,
        "k_cache_type": "f32",
        "parallel": 3,
        "ngram_speculation": True,
        "use_mmap": False,
        "keep_alive_seconds": 120,
        "gpu_layers": 20,
        "chat_template": TEMPLATE,
    }
    changed = await http.patch("/api/v1/server/settings", json={"model_defaults": {tiny: own}})
    assert changed.status_code == 200, changed.text
    listed = next(one for one in (await http.get("/api/v1/models")).json()["models"] if one["key"] == tiny)
    assert listed["loaded_instances"] == []
    assert (
        await http.post("/api/v1/chat", json={"model": tiny, "input": "Hi", "max_output_tokens": 2})
    ).status_code == 200
    (instance,) = own_server.pool.instances
    config = instance.config
    assert (config.k_cache_type, config.parallel, config.use_mmap) == ("f32", 3, False)
    assert (config.ngram_speculation, config.own_chat_template) == (True, True)
    assert config.gpu_layers is None, "there is no card here, and a default is no demand"
    assert instance.model.capabilities.trained_for_tool_use, "by the template in force"
    await until(lambda: not instance.busy)
    assert 100 < (instance.remaining_ttl_seconds or 0) <= 120
    loaded = await load(http, tiny, k_cache_type="f16")
    assert loaded.json()["load_config"]["k_cache_type"] == "f16", "a request goes before the defaults"
    damaged = await http.patch("/api/v1/server/settings", json={"model_defaults": {tiny: {"k_cache_type": "q9"}}})
    assert damaged.status_code == 400


async def test_a_model_is_kept_for_as_long_as_its_load_says(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    await load(http, tiny, keep_alive_seconds=1000)
    (instance,) = own_server.pool.instances
    assert 900 < (instance.remaining_ttl_seconds or 0) <= 1000
    await http.post("/api/v1/models/unload", json={"instance_id": instance.id})
    await load(http, tiny, keep_alive_seconds=0)
    said = {"model": tiny, "input": "Hi", "max_output_tokens": 2}
    assert (await http.post("/api/v1/chat", json=said)).status_code == 200
    await until(lambda: not own_server.pool.instances)


async def test_a_model_that_is_to_stay_does_not_go_for_being_idle(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    own = {"model_defaults": {tiny: {"context_length": 512, "keep_alive_seconds": -1}}}
    (await http.patch("/api/v1/server/settings", json=own)).raise_for_status()
    said = {"model": tiny, "prompt": "Hi", "max_tokens": 2}
    assert (await http.post("/v1/completions", json=said)).status_code == 200
    (instance,) = own_server.pool.instances
    await until(lambda: not instance.busy)
    assert instance.just_in_time
    assert instance.remaining_ttl_seconds is None
    assert (await http.post("/v1/completions", json=said | {"ttl": 500})).status_code == 200
    await until(lambda: instance.remaining_ttl_seconds is not None)


async def test_an_estimate_goes_by_every_dial_and_by_device(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    write_architecture(app_paths().models / "acme" / "wide" / "wide.gguf", "llama")

    async def needed(**dials: Any) -> int:
        body = {"model": "acme/wide", "context_length": 100_000, **dials}
        answer = (await http.post("/api/v1/models/estimate", json=body)).json()
        [ram] = answer["devices"]
        assert (ram["id"], ram["needed_bytes"], answer["placement"]) == ("ram", answer["needed_bytes"], "ram")
        return int(answer["needed_bytes"])

    usual = await needed()
    cache = 100_096 * 8 * 2 * 64 * 2
    assert await needed(k_cache_type="q8_0", v_cache_type="q8_0") == pytest.approx(usual - cache * 7.5 / 16, rel=1e-3)
    assert await needed(k_cache_type="f32") == pytest.approx(usual + cache / 2, rel=1e-3)
    assert await needed(unified_cache=False, parallel=4) == pytest.approx(usual + 3 * cache, rel=1e-3)
    assert await needed(eval_batch_size=512) > usual
    assert await needed(eval_batch_size=512, physical_batch_size=64) < usual
    assert await needed(physical_batch_size=512) == await needed(eval_batch_size=512)
    assert await needed(flash_attention=False) > usual


async def test_what_loads_took_is_kept_and_told(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    estimate = {"model": STARTER, "context_length": 512}
    assert (await http.post("/api/v1/models/estimate", json=estimate)).json()["calibrated"] is False
    assert (await load(http, STARTER)).status_code == 200
    file: Path = app_paths().data / CALIBRATION_FILE
    await until(file.exists)
    [(key, entry)] = json.loads(file.read_text()).items()
    assert key == "bundled llama"
    assert entry["loads"] == 1
    assert 0.8 <= entry["factor"] <= 1.5
    after = (await http.post("/api/v1/models/estimate", json=estimate)).json()
    assert after["calibrated"] is True


async def test_paths_of_the_disk_are_an_administrator_s(own_server: RunningServer, tiny: str) -> None:
    adapter = write_adapter(app_paths().models.parent / "adapter.gguf")
    file = app_paths().models / "acme" / "tiny" / "tiny.gguf"
    async with http_client(own_server.address, headers={"Authorization": f"Bearer {LOCAL_KEY}"}) as own:
        (await own.patch("/api/v1/server/settings", json={"require_authentication": True})).raise_for_status()
        made = await own.post("/api/v1/server/tokens", json={"name": "loader", "permissions": ["models"]})
        token = made.json()["token"]
        dials: dict[str, Any]
        for dials in ({"loras": [{"path": str(adapter)}]}, {"draft_model": str(file)}):
            body = {"model": tiny, "context_length": 512, **dials}
            async with http_client(own_server.address, headers={"Authorization": f"Bearer {token}"}) as loader:
                for route in ("load", "estimate"):
                    refused = await loader.post(f"/api/v1/models/{route}", json=body)
                    assert refused.status_code == 403, (route, refused.text)
                    assert refused.json()["error"]["param"] == next(iter(dials))
            assert (await own.post("/api/v1/models/load", json=body)).status_code == 200


async def test_with_a_context_of_its_own_each_request_has_all_of_it(
    http: httpx.AsyncClient, own_server: RunningServer, tiny: str
) -> None:
    answer = await load(http, tiny, context_length=256, parallel=2, unified_cache=False)
    assert answer.json()["load_config"]["context_length"] == 256
    said = {"model": tiny, "input": "x" * 150}
    both = await asyncio.gather(*(http.post("/api/v1/chat", json=said) for _ in range(2)))
    assert [one.status_code for one in both] == [200, 200]
    assert [one.json()["stats"]["stop_reason"] for one in both] == ["contextLengthReached"] * 2
    assert all(one.json()["stats"]["total_output_tokens"] > 50 for one in both), "neither took the other's room"
    too_long = await http.post("/api/v1/chat", json={"model": tiny, "input": "x" * 300})
    assert too_long.json()["error"]["type"] == "exceed_context_size_error"
    assert too_long.json()["error"]["n_ctx"] == 256
