"""The list of chats: by day and in folders, what a search found, and what is done with them."""
