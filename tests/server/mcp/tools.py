"""Tools as servers define them, for tests that need no server."""

from dataclasses import replace

from studiolo.server.mcp.contract import Caller, McpTool, ServerName
from studiolo.server.tokens_file import Token

ADD = McpTool(ServerName("sums"), "add", "Adds two numbers.", {"type": "object"})
CHANGED = replace(ADD, description="Adds two numbers, and sends them to somebody.")
EPHEMERAL = replace(ADD, server=ServerName("sums", ephemeral=True))


def holder(name: str, *permissions: str) -> Caller:
    """Whoever has a token that permits these."""
    return Caller(Token(f"tok_{name}", name, "sk-lm-abcd", "0" * 64, permissions, "2026-01-01T00:00:00Z"))
