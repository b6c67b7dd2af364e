"""LM Studio's conversations: a file for each, in folders; a message has versions, of which one is selected."""

import json
from typing import Any

from studiolo.desktop.history.imports.tree import ImportedChat, Tree
from studiolo.desktop.history.imports.values import as_dict, as_list, as_seconds, as_text
from studiolo.desktop.history.parts import FilePart, Part, ReasoningPart, TextPart, ToolPart


def is_lm_studio(entry: Any) -> bool:
    messages = as_list(as_dict(entry).get("messages"))
    return "messages" in as_dict(entry) and all("versions" in as_dict(one) for one in messages) and "name" in entry


def lm_studio_chat(entry: Any, *, name: str, folders: tuple[str, ...]) -> ImportedChat:
    """One conversation, from the file `name` in `folders`."""
    prompt = as_text(entry.get("systemPrompt"))
    chat = ImportedChat(
        title=as_text(entry.get("name")),
        source="lmstudio:" + "/".join((*folders, name)),
        created=as_seconds(entry.get("createdAt")),
        pinned=entry.get("pinned") is True,
        folders=folders,
        settings={"system_prompt": prompt} if prompt else {},
    )
    tree, parent = Tree(), ""
    for number, one in enumerate(as_list(entry.get("messages"))):
        versions = [as_dict(version) for version in as_list(as_dict(one).get("versions"))]
        selected = as_dict(one).get("currentlySelected")
        chosen = selected if isinstance(selected, int) and 0 <= selected < len(versions) else len(versions) - 1
        for which, version in enumerate(versions):
            _add(tree, f"{number}.{which}", parent, version, chat.created)
        if versions:
            parent = f"{number}.{chosen}"
    return tree.finish(chat, parent)


def _add(tree: Tree, name: str, parent: str, version: dict[str, Any], created: float) -> None:
    role = version.get("role")
    blocks = (
        [version] if version.get("type") == "singleStep" else [as_dict(one) for one in as_list(version.get("steps"))]
    )
    parts: list[Part] = []
    model = ""
    for block in blocks:
        thinking = as_dict(block.get("style")).get("type") == "thinking"
        info = as_dict(block.get("genInfo"))
        model = model or as_text(info.get("indexedModelIdentifier")) or as_text(info.get("identifier"))
        for content in [as_dict(one) for one in as_list(block.get("content"))]:
            _take(content, parts, thinking=thinking)
    if not parts or role not in ("user", "assistant"):
        tree.skip(name, parent)
    else:
        tree.add(name, parent, "user" if role == "user" else "assistant", parts, created=created, model=model)


def _take(content: dict[str, Any], parts: list[Part], *, thinking: bool) -> None:
    kind, text = content.get("type"), as_text(content.get("text"))
    if kind == "text" and text.strip():
        parts.append(ReasoningPart(text) if thinking else TextPart(text))
    elif kind == "file":
        name = as_text(content.get("name")) or as_text(content.get("fileIdentifier"))
        size = content.get("sizeBytes")
        parts.append(FilePart("", name, size if isinstance(size, int) and not isinstance(size, bool) else 0))
    elif kind == "toolCallRequest":
        parameters = content.get("parameters")
        parts.append(ToolPart(as_text(content.get("name")), _as_json(parameters), ""))
    elif kind == "toolCallResult":
        output = as_text(content.get("content")) or _as_json(content.get("content"))
        waiting = next((part for part in parts if isinstance(part, ToolPart) and not part.output), None)
        if waiting:
            waiting.output = output
        else:
            parts.append(ToolPart(as_text(content.get("name")), "", output))


def _as_json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
