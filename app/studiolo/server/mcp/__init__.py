"""MCP servers: set up, connected, asked for tools, and called with a person in charge."""
