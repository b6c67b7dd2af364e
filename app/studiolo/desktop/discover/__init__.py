"""Finding a model."""
