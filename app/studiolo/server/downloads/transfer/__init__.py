"""One file's way: ranges over several connections, the blocks that are there, and the hash of all of them."""
