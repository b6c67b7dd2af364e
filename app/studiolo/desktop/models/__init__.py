"""What is on a server's disk and in its memory, and what is done with it."""
