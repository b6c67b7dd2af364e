"""The server's edge: routes, error bodies, event streams."""
