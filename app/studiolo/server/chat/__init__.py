"""One turn of a chat: from the request to the model and back."""
