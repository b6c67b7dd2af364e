"""Chats that other programs exported: ChatGPT, Claude, LM Studio, Open WebUI, and our own JSON."""
