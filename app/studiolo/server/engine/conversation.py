"""Conversations as a model's chat template takes them.

Some templates demand that user and assistant take turns, beginning with the user, and some know no messages of tools.
Whether one does is found out by asking the engine to render short conversations, not by reading its source.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from studiolo.errors import RequestError

Message = dict[str, Any]
Render = Callable[[list[Message]], Awaitable[Any]]
"""Renders messages, or raises RequestError."""

_ASKED = {"role": "user", "content": "a"}
_ANSWERED = {"role": "assistant", "content": "b"}
# Mistral's templates want ids of calls to have nine characters.
_CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
_TOLD = {"role": "tool", "tool_call_id": "abcdefghi", "name": "f", "content": "c"}
_SPEAKERS = ("user", "assistant")


class Demands:
    """What a template takes: turns: only user and assistant in turns; tools: messages of tools."""

    def __init__(self, *, turns: bool, tools: bool) -> None:
        self._turns = turns
        self._tools = tools

    @classmethod
    async def of(cls, render: Render) -> "Demands":
        """Find out. A template that renders nothing at all is left to say so itself."""
        if not await _renders(render, [_ASKED, _ANSWERED, _ASKED]):
            return cls(turns=False, tools=True)
        turns = not await _renders(render, [_ASKED, _ASKED])
        return cls(turns=turns, tools=await _renders(render, [_ASKED, _CALLED, _TOLD, _ANSWERED, _ASKED]))

    def fit(self, messages: list[Message]) -> list[Message]:
        """Return the conversation in a form that the template takes; nothing that was said is left out."""
        if not self._tools:
            messages = [_without_tools(message) for message in messages]
        return _in_turns(messages) if self._turns else messages


def takes_turns(messages: list[Message]) -> bool:
    """Return whether user and assistant speak in turns, and nobody else but the system: every template takes that."""
    spoken = [message for message in messages if message.get("role") != "system"]
    return all(
        message.get("role") == _SPEAKERS[number % 2] and not message.get("tool_calls")
        for number, message in enumerate(spoken)
    )


async def _renders(render: Render, messages: list[Message]) -> bool:
    try:
        await render(messages)
    except RequestError:
        return False
    return True


def _in_turns(messages: list[Message]) -> list[Message]:
    """Neighbours of one role are joined, and where a turn is missing stands one that says nothing."""
    joined: list[Message] = []
    for message in messages:
        if joined and message.get("role") in _SPEAKERS and message["role"] == joined[-1].get("role"):
            joined[-1] = _joined(joined[-1], message)
        else:
            joined.append(message)
    out: list[Message] = []
    last = ""
    for message in joined:
        speaker = _speaker(message)
        begins = not last and message.get("role") == "assistant"
        if begins or (speaker and speaker == last):
            out.append({"role": "assistant" if speaker == "user" else "user", "content": ""})
            last = out[-1]["role"]
        out.append(message)
        last = speaker or last
    return out


def _speaker(message: Message) -> str | None:
    """Whose turn it is: a call and what came of it are part of the turn before."""
    role = message.get("role")
    return role if role in _SPEAKERS and not message.get("tool_calls") else None


def _joined(first: Message, second: Message) -> Message:
    message = {**first, **second, "content": _contents(first.get("content"), second.get("content"))}
    if thought := "\n\n".join(one["reasoning_content"] for one in (first, second) if one.get("reasoning_content")):
        message["reasoning_content"] = thought
    if calls := [*(first.get("tool_calls") or ()), *(second.get("tool_calls") or ())]:
        message["tool_calls"] = calls
    return message


def _contents(first: Any, second: Any) -> Any:
    if isinstance(first, list) or isinstance(second, list):
        return [*_parts(first), *_parts(second)]
    return "\n\n".join(text for text in (first, second) if text)


def _parts(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if content else []


def _without_tools(message: Message) -> Message:
    """Return a call as the assistant's words, and what came of it as the user's."""
    if message.get("role") in ("tool", "function"):
        name = message.get("name")
        told = f"[The result of {name}]" if name else "[The result of the call]"
        return {"role": "user", "content": _contents(told, message.get("content"))}
    if not message.get("tool_calls"):
        return message
    functions = [call["function"] for call in message["tool_calls"]]
    told = "\n".join(f"[Called {function['name']} with {function['arguments']}]" for function in functions)
    kept = {key: value for key, value in message.items() if key != "tool_calls"}
    return {**kept, "content": _contents(message.get("content"), told)}
