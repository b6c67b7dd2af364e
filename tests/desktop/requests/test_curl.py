"""A request as a command, and which may be sent again unasked."""

import shlex

import pytest

from studiolo.api.server import RequestDetails, RequestEntry, RequestHeader
from studiolo.desktop.requests.curl import curl_of, pretty
from studiolo.desktop.requests.resending import can_be_sent, changes_something

BASE = "http://localhost:1234"


def details(
    method: str = "POST", route: str = "/v1/chat/completions", body: str = "{}", **more: object
) -> RequestDetails:
    facts = {"method": method, "route": route, "body": body, "in_full": True, "body_complete": True}
    return RequestDetails.model_validate(facts | more)


def test_a_command_says_what_was_sent_whatever_signs_are_in_it() -> None:
    body = '{"messages": [{"role": "user", "content": "it\'s $HOME `id` \\n \\"x\\""}]}'
    headers = [RequestHeader(name="Content-Type", value="application/json; charset=utf-8")]
    command = curl_of(BASE, details(body=body, query="a=b c", request_headers=headers))
    words = shlex.split(command.replace("\\\n", ""))
    assert words[:3] == ["curl", "-X", "POST"]
    assert words[3] == f"{BASE}/v1/chat/completions?a=b c"
    assert words[-1] == body
    assert "Content-Type: application/json; charset=utf-8" in words
    assert '-H "Authorization: Bearer $LM_API_TOKEN"' in command


def test_without_texts_it_is_the_address_alone() -> None:
    command = curl_of(BASE, RequestEntry(method="GET", route="/v1/models/ü x"))
    assert command.startswith((f"curl '{BASE}/v1/models/%C3%BC%20x'", f"curl {BASE}/v1/models/%C3%BC%20x"))
    assert "-d" not in command


@pytest.mark.parametrize(
    ("method", "route", "body", "changes"),
    [
        ("GET", "/api/v1/models", "", False),
        ("POST", "/v1/chat/completions", '{"model": "m"}', False),
        ("POST", "/v1/responses", '{"tools": [{"type": "function"}]}', False),
        ("POST", "/v1/responses", '{"tools": [{"type": "mcp"}]}', True),
        ("POST", "/api/v1/chat", '{"integrations": ["mcp/files"]}', True),
        ("POST", "/api/v1/chat", "no JSON", False),
        ("POST", "/v1/embeddings", "[1]", False),
        ("POST", "/api/v1/models/unload", "{}", True),
        ("PATCH", "/api/v1/server/settings", "{}", True),
        ("DELETE", "/api/v1/models/acme/tiny", "", True),
    ],
)
def test_what_changes_something_is_known(method: str, route: str, body: str, changes: bool) -> None:
    assert changes_something(details(method, route, body)) is changes


def test_only_what_is_whole_can_be_sent() -> None:
    assert can_be_sent(details())
    assert not can_be_sent(details(body_complete=False))
    assert can_be_sent(details("GET", "/v1/models", "", body_complete=False))


def test_json_is_written_in_lines_and_the_rest_as_it_is() -> None:
    assert pretty('{"a": "ü"}') == '{\n  "a": "ü"\n}'
    assert pretty("[" * 100_000) == "[" * 100_000
    assert pretty("plain") == "plain"
