"""DeepSeek's export: conversations.json, a tree of nodes whose messages are fragments."""

from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.nodes import in_order
from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import (
    as_block,
    as_dict,
    as_items,
    as_json,
    as_said,
    as_seconds,
    as_size,
    as_text,
)
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart


def is_deepseek(entry: Any) -> bool:
    """Return whether an entry is one of DeepSeek's conversations."""
    mapping = as_dict(entry).get("mapping")
    if not isinstance(mapping, dict):
        return False
    messages = [as_dict(as_dict(node).get("message")) for node in mapping.values()]
    return "inserted_at" in entry or any("fragments" in message for message in messages)


def deepseek_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds."""
    chat = ImportedChat(
        title=as_text(entry.get("title")),
        source="deepseek:" + as_text(entry.get("id")),
        created=as_seconds(entry.get("inserted_at")),
        changed=as_seconds(entry.get("updated_at")),
    )
    tree = Tree()
    for name, parent, node in in_order(as_dict(entry["mapping"])):
        message = as_dict(node.get("message"))
        fragments = [one if isinstance(one, dict) else {"content": one} for one in as_items(message.get("fragments"))]
        parts = [*_files(message, assets), *(part for one in fragments for part in _fragment(one))]
        if not fragments:
            # As it was written before there were fragments.
            if thought := as_said(message.get("reasoning_content")):
                parts.append(ReasoningPart(thought))
            if said := as_said(message.get("content")).strip():
                parts.append(TextPart(said))
        if not parts:
            tree.skip(name, parent)
            continue
        asked = any(one.get("type") == "REQUEST" for one in fragments) or as_text(message.get("role")).lower() == "user"
        created = as_seconds(message.get("inserted_at"))
        model = "" if asked else as_text(message.get("model"))
        tree.add(name, parent, "user" if asked else "assistant", parts, created=created, model=model)
    return tree.finish(chat, "")


def _files(message: dict[str, Any], assets: Assets) -> list[Part]:
    parts: list[Part] = []
    for one in [as_dict(file) for file in as_items(message.get("files"))]:
        called = as_text(one.get("file_name")) or as_text(one.get("name")) or as_text(one.get("id"))
        if text := as_said(one.get("content")):
            parts.append(FilePart(text, called or "file", as_size(one.get("file_size"))))
        elif called:
            parts.append(assets.find(as_text(one.get("id")) or called, called, as_size(one.get("file_size"))))
    return parts


def _fragment(one: dict[str, Any]) -> list[Part]:
    kind, text = as_text(one.get("type")), as_said(one.get("content"))
    if kind == "THINK":
        return [ReasoningPart(text)] if text.strip() else []
    if kind in ("REQUEST", "RESPONSE", "") and text.strip():
        return [TextPart(text)]
    results = one.get("results")
    if text.strip() or results:
        return [ToolPart(kind.lower() or "tool", text, as_json(results))]
    rest = {name: value for name, value in one.items() if name not in ("type", "id", "elapsed_secs", "content")}
    return [TextPart(as_block(one))] if any(rest.values()) else []
