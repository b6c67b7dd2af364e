"""Finding a model: search, a model's page, and the beginning of its download."""
