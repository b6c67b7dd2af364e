"""The MCP SDK, which takes half a second to import: a server without MCP servers never does."""

import importlib
import threading
from types import ModuleType

_lock = threading.Lock()


def import_with_sdk(name: str) -> ModuleType:
    """Import a module of ours that imports the SDK. Called in threads: only one of them imports it at a time.

    Two that begin at different modules of the SDK would wait for each other's locks, and Python ends that by failing
    one of the imports.
    """
    with _lock:
        return importlib.import_module(f"studiolo.server.mcp.{name}")
