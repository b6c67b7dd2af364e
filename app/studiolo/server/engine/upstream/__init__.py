"""Models of other servers: asked over HTTP, listed and used as if they ran here."""
