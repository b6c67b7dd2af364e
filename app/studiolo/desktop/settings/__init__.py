"""What a person decided about the desktop."""
