"""When the garbage collector of this process looks: not while it starts, and not at what it started with.

What is imported stays for good. Looking through it takes a tenth of a start, and later holds a window or a server for
60 ms each time. Nothing that a start makes may rely on being collected.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def held_collector() -> Generator[None]:
    """Hold the garbage collector until `release_collector`, or until the end at the latest."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def release_collector() -> None:
    """Have garbage collected from now on, among what is made from now on. From any thread."""
    gc.freeze()
    gc.enable()
