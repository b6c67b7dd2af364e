"""MCP servers in the notations of other programs, read into ours.

Cursor, Claude and LM Studio (`mcpServers`), VS Code (`servers`, `inputs`), Zed (`context_servers`), Continue (a list),
opencode (`mcp`, the command as a list, `environment`), Windsurf (`serverUrl`), Gemini CLI (`httpUrl`); one entry by
itself; links that add a server (`mcp_links`), an address and a command line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from studiolo.api.mcp import McpServerEntry
from studiolo.api.mcp_entry import (
    MOST_LABEL,
    command_parts,
    is_address,
    is_entry,
    label_for,
    label_of,
    own_name,
    read_entry,
)
from studiolo.api.mcp_links import is_link, link_content
from studiolo.api.relaxed_json import MOST_CHARACTERS, Node, NotationError, position, read_relaxed
from studiolo.errors import RequestError

MOST_SERVERS = 1000
_FENCE = re.compile(r"\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_JSON = re.compile(r'[{\[]|//|/\*|"(?:[^"\\\n]|\\.)*+"\s*:')
_MOST_COMMAND_LINE = 10_000

CONTAINERS = (("mcpServers",), ("mcp", "servers"), ("mcp.servers",), ("servers",), ("context_servers",), ("mcp",))
"""Where programs keep their servers, each by its label."""
_LISTS = (("experimental", "modelContextProtocolServers"),)


@dataclass
class ServersFile:
    """What a file of servers holds.

    servers: by label. names: what each label is called in the file. bad: what is wrong with entries that can't be used,
    by their labels. container: below which names the servers stand; empty where they stand at the top, None where
    there is none whose entries have names.
    """

    root: Node
    container: tuple[str, ...] | None = None
    servers: dict[str, McpServerEntry] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    bad: dict[str, NotationError] = field(default_factory=dict)


def read_servers(text: str) -> dict[str, McpServerEntry]:
    """Read servers by label, from JSON in any common notation, a link, an address or a command line.

    Raises RequestError: It can't be read; where it is JSON, the message has line and column.
    """
    if len(text) > MOST_CHARACTERS:
        raise RequestError("This is longer than a million characters.", code="invalid_value")
    text = _without_fence(text)
    stripped = text.replace("\ufeff", " ").strip()
    if not stripped:
        raise RequestError("There is nothing to read.", code="invalid_value")
    if is_link(stripped):
        name, content = link_content(stripped)
        return _read_json(content, name)
    if _JSON.match(stripped):
        return _read_json(text, None)
    return _of_line(stripped)


def read_file(text: str) -> ServersFile:
    """Return a file of servers; an entry that can't be used spoils no other.

    Raises NotationError: The file as a whole can't be read.
    """
    root = read_relaxed(text)
    if not isinstance(root.value, dict):
        raise NotationError('An object is expected here: it begins with "{".', root.start)
    read = _read(root, None)
    for path in CONTAINERS:
        if (held := root.at(*path)) and isinstance(held.value, dict):
            read.container = path
            break
    else:
        if not is_entry(root) and read.servers and set(root.members) == set(read.names.values()):
            read.container = ()
    return read


def described(text: str, error: NotationError) -> str:
    """Return what is wrong, with line and column."""
    line, column = position(text, error.offset)
    return f"Line {line}, column {column}: {error}"


def _read_json(text: str, name: str | None) -> dict[str, McpServerEntry]:
    try:
        read = _read(read_relaxed(text), name)
        for error in read.bad.values():
            raise error
    except NotationError as error:
        raise RequestError(
            described(text, error), code="invalid_value", hint="Copy the JSON as the server's documentation has it."
        ) from error
    if not read.servers:
        raise RequestError("There is no MCP server in it.", code="invalid_value")
    return read.servers


def _read(root: Node, name: str | None) -> ServersFile:
    read = ServersFile(root)
    inputs = _inputs(root)
    for number, (found, node) in enumerate(_found(root, name)):
        if number >= MOST_SERVERS:
            raise NotationError(f"There are more than {MOST_SERVERS} servers.", node.start)
        try:
            entry = read_entry(node, inputs)
        except NotationError as error:
            label = _another(label_of(found), read.names)
            read.bad[label] = error
        else:
            label = _another(label_of(found or label_for(entry)), read.names)
            read.servers[label] = entry
        read.names[label] = found
    return read


def _found(root: Node, name: str | None) -> Iterator[tuple[str, Node]]:
    """Yield each server with its name, which may be empty."""
    if is_entry(root):
        yield name or own_name(root) or "", root
        return
    if isinstance(root.value, list):
        yield from ((own_name(item) or "", item) for item in root.items)
        return
    for path in CONTAINERS:
        held = root.at(*path)
        if held and isinstance(held.value, list):
            yield from ((own_name(item) or "", item) for item in held.items)
            return
        if held and isinstance(held.value, dict) and not (path == ("mcp",) and "servers" in held.members):
            yield from ((label, member.node) for label, member in held.members.items())
            return
        if held and len(path) == 1 and path != ("mcp",):
            raise NotationError(f"'{path[0]}' is an object of servers: it begins with {{.", held.start)
    for path in _LISTS:
        if (held := root.at(*path)) and held.items:
            yield from ((own_name(item) or "", item) for item in held.items)
            return
    entries = {label: member.node for label, member in root.members.items() if is_entry(member.node)}
    if entries and len(entries) == len(root.members):
        yield from entries.items()


def _inputs(root: Node) -> dict[str, str]:
    """Return what VS Code asks for, where it has an answer that is taken unasked."""
    for path in (("inputs",), ("mcp", "inputs")):
        held = root.at(*path)
        if held and isinstance(held.value, list):
            return {
                item["id"]: item["default"]
                for item in held.value
                if isinstance(item, dict) and isinstance(item.get("id"), str) and isinstance(item.get("default"), str)
            }
    return {}


def _of_line(text: str) -> dict[str, McpServerEntry]:
    if re.match(r"https?://\S+$", text) and is_address(text):
        entry = McpServerEntry(url=text)
        return {label_of(label_for(entry)): entry}
    text = re.sub(r"[\\^`]\r?\n", " ", text).removeprefix("$ ")
    if len(text) > _MOST_COMMAND_LINE:
        raise RequestError("A command line has 10,000 characters at most.", code="invalid_value")
    try:
        parts = command_parts(text)
    except ValueError as error:
        raise RequestError("A quotation mark in the command has no second one.", code="invalid_value") from error
    env: dict[str, str] = {}
    while parts and re.match(r"[A-Za-z_][A-Za-z0-9_]*=", parts[0]):
        name, _, value = parts.pop(0).partition("=")
        env[name] = value
    if not parts or not re.match(r"[\w@./~\\$%]", parts[0]) or not text.replace("\t", " ").isprintable():
        raise RequestError(
            "This is neither JSON, a link, an address nor a command.",
            code="invalid_value",
            hint='An entry looks like {"command": "npx", "args": ["-y", "some-server"]}.',
        )
    entry = McpServerEntry(command=parts[0], args=parts[1:] or None, env=env or None)
    return {label_of(label_for(entry)): entry}


def _another(label: str, taken: dict[str, str]) -> str:
    """Return the label, with a number where it is taken."""
    numbered = (f"{label[: MOST_LABEL - 6]}-{number}" for number in range(2, len(taken) + 3))
    return label if label not in taken else next(name for name in numbered if name not in taken)


def _without_fence(text: str) -> str:
    """Return the text without the marks of a code block around it; every line stays where it is."""
    found = _FENCE.match(text)
    return "\n" * text.count("\n", 0, found.start(1)) + found[1] if found else text
