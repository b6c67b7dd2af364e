"""The page of the machine that answers: its state, its tokens, and the way to it for programs."""
