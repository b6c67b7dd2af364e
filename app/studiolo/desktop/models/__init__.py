"""What is on the disk, and what is loaded."""
