"""Every sampler that a chat can be given, by what it changes of the real engine's reply."""

from typing import Any

import httpx
import pytest

from studiolo.api.sampling_dials import SamplingDials
from studiolo.paths import app_paths
from tests.stands.serving import RunningServer
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "acme/babbler"
A, B = 5 + 256, 5 + 257
"""Tokens of the letters a and b in the babbler's vocabulary."""
EVEN = {"logit_bias": {str(A): 40, str(B): 39.5}}
"""Nothing is said but these two letters, a a little more likely."""
CHANCE = {"temperature": 1, "seed": 4, "top_k": 0, "top_p": 1, "min_p": 0, "repeat_penalty": 1}
GREEDY = {"temperature": 0, "repeat_penalty": 1}
DRY: dict[str, Any] = {**GREEDY, **EVEN, "dry_multiplier": 0.3}

CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "seed": (CHANCE, {"seed": 5}),
    "stop": ({**GREEDY, **EVEN}, {"stop": ["aaa"]}),
    "presence_penalty": ({**GREEDY, **EVEN}, {"presence_penalty": 2}),
    "frequency_penalty": ({**GREEDY, **EVEN}, {"frequency_penalty": 0.2}),
    "typical_p": (CHANCE, {"typical_p": 0.3}),
    "xtc_probability": ({**CHANCE, **EVEN, "xtc_threshold": 0.1}, {"xtc_probability": 1}),
    "xtc_threshold": ({**CHANCE, **EVEN, "xtc_probability": 1, "xtc_threshold": 0.1}, {"xtc_threshold": 0.45}),
    "dry_multiplier": ({**GREEDY, **EVEN}, {"dry_multiplier": 2}),
    "dry_base": (DRY, {"dry_base": 20}),
    "dry_allowed_length": (DRY, {"dry_allowed_length": 12}),
    "dry_sequence_breakers": ({**DRY, "dry_multiplier": 2}, {"dry_sequence_breakers": ["a"]}),
    "mirostat": (CHANCE, {"mirostat": 2}),
    "mirostat_tau": ({**CHANCE, "mirostat": 2}, {"mirostat_tau": 0.5}),
    "mirostat_eta": ({**CHANCE, "mirostat": 2, "mirostat_tau": 2}, {"mirostat_eta": 0.9}),
    "logit_bias": (GREEDY, EVEN),
}
ELSEWHERE = {
    "grammar": "test_a_reply_is_held_to_a_grammar",
    "reasoning_budget_tokens": "test_thinking_ends_with_its_budget",
}


@pytest.fixture(scope="module")
def starter(babbler: str) -> str:
    """What is said does not matter here."""
    return babbler


async def test_every_sampler_is_tried() -> None:
    assert set(CHANGED) | set(ELSEWHERE) == set(SamplingDials.model_fields)


async def said(http: httpx.AsyncClient, model: str = MODEL, **sampling: Any) -> str:
    body = {"model": model, "input": "Hi", "max_output_tokens": 40, "store": False, **sampling}
    answer = await http.post("/api/v1/chat", json=body)
    assert answer.status_code == 200, answer.text
    return "".join(item["content"] for item in answer.json()["output"])


async def completed(http: httpx.AsyncClient, **sampling: Any) -> str:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 40, **sampling}
    answer = await http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize("name", CHANGED)
async def test_a_sampler_changes_what_is_said_in_both_dialects(
    http: httpx.AsyncClient, server: RunningServer, babbler: str, name: str
) -> None:
    before, change = CHANGED[name]
    usual, other = await said(http, **before), await said(http, **before | change)
    assert usual != other
    assert await said(http, **before) == usual, "chance has no part in it"
    assert (await completed(http, **before), await completed(http, **before | change)) == (usual, other)


async def test_a_reply_is_held_to_a_grammar(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    write_tiny_llama(app_paths().models / "acme" / "held" / "held.gguf", grammars=True)
    assert await said(http, "acme/held", grammar='root ::= "abc" [0-9] "."') in {f"abc{digit}." for digit in range(10)}
    body = {"model": "acme/held", "input": "Hi", "grammar": 'root ::= ("a" | "b"){9999}'}
    refused = await http.post("/api/v1/chat", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "grammar")
    broken = await http.post("/api/v1/chat", json=body | {"grammar": "root := nonsense"})
    assert broken.status_code == 400


async def test_thinking_ends_with_its_budget(http: httpx.AsyncClient, server: RunningServer, thinker: str) -> None:
    body = {"model": thinker, "input": "Say hello.", "temperature": 0, "max_output_tokens": 40, "store": False}
    answer = await http.post("/api/v1/chat", json={**body, "reasoning_budget_tokens": 4})
    assert answer.status_code == 200, answer.text
    stats = answer.json()["stats"]
    assert 0 < stats["reasoning_output_tokens"] < 12
    assert [item["type"] for item in answer.json()["output"]] == ["reasoning", "message"]


REFUSED: list[tuple[str, Any]] = [
    ("seed", -1),
    ("stop", [""]),
    ("stop", ["x"] * 65),
    ("presence_penalty", 3),
    ("frequency_penalty", -3),
    ("typical_p", 1.5),
    ("min_p", -0.1),
    ("xtc_probability", 2),
    ("xtc_threshold", -1),
    ("dry_multiplier", -1),
    ("dry_base", 0.5),
    ("dry_allowed_length", -1),
    ("dry_sequence_breakers", []),
    ("mirostat", 3),
    ("mirostat_tau", 0),
    ("mirostat_eta", 2),
    ("logit_bias", {"x": 1}),
    ("logit_bias", {"1": 1000}),
    ("logit_bias", {"99999": 1}),
    ("grammar", ""),
    ("reasoning_budget_tokens", 5),
    ("reasoning_budget_tokens", -1),
    ("context_overflow", "nonsense"),
]


async def test_what_is_out_of_range_is_refused_by_name(
    http: httpx.AsyncClient, server: RunningServer, babbler: str
) -> None:
    for name, value in REFUSED:
        answer = await http.post("/api/v1/chat", json={"model": MODEL, "input": "Hi", name: value})
        assert answer.status_code == 400, (name, value, answer.text)
        assert name in str(answer.json()["error"]["param"]), (name, answer.text)


async def test_llama_cpp_s_own_words_in_openai_s_dialect_are_the_engine_s_to_judge(
    http: httpx.AsyncClient, server: RunningServer, babbler: str
) -> None:
    """Its programs send what switches a sampler off, such as an empty grammar, or no budget by -1."""
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    off = {"grammar": "", "reasoning_budget_tokens": -1, "typical_p": 1.5, "dry_base": 0, "dry_sequence_breakers": [""]}
    off |= {"mirostat": 0, "mirostat_tau": 0, "mirostat_eta": 0, "xtc_threshold": -1}
    assert (await http.post("/v1/chat/completions", json=asked | off)).status_code == 200
    for name, value in (("dry_allowed_length", -1), ("dry_sequence_breakers", []), ("mirostat", "2")):
        answer = await http.post("/v1/chat/completions", json=asked | {name: value})
        assert answer.status_code == 400, (name, value, answer.text)
        assert name in str(answer.json()["error"]["param"]), (name, answer.text)
