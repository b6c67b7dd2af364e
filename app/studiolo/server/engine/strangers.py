"""What strangers wrote into a request to chat: no special token of the model is in it when the engine reads it.

Strangers are tools, whoever runs them: their results, their descriptions and the texts of their schemas. Arguments of
calls are what a model wrote under their influence, escaped as JSON may be.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from studiolo.errors import RequestError
from studiolo.server.library.special_tokens import SpecialTokens

Body = dict[str, Any]

_RESULT_ROLES = ("tool", "function")
_BEGIN = "<["


def has_strangers(body: Mapping[str, Any]) -> bool:
    """Return whether a chat request has anything of tools."""
    messages = body.get("messages") or ()
    return bool(body.get("tools")) or any(
        message.get("role") in _RESULT_ROLES or message.get("tool_calls") for message in messages
    )


def without_marks(body: Body, tokens: SpecialTokens) -> Body:
    """Return a chat request with the marks broken up in what comes from tools.

    Raises RequestError for a mark in the name of one: calls come back by it, so that it can't be another.
    """
    told = {**body, "messages": [_message(message, tokens) for message in body["messages"]]}
    if body.get("tools"):
        told["tools"] = tools_without_marks(body["tools"], tokens)
    return told


def with_plain_questions(messages: list[Body], tokens: SpecialTokens) -> list[Body]:
    """Return the messages with the marks of turns broken up in what the person sends.

    A file, a page, a prompt or a resource of a server may be in it. Other marks stay, since some models are asked by
    them.
    """
    return [
        {**message, "content": content_without_marks(message.get("content"), tokens.of_turns)}
        if message.get("role") == "user"
        else message
        for message in messages
    ]


def may_have_marks(messages: Iterable[Body]) -> bool:
    """Return whether the person's part has a character with which the marks of turns begin."""
    contents = [message.get("content") for message in messages if message.get("role") == "user"]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    texts = [*contents, *(part.get("text") for part in parts)]
    return any(isinstance(text, str) and any(sign in text for sign in _BEGIN) for text in texts)


def tools_without_marks(tools: list[Body], tokens: SpecialTokens) -> list[Body]:
    """Return functions in OpenAI's form, as the engine takes them. Raises RequestError as above."""
    return [_tool(tool, tokens) for tool in tools] if tokens.may_be_in(tools) else tools


def content_without_marks(content: Any, tokens: SpecialTokens) -> Any:
    """Return the content of a message.

    A text or parts, of which neighbouring texts are joined, lest they make a mark.
    """
    if isinstance(content, list):
        return list(_parts(content, tokens))
    return tokens.broken(content) if isinstance(content, str) else content


def _parts(content: list[Any], tokens: SpecialTokens) -> Iterator[Any]:
    texts: list[str] = []
    for part in content:
        text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        if isinstance(text, str):
            texts.append(text)
            continue
        if texts:
            yield {"type": "text", "text": tokens.broken("\n".join(texts))}
            texts = []
        yield part
    if texts:
        yield {"type": "text", "text": tokens.broken("\n".join(texts))}


def _message(message: Body, tokens: SpecialTokens) -> Body:
    if message.get("role") in _RESULT_ROLES:
        return {key: content_without_marks(value, tokens) for key, value in message.items()}
    if message.get("tool_calls"):
        return {**message, "tool_calls": [_call(call, tokens) for call in message["tool_calls"]]}
    return message


def _call(call: Body, tokens: SpecialTokens) -> Body:
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return call
    text = function["arguments"]
    try:
        value = json.loads(text)
        sound = _value(value, tokens)
        changed = sound != value
    except (ValueError, RecursionError):
        changed = False
    told = json.dumps(sound) if changed else tokens.broken(text)
    names = {key: tokens.broken(call[key]) for key in ("id",) if isinstance(call.get(key), str)}
    name = function.get("name")
    function = {**function, "name": tokens.broken(name) if isinstance(name, str) else name, "arguments": told}
    return {**call, **names, "function": function}


def _tool(tool: Body, tokens: SpecialTokens) -> Body:
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    name = function.get("name")
    if isinstance(name, str) and tokens.broken(name) != name:
        raise RequestError(
            f"The name of the tool '{name[:80]}' holds a special token of this model.",
            param="tools",
            code="invalid_value",
            hint="Rename it.",
        )
    told = {key: value if key == "name" else _value(value, tokens) for key, value in function.items()}
    return {**tool, "function": told}


def _value(value: Any, tokens: SpecialTokens) -> Any:
    if isinstance(value, str):
        return tokens.broken(value)
    if isinstance(value, dict):
        return {tokens.broken(key): _value(one, tokens) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(one, tokens) for one in value]
    return value
