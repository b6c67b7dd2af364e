"""One MCP server in any program's notation, read into ours; what it would do, in words; what it may be called."""

import contextlib
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from studiolo.api.mcp import McpServerEntry
from studiolo.api.relaxed_json import Node, NotationError
from studiolo.visible import visible

MOST_LABEL = 64
HIDDEN = "…"
_KEY = re.compile(r"(?<![^/])(?=[^/]*\d)(?=[^/]*[A-Za-z])[^/]{12,}|(?<![^/])[^/]{32,}")
"""A part of a path."""
_ADDRESSES = ("serverUrl", "httpUrl", "server_url", "uri", "endpoint")
_MARKS = {"command", "url", *_ADDRESSES}
_MILLISECONDS_BEYOND = 3600
"""Programs differ in the unit of `timeout`: those with seconds take an hour at most, so that more is milliseconds."""
_BREAK = re.compile(r"[\x00-\x1f\x7f]")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\?#%]+")
_REFERENCE = re.compile(r"\$\{([^{}:]+(?::(?!-)[^{}]+)?)(?::-[^{}]*)?\}")
_RUNNERS = {"npx", "bunx", "pnpx", "uvx", "pipx", "npm", "pnpm", "yarn", "bun", "uv", "deno", "node", "python", "cmd"}
_RUNNERS |= {"python3", "docker", "podman"}
_RUN_WORDS = {"run", "exec", "dlx", "tool", "x", "/c"}


def label_of(name: str) -> str:
    """Return a label that `mcp/<label>` and an address can hold, as near to the name as possible."""
    text = unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode()
    # What is not seen in a name would let one server look like another.
    text = "".join(sign for sign in " ".join(_NO_NAME.sub("-", text).split()) if sign.isprintable()).strip("-. ")
    return text[:MOST_LABEL].rstrip("-. ") or "server"


def read_entry(node: Node, inputs: dict[str, str] | None = None) -> McpServerEntry:
    """Return the server that a node of JSON stands for. Raises NotationError, which says what is wrong."""
    if not isinstance(node.value, dict):
        raise NotationError("A server is an object: it begins with {.", node.start)
    entry: dict[str, Any] = _with_inputs(dict(node.value), inputs or {})
    if isinstance(entry.get("transport"), dict):
        entry = entry | entry.pop("transport")
    _take_command(entry)
    for name in _ADDRESSES:
        if isinstance(entry.get(name), str) and not entry.get("url"):
            entry["url"] = entry.pop(name)
    for other, name in (("environment", "env"), ("environment_variables", "env"), ("http_headers", "headers")):
        if isinstance(entry.get(other), dict) and name not in entry:
            entry[name] = entry.pop(other)
    if isinstance(entry.get("requestOptions"), dict) and "headers" not in entry:
        entry["headers"] = entry.pop("requestOptions").get("headers")
    for name in ("enabled", "isActive", "is_active"):
        if isinstance(entry.get(name), bool):
            entry["disabled"] = not entry.pop(name)
    for name in ("env", "headers"):
        if isinstance(entry.get(name), dict):
            entry[name] = {key: _plain(value) for key, value in entry[name].items()}
    if isinstance(entry.get("args"), list):
        entry["args"] = [_plain(value) for value in entry["args"]]
    if entry.get("timeout") is not None:
        entry["timeout"] = _seconds(entry["timeout"], node)
    return _checked(entry, node)


def effects(entry: McpServerEntry) -> list[str]:
    """Return what adding a server would have this computer do, in sentences for a confirmation.

    No value of `env` or `headers` is in them.
    """
    told: list[str] = []
    if entry.command:
        told.append(f"Runs this program on the server's computer: {visible(shown_command(entry))}")
        if entry.cwd:
            told.append(f"In the folder: {visible(entry.cwd)}")
        if entry.env:
            told.append(f"With these environment variables: {visible(', '.join(entry.env))}")
    elif entry.url:
        told.append(f"Connects to this address: {visible(shown_address(entry.url))}")
        if entry.headers:
            told.append(f"Sends these headers: {visible(', '.join(entry.headers))}")
    if taken := references(entry):
        told.append(f"Is given these variables and secrets of the server's computer: {visible(', '.join(taken))}")
    return told


def references(entry: McpServerEntry) -> list[str]:
    """Return the variables and secrets of the server's computer that an entry takes, each once.

    They stand in it as `${NAME}` and `${keyring:NAME}`.
    """
    found = {name for text in _texts(entry.model_dump()) for name in _REFERENCE.findall(text)}
    return sorted(name.removeprefix("env:") for name in found - {"userHome"} if not name.startswith("input:"))


def shown_command(entry: McpServerEntry) -> str:
    """Return the command and its arguments as they would be typed, so that each argument can be told from the next."""
    return shlex.join([entry.command or "", *(entry.args or [])])


def is_entry(node: Node) -> bool:
    """Return whether a node of a configuration describes one server: it has a program, an address or a transport."""
    if not isinstance(node.value, dict):
        return False
    return any(isinstance(node.value.get(name), str | list) for name in _MARKS) or isinstance(
        node.value.get("transport"), dict
    )


def own_name(node: Node) -> str | None:
    """Return what an entry calls itself in `name`, `label` or `id`, whichever is set first; None for no text."""
    if not isinstance(node.value, dict):
        return None
    found = next((node.value[name] for name in ("name", "label", "id") if node.value.get(name)), None)
    return found if isinstance(found, str) else None


def _take_command(entry: dict[str, Any]) -> None:
    command = entry.get("command")
    if isinstance(command, dict):
        # Zed's older notation.
        entry.pop("command")
        entry |= {name: value for name, value in command.items() if name in ("args", "env")}
        entry["command"] = command.get("path") or command.get("command")
    elif isinstance(command, list) and command and all(isinstance(part, str) for part in command):
        more = entry.get("args") or []
        # What is no list stays as it is, to be refused by its name.
        entry["command"], entry["args"] = command[0], [*command[1:], *more] if isinstance(more, list) else more
    elif isinstance(command, str) and not entry.get("args") and " " in command.strip():
        # A command line in one text; a path with spaces is left alone.
        with contextlib.suppress(ValueError):
            parts = command_parts(command)
            if parts[0].rpartition("/")[2] in _RUNNERS:
                entry["command"], entry["args"] = parts[0], parts[1:]


def _checked(entry: dict[str, Any], node: Node) -> McpServerEntry:
    url = entry.get("url")
    if entry.get("command") and url:
        raise NotationError("A server has either a command or an address, not both.", node.start)
    if not entry.get("command") and not url:
        raise NotationError("A server needs a command or an address (url).", node.start)
    if url and (not isinstance(url, str) or not is_address(url)):
        raise NotationError("The address of a server begins with http:// or https://.", _place(node, "url"))
    if url and _BREAK.search(url):
        raise NotationError("There is a line break or a tab in the address.", _place(node, "url"))
    try:
        read = McpServerEntry.model_validate(entry)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        name = str(problem["loc"][0]) if problem["loc"] else ""
        raise NotationError(f"'{name}' can't be used: {problem['msg']}.", _place(node, name)) from error
    texts = [read.command or "", read.cwd or "", *(read.args or [])]
    texts += [text for pair in ((read.env or {}) | (read.headers or {})).items() for text in pair]
    if any("\0" in text for text in texts):
        raise NotationError("There is a NUL character in it.", node.start)
    if any(not name or "=" in name for name in read.env or {}):
        raise NotationError("The name of an environment variable is empty or has a = in it.", _place(node, "env"))
    return read


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _place(node: Node, name: str) -> int:
    member = node.members.get(name)
    return member.start if member else node.start


def is_address(text: str) -> bool:
    """Return whether a text is an address of HTTP or HTTPS, or has a variable in it and so may become one."""
    if "${" in text:
        return True
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    """Numbers and truth values among texts, as people write ports and flags."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _seconds(value: Any, node: Node) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError) as error:
        raise NotationError("'timeout' is a number of seconds.", _place(node, "timeout")) from error
    if not 0 < seconds < 10**9 or isinstance(value, bool):
        raise NotationError("'timeout' is a number of seconds above zero.", _place(node, "timeout"))
    return seconds / 1000 if seconds > _MILLISECONDS_BEYOND else seconds


def _with_inputs(value: Any, inputs: dict[str, str]) -> Any:
    if not inputs:
        return value
    if isinstance(value, str):
        return re.sub(r"\$\{input:([^}]{1,200})\}", lambda found: inputs.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _with_inputs(part, inputs) for name, part in value.items()}
    return [_with_inputs(part, inputs) for part in value] if isinstance(value, list) else value


def shown_address(url: str) -> str:
    """Return an address as it may be shown and kept: HIDDEN stands for what may be a key in it.

    That is a password, the values of its query, and any part of its path that nobody would give as a name. What follows
    a # is never sent, and left out.
    """
    plain, mark, query = url.partition("#")[0].partition("?")
    plain = re.sub(r"(://)[^/@]*@", rf"\1{HIDDEN}@", plain)
    head, path = (plain.split("/", 3)[:3], plain.split("/", 3)[3:]) if "://" in plain else ([], [plain])
    plain = "/".join([*head, *(_KEY.sub(HIDDEN, one) for one in path)])
    return plain + mark + "&".join(_without_value(one) for one in query.split("&"))


def _without_value(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if equals:
        return f"{name}={HIDDEN}" if value else pair
    return HIDDEN if pair else ""


def command_parts(text: str) -> list[str]:
    """Return the words of a command line. Raises ValueError: A quotation mark has no second one."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    # A backslash is a part of a path in Windows far more often than an escape.
    lexer.escape = ""
    return list(lexer)


def label_for(entry: McpServerEntry) -> str:
    """Return what an entry without a name is called: by its package, its program or its host."""
    if entry.url:
        host = urlsplit(entry.url).hostname if "${" not in entry.url else None
        return (host or "server").removeprefix("www.").removeprefix("mcp.").removeprefix("api.")
    program = PurePosixPath((entry.command or "").replace("\\", "/")).stem
    words = [word for word in entry.args or [] if not word.startswith("-") and word not in _RUN_WORDS]
    if program in _RUNNERS:
        words = [word for word in words if word not in _RUNNERS and "=" not in word]
        program = words[0] if words else program
    name = re.sub(r"(?<=[^@/])(@|==)[^/]*$", "", program).replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = re.sub(r"\.(py|js|mjs|ts)$|:[\w.-]+$", "", name)
    return re.sub(r"^(mcp-server-|server-|mcp-)|(-mcp-server|-mcp|-server)$", "", name) or name
