"""Requests in the three dialects, and what came of them."""

import json
from typing import Any

import httpx

from tests.server.http.dialects.conftest import TALKER

Body = dict[str, Any]

CHAT, COMPLETIONS, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"
EMBEDDINGS = "/v1/embeddings"


def body_for(route: str, says: str = "Hi", *, limit: int = 3, **more: Any) -> Body:
    """A short request that `route` answers."""
    said = [{"role": "user", "content": says}]
    bodies: dict[str, Body] = {
        CHAT: {"messages": said, "max_tokens": limit},
        COMPLETIONS: {"prompt": says, "max_tokens": limit},
        RESPONSES: {"input": says, "max_output_tokens": limit},
        MESSAGES: {"messages": said, "max_tokens": limit},
    }
    return {"model": TALKER, **bodies[route], **more}


async def answer_to(http: httpx.AsyncClient, route: str, **more: Any) -> Body:
    """The answer to a request that is right."""
    answer = await http.post(route, json=body_for(route, **more))
    assert answer.status_code == 200, answer.text
    whole: Body = answer.json()
    return whole


async def refusal_of(http: httpx.AsyncClient, route: str, **more: Any) -> Body:
    """The error of a request that is not."""
    answer = await http.post(route, json=body_for(route, **more))
    assert answer.status_code == 400, answer.text
    error: Body = answer.json()["error"]
    return error


async def frames_of(http: httpx.AsyncClient, route: str, **more: Any) -> list[Body]:
    """What a stream says, without the word that ends it."""
    answer = await http.post(route, json=body_for(route, stream=True, **more))
    assert answer.status_code == 200, answer.text
    return frames_in(answer.text)


def frames_in(text: str) -> list[Body]:
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def prompt_tokens(answer: Body) -> int:
    """Tokens of an answer's prompt, in whichever dialect; the models' tokens are bytes."""
    usage = answer["usage"]
    count = usage["prompt_tokens"] if "prompt_tokens" in usage else usage["input_tokens"]
    return int(count + usage.get("cache_read_input_tokens", 0))


def function(name: str, **properties: Any) -> Body:
    """A function in Chat Completions' form."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": schema}}
