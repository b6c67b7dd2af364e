"""Markdown as models write it: how it is read, and how the formulas in it are drawn. Knows no Qt."""
