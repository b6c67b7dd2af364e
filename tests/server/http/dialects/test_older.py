"""LM Studio's older API, `/api/v0`, as its documentation has it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import CHAT, COMPLETIONS, body_for, frames_in
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

TALKER_ENTRY = {
    "id": TALKER,
    "object": "model",
    "type": "llm",
    "publisher": "acme",
    "arch": "llama",
    "compatibility_type": "gguf",
    "quantization": "F32",
    "state": "loaded",
    "max_context_length": 16384,
    "loaded_context_length": 8192,
    "capabilities": ["tool_use"],
}


def check_figures(answer: dict[str, Any]) -> None:
    assert answer["stats"].keys() == {"tokens_per_second", "time_to_first_token", "generation_time", "stop_reason"}
    assert answer["stats"]["tokens_per_second"] > 0
    assert answer["stats"]["generation_time"] > 0
    assert answer["stats"]["stop_reason"] == "maxPredictedTokensReached"
    assert answer["model_info"] == {"arch": "llama", "quant": "F32", "format": "gguf", "context_length": 8192}
    assert answer["runtime"]["name"] == "llama.cpp"
    assert answer["runtime"]["version"] not in ("", "0")
    assert answer["runtime"]["supported_formats"] == ["gguf"]


async def test_models_are_listed_with_their_state(http: httpx.AsyncClient, embedder: str, models: Path) -> None:
    write_tiny_llama(models / "acme" / "idle" / "idle.gguf")
    answer = (await http.get("/api/v0/models")).json()
    assert answer["object"] == "list"
    listed = {entry["id"]: entry for entry in answer["data"]}
    assert listed[TALKER] == TALKER_ENTRY
    assert (listed[embedder]["type"], listed[embedder]["state"]) == ("embeddings", "loaded")
    assert listed["acme/idle"]["state"] == "not-loaded"
    assert "loaded_context_length" not in listed["acme/idle"]


async def test_one_model_is_told_in_the_same_words(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/api/v0/models/{TALKER}")).json() == TALKER_ENTRY
    assert (await http.get(f"/api/v0/models/{TALKER.upper()}")).json() == TALKER_ENTRY
    missing = await http.get("/api/v0/models/no/body")
    assert missing.status_code == 404
    assert "no/body" in missing.json()["error"]["message"]


@pytest.mark.parametrize(("route", "kind"), [(CHAT, "chat.completion"), (COMPLETIONS, "text_completion")])
async def test_completions_come_with_figures(http: httpx.AsyncClient, route: str, kind: str) -> None:
    answer = (await http.post(f"/api/v0{route.removeprefix('/v1')}", json=body_for(route))).json()
    assert (answer["object"], answer["model"], len(answer["choices"])) == (kind, TALKER, 1)
    assert answer["usage"]["completion_tokens"] == 3
    check_figures(answer)


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_a_stream_ends_with_the_figures(http: httpx.AsyncClient, route: str) -> None:
    answer = await http.post(f"/api/v0{route.removeprefix('/v1')}", json=body_for(route, limit=40, stream=True))
    *before, last = frames_in(answer.text)
    assert last["choices"][0]["finish_reason"] == "length"
    assert last["usage"]["completion_tokens"] == 40
    check_figures(last)
    assert before
    assert not any("stats" in frame or frame["choices"][0]["finish_reason"] for frame in before)
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_embeddings_are_made(http: httpx.AsyncClient, embedder: str) -> None:
    answer = (await http.post("/api/v0/embeddings", json={"model": embedder, "input": "A cat."})).json()
    assert len(answer["data"][0]["embedding"]) == 384


async def test_refusals_have_openai_s_shape(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v0/chat/completions", json=body_for(CHAT, says="word " * 2000))
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == ("context_length_exceeded", "messages")


@pytest.mark.parametrize("path", ["/v1/models", "/api/v1/models", "/api/v0/models", f"/v1/models/{TALKER}"])
async def test_a_slash_too_many_changes_nothing(http: httpx.AsyncClient, path: str) -> None:
    plain = await http.get(path)
    for other in (f"{path}/", f"/{path}"):
        answer = await http.get(f"{str(http.base_url).rstrip('/')}{other}")
        assert (answer.status_code, lasting(answer.json())) == (200, lasting(plain.json())), other


_MOVING = ("memory_bytes", "remaining_ttl_seconds")


def lasting(value: object) -> object:
    """What an answer says, without what of a loaded model is another from moment to moment."""
    if isinstance(value, dict):
        return {name: lasting(inner) for name, inner in value.items() if name not in _MOVING}
    return [lasting(inner) for inner in value] if isinstance(value, list) else value


async def test_a_body_sent_to_a_path_with_a_slash_is_read(http: httpx.AsyncClient) -> None:
    assert (await http.post(f"{CHAT}/", json=body_for(CHAT))).status_code == 200


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_the_root_says_that_somebody_is_here(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, "/")
    assert answer.status_code == 200
    assert answer.text == ("" if method == "HEAD" else "Studiolo is running.")


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_the_fingerprint_names_the_engine_s_build(http: httpx.AsyncClient, route: str) -> None:
    whole = (await http.post(route, json=body_for(route))).json()["system_fingerprint"]
    assert whole.startswith("fp_llama.cpp_")
    streamed = await http.post(route, json=body_for(route, stream=True))
    assert {frame["system_fingerprint"] for frame in frames_in(streamed.text)} == {whole}
