"""Whether a model fits the memory of a machine, by the size of its files alone: before it is downloaded."""

from typing import Literal

Verdict = Literal["fits", "tight", "too_large", "unknown"]
"""`tight`: only after other programs gave some back. `unknown`: nothing is known of the machine."""

_OVERHEAD = 1.06
_CONTEXT_BYTES = 600 * 2**20
"""What a model takes beyond its file: buffers, and the cache of a context of usual length. An estimate from above: the
exact figure needs the file's header."""
_SYSTEM_BYTES = 2 * 2**30
"""What the system and a browser keep in any case."""


def needed_bytes(size: int) -> int:
    """Return the bytes of memory that a model takes whose files have `size` bytes."""
    return int(size * _OVERHEAD) + _CONTEXT_BYTES


def memory_verdict(needed: int, *, free: int, total: int) -> Verdict:
    """Return whether so many bytes fit the memory of a machine. total: 0 where that is not known."""
    if not total:
        return "unknown"
    if needed <= free:
        return "fits"
    return "tight" if needed <= total - _SYSTEM_BYTES else "too_large"
