"""The input of OpenAI's Responses API as chat messages, which the engine reads and the store keeps."""

from typing import Any

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.chat.openai import template_arguments, use_tools, with_one_system
from studiolo.server.chat.responses import Message, Thread
from studiolo.server.library.scan import LibraryModel

Body = dict[str, Any]

_TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text")
_ROLES = ("user", "assistant", "system", "developer")


def input_messages(request: ResponsesRequest) -> list[Message]:
    """The request's own part of the conversation. Raises RequestError for items that are not read."""
    if isinstance(request.input, str):
        return [{"role": "user", "content": request.input}]
    messages: list[Message] = []
    reasoning = ""
    for number, item in enumerate(request.input):
        param = f"input.{number}"
        kind = item.get("type") or "message"
        if kind == "reasoning":
            reasoning += _reasoning(item, param)
            continue
        if kind == "message":
            message = _message(item, param)
        elif kind == "function_call":
            message = {"role": "assistant", "content": "", "tool_calls": [_call(item, param)]}
        elif kind == "function_call_output":
            message = _call_output(item, param)
        else:
            raise _unread(kind, param)
        if message["role"] == "assistant" and reasoning:
            message["reasoning_content"], reasoning = reasoning, ""
        _append(messages, message)
    if not messages:
        raise RequestError("'input' holds no message.", param="input", code="invalid_value")
    return messages


def engine_body(request: ResponsesRequest, model: LibraryModel, before: Thread, asked: list[Message]) -> Body:
    """The engine's chat request for a response that continues `before`. Raises RequestError.

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
    if format_ := _response_format(request):
        body["response_format"] = format_
    tools = [_tool(number, tool) for number, tool in enumerate(request.tools or ())]
    choice = request.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    use_tools(body, tools, choice)
    return body | template_arguments(request.reasoning.effort if request.reasoning else None, model)


def refuse_unsupported(request: ResponsesRequest) -> None:
    """Raise UnsupportedError for what would change the answer and can't be done here."""
    extra = request.model_extra or {}
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


def _message(item: Body, param: str) -> Message:
    role = item.get("role")
    if role not in _ROLES:
        raise RequestError(f"'{str(role)[:40]}' is not a role.", param=f"{param}.role", code="invalid_value")
    content = item.get("content")
    if isinstance(content, str):
        return {"role": role, "content": content}
    if not isinstance(content, list):
        raise RequestError("A message needs content.", param=f"{param}.content", code="missing_required_parameter")
    parts = [_part(part, f"{param}.content") for part in content]
    if all(part["type"] == "text" for part in parts):
        return {"role": role, "content": "\n".join(part["text"] for part in parts)}
    return {"role": role, "content": parts}


def _part(part: Any, param: str) -> Body:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in _TEXTS:
        return {"type": "text", "text": str(part.get("text", ""))}
    if kind == "refusal":
        return {"type": "text", "text": str(part.get("refusal", ""))}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        return {"type": "image_url", "image_url": {"url": part["image_url"]}}
    raise _unread(str(kind), param)


def _reasoning(item: Body, param: str) -> str:
    parts = item.get("content") or item.get("summary") or []
    if not isinstance(parts, list):
        raise _unread("reasoning", param)
    return "".join(_part(part, param).get("text", "") for part in parts)


def _call(item: Body, param: str) -> Body:
    function = {"name": item.get("name"), "arguments": item.get("arguments", "{}")}
    if not all(isinstance(value, str) for value in (*function.values(), item.get("call_id"))):
        raise RequestError(
            "A function_call has a call_id, a name, and arguments as JSON text.", param=param, code="invalid_value"
        )
    return {"id": item["call_id"], "type": "function", "function": function}


def _call_output(item: Body, param: str) -> Message:
    output = item.get("output")
    if isinstance(output, list):
        output = "\n".join(str(_part(part, param).get("text", "[an image]")) for part in output)
    if not isinstance(output, str) or not isinstance(item.get("call_id"), str):
        raise RequestError("A function_call_output has a call_id and an output.", param=param, code="invalid_value")
    return {"role": "tool", "tool_call_id": item["call_id"], "content": output}


def _tool(number: int, tool: Body) -> Body:
    if tool.get("type") != "function":
        raise UnsupportedError(
            f"Tools of the type '{str(tool.get('type'))[:40]}' are not offered here.",
            param=f"tools.{number}",
            code="invalid_value",
            hint="Functions are.",
        )
    names = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {name: tool[name] for name in names if tool.get(name) is not None}}


def _response_format(request: ResponsesRequest) -> Body | None:
    wanted = (request.text or {}).get("format")
    if not isinstance(wanted, dict) or wanted.get("type") in (None, "text"):
        return None
    if wanted["type"] == "json_object":
        return {"type": "json_object"}
    if wanted["type"] == "json_schema" and isinstance(wanted.get("schema"), dict):
        return {"type": "json_schema", "json_schema": {"name": str(wanted.get("name")), "schema": wanted["schema"]}}
    raise RequestError("'text.format' is text, json_object or json_schema.", param="text.format", code="invalid_value")


def _unread(kind: str, param: str) -> RequestError:
    return RequestError(f"Input of the type '{kind[:40]}' is not read.", param=param, code="invalid_value")
