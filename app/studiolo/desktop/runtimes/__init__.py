"""Runtimes of a server: which builds of llama.cpp it runs models with, and which it could."""
