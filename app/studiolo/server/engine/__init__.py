"""Models at work: one child process per loaded model."""
