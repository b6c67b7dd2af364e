"""A tool call that a request insists on: forced by a grammar, read back from the JSON that it makes the model write.

llama.cpp's own `tool_choice: required` lets a model talk first and never come to the call, and its Anthropic route
knows nothing of it. A schema over the content holds from the first token, with or without a template that knows tools.
"""

import json
import secrets
from typing import Any

Chunk = dict[str, Any]

_NO_PARAMETERS = {"type": "object", "properties": {}, "additionalProperties": False}
_INSTRUCTIONS = "Call one of these functions. Answer with a JSON object that has its name and its arguments:"


def force_call(body: dict[str, Any], *, knows_tools: bool) -> dict[str, Any]:
    """The chat request `body` with its tool choice as a schema over the content. Tools are in OpenAI's form.

    knows_tools: whether the model's template shows tools to it; else a system message does.
    """
    functions = [tool["function"] for tool in body["tools"]]
    choice = body["tool_choice"]
    if isinstance(choice, dict):
        functions = [function for function in functions if function["name"] == choice["function"]["name"]]
    forced = {key: value for key, value in body.items() if key not in ("tool_choice", "parallel_tool_calls")}
    forced["response_format"] = {"type": "json_schema", "json_schema": {"name": "call", "schema": _schema(functions)}}
    if knows_tools:
        return forced | {"tool_choice": "none"}
    del forced["tools"]
    described = "\n".join(json.dumps(function, ensure_ascii=False) for function in functions)
    return forced | {"messages": _with_system(body["messages"], f"{_INSTRUCTIONS}\n{described}")}


class ForcedCall:
    """Turns the chunks of such a completion into those of a tool call; whatever is not content passes."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, chunk: Chunk) -> Chunk:
        return {**chunk, "choices": [self._choice(choice) for choice in chunk.get("choices", ())]}

    def _choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        delta = dict(choice.get("delta", {}))
        self._text += delta.pop("content", None) or ""
        if choice.get("finish_reason") is None:
            return {**choice, "delta": delta}
        try:
            call = json.loads(self._text)
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
        except (ValueError, KeyError, TypeError):
            # Cut off by the limit of tokens: half a call is no call, but what there is of it is not withheld.
            return {**choice, "delta": {**delta, "content": self._text}}
        entry = {"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
        return {**choice, "delta": {**delta, "tool_calls": [entry]}, "finish_reason": "tool_calls"}


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
