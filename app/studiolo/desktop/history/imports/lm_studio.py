"""LM Studio's conversations: a file for each, in folders; a message has versions, of which one is selected."""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import (
    as_block,
    as_dict,
    as_items,
    as_json,
    as_list,
    as_said,
    as_seconds,
    as_size,
    as_text,
)
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role

_SYSTEM_PROMPT = "llm.prediction.systemPrompt"
_SECONDS = re.compile(r"(?<![\d.])([\d.]++) seconds?")
_SAYS_NOTHING = ("debugInfoBlock", "toolStatus")


def is_lm_studio(entry: Any) -> bool:
    """Return whether an entry is one of LM Studio's conversations."""
    known = as_dict(entry)
    messages = known.get("messages")
    if not isinstance(messages, list):
        return False
    # Chats that were never given a name have none.
    return any("versions" in as_dict(one) for one in messages) or (not messages and "name" in known)


def lm_studio_chat(entry: Any, *, name: str, folders: tuple[str, ...], assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds, from the file `name` in `folders`."""
    prompts = dict.fromkeys(filter(None, (_prompt_of(entry), as_text(entry.get("systemPrompt")))))
    prompt = "\n\n".join(prompts)
    times = (as_seconds(entry.get(one)) for one in ("userLastMessagedAt", "assistantLastMessagedAt"))
    chat = ImportedChat(
        title=as_text(entry.get("name")),
        source="lmstudio:" + "/".join((*folders, name)),
        created=as_seconds(entry.get("createdAt")),
        changed=max(times),
        pinned=entry.get("pinned") is True,
        folders=folders,
        settings={"system_prompt": prompt} if prompt else {},
        draft=as_text(entry.get("clientInput")),
    )
    used = as_dict(entry.get("lastUsedModel"))
    model = as_text(used.get("indexedModelIdentifier")) or as_text(used.get("identifier"))
    tree, parent = Tree(), ""
    for number, one in enumerate(as_list(entry.get("messages"))):
        versions = [as_dict(version) for version in as_items(as_dict(one).get("versions", one))]
        selected = as_dict(one).get("currentlySelected")
        chosen = selected if isinstance(selected, int) and 0 <= selected < len(versions) else len(versions) - 1
        for which, version in enumerate(versions):
            _add(tree, f"{number}.{which}", parent, version, chat.created, model, assets)
        if versions:
            parent = f"{number}.{chosen}"
    return tree.finish(chat, parent)


def _prompt_of(entry: dict[str, Any]) -> str:
    for one in as_list(as_dict(entry.get("perChatPredictionConfig")).get("fields")):
        field = as_dict(one)
        if field.get("key") == _SYSTEM_PROMPT:
            value = field.get("value")
            return as_text(value) or as_text(as_dict(value).get("value"))
    return ""


def _add(
    tree: Tree, name: str, parent: str, version: dict[str, Any], created: float, used: str, assets: Assets
) -> None:
    blocks = [as_dict(one) for one in as_items(version.get("steps"))] or [version]
    parts: list[Part] = []
    calls = _Calls()
    model = ""
    for block in blocks:
        info = as_dict(block.get("genInfo"))
        model = model or as_text(info.get("indexedModelIdentifier")) or as_text(info.get("identifier"))
        _take_block(block, parts, calls, assets)
    if not parts:
        tree.skip(name, parent)
        return
    # Whoever speaks in the name of the program is not the model.
    role: Role = "user" if version.get("role") in ("user", "system") else "assistant"
    model = model or as_text(as_dict(version.get("senderInfo")).get("senderName")) or used
    tree.add(name, parent, role, parts, created=created, model=model if role == "assistant" else "")


@dataclass(slots=True)
class _Calls:
    """Those of a message: by their numbers, and those that have no result yet in their order."""

    by_number: dict[str, ToolPart] = field(default_factory=dict)
    waiting: deque[ToolPart] = field(default_factory=deque)

    def add(self, number: str, call: ToolPart) -> None:
        self.by_number[number] = call
        self.waiting.append(call)

    def answered(self, number: str) -> ToolPart | None:
        """The call that a result belongs to; one without a number belongs to the first that has none yet."""
        if number:
            return self.by_number.get(number)
        while self.waiting and self.waiting[0].output:
            self.waiting.popleft()
        return self.waiting[0] if self.waiting else None


def _take_block(block: dict[str, Any], parts: list[Part], calls: _Calls, assets: Assets) -> None:
    if block.get("type") in _SAYS_NOTHING:
        return
    style = as_dict(block.get("style"))
    thinking = style.get("type") == "thinking"
    pieces: list[str] = []
    for content in as_items(block.get("content")):
        known = content if isinstance(content, dict) else {"type": "text", "text": content}
        kind = known.get("type")
        if kind == "text":
            pieces.append(as_said(known.get("text")))
            continue
        _take_text(pieces, parts, thinking=thinking)
        if kind == "file":
            called = as_text(known.get("name"))
            number = as_text(known.get("fileIdentifier"))
            parts.append(assets.find(number, called or number or "file", as_size(known.get("sizeBytes"))))
        elif kind in ("toolCallRequest", "toolCallResult"):
            _take_call(known, parts, calls)
        else:
            parts.append(TextPart(as_block(known)))
    _take_text(pieces, parts, thinking=thinking)
    seconds = _SECONDS.search(as_text(style.get("title")))
    if thinking and seconds and parts and isinstance(parts[-1], ReasoningPart):
        parts[-1].seconds = _number(seconds[1])
    if (cited := as_said(block.get("citedText"))).strip():
        parts.append(TextPart("\n".join(f"> {line}" for line in cited.splitlines())))


def _take_text(pieces: list[str], parts: list[Part], *, thinking: bool) -> None:
    """Text that was written in pieces is one part; nothing is left of the pieces."""
    text = "".join(pieces)
    pieces.clear()
    if text.strip():
        parts.append(ReasoningPart(text) if thinking else TextPart(text))


def _take_call(content: dict[str, Any], parts: list[Part], calls: _Calls) -> None:
    number = str(content.get("toolCallRequestId") or content.get("callId") or "")
    if content.get("type") == "toolCallRequest":
        call = ToolPart(as_text(content.get("name")), as_json(content.get("parameters")), "")
        calls.add(number, call)
        parts.append(call)
        return
    output = _result(content.get("content"))
    waiting = calls.answered(number)
    if waiting and not waiting.output:
        waiting.output = output
    else:
        parts.append(ToolPart(as_text(content.get("name")), "", output))


def _result(content: Any) -> str:
    """Text as it is; it may be JSON, a list of texts."""
    text = as_text(content)
    try:
        whole = json.loads(text) if text.startswith("[") else content
    except (ValueError, RecursionError):
        return text
    told = [as_dict(one) for one in as_list(whole)]
    if told and all(one.get("type") == "text" and isinstance(one.get("text"), str) for one in told):
        return "\n".join(one["text"] for one in told)
    return text or as_json(content)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
