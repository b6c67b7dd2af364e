"""Other servers whose models a server uses: listed, added, looked at again, removed."""
