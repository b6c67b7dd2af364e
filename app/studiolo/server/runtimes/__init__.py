"""Runtimes: which builds of llama.cpp there are, which are on this machine, and which one runs models."""
