"""The input of OpenAI's Responses API as chat messages, which the engine reads and the store keeps.

Agents send everything back that they were ever sent, by us or by another server, and ever new kinds of it. So what
says something is read, a call of whatever kind that was answered is a call, and the rest is left out.
"""

from typing import Any

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.chat.calls import TEXT_INPUT, arguments_text, json_text
from studiolo.server.chat.formats import read_format
from studiolo.server.chat.openai import refuse_ignored, template_arguments, with_one_system
from studiolo.server.chat.parts import is_plain, joined, read_parts, thoughts
from studiolo.server.chat.responses import Message, Thread
from studiolo.server.chat.tools import Offer, flat_name, use_tools
from studiolo.server.library.served import ServedModel

Body = dict[str, Any]

_ROLES = ("user", "assistant", "system", "developer")
_CALL, _OUTPUT = "_call", "_call_output"
_BRING_TOOLS = ("additional_tools", "tool_search_output")
_NO_ARGUMENTS = ("type", "id", "call_id", "status", "created_by", "caller", "environment")


def input_messages(items: list[Body]) -> list[Message]:
    """Return the request's own part of the conversation, from the items of its input. Raises RequestError."""
    messages: list[Message] = []
    answered = {str(item.get("call_id") or item.get("id")) for item in items if _kind(item).endswith(_OUTPUT)}
    reasoning = ""
    for number, item in enumerate(items):
        if _kind(item) == "reasoning":
            reasoning += _reasoning(item, f"input.{number}")
            continue
        message = _read(item, f"input.{number}", answered)
        if message is None:
            continue
        if message["role"] == "assistant" and reasoning:
            message["reasoning_content"], reasoning = reasoning, ""
        _append(messages, message)
    if not messages:
        raise RequestError("'input' holds no message.", param="input", code="invalid_value")
    return messages


def tools_among(items: list[Body]) -> list[Body]:
    """Return the tools that came to be offered in the course of the input."""
    lists = [item.get("tools") for item in items if _kind(item) in _BRING_TOOLS]
    return [tool for tools in lists if isinstance(tools, list) for tool in tools if isinstance(tool, dict)]


def engine_body(
    request: ResponsesRequest, model: ServedModel, before: Thread, asked: list[Message], offer: Offer
) -> Body:
    """Return the engine's chat request for a response that continues `before`. Raises RequestError.

    Instructions are those of this request alone, as OpenAI has it; a system prompt of `/api/v1/chat` goes on.
    """
    system = before.system if request.instructions is None else request.instructions
    first: list[Message] = [{"role": "system", "content": system}] if system else []
    body: Body = {"messages": with_one_system([*first, *before.messages, *asked])}
    sampling = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "max_tokens": request.max_output_tokens,
        "parallel_tool_calls": request.parallel_tool_calls,
    }
    body |= {key: value for key, value in sampling.items() if value is not None}
    if request.top_logprobs:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if format_ := _format(request):
        body["response_format"] = format_
    use_tools(body, offer, request.tool_choice)
    return body | template_arguments(request.reasoning.effort if request.reasoning else None, model)


def refuse_unsupported(request: ResponsesRequest) -> None:
    """Raise UnsupportedError for what would change the answer and can't be done here."""
    extra = request.model_extra or {}
    refuse_ignored(extra)
    for name, wanted in (
        ("background", bool(request.background)),
        ("conversation", extra.get("conversation") is not None),
        ("prompt", extra.get("prompt") is not None),
        ("truncation", request.truncation not in (None, "disabled", "auto")),
    ):
        if wanted:
            raise UnsupportedError(f"'{name}' is not supported.", param=name, code="unsupported_parameter")


def _append(messages: list[Message], message: Message) -> None:
    """Calls follow the text that they belong to: one assistant's message, as chat templates want it."""
    last = messages[-1] if messages else {}
    if "tool_calls" in message and last.get("role") == "assistant":
        last.setdefault("tool_calls", []).extend(message["tool_calls"])
    else:
        messages.append(message)


def _kind(item: Body) -> str:
    return str(item.get("type") or "message")


def _read(item: Body, param: str, answered: set[str]) -> Message | None:
    """Return the message that an item means; None for what a model has nothing of.

    answered: ids of the calls whose outputs are in the input.
    """
    kind = _kind(item)
    if kind == "message":
        return _message(item, param)
    if kind in ("function_call", "custom_tool_call"):
        return {"role": "assistant", "content": "", "tool_calls": [_call(item, param)]}
    if kind.endswith(_OUTPUT):
        return _call_output(item, param)
    if kind.endswith(_CALL) and str(item.get("call_id") or item.get("id")) in answered:
        return {"role": "assistant", "content": "", "tool_calls": [_other_call(item, kind)]}
    if kind.startswith("input_") or kind == "text":
        return _message({"role": "user", "content": [item]}, param)
    return None


def _message(item: Body, param: str) -> Message:
    role = item.get("role")
    if role not in _ROLES:
        raise RequestError(f"'{str(role)[:40]}' is not a role.", param=f"{param}.role", code="invalid_value")
    content = item.get("content")
    if "content" not in item or not isinstance(content, str | list | None):
        raise RequestError("A message needs content.", param=f"{param}.content", code="missing_required_parameter")
    parts = read_parts(content, f"{param}.content")
    message = {
        "role": role,
        "content": joined(parts) if is_plain(parts) else [p for p in parts if p["type"] != "thinking"],
    }
    return message | {"reasoning_content": thought} if (thought := thoughts(parts)) and role == "assistant" else message


def _reasoning(item: Body, param: str) -> str:
    content = item.get("content") or item.get("summary") or []
    parts = read_parts(content, param) if isinstance(content, str | list) else []
    return "".join(part.get("text", "") for part in parts)


def _call(item: Body, param: str) -> Body:
    name, call_id = item.get("name"), item.get("call_id") or item.get("id")
    if not isinstance(name, str) or not isinstance(call_id, str):
        raise RequestError("A call has a call_id and a name.", param=param, code="invalid_value")
    arguments = item.get("arguments")
    if _kind(item) == "custom_tool_call":
        arguments = {TEXT_INPUT: str(item.get("input") or "")}
    function = {"name": flat_name(item.get("namespace"), name), "arguments": arguments_text(arguments)}
    return {"id": call_id, "type": "function", "function": function}


def _other_call(item: Body, kind: str) -> Body:
    """Return a call of a tool that has a kind of item of its own, such as a shell's: as if it were a function."""
    arguments = {key: value for key, value in item.items() if key not in _NO_ARGUMENTS and value is not None}
    function = {"name": kind.removesuffix(_CALL), "arguments": arguments_text(arguments)}
    return {"id": str(item.get("call_id") or item.get("id")), "type": "function", "function": function}


def _call_output(item: Body, param: str) -> Message:
    call_id, output = item.get("call_id") or item.get("id"), item.get("output")
    if not isinstance(call_id, str):
        raise RequestError("An output has the call_id of its call.", param=param, code="invalid_value")
    return {"role": "tool", "tool_call_id": call_id, "content": _shown(output, param)}


def _shown(output: Any, param: str) -> str:
    """Return what a tool gave, as text: a text, parts, or an object that holds either."""
    if isinstance(output, dict) and isinstance(output.get("content"), str | list):
        output = output["content"]
    if isinstance(output, list) and all(isinstance(part, dict) and "type" in part for part in output):
        return joined(read_parts(output, param, lenient=True))
    if isinstance(output, str):
        return output
    return "" if output is None else json_text(output)


def _format(request: ResponsesRequest) -> Body | None:
    """Return the form of the answer; `response_format` is where Chat Completions has it."""
    wanted = (request.text or {}).get("format")
    if wanted is not None:
        return read_format(wanted, "text.format")
    return read_format((request.model_extra or {}).get("response_format"), "response_format")
