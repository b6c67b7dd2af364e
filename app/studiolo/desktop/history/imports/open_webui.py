"""Open WebUI's export: a list of chats, each with a tree of messages."""

import html
import json
import re
from typing import Any

from studiolo.desktop.history.imports.assets import Assets, from_address
from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import (
    as_dict,
    as_items,
    as_json,
    as_list,
    as_said,
    as_seconds,
    as_size,
    as_text,
)
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Role

_DETAILS = re.compile(r"<details ([^<>]*+)>")
_DETAILS_END = "</details>"
_SUMMARY = re.compile(r"\s*<summary>.*?</summary>", re.DOTALL)
_ATTRIBUTE = re.compile(r'\b(\w++)="([^"]*)"')
_THOUGHT = re.compile(r"\s*<(think|thinking)>(.*?)</\1>\s*", re.DOTALL)
_PICTURE = re.compile(r"!\[([^\]\n]{0,200})\]\((data:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=\s]+)\)")


def is_open_webui(entry: Any) -> bool:
    """Return whether an entry is one of Open WebUI's chats."""
    chat = as_dict(as_dict(entry).get("chat"))
    return "history" in chat or "messages" in chat


def open_webui_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds."""
    inside = as_dict(entry["chat"])
    tags = as_list(as_dict(entry.get("meta")).get("tags")) or as_list(inside.get("tags"))
    archived = ["archived"] if entry.get("archived") is True else []
    chat = ImportedChat(
        title=as_text(entry.get("title")) or as_text(inside.get("title")),
        source="openwebui:" + as_text(entry.get("id")),
        created=as_seconds(entry.get("created_at")),
        changed=as_seconds(entry.get("updated_at")),
        pinned=entry.get("pinned") is True,
        tags=tuple(tag for tag in [*tags, *archived] if isinstance(tag, str)),
    )
    if system := as_text(inside.get("system")) or as_text(as_dict(inside.get("params")).get("system")):
        chat.settings = {"system_prompt": system}
    history = as_dict(inside.get("history"))
    messages = {name: as_dict(one) for name, one in as_dict(history.get("messages")).items()}
    if not messages:
        listed = [one if isinstance(one, dict) else {"content": one} for one in as_items(inside.get("messages"))]
        messages = {
            str(number): one | {"parentId": str(number - 1) if number else None} for number, one in enumerate(listed)
        }
    tree = Tree()
    for name in messages:
        _add(tree, name, messages, assets)
    return tree.finish(chat, as_text(history.get("currentId")))


def _add(tree: Tree, name: str, messages: dict[str, dict[str, Any]], assets: Assets) -> None:
    """Parents first; a circle is cut."""
    path: dict[str, None] = {}
    while name in messages and not tree.knows(name) and name not in path:
        path[name] = None
        name = as_text(messages[name].get("parentId"))
    for one in reversed(path):
        message = messages[one]
        parent = as_text(message.get("parentId"))
        role: Role = "user" if message.get("role") in ("user", "system") else "assistant"
        parts = _parts(message, role, assets)
        if not parts:
            tree.skip(one, parent)
        else:
            created, model = as_seconds(message.get("timestamp")), as_text(message.get("model"))
            tree.add(one, parent, role, parts, created=created, model=model if role == "assistant" else "")


def _parts(message: dict[str, Any], role: Role, assets: Assets) -> list[Part]:
    parts = [_file(as_dict(one), assets) for one in as_items(message.get("files"))]
    content = as_said(message.get("content"))
    if role == "user":
        # What a person wrote stands as it was written.
        return parts + _text(content, assets)
    if not content.strip():
        return parts + _output(message, assets)
    if thought := _THOUGHT.match(content):
        parts += [ReasoningPart(thought[2].strip())] if thought[2].strip() else []
        content = content[thought.end() :]
    at = 0
    for found in _DETAILS.finditer(content):
        attributes = dict(_ATTRIBUTE.findall(found[1]))
        if found.start() < at or "type" not in attributes:
            continue
        end = content.find(_DETAILS_END, found.end())
        if end < 0:
            break
        parts += _text(content[at : found.start()], assets)
        parts += _details(attributes, content[found.end() : end], assets)
        at = end + len(_DETAILS_END)
    return parts + _text(content[at:], assets)


def _file(file: dict[str, Any], assets: Assets) -> Part:
    inner = as_dict(file.get("file"))
    text = as_said(as_dict(inner.get("data")).get("content")) or as_said(file.get("content"))
    address = as_text(file.get("url"))
    called = as_text(file.get("name")) or as_text(inner.get("filename"))
    size = as_size(file.get("size")) or as_size(as_dict(inner.get("meta")).get("size"))
    if address.startswith("data:"):
        return from_address(address, called or as_text(file.get("type")) or "file", assets)
    if text:
        return FilePart(text, called or "file", size)
    named = called or address.rpartition("/")[2] or as_text(file.get("id")) or as_text(file.get("type")) or "file"
    return assets.find(as_text(file.get("id")) or named, named, size)


def _output(message: dict[str, Any], assets: Assets) -> list[Part]:
    """What newer versions keep beside the content, and instead of it where that is empty."""
    parts: list[Part] = []
    for one in [as_dict(item) for item in as_items(message.get("output"))]:
        text = "\n".join(as_said(as_dict(item).get("text")) or as_said(item) for item in as_items(one.get("content")))
        if one.get("type") == "reasoning":
            parts += [ReasoningPart(text)] if text.strip() else []
        elif one.get("type") == "function_call":
            parts.append(ToolPart(as_text(one.get("name")), as_said(one.get("arguments")), ""))
        elif one.get("type") == "function_call_output":
            parts.append(ToolPart("", "", as_said(one.get("output"))))
        else:
            parts += _text(text, assets)
    return parts


def _details(attributes: dict[str, str], inside: str, assets: Assets) -> list[Part]:
    inside = inside[found.end() :] if (found := _SUMMARY.match(inside)) else inside
    kind = attributes.get("type", "")
    if kind == "reasoning":
        lines = [line.removeprefix("> ").removeprefix(">") for line in html.unescape(inside).strip().splitlines()]
        duration = attributes.get("duration", "")
        return [
            ReasoningPart("\n".join(lines), float(duration) if duration.isdecimal() and len(duration) < 9 else None)
        ]
    if kind == "tool_calls":
        result = _unwrapped(attributes.get("result", "")) or inside.strip()
        return [ToolPart(attributes.get("name", ""), _unwrapped(attributes.get("arguments", "")), result)]
    if "output" in attributes:
        return [ToolPart(kind, inside.strip(), _unwrapped(attributes["output"]))]
    return _text(inside, assets)


def _unwrapped(attribute: str) -> str:
    """What an attribute says: text, or JSON within JSON."""
    text = html.unescape(attribute)
    try:
        value = json.loads(text) if text.startswith('"') else text
    except ValueError:
        return text
    return value if isinstance(value, str) else as_json(value)


def _text(text: str, assets: Assets) -> list[Part]:
    """Text, and the pictures that were written into it."""
    parts: list[Part] = []
    at = 0
    for found in _PICTURE.finditer(text) if "](data:image/" in text else ():
        parts += _plain(text[at : found.start()])
        parts.append(from_address(found[2], found[1] or "image", assets))
        at = found.end()
    return parts + _plain(text[at:])


def _plain(text: str) -> list[Part]:
    return [TextPart(text.strip("\n"))] if text.strip() else []
