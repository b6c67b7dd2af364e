"""Plain lists of who said what: roles and contents, ShareGPT's `conversations`, LibreChat's messages with parents.

Contents are text or blocks, in OpenAI's, Anthropic's or Gemini's form.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.blocks import Blocks
from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import (
    as_dict,
    as_items,
    as_json,
    as_said,
    as_seconds,
    as_size,
    as_text,
)
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role

_LISTS = ("messages", "conversations", "conversation", "contents", "history")
_WHAT = ("content", "value", "text", "tool_calls", "parts")
_PROMPTS = ("system", "system_prompt", "systemInstruction", "system_instruction")
_ASKING = ("user", "human", "prompter", "system", "developer")
_ANSWERING = ("assistant", "gpt", "chatgpt", "bot", "bing", "bard", "ai", "model", "function_call")
_TOOLS = ("tool", "function", "observation", "function_response")
_SPEAKERS = frozenset(_ASKING + _ANSWERING + _TOOLS)
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""LibreChat's parent of what a chat begins with."""
MOST_GATHERED = 100_000
"""Messages without a chat around them that become one; as many again are another."""
_MOST_GATHERED_TEXT = 30_000_000
"""Characters of those: a chat of many more would be refused, and all of them are held until it is whole."""


def is_plain(entry: Any) -> bool:
    """Return whether an entry is a plain list of messages."""
    return bool(_messages(entry))


def plain_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds.

    Messages tell their parents, have their answers in them, or follow each other.
    """
    known = entry if isinstance(entry, dict) else {}
    chat = ImportedChat(
        title=as_text(known.get("title")) or as_text(known.get("name")),
        source=_source(known),
        created=as_seconds(known.get("createdAt")) or as_seconds(known.get("created_at")),
        changed=as_seconds(known.get("updatedAt")) or as_seconds(known.get("updated_at")),
    )
    tree, last, model = Tree(), "", as_text(known.get("model"))
    blocks = Blocks(assets)
    prompt = next(filter(None, (_prompt_of(known.get(name)) for name in _PROMPTS)), "")
    for name, parent, message in _in_order(_messages(entry)):
        who = _who(message)
        if who in ("system", "developer") and not last and not prompt:
            prompt = _text_of(message)
            continue
        parts = _parts(message, who, blocks, assets)
        above = "" if parent == _NOBODY else parent if tree.knows(parent) else last
        created = as_seconds(message.get("createdAt")) or as_seconds(message.get("timestamp"))
        by = as_text(message.get("model")) or model
        if who not in _ASKING:
            _add(tree, name, above, "assistant", parts, created, by)
        else:
            # What tools said is sent back in the person's name.
            told = [part for part in parts if isinstance(part, ToolPart)]
            _add(tree, f"{name} tools", above, "assistant", told, created, by)
            _add(tree, name, f"{name} tools", "user", [part for part in parts if part not in told], created, "")
        last = name
    chat.settings = {"system_prompt": prompt} if prompt else {}
    return tree.finish(chat, "")


def _add(tree: Tree, name: str, above: str, role: Role, parts: Sequence[Part], created: float, model: str) -> None:
    if parts:
        tree.add(name, above, role, list(parts), created=created, model=model)
    else:
        tree.skip(name, above)


def gathered(values: Iterable[Any]) -> Iterator[Any]:
    """Yield values, with messages that stand without a chat gathered in one where most of them are messages.

    What was gathered holds when the values end in an error, which is raised then.
    """
    messages: list[Any] = []
    others, size = 0, 0
    try:
        for value in values:
            if not _is_message(value):
                others += 1
                yield value
                continue
            messages.append(value)
            size += sum(len(one) if isinstance(one, str) else len(as_json(one)) for one in value.values())
            if len(messages) >= MOST_GATHERED or size > _MOST_GATHERED_TEXT:
                yield messages
                messages, others, size = [], 0, 0
    except (ValueError, RecursionError, OSError):
        if len(messages) > others:
            yield messages
        raise
    if len(messages) > others:
        yield messages


def _source(known: dict[str, Any]) -> str:
    """Numbers that are no conversation's alone are those of rows: every list of chats has the same ones."""
    for name in ("conversationId", "conversation_id"):
        if told := as_text(known.get(name)):
            return f"plain:{told}"
    told = as_text(known.get("id"))
    return f"plain:{told}:" if told else "plain:"


def _messages(entry: Any) -> list[Any]:
    """Of what may be a chat; empty where it is none of this kind."""
    if isinstance(entry, dict):
        lists = (entry.get(name) for name in _LISTS)
        return next(filter(None, map(_messages, (one for one in lists if isinstance(one, list)))), [])
    if not isinstance(entry, list) or not entry:
        return []
    # Letters have senders and texts, too, and lists of people have roles.
    return entry if 2 * sum(map(_is_message, entry)) > len(entry) else []


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict) or _who(value) not in _SPEAKERS:
        return False
    said = [value[one] for one in _WHAT if one in value]
    return bool(said) and all(one is None or isinstance(one, str | list | dict) for one in said)


def _in_order(messages: list[Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each with its name and its parent's, parents first; a circle is cut."""
    named = {name: (parent, message) for name, parent, message in _named(messages)}
    done: set[str] = set()
    for start in named:
        path: dict[str, None] = {}
        name = start
        while name in named and name not in done and name not in path:
            path[name] = None
            name = named[name][0]
        cut = [name] if name in path else []
        for one in [*cut, *(one for one in reversed(path) if one not in cut)]:
            done.add(one)
            yield one, *named[one]


def _named(messages: list[Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """As they are listed, each under a name of its own; answers that lie within a message follow it."""
    waiting = [(one, "") for one in reversed(messages)]
    taken: set[str] = set()
    while waiting:
        one, above = waiting.pop()
        message = one if isinstance(one, dict) else {"content": one}
        name = as_text(message.get("messageId"))
        if not name or name in taken:
            name = f"message {len(taken) + 1} {name}"
        taken.add(name)
        yield name, as_text(message.get("parentMessageId")) or above, message
        waiting += [(child, name) for child in reversed(as_items(message.get("children")))]


def _who(message: dict[str, Any]) -> str:
    if isinstance(by_user := message.get("isCreatedByUser"), bool):
        return "user" if by_user else "assistant"
    return (as_text(message.get("role")) or as_text(message.get("from"))).lower()


def _text_of(message: dict[str, Any]) -> str:
    values = (message.get(name) for name in ("content", "value", "text", "parts"))
    return next(filter(None, (_joined(value) for value in values)), "")


def _prompt_of(value: Any) -> str:
    return _text_of(value) if isinstance(value, dict) else _joined(value)


def _joined(value: Any) -> str:
    texts = [as_said(as_dict(one).get("text")) if isinstance(one, dict) else as_said(one) for one in as_items(value)]
    return "\n".join(filter(None, texts))


def _parts(message: dict[str, Any], who: str, blocks: Blocks, assets: Assets) -> list[Part]:
    content = next(filter(None, (message.get(name) for name in ("content", "value", "parts"))), None)
    if who in _TOOLS:
        told = message.get("text") if content is None else content
        return blocks.result(as_text(message.get("tool_call_id")), as_text(message.get("name")), told)
    parts: list[Part] = []
    for one in [as_dict(file) for file in as_items(message.get("files"))]:
        called = as_text(one.get("filename")) or as_text(one.get("file_id"))
        parts.append(assets.find(as_text(one.get("file_id")) or called, called, as_size(one.get("bytes"))))
    if thought := as_said(message.get("reasoning_content")) or as_said(message.get("reasoning")):
        parts.append(ReasoningPart(thought))
    if who == "function_call":
        return [*parts, blocks.called("", as_text(message.get("name")), content)]
    said = [part for one in as_items(content) for part in blocks.read(one)]
    if not said and (text := as_said(message.get("text"))).strip():
        said.append(TextPart(text))
    return parts + said + _calls(message, blocks)


def _calls(message: dict[str, Any], blocks: Blocks) -> list[Part]:
    made: list[Part] = []
    for one in [as_dict(call) for call in (*as_items(message.get("tool_calls")), message.get("function_call"))]:
        if function := as_dict(one.get("function")) or one:
            made.append(blocks.called(as_text(one.get("id")), as_text(function.get("name")), function.get("arguments")))
    return made
