"""The terminal's face: one file a command, each a client of the REST API like the desktop."""
