"""The frame of the window: its pages and the way between them."""
