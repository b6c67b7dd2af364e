"""Studiolo: a desktop app for people who run language models on their own machines."""

__version__ = "0.1.0"

HIDDEN = "--hidden"
"""The argument that opens the desktop without its window, as at login."""
