"""Where models come from: the catalog, Hugging Face, and what their files' names say. Used by both halves."""
