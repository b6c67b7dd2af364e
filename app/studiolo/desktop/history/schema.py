"""The tables of the history, and how those of older versions become today's."""

SCHEMA = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER REFERENCES folders (id),
    name TEXT NOT NULL
);
CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    named INTEGER NOT NULL DEFAULT 0,
    folder INTEGER REFERENCES folders (id),
    created REAL NOT NULL,
    changed REAL NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    leaf INTEGER,
    draft TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    settings TEXT NOT NULL DEFAULT '{}',
    trashed REAL
);
CREATE INDEX chats_by_change ON chats (changed);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER NOT NULL REFERENCES chats (id),
    parent INTEGER,
    role TEXT NOT NULL,
    parts TEXT NOT NULL,
    created REAL NOT NULL,
    state TEXT NOT NULL,
    model TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}',
    deleted REAL
);
CREATE INDEX messages_by_chat ON messages (chat);
CREATE INDEX messages_growing ON messages (state) WHERE state = 'growing';
CREATE TABLE files (
    sha256 TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3');
"""

_NOTES = """
CREATE TABLE notes (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
"""
"""What belongs to no chat, as JSON: the draft of one that is not there yet, presets, the defaults of models; and what
goes with drafts."""

ATTACHED = "attached "
"""Begins the names of notes about what goes with a draft; the number of its chat follows, if it has one."""
LOOSE = "loose files"
"""The note about files that went with a draft once: nobody may need them any more."""

_SOURCE = """
ALTER TABLE chats ADD COLUMN source TEXT NOT NULL DEFAULT '';
"""
"""What an imported chat is called where it came from."""

_DELETED = """
CREATE INDEX IF NOT EXISTS messages_deleted ON messages (deleted) WHERE deleted IS NOT NULL;
"""
"""What is tidied away at each start is found without a look at every message."""

SCHEMA += _NOTES + _SOURCE + _DELETED

VERSION = 3
MIGRATIONS: tuple[str, ...] = (_NOTES + _SOURCE, _DELETED)
"""Scripts: the first makes version 2 of version 1, and so on."""
