"""A tool call that a request insists on: forced by a grammar, read back from the JSON that it makes the model write.

llama.cpp's own `tool_choice: required` lets a model talk first and never come to the call, and its Anthropic route
knows nothing of it. A schema over the content holds from the first token, with or without a template that knows tools.
"""

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from studiolo.server.engine.chunk import ChoiceDelta, Chunk, RawChunk

_NO_PARAMETERS = {"type": "object", "properties": {}, "additionalProperties": False}
_HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*')
"""What the grammar makes the model write before a call's arguments."""
_INSTRUCTIONS = "Call one of these functions. Answer with a JSON object that has its name and its arguments:"


def force_call(body: dict[str, Any], *, knows_tools: bool) -> dict[str, Any]:
    """Return the chat request `body` with its tool choice as a schema over the content. Tools are in OpenAI's form.

    knows_tools: whether the model's template shows tools to it; else a system message does.
    """
    names = callable_names(body)
    functions = [tool["function"] for tool in body["tools"] if tool["function"]["name"] in names]
    forced = {key: value for key, value in body.items() if key not in ("tool_choice", "parallel_tool_calls")}
    forced["response_format"] = {"type": "json_schema", "json_schema": {"name": "call", "schema": _schema(functions)}}
    if knows_tools:
        return forced | {"tool_choice": "none"}
    del forced["tools"]
    described = "\n".join(json.dumps(function, ensure_ascii=False) for function in functions)
    return forced | {"messages": _with_system(body["messages"], f"{_INSTRUCTIONS}\n{described}")}


def callable_names(body: dict[str, Any]) -> list[str]:
    """Return the functions among which the tool choice of a chat request leaves a choice."""
    choice = body["tool_choice"]
    if isinstance(choice, dict):
        return [choice["function"]["name"]]
    return [tool["function"]["name"] for tool in body["tools"]]


class ForcedCall:
    """Turns the chunks of such a completion into those of a tool call, as they come; what is not content passes.

    names: those of the functions that may be called.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._head: str | None = ""
        self._arguments = JsonValue()

    def feed(self, chunk: Chunk) -> Chunk:
        """Return the chunk with the JSON in its content turned into deltas of a tool call."""
        pairs = zip(chunk.choices, chunk.raw.get("choices", ()), strict=True)
        return Chunk.of({**chunk.raw, "choices": [self._turned(choice, raw) for choice, raw in pairs]})

    def _turned(self, choice: ChoiceDelta, raw: RawChunk) -> RawChunk:
        if choice.role:
            return raw
        delta = {key: value for key, value in raw["delta"].items() if key != "content"}
        if call := self._call(choice.text or "", ended=choice.finish_reason is not None):
            delta["tool_calls"] = [call]
        return {
            **raw,
            "delta": delta,
            "finish_reason": "tool_calls" if choice.finish_reason == "stop" else choice.finish_reason,
        }

    def _call(self, text: str, *, ended: bool) -> dict[str, Any] | None:
        """Return the entry of a call that a piece of the JSON means, if it means one."""
        if self._head is None:
            added = self._arguments.feed(text)
            return {"index": 0, "function": {"arguments": added}} if added else None
        self._head += text
        match = _HEAD.match(self._head)
        name = json.loads(match[1]) if match else None
        if match is None and ended and len(self._names) == 1:
            name = self._names[0]  # Cut off by the limit of tokens: there is only one that it can have been.
        if name is None:
            return None
        arguments = self._arguments.feed(self._head[match.end() :]) if match else ""
        self._head = None
        function = {"name": name, "arguments": arguments}
        return {"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}


class JsonValue:
    """The JSON value of an object's last key. Fed in pieces, it returns what of them belongs to the value."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._ended = False

    def feed(self, text: str) -> str:
        """Return the characters of the next piece that belong to the value, be it none or all of them."""
        return "".join(character for character in text if self._belongs(character))

    def _belongs(self, character: str) -> bool:
        if self._ended:
            return False
        if self._in_text:
            self._in_text = self._escaped or character != '"'
            self._escaped = character == "\\" and not self._escaped
            return True
        if self._depth == 0 and (character == "}" or character.isspace()):
            self._ended = character == "}"
            return False
        self._in_text = character == '"'
        self._depth += (character in "{[") - (character in "}]")
        return True


def _schema(functions: list[dict[str, Any]]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    calls = []
    for number, function in enumerate(functions):
        parameters = dict(function.get("parameters") or _NO_PARAMETERS)
        for word in ("$defs", "definitions"):
            for name, definition in parameters.pop(word, {}).items():
                definitions[f"{number}.{name}"] = _renumbered(definition, number)
        properties = {"name": {"const": function["name"]}, "arguments": _renumbered(parameters, number)}
        required = ["name", "arguments"]
        calls.append({"type": "object", "properties": properties, "required": required, "additionalProperties": False})
    schema: dict[str, Any] = calls[0] if len(calls) == 1 else {"anyOf": calls}
    return schema | {"$defs": definitions} if definitions else schema


def _renumbered(schema: Any, number: int) -> Any:
    """Definitions of several functions stand side by side, so references to them carry the function's number."""
    if isinstance(schema, list):
        return [_renumbered(item, number) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _renumbered(value, number) for key, value in schema.items()}
    reference = schema.get("$ref")
    for prefix in ("#/$defs/", "#/definitions/"):
        if isinstance(reference, str) and reference.startswith(prefix):
            out["$ref"] = f"#/$defs/{number}.{reference.removeprefix(prefix)}"
    return out


def _with_system(messages: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    if messages and messages[0].get("role") == "system":
        return [{**messages[0], "content": f"{messages[0]['content']}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]
