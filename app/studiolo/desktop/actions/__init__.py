"""What the window can do, as one list, and the keys for it."""
