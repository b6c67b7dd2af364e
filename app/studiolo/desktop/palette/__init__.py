"""One field that finds everything: actions, chats, models, pages, servers and settings."""
