"""What an MCP server says of its tools."""

from studiolo.api.base import Answer, absent


class ToolHints(Answer):
    """What a server says of its tool. It is never a permission: it sorts and colours (MCP 2025-11-25, annotations)."""

    title: str | None = absent()
    read_only: bool | None = absent()
    destructive: bool | None = absent()
    idempotent: bool | None = absent()
    open_world: bool | None = absent()
