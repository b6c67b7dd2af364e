"""A conversation told anew to a server that has not kept it: with its documents, and what its tools returned."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from html import escape
from itertools import count
from typing import Any

from studiolo.api.openai import PromptCall, PromptFunction, PromptMessage
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.history.parts import FilePart, ImagePart, TextPart, ToolPart
from studiolo.desktop.widgets.tool_content import output_text

_MOST_RESULT = 200_000
"""Characters of what one call returned; our own server hands no more to a model, either."""
_HALVES = re.compile(r"[\ud800-\udfff]")

DataUrl = Callable[[ImagePart], Awaitable[str]]


def written(message: Message) -> str:
    """Return what a model reads of a message: its documents, then its text."""
    documents = [_document(part) for part in message.parts if isinstance(part, FilePart)]
    return "\n\n".join(filter(None, [*documents, message.text]))


def _document(part: FilePart) -> str:
    name, text = escape(" ".join(sendable(part.name).split()), quote=True), sendable(part.text)
    tag = _tag("document", [text])
    return f'<{tag} name="{name}">\n{text}\n</{tag}>'


def _tag(name: str, texts: Iterable[str]) -> str:
    """Return a tag that none of these texts, which may be strangers', can end or begin."""
    taken = {number for text in texts for number in re.findall(rf"(?i)</?{name}(?:-([0-9]+))?", text)}
    if not taken:
        return name
    return next(f"{name}-{number}" for number in count(2) if str(number) not in taken)


def sendable(text: str) -> str:
    """Return the text with a sign for each half of a character, which programs return and no request can hold."""
    return _HALVES.sub("\ufffd", text)


def images(message: Message) -> list[ImagePart]:
    """Return the pictures of a message."""
    return [part for part in message.parts if isinstance(part, ImagePart)]


def retold(before: Sequence[Message], question: UserMessage, begun: Reply) -> str:
    """Return the conversation as one text for a model, with the calls of its tools.

    Args:
        before: What was said before the question.
        question: What is answered now.
        begun: The reply to it; where it has begun already, it is to be gone on with.
    """
    said = [(message, _said(message)) for message in before]
    if begun.parts:
        said += [(question, _said(question)), (begun, _said(begun))]
    tag = _tag("turn", (text for _, text in said))
    told = [_turn(message, text, tag) for message, text in said if text]
    if not begun.parts:
        lead = ["The conversation so far:", *told, "", "The user goes on:"]
        return "\n".join(lead) + f"\n{written(question)}"
    end = "Your last turn was cut off. Go on where it ends, and repeat nothing of it."
    return "\n".join(["The conversation so far:", *told, "", end])


def _said(message: Message) -> str:
    return sendable(_with_calls(message) if isinstance(message, Reply) else written(message))


def _turn(message: Message, text: str, tag: str) -> str:
    who = "assistant" if isinstance(message, Reply) else "user"
    return f'<{tag} by="{who}">\n{text}\n</{tag}>'


def _with_calls(reply: Reply) -> str:
    pieces = [
        _call(part) if isinstance(part, ToolPart) else part.text
        for part in reply.parts
        if isinstance(part, TextPart | ToolPart | FilePart)
    ]
    return "\n\n".join(filter(None, pieces))


def _call(part: ToolPart) -> str:
    """What a stranger's program returned can't end it."""
    told = {"tool": part.name, "arguments": part.arguments, "result": _result(part)}
    return f"<call>{json.dumps(told, ensure_ascii=False).replace('<', chr(92) + 'u003c')}</call>"


def _function(part: ToolPart) -> PromptFunction:
    return PromptFunction(name=sendable(part.name), arguments=sendable(part.arguments) or "{}")


def _result(part: ToolPart) -> str:
    if part.output is None:
        return "It was stopped before it returned anything."
    text = sendable(output_text(part.output))
    if (left := len(text) - _MOST_RESULT) > 0:
        text = f"{text[:_MOST_RESULT]}\n[{left} more characters are left out.]"
    return f"Error: {text}" if part.failed else text


async def told_of(message: Message, data_url: DataUrl) -> list[PromptMessage]:
    """Return a message as the OpenAI route takes it; a reply is as many as it has rounds of tools.

    Args:
        message: Whatever was said.
        data_url: Encodes an image.
    """
    if isinstance(message, Reply):
        # What tools returned is looked through for each of its pieces.
        return await asyncio.to_thread(_rounds, message)
    pictures, text = images(message), written(message)
    if not pictures:
        return [PromptMessage(role="user", content=text)] if text else []
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": await data_url(image)}} for image in pictures
    ]
    return [PromptMessage(role="user", content=[*content, {"type": "text", "text": text}])]


def _rounds(reply: Reply) -> list[PromptMessage]:
    rounds: list[PromptMessage] = []
    text, calls = "", list[ToolPart]()

    def end() -> None:
        if not calls:
            return
        # Some templates take nothing but nine letters and digits.
        ids = [f"{(reply.id or 0) % 10**5:05}{(len(rounds) + number) % 10**4:04}" for number in range(len(calls))]
        asked = [PromptCall(id=call_id, function=_function(call)) for call_id, call in zip(ids, calls, strict=True)]
        rounds.append(PromptMessage(role="assistant", content=text, tool_calls=asked))
        rounds.extend(
            PromptMessage(role="tool", content=_result(call), tool_call_id=call_id)
            for call_id, call in zip(ids, calls, strict=True)
        )

    for part in reply.parts:
        if isinstance(part, ToolPart):
            calls.append(part)
        elif isinstance(part, TextPart | FilePart) and part.text:
            end()
            said = sendable(part.text)
            text = said if calls else "\n\n".join(filter(None, [text, said]))
            calls = []
    end()
    if text and not calls:
        rounds.append(PromptMessage(role="assistant", content=text))
    return rounds


def in_turns(said: list[PromptMessage]) -> list[PromptMessage]:
    """Join what one side says twice in a row to one message: many models' templates take nothing else.

    A question whose reply was stopped before its first word is followed by the next question, and chats of other
    programs may have replies in a row.
    """
    turns: list[PromptMessage] = []
    for one in said:
        before = turns[-1] if turns else None
        if before and before.role == one.role and one.role != "tool" and not (before.tool_calls or one.tool_calls):
            turns[-1] = PromptMessage(role=one.role, content=_joined(before.content, one.content))
        else:
            turns.append(one)
    return turns


def _joined(one: str | list[dict[str, Any]], other: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(one, str) and isinstance(other, str):
        return f"{one}\n\n{other}"
    parts = [[{"type": "text", "text": each}] if isinstance(each, str) else each for each in (one, other)]
    return [*parts[0], *parts[1]]
