"""An MCP server that says when it answers, by the clock that all processes of a machine share."""

import time

from mcp.server.mcpserver import MCPServer


def main() -> None:
    server = MCPServer("clock")

    @server.tool()
    def clock() -> str:
        """Tell the time."""
        return repr(time.monotonic())

    server.run()


if __name__ == "__main__":
    main()
