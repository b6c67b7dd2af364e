"""Downloads of all servers: watched, shown, steered."""
