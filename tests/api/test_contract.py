"""The contract as data: strict in requests, tolerant in answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from studiolo.api.chat import ChatRequest, ChatResponse, UnknownItem
from studiolo.api.downloads import DownloadJob, DownloadRequest
from studiolo.api.errors import ErrorBody
from studiolo.api.events import KNOWN_EVENTS, ErrorEvent, Event, KnownEvent, UnknownEvent, parse_event
from studiolo.api.models import EmbeddingEntry, LlmEntry, LoadRequest, LoadResponse, ModelList, UnloadRequest
from studiolo.api.server import ServerInfo

PLUGIN = {"type": "plugin", "plugin_id": "mcp/x"}
RESPONSE = {
    "model_instance_id": "m",
    "output": [
        {"type": "reasoning", "content": "hm"},
        {"type": "message", "content": "yes"},
        {"type": "tool_call", "tool": "t", "arguments": {"a": 1}, "output": "[]", "provider_info": PLUGIN},
        {"type": "invalid_tool_call", "reason": "r", "metadata": {"type": "invalid_name", "tool_name": "t"}},
    ],
    "stats": {
        "input_tokens": 1,
        "total_output_tokens": 2,
        "reasoning_output_tokens": 1,
        "tokens_per_second": 3.5,
        "time_to_first_token_seconds": 0.5,
        "model_load_time_seconds": 2.0,
    },
    "response_id": "resp_" + "a" * 48,
}
LLM = {
    "type": "llm",
    "publisher": "p",
    "key": "p/m",
    "display_name": "M",
    "architecture": "llama",
    "quantization": {"name": "Q4_K_M", "bits_per_weight": 4.0},
    "size_bytes": 5,
    "params_string": "7B",
    "loaded_instances": [
        {
            "id": "p/m",
            "config": {
                "context_length": 4096,
                "eval_batch_size": 512,
                "parallel": 4,
                "flash_attention": True,
                "num_experts": 0,
                "offload_kv_cache_to_gpu": True,
            },
            "remaining_ttl_seconds": 60,
        }
    ],
    "max_context_length": 8192,
    "format": "gguf",
    "capabilities": {
        "vision": False,
        "trained_for_tool_use": True,
        "reasoning": {"allowed_options": ["off", "on"], "default": "on"},
    },
    "description": None,
    "variants": ["p/m@q4_k_m"],
    "selected_variant": "p/m@q4_k_m",
}
EMBEDDING = {
    "type": "embedding",
    "publisher": "p",
    "key": "p/e",
    "display_name": "E",
    "quantization": None,
    "size_bytes": 5,
    "params_string": None,
    "loaded_instances": [{"id": "p/e", "config": {"context_length": 512}}],
    "max_context_length": 512,
    "format": "gguf",
}
JOB = {
    "job_id": "job_0123456789",
    "status": "downloading",
    "total_size_bytes": 10,
    "downloaded_bytes": 5,
    "bytes_per_second": 2.5,
    "started_at": "2026-01-01T00:00:00.000Z",
    "estimated_completion": "2026-01-01T00:00:02.000Z",
}
ANSWERS = [
    (ChatResponse, RESPONSE),
    (ModelList, {"models": [LLM, EMBEDDING]}),
    (LoadResponse, {"type": "llm", "instance_id": "m", "load_time_seconds": 1.0, "status": "loaded"}),
    (DownloadJob, JOB),
    (DownloadJob, {"status": "already_downloaded"}),
    (ErrorBody, {"error": {"message": "m", "type": "invalid_request", "param": "model", "code": None}}),
]


@pytest.mark.parametrize(("kind", "example"), ANSWERS)
def test_the_examples_of_the_specification_go_through_unchanged(kind: type[BaseModel], example: dict[str, Any]) -> None:
    assert kind.model_validate(example).model_dump(mode="json") == example


def damaged(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """`value` with keys taken away, nulled or added, at any depth."""
    if isinstance(value, dict):
        result = {key: damaged(item, draw) for key, item in value.items() if draw(st.integers(0, 5)) > 0}
        for key in list(result):
            if key != "type" and draw(st.integers(0, 5)) == 0:
                result[key] = None
        return result | ({"from_the_future": 1} if draw(st.booleans()) else {})
    if isinstance(value, list):
        return [damaged(item, draw) for item in value]
    return value


@pytest.mark.parametrize(("kind", "example"), ANSWERS)
@given(data=st.data())
def test_an_answer_is_read_whatever_is_missing(
    kind: type[BaseModel], example: dict[str, Any], data: st.DataObject
) -> None:
    kind.model_validate(damaged(example, data.draw))


def test_what_is_new_does_not_hide_what_is_known() -> None:
    body = {"output": [{"type": "hologram"}, {"type": "message", "content": "x"}], "stats": {"new": 1}}
    answer = ChatResponse.model_validate(body)
    assert isinstance(answer.output[0], UnknownItem)
    assert answer.text == "x"
    models = ModelList.model_validate({"models": [{"type": "vlm", "key": "v"}, LLM]}).models
    assert isinstance(models[0], LlmEntry)
    assert models[0].type == "vlm"


EVENTS = [member.model_fields["type"].default for member in KnownEvent.__args__]


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_known_by_its_name_alone(name: str) -> None:
    event = parse_event(name, {})
    assert event.type == name
    assert not isinstance(event, UnknownEvent)
    again: Event = parse_event("ignored", json.loads(event.model_dump_json()))
    assert again == event


@pytest.mark.parametrize("data", [None, [], 5, "x", {"type": 7}, {"type": "chat.start", "model_instance_id": {}}])
def test_an_event_that_is_not_understood_is_unknown(data: Any) -> None:
    assert isinstance(parse_event("new.event", data), UnknownEvent)


REQUEST = {"model": "m", "input": "x"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"input": [{"type": "text", "content": "x"}, {"type": "image", "data_url": "data:image/png;base64,"}]},
        {"integrations": ["mcp/x", {"type": "plugin", "id": "mcp/y", "allowed_tools": ["a"]}]},
        {
            "integrations": [
                {"type": "ephemeral_mcp", "server_label": "l", "server_url": "https://x", "headers": {"a": "b"}}
            ]
        },
        {"temperature": 2, "top_p": 1, "min_p": 0.5, "top_k": 40, "repeat_penalty": 1.1, "max_output_tokens": 1},
        {"reasoning": "high", "context_length": 8000, "store": False, "previous_response_id": "resp_1"},
    ],
)
def test_requests_of_the_specification_are_read(more: dict[str, Any]) -> None:
    ChatRequest.model_validate(REQUEST | more)


@pytest.mark.parametrize(
    "more",
    [
        {"unknown": 1},
        {"ttl": 60},
        {"model": ""},
        {"model": 5},
        {"input": None},
        {"input": 5},
        {"input": [{"type": "text", "content": "x", "role": "user"}]},
        {"input": [{"type": "audio", "content": "x"}]},
        {"integrations": [{"type": "plugin", "id": "x", "more": 1}]},
        {"integrations": [{"type": "other"}]},
        {"integrations": [{"type": "ephemeral_mcp", "server_label": "l"}]},
        {"integrations": [{"type": "ephemeral_mcp", "server_label": "l", "server_url": "u", "headers": {"a": 1}}]},
        {"integrations": "mcp/x"},
        {"input": [{"type": "image", "data_url": "data:,", "content": "x"}]},
        {"input": ["x"]},
        {"store": 1},
        {"context_length": 0},
        {"stream": "yes"},
        {"temperature": "0.5"},
        {"temperature": 2.1},
        {"top_p": -0.1},
        {"top_k": 1.5},
        {"max_output_tokens": 0},
        {"reasoning": "xhigh"},
        {"previous_response_id": "chat_1"},
    ],
)
def test_requests_are_read_strictly(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChatRequest.model_validate(REQUEST | more)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (LoadRequest, {"model": "m", "x": 1}),
        (LoadRequest, {"model": "m", "context_length": 0}),
        (LoadRequest, {"model": "m", "context_length": "4096"}),
        (LoadRequest, {"model": "m", "eval_batch_size": 1.5}),
        (LoadRequest, {"model": "m", "flash_attention": 1}),
        (LoadRequest, {"model": "m", "num_experts": -1}),
        (LoadRequest, {"model": "m", "ttl": 60}),
        (UnloadRequest, {"instance_id": ""}),
        (UnloadRequest, {"instance_id": "m", "model": "m"}),
        (DownloadRequest, {}),
        (DownloadRequest, {"model": "a/b", "quantization": 4}),
        (DownloadRequest, {"model": "a/b", "resume": True}),
    ],
)
def test_other_requests_are_strict_too(kind: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(body)


def test_an_error_may_be_plain_text() -> None:
    body = ErrorBody.model_validate({"error": "Unexpected endpoint or method. (GET /x)"})
    assert body.error.message.startswith("Unexpected endpoint")


def test_an_error_within_a_stream_may_be_plain_text() -> None:
    event = parse_event("error", {"error": "It died."})
    assert isinstance(event, ErrorEvent)
    assert event.error.message == "It died."


def test_an_error_code_may_be_a_number() -> None:
    info = {"code": 400, "message": "m", "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 5}
    error = ErrorBody.model_validate({"error": info}).error
    assert (error.code, error.n_prompt_tokens, error.n_ctx) == ("400", 9, 5)


@pytest.mark.parametrize("name", ["embedding", "embeddings"])
def test_both_names_of_embedding_models_are_read(name: str) -> None:
    [model] = ModelList.model_validate({"models": [EMBEDDING | {"type": name}]}).models
    assert isinstance(model, EmbeddingEntry)
    assert model.model_dump(mode="json") == EMBEDDING


def test_all_known_events_are_named() -> None:
    assert set(EVENTS) == KNOWN_EVENTS


def test_an_unknown_server_says_little_and_that_is_fine() -> None:
    assert TypeAdapter(ServerInfo).validate_python({}).capabilities == []
