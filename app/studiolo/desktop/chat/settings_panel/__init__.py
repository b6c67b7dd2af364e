"""How the model of a chat is set."""
