"""Claude's export: conversations.json, a list of messages for each."""

import json
from typing import Any

from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import as_dict, as_list, as_seconds, as_text
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role


def is_claude(entry: Any) -> bool:
    return isinstance(as_dict(entry).get("chat_messages"), list)


def claude_chat(entry: Any) -> ImportedChat:
    """One conversation. Messages tell their parents, or follow each other."""
    chat = ImportedChat(
        title=as_text(entry.get("name")),
        source="claude:" + as_text(entry.get("uuid")),
        created=as_seconds(entry.get("created_at")),
        changed=as_seconds(entry.get("updated_at")),
    )
    tree, last = Tree(), ""
    for number, one in enumerate(entry["chat_messages"]):
        message = as_dict(one)
        name = as_text(message.get("uuid")) or f"message {number}"
        parent = as_text(message.get("parent_message_uuid"))
        if not tree.knows(parent):
            parent = last
        parts = _parts(message)
        if not parts:
            tree.skip(name, parent)
        else:
            role: Role = "user" if message.get("sender") in ("human", "user") else "assistant"
            created = as_seconds(message.get("created_at"))
            tree.add(name, parent, role, parts, created=created, model="claude" if role == "assistant" else "")
        last = name
    return tree.finish(chat, as_text(entry.get("current_leaf_message_uuid")))


def _parts(message: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for file in [as_dict(one) for one in as_list(message.get("attachments"))]:
        size = file.get("file_size")
        whole = size if isinstance(size, int) and not isinstance(size, bool) else 0
        parts.append(FilePart(as_text(file.get("extracted_content")), as_text(file.get("file_name")), whole))
    parts += [FilePart("", as_text(as_dict(one).get("file_name"))) for one in as_list(message.get("files"))]
    said: list[Part] = []
    for content in [as_dict(one) for one in as_list(message.get("content"))]:
        _take(content, said)
    if not any(isinstance(part, TextPart) for part in said) and as_text(message.get("text")).strip():
        said.append(TextPart(as_text(message["text"])))
    return parts + said


def _take(content: dict[str, Any], parts: list[Part]) -> None:
    kind = content.get("type")
    if kind == "text" and as_text(content.get("text")).strip():
        parts.append(TextPart(content["text"]))
    elif kind == "thinking" and (thought := as_text(content.get("thinking")) or as_text(content.get("text"))):
        began, ended = as_seconds(content.get("start_timestamp")), as_seconds(content.get("stop_timestamp"))
        parts.append(ReasoningPart(thought, ended - began if 0 < began <= ended else None))
    elif kind == "tool_use":
        arguments = json.dumps(content.get("input"), ensure_ascii=False)
        parts.append(ToolPart(as_text(content.get("name")), arguments, ""))
    elif kind == "tool_result":
        texts = [as_text(as_dict(one).get("text")) for one in as_list(content.get("content"))]
        output = "\n".join(filter(None, texts)) or as_text(content.get("content"))
        last = parts[-1] if parts else None
        if isinstance(last, ToolPart) and not last.output:
            last.output, last.failed = output, content.get("is_error") is True
        elif output:
            parts.append(ToolPart(as_text(content.get("name")), "", output))
