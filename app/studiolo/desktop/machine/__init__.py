"""The machine of a server: what it is made of, how busy it is, and how fast models are there."""
