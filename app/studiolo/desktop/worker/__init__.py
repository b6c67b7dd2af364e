"""Processes for what strangers made: documents, images, formulas. One that takes too long or too much is ended."""
