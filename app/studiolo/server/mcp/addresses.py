"""Which addresses of MCP servers are private: on this machine, on the local network, or a cloud's own."""

from studiolo.server.mcp.contract import ServerName


async def check_public(url: str, server: ServerName) -> None:
    """Make sure that all that an address leads to is on the public internet.

    Raises:
        McpServerError: It is private, by any of its names' addresses, or no address of HTTP at all.
    """
    raise NotImplementedError
