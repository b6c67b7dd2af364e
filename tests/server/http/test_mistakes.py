"""A mistake of ours in the middle of a chat: its stream ends as any other that failed, with what was said."""

import json
from typing import Any

import pytest

from studiolo.server.chat.responses import ResponseStore
from tests.stands.plain_http import http_client
from tests.stands.serving import STARTER, serving


@pytest.mark.parametrize("stream", [True, False])
async def test_a_mistake_ends_a_chat_with_what_was_said(monkeypatch: pytest.MonkeyPatch, stream: bool) -> None:
    async def mistaken(*args: Any, **more: Any) -> str:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(ResponseStore, "add", mistaken)
    body = {"model": STARTER, "input": "Say hello.", "max_output_tokens": 8, "stream": stream}
    async with serving() as server, http_client(server.address, timeout=60) as http:
        answer = await http.post("/api/v1/chat", json=body)
    assert "secret of the house" not in answer.text
    if not stream:
        assert answer.status_code == 500
        assert answer.json()["error"]["type"] == "internal_error"
        return
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    said = "".join(event["content"] for event in events if event["type"] == "message.delta")
    assert said
    assert [event["type"] for event in events[-2:]] == ["error", "chat.end"]
    assert "unexpected" in events[-2]["error"]["message"]
    assert events[-1]["result"]["output"] == [{"type": "message", "content": said}]
