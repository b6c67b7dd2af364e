"""Requests that work as they stand, given a model: what the form of an endpoint is filled with."""

from typing import Any

_QUESTION = "Why is the sky blue? Answer in one sentence."
_TOKENS = 64

_VALUES = {
    ("search", "/api/v1/hub/models"): "qwen3",
    ("name", "/api/v1/hub/models/{name}"): "lmstudio-community/Qwen3-8B-GGUF",
}


def value_for(parameter: str, path: str) -> str:
    """Return what a parameter is filled with; empty for what only a person can know."""
    return _VALUES.get((parameter, path), "")


def example_of(method: str, path: str, *, chat: str, embedding: str) -> dict[str, Any] | None:
    """Return a body that works; None for an endpoint that nobody here knows.

    chat, embedding: keys of models. Where there is none, a name stands for it that has to be replaced.
    """
    chat, embedding = chat or "your-model", embedding or "your-embedding-model"
    messages = [{"role": "user", "content": _QUESTION}]
    completion = {"model": chat, "messages": messages, "max_tokens": _TOKENS, "stream": True}
    text = {"model": chat, "prompt": "The sky is blue because", "max_tokens": _TOKENS}
    vectors = {"model": embedding, "input": ["A blue sky", "A red evening"]}
    examples: dict[str, dict[str, Any]] = {
        "POST /api/v1/chat": {"model": chat, "input": _QUESTION, "max_output_tokens": _TOKENS, "stream": True},
        "POST /api/v1/models/load": {"model": chat},
        "POST /api/v1/models/unload": {"instance_id": chat},
        "POST /api/v1/models/download": {"model": "lmstudio-community/Qwen3-8B-GGUF", "quantization": "Q4_K_M"},
        "POST /api/v1/models/estimate": {"model": chat},
        "POST /api/v1/models/verify": {"model": chat},
        "POST /api/v1/runtimes/get": {"id": "bundled"},
        "POST /api/v1/runtimes/use": {"id": "bundled"},
        "POST /api/v1/runtimes/test": {"id": "bundled"},
        "POST /api/v1/runtimes/add": {"path": "/opt/llama.cpp/llama-server", "name": "My build"},
        "POST /api/v1/runtimes/refresh": {"address": "https://example.org/runtimes.json"},
        "POST /api/v1/upstreams": {"address": "192.168.1.5:8000", "name": "Box"},
        "PATCH /api/v1/upstreams/{upstream_id}": {"name": "Box"},
        "POST /api/v1/upstreams/{upstream_id}/check": {},
        "POST /api/v1/mcp/price": {"model": chat, "integrations": []},
        "POST /v1/chat/completions": completion,
        "POST /api/v0/chat/completions": completion,
        "POST /v1/completions": text,
        "POST /api/v0/completions": text,
        "POST /v1/embeddings": vectors,
        "POST /api/v0/embeddings": vectors,
        "POST /v1/responses": {"model": chat, "input": _QUESTION, "max_output_tokens": _TOKENS, "stream": True},
        "POST /v1/responses/input_tokens": {"model": chat, "input": _QUESTION},
        "POST /v1/messages": {"model": chat, "max_tokens": _TOKENS, "messages": messages, "stream": True},
        "POST /v1/messages/count_tokens": {"model": chat, "messages": messages},
        "PATCH /api/v1/server/settings": {"just_in_time_loading": True},
        "PUT /api/v1/server/port": {"take_when_free": True},
        "POST /api/v1/server/tokens": {"name": "My program", "permissions": ["chat"]},
        "PATCH /api/v1/server/tokens/{token_id}": {"name": "My program"},
        "PUT /api/v1/mcp/servers/{label}": {"entry": {"url": "https://example.org/mcp"}},
        "PUT /api/v1/mcp/file": {"text": '{"mcpServers": {}}'},
    }
    return examples.get(f"{method} {path}")
