"""Where a message is written: its text, what goes with it, and how much of the context it takes."""
