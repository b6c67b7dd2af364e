"""Models that can be loaded, and the question how: what the chat and the page of models have in common."""
