"""Open WebUI's export: a list of chats, each with a tree of messages."""

import html
import re
from typing import Any

from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import as_dict, as_list, as_seconds, as_text
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role

_DETAILS = re.compile(r"<details ([^>]*)>\s*(?:<summary>.*?</summary>)?(.*?)</details>\s*", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def is_open_webui(entry: Any) -> bool:
    chat = as_dict(as_dict(entry).get("chat"))
    return "history" in chat or "messages" in chat


def open_webui_chat(entry: Any) -> ImportedChat:
    """One chat."""
    inside = as_dict(entry["chat"])
    tags = as_list(as_dict(entry.get("meta")).get("tags")) or as_list(inside.get("tags"))
    chat = ImportedChat(
        title=as_text(entry.get("title")) or as_text(inside.get("title")),
        source="openwebui:" + as_text(entry.get("id")),
        created=as_seconds(entry.get("created_at")),
        changed=as_seconds(entry.get("updated_at")),
        pinned=entry.get("pinned") is True,
        tags=tuple(tag for tag in tags if isinstance(tag, str)),
    )
    if system := as_text(inside.get("system")):
        chat.settings = {"system_prompt": system}
    history = as_dict(inside.get("history"))
    messages = {name: as_dict(one) for name, one in as_dict(history.get("messages")).items()}
    if not messages:
        listed = [as_dict(one) for one in as_list(inside.get("messages"))]
        messages = {
            str(number): one | {"parentId": str(number - 1) if number else None} for number, one in enumerate(listed)
        }
    tree = Tree()
    for name in messages:
        _add(tree, name, messages)
    return tree.finish(chat, as_text(history.get("currentId")))


def _add(tree: Tree, name: str, messages: dict[str, dict[str, Any]]) -> None:
    """Parents first; a circle is cut."""
    path: list[str] = []
    while name in messages and not tree.knows(name) and name not in path:
        path.append(name)
        name = as_text(messages[name].get("parentId"))
    for one in reversed(path):
        message = messages[one]
        parent = as_text(message.get("parentId"))
        parts = _parts(message)
        if not parts or message.get("role") == "system":
            tree.skip(one, parent)
        else:
            role: Role = "user" if message.get("role") == "user" else "assistant"
            created, model = as_seconds(message.get("timestamp")), as_text(message.get("model"))
            tree.add(one, parent, role, parts, created=created, model=model if role == "assistant" else "")


def _parts(message: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for file in [as_dict(one) for one in as_list(message.get("files"))]:
        inner = as_dict(file.get("file"))
        text = as_text(as_dict(inner.get("data")).get("content"))
        parts.append(FilePart(text, as_text(file.get("name")) or as_text(inner.get("filename")) or "file"))
    content, at = as_text(message.get("content")), 0
    for found in _DETAILS.finditer(content):
        parts += _text(content[at : found.start()])
        parts += _details(dict(_ATTRIBUTE.findall(found.group(1))), found.group(2))
        at = found.end()
    return parts + _text(content[at:])


def _details(attributes: dict[str, str], inside: str) -> list[Part]:
    if attributes.get("type") == "reasoning":
        lines = [line.removeprefix("> ").removeprefix(">") for line in html.unescape(inside).strip().splitlines()]
        duration = attributes.get("duration", "")
        return [ReasoningPart("\n".join(lines), float(duration) if duration.isdecimal() else None)]
    if attributes.get("type") == "tool_calls":
        result = html.unescape(attributes.get("result", "")) or inside.strip()
        return [ToolPart(attributes.get("name", ""), html.unescape(attributes.get("arguments", "")), result)]
    return _text(inside)


def _text(text: str) -> list[Part]:
    return [TextPart(text.strip("\n"))] if text.strip() else []
