"""Giving memory back to the machine when nobody needs it."""

import ctypes
import gc
import sys
from contextlib import suppress

from PySide6.QtGui import QPixmapCache


def rest() -> None:
    """Give up pictures and garbage, too, while there is no window to be seen. It takes a few paints' time."""
    QPixmapCache.clear()
    gc.collect()
    give_back()


def give_back() -> None:
    """Give back what was freed; on Linux it stays with the allocator otherwise. From any thread."""
    if sys.platform == "linux":
        # A libc without it keeps it.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
