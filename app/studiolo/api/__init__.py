"""The REST API as data: pydantic models that both halves speak. No I/O, no other room."""
