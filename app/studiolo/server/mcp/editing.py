"""One server of mcp.json changed in its text: all else stays as a person wrote it, comments and order included."""

import json
from typing import Any

from studiolo.api.mcp_entry import is_entry
from studiolo.api.mcp_notation import ServersFile
from studiolo.api.relaxed_json import BLANK, Node
from studiolo.errors import RequestError

_OURS = "mcpServers"
_UNIT = "  "


def with_server(text: str, read: ServersFile, name: str, entry: dict[str, Any]) -> str:
    """Return the text with a server added or replaced. Raises RequestError where its servers have no names."""
    holder = _holder(read)
    if holder is None:
        return _added(text, read.root, _OURS, {name: entry})
    member = holder.members.get(name)
    if member is None:
        return _added(text, holder, name, entry)
    return text[: member.node.start] + _written(entry, _indent(text, member.start)) + text[member.node.end :]


def without_server(text: str, read: ServersFile, name: str) -> str:
    """Return the text without a server. Raises RequestError as above."""
    holder = _holder(read)
    if holder is None or name not in holder.members:
        return text
    members = list(holder.members.values())
    place = list(holder.members).index(name)
    member = members[place]
    start, end = member.start, member.node.end
    following = _comma_after(text, end)
    if following is not None:
        end = following + 1
    begun = start - len(text[:start]) + len(text[:start].rstrip(" \t"))
    if text[begun - 1 : begun] == "\n" or begun == 0:
        # The member has its lines to itself.
        start = max(begun - 1, 0)
        if text[start - 1 : start] == "\r":
            start -= 1
    without = text[:start] + text[end:]
    if len(members) == 1 and text[holder.start : holder.start + 1] != "{":
        # It was one without braces around it, and nothing at all would be no JSON.
        return without + "{}"
    if following is None and place:
        comma = _comma_after(text, members[place - 1].node.end)
        if comma is not None:
            without = without[:comma] + without[comma + 1 :]
    return without


def _holder(read: ServersFile) -> Node | None:
    """The object that the servers stand in; None where there is none yet."""
    if read.container is not None:
        return read.root.at(*read.container)
    if is_entry(read.root) or read.names:
        raise RequestError(
            "The servers in mcp.json have no names, so none of them can be changed here.",
            hint='Write them as {"mcpServers": {"name": {…}}}.',
        )
    return None


def _added(text: str, holder: Node, name: str, value: dict[str, Any]) -> str:
    members = list(holder.members.values())
    if members:
        last = members[-1]
        indent = _indent(text, last.start)
        within = _written(value, indent)
        at = last.node.end
        # On lines of their own, unless all of it is on one.
        gap = f"\n{indent}" if "\n" in text[holder.start : at] or last.start == 0 else " "
        return f"{text[:at]},{gap}{_quoted(name)}: {within}{text[at:]}"
    at = holder.start + 1
    outer = _indent(text, holder.start)
    rest = text[at : holder.end - 1]
    written = f"\n{outer}{_UNIT}{_quoted(name)}: {_written(value, outer + _UNIT)}"
    return text[:at] + rest.rstrip() + written + f"\n{outer}" + text[holder.end - 1 :]


def _written(value: dict[str, Any], indent: str) -> str:
    return json.dumps(value, indent=_UNIT, ensure_ascii=False).replace("\n", f"\n{indent}")


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _indent(text: str, at: int) -> str:
    """What stands before the first thing in the line of an offset."""
    begin = text.rfind("\n", 0, at) + 1
    line = text[begin:at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _comma_after(text: str, at: int) -> int | None:
    """Where the next comma stands, if nothing but blanks and comments come before it."""
    found = BLANK.match(text, at)
    end = found.end() if found else at
    return end if text.startswith(",", end) else None
