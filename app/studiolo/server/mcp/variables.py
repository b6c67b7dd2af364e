"""What stands in `${…}` in mcp.json, filled in where a server is used."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from studiolo.api.mcp import SECRET_REFERENCE, McpServerEntry
from studiolo.errors import McpServerError
from studiolo.server.mcp.contract import CALL_SECONDS, ServerName, ServerSpec, source_of

_REFERENCE = re.compile(r"\$\{(keyring|env|input):([^{}]{1,300})\}|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")
_MOST_SECONDS = 24 * 3600.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def secret_names(entry: McpServerEntry) -> set[str]:
    """Return the names of the secrets that an entry has in the keyring."""
    return {
        found[2] for text in _texts(entry.model_dump()) for found in _REFERENCE.finditer(text) if found[1] == "keyring"
    }


def secret_reference(name: str) -> str:
    """Return the reference to a secret, as the file has it."""
    return f"{SECRET_REFERENCE}{name}}}"


def filled_in(label: str, entry: McpServerEntry, secrets: Mapping[str, str]) -> ServerSpec:
    """Return how the server is reached.

    Raises McpServerError, which names the variable or secret that is not there.
    """
    name = ServerName(label)

    def fill(text: str) -> str:
        return _REFERENCE.sub(lambda found: _value(found, name, secrets), text)

    spec = ServerSpec(
        name,
        command=fill(entry.command) if entry.command else None,
        args=tuple(map(fill, entry.args or ())),
        env={key: fill(value) for key, value in (entry.env or {}).items()},
        cwd=fill(entry.cwd) if entry.cwd else None,
        url=fill(entry.url) if entry.url else None,
        headers={key: fill(value) for key, value in (entry.headers or {}).items()},
        timeout=min(entry.timeout or CALL_SECONDS, _MOST_SECONDS),
        auth=_filled(entry.auth, fill) if entry.auth else None,
        transport="sse" if _hint(entry) == "sse" else "http" if _hint(entry) else None,
        source=source_of(command=entry.command, args=entry.args, url=entry.url, cwd=entry.cwd, env=entry.env),
    )
    for header, value in spec.headers.items():
        if _CONTROL.search(header + value):
            raise _wrong(name, f"has a line break in its header {header[:60]!r}", "Remove it from mcp.json.")
    if spec.url and _CONTROL.search(spec.url):
        raise _wrong(name, "has a line break in its address", "Remove it from mcp.json, or from what is filled in.")
    if spec.url and not spec.url.startswith(("http://", "https://")):
        raise _wrong(name, "has an address that is none of HTTP", "Its url begins with https://.")
    return spec


def _hint(entry: McpServerEntry) -> str:
    """Of the transport, where an address has one: programs call it `type` or `transport`."""
    extra = entry.model_extra or {}
    hint = next((extra[name] for name in ("type", "transport") if isinstance(extra.get(name), str)), "")
    words = {"sse": "sse", "http": "http", "streamablehttp": "http"}
    return words.get(re.sub(r"[^a-z]", "", str(hint).lower()), "") if entry.url else ""


def _value(found: "re.Match[str]", name: ServerName, secrets: Mapping[str, str]) -> str:
    kind, what = (found[1], found[2]) if found[1] else ("env", found[3])
    if kind == "keyring":
        if what in secrets:
            return secrets[what]
        raise _wrong(
            name, f"needs the secret '{what}', which is not in the keyring", "Edit the server and enter it again."
        )
    if kind == "input":
        raise _wrong(name, f"asks for '{what}', which has no value", "Edit the server and enter it.")
    if what == "userHome":
        return str(Path.home())
    value = os.environ.get(what)
    if value is None and found[4] is None:
        hint = "Set it where the server is started, or write its value into mcp.json."
        raise _wrong(name, f"needs the environment variable {what}, which is not set", hint)
    return value if value is not None else found[4]


def _wrong(name: ServerName, what: str, hint: str) -> McpServerError:
    return McpServerError(f"The MCP server '{name.id}' {what}.", server=name.id, hint=hint, retryable=False)


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, Mapping):
        return {key: _filled(part, fill) for key, part in value.items()}
    return [_filled(part, fill) for part in value] if isinstance(value, list) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
