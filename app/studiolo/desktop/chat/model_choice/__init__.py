"""Which model answers a chat."""
