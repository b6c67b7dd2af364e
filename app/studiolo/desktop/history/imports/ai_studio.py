"""Google AI Studio's prompts: a file for each, a list of chunks of which each is a message or a piece of one."""

from typing import Any

from studiolo.desktop.history.imports.assets import Assets
from studiolo.desktop.history.imports.plain import plain_chat
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.imports.values import as_dict, as_items, as_text


def is_ai_studio(entry: Any) -> bool:
    """Return whether a file is a prompt that AI Studio saved."""
    return isinstance(as_dict(as_dict(entry).get("chunkedPrompt")).get("chunks"), list)


def ai_studio_chat(entry: Any, assets: Assets) -> ImportedChat:
    """Return the chat that an entry holds."""
    prompt = as_dict(entry["chunkedPrompt"])
    chat = plain_chat(
        {
            "title": entry.get("title"),
            "model": as_text(as_dict(entry.get("runSettings")).get("model")).removeprefix("models/"),
            "systemInstruction": entry.get("systemInstruction"),
            "messages": [_message(one) for one in as_items(prompt["chunks"])],
        },
        assets,
    )
    waiting = (as_text(as_dict(one).get("text")) for one in as_items(prompt.get("pendingInputs")))
    chat.draft = "\n\n".join(filter(None, waiting))
    return chat


def _message(chunk: Any) -> dict[str, Any]:
    known = chunk if isinstance(chunk, dict) else {"role": "user", "text": chunk}
    # The parts say the text once more, in the pieces in which it came.
    whole = {name: value for name, value in known.items() if name not in ("role", "parts", "createTime")}
    says = whole if "text" in known or "parts" not in known else known["parts"]
    return {"role": known.get("role"), "parts": says, "createdAt": known.get("createTime")}
