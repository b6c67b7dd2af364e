"""Chats on disk. Knows no widget and no Qt."""
