"""The tools of one request: unique names for the model, and the way back to the server that runs them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from studiolo.server.mcp.contract import Toolset, Wanted
from studiolo.server.mcp.sessions import Sessions


def open_toolset(sessions: Sessions, wanted: Sequence[Wanted]) -> AbstractAsyncContextManager[Toolset]:
    """Connect the servers of a request, all at once, and list their tools.

    Raises:
        McpServerError: One can't be reached, does not begin, or wants a sign-in; it is named.
    """
    raise NotImplementedError
