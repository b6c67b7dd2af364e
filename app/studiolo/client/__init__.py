"""Speaks the contract to any server. httpx only, no Qt."""
