"""Files from a hub to the disk, without losing a byte."""
