"""Claude's export: conversations.json, a list of messages for each."""

import json
from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import (
    as_block,
    as_dict,
    as_items,
    as_said,
    as_seconds,
    as_size,
    as_text,
)
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role


def is_claude(entry: Any) -> bool:
    """Return whether an entry is one of Claude's conversations."""
    return isinstance(as_dict(entry).get("chat_messages"), list)


def claude_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds. Messages tell their parents, or follow each other."""
    chat = ImportedChat(
        title=as_text(entry.get("name")),
        source="claude:" + as_text(entry.get("uuid")),
        created=as_seconds(entry.get("created_at")),
        changed=as_seconds(entry.get("updated_at")),
        pinned=entry.get("is_starred") is True,
    )
    model = as_text(entry.get("model")) or "claude"
    tree, last = Tree(), ""
    for number, one in enumerate(entry["chat_messages"]):
        message = one if isinstance(one, dict) else {"text": one}
        name = as_text(message.get("uuid")) or f"message {number}"
        parent = as_text(message.get("parent_message_uuid"))
        if not tree.knows(parent):
            parent = last
        parts = _parts(message, assets)
        if not parts:
            tree.skip(name, parent)
        else:
            role: Role = "user" if message.get("sender") in ("human", "user") else "assistant"
            created = as_seconds(message.get("created_at"))
            tree.add(name, parent, role, parts, created=created, model=model if role == "assistant" else "")
        last = name
    return tree.finish(chat, as_text(entry.get("current_leaf_message_uuid")))


def _parts(message: dict[str, Any], assets: Assets) -> list[Part]:
    parts: list[Part] = []
    for file in [as_dict(one) for one in as_items(message.get("attachments"))]:
        name, text = as_text(file.get("file_name")), as_said(file.get("extracted_content"))
        if name or text:
            parts.append(FilePart(text, name or "file", as_size(file.get("file_size"))))
    for file in [as_dict(one) for one in as_items(message.get("files"))]:
        if name := as_text(file.get("file_name")) or as_text(file.get("file_uuid")):
            parts.append(assets.find(name, name))
    said: list[Part] = []
    calls: dict[str, ToolPart] = {}
    for content in as_items(message.get("content")):
        if isinstance(content, dict):
            _take(content, said, calls)
        elif text := as_said(content).strip():
            said.append(TextPart(text))
    if not any(isinstance(part, TextPart) for part in said) and (text := as_said(message.get("text"))).strip():
        said.append(TextPart(text))
    return parts + said


def _take(content: dict[str, Any], parts: list[Part], calls: dict[str, ToolPart]) -> None:
    kind = content.get("type")
    text = as_said(content.get("text"))
    if kind == "text":
        if text.strip():
            parts.append(TextPart(text))
    elif kind == "thinking":
        if thought := as_said(content.get("thinking")) or text:
            began, ended = as_seconds(content.get("start_timestamp")), as_seconds(content.get("stop_timestamp"))
            parts.append(ReasoningPart(thought, ended - began if 0 < began <= ended else None))
    elif kind == "tool_use":
        call = ToolPart(as_text(content.get("name")), json.dumps(content.get("input"), ensure_ascii=False), "")
        parts.append(call)
        calls[as_text(content.get("id"))] = call
    elif kind == "tool_result":
        _take_result(content, parts, calls)
    elif kind != "token_budget":
        parts.append(TextPart(as_block(content)))


def _take_result(content: dict[str, Any], parts: list[Part], calls: dict[str, ToolPart]) -> None:
    """What came of the call that it names; tools that ran side by side answer in any order."""
    told = [_result_text(one) for one in as_items(content.get("content"))]
    output, failed = "\n".join(filter(None, told)), content.get("is_error") is True
    call = calls.get(as_text(content.get("tool_use_id")))
    last = parts[-1] if parts else None
    if call is None and not content.get("tool_use_id") and isinstance(last, ToolPart):
        call = last
    if call is not None and not call.output:
        call.output, call.failed = output, failed
    elif output:
        parts.append(ToolPart(as_text(content.get("name")), "", output, failed))


def _result_text(one: Any) -> str:
    known = as_dict(one)
    text = as_text(known.get("text"))
    return text if text or (known.get("type") == "text" and not known.get("text")) else as_said(one)
