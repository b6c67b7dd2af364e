"""ChatGPT's export: conversations.json, a tree of nodes for each."""

from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.citations import with_citations
from studiolo.desktop.history.imports.nodes import in_order
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
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart


def is_chatgpt(entry: Any) -> bool:
    """Return whether an entry is one of ChatGPT's conversations."""
    return isinstance(as_dict(entry).get("mapping"), dict)


def chatgpt_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds."""
    chat = ImportedChat(
        title=as_text(entry.get("title")),
        source="chatgpt:" + (as_text(entry.get("conversation_id")) or as_text(entry.get("id"))),
        created=as_seconds(entry.get("create_time")),
        changed=as_seconds(entry.get("update_time")),
        pinned=entry.get("is_starred") is True,
        tags=("archived",) if entry.get("is_archived") is True else (),
    )
    tree, model = Tree(), as_text(entry.get("default_model_slug"))
    for name, parent, node in in_order(as_dict(entry["mapping"])):
        _add(tree, name, parent, as_dict(node.get("message")), assets, model)
    return tree.finish(chat, as_text(entry.get("current_node")))


def _add(tree: Tree, name: str, parent: str, message: dict[str, Any], assets: Assets, model: str) -> None:
    role = as_text(as_dict(message.get("author")).get("role"))
    metadata = as_dict(message.get("metadata"))
    # What the program tells the model, and never showed to anybody.
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    parts = [] if hidden else _parts(message, metadata, assets)
    if not parts:
        tree.skip(name, parent)
        return
    asked = role in ("user", "system")
    tree.add(
        name,
        parent,
        "user" if asked else "assistant",
        parts,
        created=as_seconds(message.get("create_time")),
        model="" if asked else as_text(metadata.get("model_slug")) or model,
    )


def _parts(message: dict[str, Any], metadata: dict[str, Any], assets: Assets) -> list[Part]:
    content = message.get("content")
    known = as_dict(content)
    kind = as_text(known.get("content_type"))
    if kind == "thoughts":
        thoughts = [as_dict(one) for one in as_items(known.get("thoughts"))]
        text = "\n\n".join(
            filter(None, (as_said(one.get("content")) or as_said(one.get("summary")) for one in thoughts))
        )
        return [ReasoningPart(text)] if text else []
    if kind == "reasoning_recap":
        return []
    said = _content(known, assets) if isinstance(content, dict) else _text(as_said(content))
    return _files(metadata, said, assets) + _as_told(message, with_citations(said, metadata))


def _as_told(message: dict[str, Any], parts: list[Part]) -> list[Part]:
    """What a tool said, or was told, as such; pictures beside it."""
    author = as_dict(message.get("author"))
    role, recipient = as_text(author.get("role")), as_text(message.get("recipient"))
    told = role == "assistant" and recipient not in ("", "all")
    if role != "tool" and not told:
        return parts
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    others: list[Part] = [part for part in parts if not isinstance(part, TextPart)]
    if not texts:
        return others
    text = "\n".join(texts)
    call = ToolPart(recipient, text, "") if told else ToolPart(as_text(author.get("name")), "", text)
    return [call, *others]


def _files(metadata: dict[str, Any], said: list[Part], assets: Assets) -> list[Part]:
    """What went with a message, but for what it shows itself."""
    shown = {part.name for part in said if isinstance(part, ImagePart | FilePart)}
    pictures = {part.file for part in said if isinstance(part, ImagePart)}
    parts: list[Part] = []
    for one in as_items(metadata.get("attachments")):
        file = as_dict(one)
        number, called = as_text(file.get("id")), as_text(file.get("name"))
        if number in shown or called in shown:
            continue
        part = assets.find(number, called or number, as_size(file.get("size")))
        if part.name and not (isinstance(part, ImagePart) and part.file in pictures):
            parts.append(part)
    return parts


def _content(content: dict[str, Any], assets: Assets) -> list[Part]:
    parts: list[Part] = []
    for one in as_items(content.get("parts")):
        parts += _object(one, assets) if isinstance(one, dict) else _text(as_said(one))
    if parts:
        return parts
    told = next(filter(None, (as_said(content.get(name)) for name in ("text", "result", "content"))), "")
    language = as_text(content.get("language"))
    if told and content.get("content_type") == "code" and language not in ("", "unknown", "json"):
        told = f"```{language}\n{told}\n```"
    return _text(told or _unknown(content))


def _unknown(content: dict[str, Any]) -> str:
    """A content of a kind that is not known, as far as it says anything."""
    rest = {name: value for name, value in content.items() if name not in ("content_type", "parts", "language")}
    said = any(value not in (None, "", [], {}) and not isinstance(value, bool) for value in rest.values())
    return as_block(content) if said else ""


def _object(one: dict[str, Any], assets: Assets) -> list[Part]:
    if pointer := as_text(one.get("asset_pointer")):
        return [assets.find(pointer.rpartition("/")[2], size=as_size(one.get("size_bytes")))]
    text = as_text(one.get("text")) or as_text(one.get("content"))
    return _text(text or as_block(one))


def _text(text: str) -> list[Part]:
    return [TextPart(text)] if text.strip() else []
