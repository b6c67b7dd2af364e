"""Secrets of every kind are cut out of what is logged, and nothing else is."""

import json
import time

import pytest

from studiolo.logs import redact

_TAIL = "Zz98Yy76Xx54Ww32Vv10Uu"
SHAPES = [
    f"sk-lm-Ab12Cd34:{_TAIL[:20]}",
    f"sk-proj-{_TAIL}_{_TAIL}",
    f"sk-ant-api03-{_TAIL}-{_TAIL}",
    f"sk-or-v1-{_TAIL}",
    f"sk-{_TAIL}",
    f"ghp_{_TAIL}",
    f"github_pat_{_TAIL}",
    f"glpat-{_TAIL}",
    f"xoxb-{_TAIL}",
    f"hf_{_TAIL}",
    f"npm_{_TAIL}",
    f"AKIA{_TAIL[:16].upper()}",
    f"AIza{_TAIL}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{_TAIL}.{_TAIL}",
]
NAMES = [
    "hub_token",
    "download_peer_token",
    "api_key",
    "apiKey",
    "X-Api-Key",
    "Cookie",
    "Set-Cookie",
    "password",
    "client_secret",
    "AWS_SECRET_ACCESS_KEY",
    "Authorization",
    "credentials",
]


@pytest.mark.parametrize("secret", SHAPES)
@pytest.mark.parametrize(
    "around", ["{}", "say {} aloud", '{{"prompt": "{}"}}', "GET /v1/{}/models", "x={}&y=1", "('{}',)"]
)
def test_a_secret_is_known_by_its_shape(secret: str, around: str) -> None:
    assert secret[12:] not in redact(around.format(secret))


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_known_by_what_it_is_called(name: str) -> None:
    value = "correct horse; battery=staple"
    for text in (
        json.dumps({name: value}),
        json.dumps({"deep": [{name: value, "other": 1}]}, indent=2),
        json.dumps({"escaped": json.dumps({name: value})}),
        repr({name: value}),
        repr((name.encode(), value.encode())),
        f"{name}={value.replace(' ', '+').replace(';', '')}",
        json.dumps({name: 'quo"ted ' + value}),
    ):
        redacted = redact(text)
        assert "staple" not in redacted
        assert "horse" not in redacted
        assert name in redacted


def test_headers_and_variables_for_others_are_cut_whatever_they_are_called() -> None:
    body = {
        "integrations": [{"type": "ephemeral_mcp", "headers": {"X-Custom": "v1", "Other": "v2"}, "env": {"A": "v3"}}]
    }
    for text in (json.dumps(body), json.dumps(body, indent=1), json.dumps({"escaped": json.dumps(body)})):
        redacted = redact(text)
        assert not any(value in redacted for value in ("v1", "v2", "v3"))
        assert "X-Custom" in redacted
        assert "ephemeral_mcp" in redacted


def test_what_addresses_carry_is_cut() -> None:
    assert redact("http://me:word@proxy.example:1/") == "http://…@proxy.example:1/"
    assert redact("https://secretname@git.example/x") == "https://…@git.example/x"
    assert "AbCdEf" not in redact("https://mcp.example/s/AbCdEf0123456789AbCdEf0123456789/sse")
    assert "abc" not in redact("https://mcp.example/sse?access_token=abc&v=1")
    assert redact("Cookie: a=b; c=d\nHost: x") == "Cookie: …\nHost: x"


def test_a_private_key_is_cut_even_without_its_end() -> None:
    for text in (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIE",
    ):
        assert "MIIE" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"max_tokens": 5, "max_output_tokens": 7, "total_input_tokens": 3}',
        '{"model": "qwen/qwen3-8b", "input": "Which token is a secret?"}',
        '{"messages": [{"role": "user", "content": "My password is lost."}]}',
        "GET /api/v1/models/file/0c6d29b0c6d29b0c6d29b0c6d29b0c6d29b0c6d29b0c6d29b0c6d29b0c6d29b0",
        "/api/v1/models/details/bartowski/Meta-Llama-3-8B-Instruct-GGUF",
        "loaded qwen/qwen3-8b@q4_k_m as qwen/qwen3-8b:2",
        "task-sk-learn is no key",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece",
    ["a.", "token", '"token": "', "-----BEGIN PRIVATE KEY-----", "eyJ", '"headers": {', "://", "\\", "/aA1", "cookie:"],
)
def test_text_that_was_made_to_hinder_costs_no_more_than_other_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.thread_time()
    redact(text)
    assert time.thread_time() - began < 2.0
