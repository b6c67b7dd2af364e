"""The chat: one conversation with one model."""
