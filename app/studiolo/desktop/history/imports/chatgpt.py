"""ChatGPT's export: conversations.json, a tree of nodes for each."""

import json
from collections.abc import Callable
from typing import Any

from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import as_dict, as_list, as_seconds, as_text
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart

FindImage = Callable[[str], Part | None]
"""The image that an asset's name stands for."""


def is_chatgpt(entry: Any) -> bool:
    return isinstance(as_dict(entry).get("mapping"), dict)


def chatgpt_chat(entry: Any, find_image: FindImage) -> ImportedChat:
    """One conversation."""
    mapping = as_dict(entry["mapping"])
    chat = ImportedChat(
        title=as_text(entry.get("title")),
        source="chatgpt:" + (as_text(entry.get("conversation_id")) or as_text(entry.get("id"))),
        created=as_seconds(entry.get("create_time")),
        changed=as_seconds(entry.get("update_time")),
    )
    tree = Tree()
    roots = [name for name, node in mapping.items() if as_text(as_dict(node).get("parent")) not in mapping]
    waiting = [(name, "") for name in reversed(roots)]
    while waiting:
        name, parent = waiting.pop()
        if tree.knows(name):
            continue
        node = as_dict(mapping[name])
        _add(tree, name, parent, as_dict(node.get("message")), find_image)
        children = [child for child in as_list(node.get("children")) if isinstance(child, str) and child in mapping]
        waiting += [(child, name) for child in reversed(children)]
    return tree.finish(chat, as_text(entry.get("current_node")))


def _add(tree: Tree, name: str, parent: str, message: dict[str, Any], find_image: FindImage) -> None:
    role = as_text(as_dict(message.get("author")).get("role"))
    metadata = as_dict(message.get("metadata"))
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    parts = [] if hidden or role == "system" else _parts(message, find_image)
    if not parts:
        tree.skip(name, parent)
        return
    tree.add(
        name,
        parent,
        "user" if role == "user" else "assistant",
        parts,
        created=as_seconds(message.get("create_time")),
        model=as_text(metadata.get("model_slug")),
    )


def _parts(message: dict[str, Any], find_image: FindImage) -> list[Part]:
    content = as_dict(message.get("content"))
    author = as_dict(message.get("author"))
    kind = as_text(content.get("content_type"))
    if kind == "thoughts":
        thoughts = [as_dict(one) for one in as_list(content.get("thoughts"))]
        text = "\n\n".join(
            filter(None, (as_text(one.get("content")) or as_text(one.get("summary")) for one in thoughts))
        )
        return [ReasoningPart(text)] if text else []
    if kind == "reasoning_recap":
        return []
    parts = _content(content, find_image)
    recipient = as_text(message.get("recipient"))
    text = "\n".join(part.text for part in parts)
    if author.get("role") == "tool":
        return [ToolPart(as_text(author.get("name")), "", text)] if text.strip() else list(parts)
    if author.get("role") == "assistant" and recipient not in ("", "all") and text.strip():
        return [ToolPart(recipient, text, "")]
    return parts


def _content(content: dict[str, Any], find_image: FindImage) -> list[Part]:
    parts: list[Part] = []
    for one in as_list(content.get("parts")):
        if isinstance(one, str):
            parts += [TextPart(one)] if one.strip() else []
        elif isinstance(one, dict):
            parts += _object(one, find_image)
    if not parts:
        told = next(filter(None, (as_text(content.get(name)) for name in ("text", "result", "content"))), "")
        language = as_text(content.get("language"))
        if told and content.get("content_type") == "code" and language not in ("", "unknown", "json"):
            told = f"```{language}\n{told}\n```"
        parts = [TextPart(told)] if told.strip() else []
    return parts


def _object(one: dict[str, Any], find_image: FindImage) -> list[Part]:
    pointer = as_text(one.get("asset_pointer"))
    if pointer:
        name = pointer.rpartition("/")[2]
        return [find_image(name) or FilePart("", name)]
    text = as_text(one.get("text")) or as_text(one.get("content"))
    return [TextPart(text)] if text else [TextPart(f"```json\n{json.dumps(one, indent=2)}\n```")]
