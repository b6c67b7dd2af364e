"""What the server is asked, live, and what it was used for."""
