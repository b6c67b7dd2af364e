"""LM Studio's conversations: a file for each, in folders; a message has versions, of which one is selected."""

import json
import re
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
_SECONDS = re.compile(r"([\d.]+) seconds?")
_SAYS_NOTHING = ("debugInfoBlock", "toolStatus")


def is_lm_studio(entry: Any) -> bool:
    known = as_dict(entry)
    messages = known.get("messages")
    if not isinstance(messages, list):
        return False
    # Chats that were never given a name have none.
    return any("versions" in as_dict(one) for one in messages) or (not messages and "name" in known)


def lm_studio_chat(entry: Any, *, name: str, folders: tuple[str, ...], assets: Assets) -> ImportedChat:
    """One conversation, from the file `name` in `folders`."""
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
    calls: dict[str, ToolPart] = {}
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


def _take_block(block: dict[str, Any], parts: list[Part], calls: dict[str, ToolPart], assets: Assets) -> None:
    if block.get("type") in _SAYS_NOTHING:
        return
    style = as_dict(block.get("style"))
    thinking = style.get("type") == "thinking"
    before = len(parts)
    for content in as_items(block.get("content")):
        known = content if isinstance(content, dict) else {"type": "text", "text": content}
        kind = known.get("type")
        if kind == "text":
            _take_text(as_said(known.get("text")), parts, thinking=thinking, joined=len(parts) > before)
        elif kind == "file":
            called = as_text(known.get("name"))
            number = as_text(known.get("fileIdentifier"))
            parts.append(assets.find(number, called or number or "file", as_size(known.get("sizeBytes"))))
        elif kind in ("toolCallRequest", "toolCallResult"):
            _take_call(known, parts, calls)
        else:
            parts.append(TextPart(as_block(known)))
    seconds = _SECONDS.search(as_text(style.get("title")))
    if thinking and seconds and parts and isinstance(parts[-1], ReasoningPart):
        parts[-1].seconds = _number(seconds[1])
    if (cited := as_said(block.get("citedText"))).strip():
        parts.append(TextPart("\n".join(f"> {line}" for line in cited.splitlines())))


def _take_text(text: str, parts: list[Part], *, thinking: bool, joined: bool) -> None:
    """joined: something of the same block is there already, and this goes on with it."""
    kind: type[TextPart | ReasoningPart] = ReasoningPart if thinking else TextPart
    last = parts[-1] if parts else None
    if joined and isinstance(last, TextPart | ReasoningPart) and type(last) is kind:
        last.text += text
    elif text.strip():
        parts.append(kind(text))


def _take_call(content: dict[str, Any], parts: list[Part], calls: dict[str, ToolPart]) -> None:
    number = str(content.get("toolCallRequestId") or content.get("callId") or "")
    if content.get("type") == "toolCallRequest":
        calls[number] = ToolPart(as_text(content.get("name")), as_json(content.get("parameters")), "")
        parts.append(calls[number])
        return
    output = _result(content.get("content"))
    waiting = (
        calls.get(number)
        if number
        else next((part for part in parts if isinstance(part, ToolPart) and not part.output), None)
    )
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
