"""The page of a server's tools: which MCP servers it has, what they offer, and what a model may do with them."""
