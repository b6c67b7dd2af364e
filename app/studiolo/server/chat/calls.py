"""Tool calls of a conversation, whole or not: what the engine and every template can read.

A model that is cut off, or errs, writes half a call, and programs send it back in all that follows. Templates walk
through the arguments' names, so arguments are always a JSON object here.
"""

import json
import re
import secrets
from typing import Any

from pydantic_core import from_json

from studiolo.server.body_census import BodyCensus
from studiolo.server.engine.encoding import pieces, size_of
from studiolo.server.halves import without_halves

Body = dict[str, Any]

_UNREAD = "arguments"
"""Where what is no object stands, so that the model sees its mistake."""
TEXT_INPUT = "input"
"""The one argument of a function that stands for a custom tool: those take plain text."""
_SMALL = 2**16
"""Bytes, or characters, that are read and written in no time."""
_MOST_READ = 2**24
"""Characters of a call that are read: no context holds more."""
_CUT_OFF = re.compile(r'\s*\{\s*"input"\s*:\s*("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)')
TEXT_PARAMETERS = {"type": "object", "properties": {TEXT_INPUT: {"type": "string"}}, "required": [TEXT_INPUT]}


def arguments_text(value: Any) -> str:
    """Return a call's arguments as the JSON text of an object."""
    if isinstance(value, str) and value.strip():
        try:
            return _as_object(_read(value))
        except ValueError:
            return json_text({_UNREAD: value})
    return _as_object(value)


def json_text(value: Any) -> str:
    """Return JSON, made in pieces where it is large: all of it at once would hold up the other threads."""
    if size_of(value) <= _SMALL:
        return json.dumps(value, ensure_ascii=False)
    return b"".join(pieces(value)).decode()


def _as_object(value: Any) -> str:
    if value is None or value in ("", []) or (isinstance(value, str) and not value.strip()):
        return "{}"
    return json_text(value if isinstance(value, dict) else {_UNREAD: value})


def _read(text: str) -> Any:
    """Return what JSON in a text means. Raises ValueError, also for what is too much to be read, or nested too deep.

    The body's own census has counted a text as one value, and `[[],[],…]` in it becomes twenty times its size as well.
    """
    if len(text) > _MOST_READ:
        raise ValueError("it is longer than any call")
    content = text.encode()
    if len(content) > _SMALL:
        census = BodyCensus()
        census.feed(content)
        if census.problem:
            raise ValueError(census.problem)
    # Its limit of nesting is its own. That of the standard library depends on Python's version and the stack's height.
    return from_json(without_halves(content))


def text_input(arguments: str) -> str:
    """Return the text that a custom tool was called with, from the arguments of its function, which may be cut off."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        cut = _CUT_OFF.match(arguments)
        return str(json.loads(f'{cut[1]}"')) if cut else ""
    text = value.get(TEXT_INPUT, "") if isinstance(value, dict) else value
    return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)


def sound_message(message: Body) -> Body:
    """Return a chat message in OpenAI's form as the engine takes it.

    No content that is null, no call that can't be read.
    """
    sound = dict(message)
    if sound.get("content") is None:
        sound["content"] = ""
    calls = sound.pop("tool_calls", None)
    if isinstance(calls, list) and (read := [_sound_call(call) for call in calls if isinstance(call, dict)]):
        sound["tool_calls"] = read
    return sound


def _sound_call(call: Body) -> Body:
    custom = call.get("custom")
    function = call.get("function")
    if isinstance(custom, dict):
        function = {"name": custom.get("name"), "arguments": {TEXT_INPUT: str(custom.get("input") or "")}}
    function = function if isinstance(function, dict) else {}
    return {
        "id": str(call.get("id") or f"call_{secrets.token_hex(12)}"),
        "type": "function",
        "function": {
            "name": str(function.get("name") or ""),
            "arguments": arguments_text(function.get("arguments")),
        },
    }
