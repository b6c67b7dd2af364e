"""Chats as other programs export them: one of each, with everything in it that a person would miss.

Whatever somebody said, and the name of every file, holds a word of its own (`heron-1`, `heron-2`…), so that a test can
look for each of them in what became of it.
"""

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from studiolo.desktop.history.imports.reading import Imported, read_one_by_one
from studiolo.desktop.history.imports.tree import ImportedChat

Json = Any


@dataclass(slots=True)
class WholeImport(Imported):
    """All of an export at once, as a test wants it; the program never holds more than one of its chats."""

    chats: list[ImportedChat] = field(default_factory=list)


def read_chats(path: Path) -> WholeImport:
    """Raises RequestError, as reading them one by one does."""
    whole = WholeImport()
    whole.chats += [chat for chat in read_one_by_one(path, whole) if chat]
    return whole


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
    return out.getvalue()


def gpt_node(name: str, parent: str | None, role: str, content: Json, *children: str, **more: Json) -> Json:
    author = {"role": role, "name": more.pop("author", None), "metadata": {}}
    message = {"id": name, "author": author, "create_time": 1_750_000_000.0, "content": content, "metadata": {}}
    message |= {"recipient": "all", **more}
    return {"id": name, "parent": parent, "children": list(children), "message": message if role else None}


def said(*parts: Json, kind: str = "text") -> Json:
    return {"content_type": kind, "parts": list(parts)}


CITED = "\ue200cite\ue202turn0search0\ue202turn0search3\ue201"

CHATGPT: Json = {
    "title": "heron-0",
    "conversation_id": "gpt-1",
    "create_time": 1_750_000_000.0,
    "update_time": 1_750_000_100.0,
    "current_node": "a3",
    "default_model_slug": "gpt-4o",
    "is_archived": True,
    "mapping": {
        "root": gpt_node("root", None, "", None, "u1"),
        "u1": gpt_node(
            "u1",
            "root",
            "user",
            said("heron-1 summarise"),
            "a1",
            metadata={"attachments": [{"id": "file-PDF", "name": "heron-2.pdf", "size": 123}]},
        ),
        "a1": gpt_node("a1", "u1", "assistant", said("heron-3 rivers"), "u2"),
        "u2": gpt_node(
            "u2", "a1", "user", said(""), "a2", metadata={"attachments": [{"id": "file-TXT", "name": "heron-4.txt"}]}
        ),
        "a2": gpt_node("a2", "u2", "assistant", said("heron-5 noted"), "u3"),
        "u3": gpt_node(
            "u3",
            "a2",
            "user",
            said(
                {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-PIC", "size_bytes": 73},
                "heron-6 what is it?",
                kind="multimodal_text",
            ),
            "t1",
        ),
        "t1": gpt_node("t1", "u3", "assistant", {"content_type": "code", "text": "heron-7()"}, "p1", recipient="paint"),
        "p1": gpt_node(
            "p1",
            "t1",
            "tool",
            said(
                {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_MADE"}, kind="multimodal_text"
            ),
            "a3",
            author="paint",
        ),
        "a3": gpt_node(
            "a3",
            "p1",
            "assistant",
            said(f'heron-8 Turin {CITED} by \ue200entity\ue202["company","heron-9",0]\ue201 【4†source】'),
            metadata={
                "model_slug": "gpt-5",
                "content_references": [{"matched_text": CITED, "alt": "([heron-10](https://example.org/a))"}],
            },
        ),
    },
}

CLAUDE: Json = {
    "uuid": "claude-1",
    "name": "heron-20",
    "is_starred": True,
    "chat_messages": [
        {
            "uuid": "m1",
            "sender": "human",
            "text": "",
            "content": [{"type": "text", "text": "heron-21 weather?"}],
            "attachments": [{"file_name": "heron-22.txt", "file_size": 5, "extracted_content": "heron-23"}],
            "files": [{"file_name": "heron-24.png"}],
            "parent_message_uuid": "00000000",
        },
        {
            "uuid": "m2",
            "sender": "assistant",
            "content": [
                {"type": "thinking", "thinking": "heron-25"},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "heron-26"}},
                {"type": "tool_use", "id": "t2", "name": "weather", "input": {"city": "heron-27"}},
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "heron-28 sun"}]},
                {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "heron-29 rain"}]},
                {"type": "text", "text": "heron-30 both"},
            ],
            "parent_message_uuid": "m1",
        },
    ],
}

DEEPSEEK: Json = {
    "id": "deep-1",
    "title": "heron-40",
    "inserted_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-02T00:00:00Z",
    "mapping": {
        "root": {"id": "root", "parent": None, "children": ["1"], "message": None},
        "1": {
            "id": "1",
            "parent": "root",
            "children": ["2"],
            "message": {
                "files": [{"id": "file-1", "file_name": "heron-41.pdf"}],
                "model": "deepseek-chat",
                "inserted_at": "2026-01-01T00:00:00Z",
                "fragments": [{"type": "REQUEST", "content": "heron-42 hello"}],
            },
        },
        "2": {
            "id": "2",
            "parent": "1",
            "children": [],
            "message": {
                "files": [],
                "model": "deepseek-reasoner",
                "fragments": [
                    {"type": "SEARCH", "results": [{"title": "heron-43", "url": "https://example.org"}]},
                    {"type": "THINK", "content": "heron-44"},
                    {"type": "RESPONSE", "content": "heron-45 hi"},
                ],
            },
        },
    },
}

LM_STUDIO: Json = {
    "name": None,
    "createdAt": 1_750_000_000_000,
    "userLastMessagedAt": 1_750_000_500_000,
    "assistantLastMessagedAt": 1_750_000_600_000,
    "systemPrompt": "",
    "clientInput": "heron-60 a draft",
    "perChatPredictionConfig": {"fields": [{"key": "llm.prediction.systemPrompt", "value": "heron-61 pirate"}]},
    "lastUsedModel": {"indexedModelIdentifier": "qwen/qwen3-8b"},
    "messages": [
        {
            "versions": [
                {
                    "type": "singleStep",
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "heron-62\n"},
                        {"type": "text", "text": "heron-63"},
                        {"type": "file", "fileIdentifier": "heron-64 - 1.png", "fileType": "image", "sizeBytes": 73},
                    ],
                }
            ],
            "currentlySelected": 0,
        },
        {
            "versions": [
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "senderInfo": {"senderName": "qwen3-8b"},
                    "steps": [
                        {
                            "type": "contentBlock",
                            "style": {"type": "thinking", "title": "Thought for 2.1 seconds"},
                            "content": [{"type": "text", "text": "heron-65"}],
                        },
                        {
                            "type": "contentBlock",
                            "content": [
                                {"type": "toolCallRequest", "toolCallRequestId": "r1", "name": "a", "parameters": {}},
                                {"type": "toolCallRequest", "toolCallRequestId": "r2", "name": "b", "parameters": {}},
                            ],
                        },
                        {"type": "toolStatus", "callId": 1},
                        {
                            "type": "contentBlock",
                            "content": [
                                {
                                    "type": "toolCallResult",
                                    "toolCallRequestId": "r2",
                                    "content": '[{"type":"text","text":"heron-66"}]',
                                },
                                {"type": "toolCallResult", "toolCallRequestId": "r1", "content": "heron-67"},
                            ],
                        },
                        {"type": "contentBlock", "content": [{"type": "text", "text": "heron-68 done"}]},
                        {"type": "citationBlock", "citedText": "heron-69"},
                        {"type": "debugInfoBlock", "debugInfo": "..."},
                    ],
                }
            ],
            "currentlySelected": 0,
        },
        {
            "versions": [
                {"type": "singleStep", "role": "system", "content": [{"type": "text", "text": "heron-70 system"}]}
            ],
            "currentlySelected": 0,
        },
    ],
}

OPEN_WEBUI: Json = {
    "id": "webui-1",
    "title": "heron-80",
    "archived": True,
    "chat": {
        "history": {
            "currentId": "a2",
            "messages": {
                "u1": {
                    "id": "u1",
                    "parentId": None,
                    "role": "user",
                    "content": "heron-81 <details open>\n<summary>heron-82</summary>\nline\n</details>",
                    "files": [
                        {"type": "image", "url": "data:image/png;base64," + base64.b64encode(picture()).decode()},
                        {"type": "file", "name": "heron-83.txt", "file": {"data": {"content": "heron-84"}}},
                    ],
                },
                "a1": {
                    "id": "a1",
                    "parentId": "u1",
                    "role": "assistant",
                    "model": "m",
                    "content": (
                        '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n'
                        "&gt; heron-85 &lt;b&gt;\n</details>\n"
                        '<details type="tool_calls" name="weather" arguments="&quot;{\\&quot;q\\&quot;: '
                        '\\&quot;heron-86\\&quot;}&quot;" result="&quot;heron-87\\nsunny&quot;">\n'
                        "<summary>Tool Executed</summary>\n</details>\n"
                        '<details type="code_interpreter" output="heron-88">\n<summary>x</summary>\n'
                        "print(1)\n</details>\n"
                        "heron-89\n<details>\n<summary>heron-90</summary>\nHidden\n</details>"
                    ),
                },
                "u2": {"id": "u2", "parentId": "a1", "role": "user", "content": "heron-91"},
                "a2": {
                    "id": "a2",
                    "parentId": "u2",
                    "role": "assistant",
                    "model": "m",
                    "content": "<think>\nheron-92\n</think>\n\nheron-93",
                },
            },
        }
    },
}

ALL: dict[str, Json] = {
    "ChatGPT": CHATGPT,
    "Claude": CLAUDE,
    "DeepSeek": DEEPSEEK,
    "LM Studio": LM_STUDIO,
    "Open WebUI": OPEN_WEBUI,
}
