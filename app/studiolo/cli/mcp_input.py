"""What a person types after `studiolo mcp add` and `call`, and how a tool's result is shown."""

import getpass
import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.api.mcp import McpServerEntry, ToolCallResult
from studiolo.api.mcp_entry import effects, is_address
from studiolo.api.mcp_links import is_link
from studiolo.api.mcp_notation import read_servers
from studiolo.cli.output import size
from studiolo.errors import RequestError, StorageError

_MOST_BYTES = 1 << 20


@dataclass
class Wish:
    """A server that is to be added. secrets: names of values that go to the keyring (`env.API_KEY`)."""

    label: str
    entry: dict[str, Any]
    effects: list[str]
    secrets: list[str] = field(default_factory=list)


def read_wish(
    what: list[str], *, name: str | None, env: list[str], headers: list[str], secrets: list[str]
) -> list[Wish]:
    """Return the servers that a command line names.

    Asks for secrets that are not given. Raises RequestError, StorageError.
    """
    found = read_servers(_text(what))
    if len(found) > 1 and (name or env or headers or secrets):
        raise RequestError(
            f"These are {len(found)} servers: {', '.join(found)}.",
            hint="--name, --env, --header and --secret are for one.",
        )
    return [
        _wish(name or label, entry, _pairs(env, "--env", ("=",)), _pairs(headers, "--header", ("=", ":")), secrets)
        for label, entry in found.items()
    ]


def _wish(label: str, entry: McpServerEntry, env: dict[str, str], headers: dict[str, str], secrets: list[str]) -> Wish:
    part = "headers" if entry.url else "env"
    if (headers and not entry.url) or (env and entry.url):
        raise RequestError("A program has variables (--env), an address has headers (--header).")
    held = {**((entry.headers if entry.url else entry.env) or {}), **env, **headers}
    for secret in secrets:
        key, given, value = secret.partition("=")
        if given or key not in held:
            held[key] = value if given else _asked(key)
    whole = entry.model_copy(update={part: held}) if held else entry
    names = [f"{part}.{secret.partition('=')[0]}" for secret in secrets]
    return Wish(label, whole.model_dump(mode="json"), effects(whole), names)


def _asked(name: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise RequestError(f"Nobody is there to type {name}.", hint=f"Give it: --secret {name}=VALUE.")
    return getpass.getpass(f"{name}: ", stream=sys.stderr)


def _text(what: list[str]) -> str:
    if len(what) > 1:
        if is_address(what[0]) or is_link(what[0]) or what[0].lstrip().startswith("{"):
            raise RequestError(f"'{what[1][:80]}' is not understood after an address or JSON.", hint="See --help.")
        return shlex.join(what)
    if what[0] == "-":
        return sys.stdin.buffer.read(_MOST_BYTES + 1).decode(errors="replace") if sys.stdin else ""
    path = Path(what[0]).expanduser()
    try:
        if not path.suffix.lower().startswith(".json") or not path.is_file():
            return what[0]
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError) as error:
        raise StorageError(f"{what[0]} can't be read.", details=str(error)) from error


def _pairs(texts: list[str], option: str, marks: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        places = [text.index(mark) for mark in marks if mark in text]
        if not places or not min(places):
            raise RequestError(f"'{text[:80]}' has no value.", hint=f"As in {option} NAME=VALUE.")
        place = min(places)
        found[text[:place].strip()] = text[place + 1 :].strip() if ":" in marks else text[place + 1 :]
    return found


def read_arguments(given: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a tool is called with: one JSON object, or pairs that are read as the schema has it.

    Raises RequestError.
    """
    if len(given) == 1 and given[0].lstrip().startswith("{"):
        try:
            data = json.loads(given[0])
        except (ValueError, RecursionError) as error:
            raise RequestError(f"The arguments are no JSON: {error}.") from error
        assert isinstance(data, dict)
        return data
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    return {name: _value(text, known.get(name)) for name, text in _pairs(given, "", ("=",)).items()}


def _value(text: str, schema: Any) -> Any:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def shown_content(result: ToolCallResult) -> str:
    """Return what a tool returned, as text; what is none is named."""
    told = [_shown(part) for part in result.content]
    if not told and result.structured is not None:
        told = [json.dumps(result.structured, indent=2, ensure_ascii=False)]
    return "\n".join(told)


def _shown(part: dict[str, Any]) -> str:
    if isinstance(part.get("text"), str):
        return str(part["text"])
    resource = part.get("resource")
    if isinstance(resource, dict) and isinstance(resource.get("text"), str):
        return str(resource["text"])
    inner = resource if isinstance(resource, dict) else part
    about = [str(part.get("type", "something")), *(str(inner[key]) for key in ("mimeType", "uri") if inner.get(key))]
    data = inner.get("data") or inner.get("blob")
    if isinstance(data, str):
        about.append(size(len(data) * 3 // 4))
    return f"[{', '.join(about)}]"
