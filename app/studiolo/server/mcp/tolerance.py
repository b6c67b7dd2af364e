"""Answers of servers with something in them that is not of MCP: the rest of such an answer is used all the same.

The SDK refuses an answer as a whole. So one tool with a broken schema would take all others away, and one part of an
unknown type would make a call fail that was run.
"""

from collections.abc import Callable
from typing import Any

import mcp_types as types
from mcp_types.methods import validate_server_result
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError

Body = dict[str, Any]
Tell = Callable[[str], None]

_LISTS: dict[str, tuple[str, type[BaseModel], str]] = {
    "tools": ("tools/list", types.ListToolsResult, "tool"),
    "prompts": ("prompts/list", types.ListPromptsResult, "prompt"),
    "resources": ("resources/list", types.ListResourcesResult, "resource"),
}
"""By the key of a list: what it answers, and what one of its entries is called."""
_CONTENTS: dict[str, tuple[str, type[BaseModel]]] = {
    "content": ("tools/call", types.CallToolResult),
    "messages": ("prompts/get", types.GetPromptResult),
    "contents": ("resources/read", types.ReadResourceResult),
}
_DISCOVERED = "supportedVersions"
_ASSUMED: Body = {"resultType": "complete"}
"""Of the newer revisions: what an answer means that does not say so (SEP-2322)."""
_NEVER_KEPT: Body = {"ttlMs": 0, "cacheScope": "private"}
"""What is assumed of an answer that may be kept and does not say for how long and for whom: the least of all."""
_MAY_BE_KEPT = frozenset({*_LISTS, "contents", _DISCOVERED})
_MOST_TOLD = 10
_SHOWN = 80


def mend_result(result: Body, version: str, tell: Tell) -> None:
    """Take out of an answer what `version` of the protocol does not know. What it answers is told by its keys.

    Entries of lists are left out, parts of contents are named in their place. tell: hears of each in a sentence. What
    an answer of a newer revision leaves out is assumed, with the values that promise least.
    """
    if version in MODERN_PROTOCOL_VERSIONS or _DISCOVERED in result:
        _complete(result)
    for key, (method, kind, noun) in _LISTS.items():
        if isinstance(entries := result.get(key), list) and (bad := _bad(result, key, method, kind, version)):
            result[key] = [entry for number, entry in enumerate(entries) if number not in bad]
            for number in sorted(bad)[:_MOST_TOLD]:
                tell(f"The {noun} {_named(entries[number], number)} is left out: {bad[number]}.")
            if len(bad) > _MOST_TOLD:
                tell(f"{len(bad) - _MOST_TOLD} more are left out.")
    for key, (method, kind) in _CONTENTS.items():
        if isinstance(parts := result.get(key), list) and (bad := _bad(result, key, method, kind, version)):
            result[key] = [_told(part, key) if number in bad else part for number, part in enumerate(parts)]
            tell(f"{len(bad)} parts of an answer are nothing that MCP knows.")
    structured = result.get("structuredContent")
    if isinstance(result.get("content"), list) and not isinstance(structured, dict | None):
        result["structuredContent"] = {"result": structured}


def _complete(result: Body) -> None:
    kept = not _MAY_BE_KEPT.isdisjoint(result)
    if kept or not _CONTENTS.keys().isdisjoint(result):
        for name, value in (_ASSUMED | (_NEVER_KEPT if kept else {})).items():
            result.setdefault(name, value)


def _bad(result: Body, key: str, method: str, kind: type[BaseModel], version: str) -> dict[int, str]:
    """The numbers of the entries that can't be used, and why."""
    bad: dict[int, str] = {}
    for check in (
        lambda: validate_server_result(method, version, result),
        lambda: kind.model_validate(result, by_name=False),
    ):
        try:
            check()
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                place = problem["loc"]
                if len(place) > 1 and place[0] == key and isinstance(place[1], int):
                    where = ".".join(str(step) for step in place[2:5])
                    bad.setdefault(place[1], f"{where[:_SHOWN]}: {problem['msg'].lower()}" if where else "no object")
        except (KeyError, ValueError):
            continue  # That version has no such answer, or is not known.
    return bad


def _named(entry: Any, number: int) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f'"{name[:_SHOWN]}"' if isinstance(name, str) and name else f"number {number + 1}"


def _told(part: Any, key: str) -> Body:
    inner = part.get("content") if key == "messages" and isinstance(part, dict) else part
    kind = inner.get("type") if isinstance(inner, dict) else None
    what = f'of the type "{kind[:_SHOWN]}"' if isinstance(kind, str) and kind else "without a type"
    words = f"[Something {what}, which can't be read here]"
    if key == "contents":
        uri = part.get("uri") if isinstance(part, dict) else None
        return {"uri": uri if isinstance(uri, str) else "", "text": words}
    text = {"type": "text", "text": words}
    if key == "content":
        return text
    role = part.get("role") if isinstance(part, dict) else None
    return {"role": role if role in ("user", "assistant") else "user", "content": text}
