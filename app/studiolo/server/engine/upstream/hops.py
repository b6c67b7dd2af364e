"""One server of ours behind another, and no circle: whoever is asked by a server answers with its own models alone.

Two machines that have each other as upstreams would list each other's lists, and a request for a model that neither has
would go to and fro.
"""

from contextvars import ContextVar

VIA = "x-studiolo-upstream"
"""The header by which one of our servers says that it asks for another one."""

_asked: ContextVar[bool] = ContextVar("asked_by_server", default=False)


def note_server(asks: bool) -> None:
    """Say whether another server of ours sends the request that this task is about."""
    _asked.set(asks)


def asked_by_server() -> bool:
    """Return whether one does."""
    return _asked.get()
