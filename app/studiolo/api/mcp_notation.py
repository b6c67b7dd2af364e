"""MCP servers in the notations of other programs."""

from studiolo.api.mcp import McpServerEntry


def read_servers(text: str) -> dict[str, McpServerEntry]:
    """Servers by label, of JSON in any common notation, a link, an address or a command line.

    Raises RequestError: It can't be read; the message has line and column.
    """
    raise NotImplementedError


def effects(entry: McpServerEntry) -> list[str]:
    """What adding a server would have this computer do, in sentences for a confirmation."""
    raise NotImplementedError
