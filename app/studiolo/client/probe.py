"""Who is at an address, and what can it do."""

from dataclasses import dataclass
from typing import Literal

from studiolo.client.native import Client
from studiolo.errors import AccessError, NotFoundError, ProtocolError


@dataclass(frozen=True)
class Probe:
    """`kind` "other" is a server that does not speak the API; `capabilities` are those of api.server."""

    kind: Literal["studiolo", "lmstudio", "other"]
    version: str = ""
    capabilities: frozenset[str] = frozenset()
    needs_token: bool = False


async def probe(client: Client) -> Probe:
    """Ask the server at hand. Raises UnreachableError if nobody answers."""
    try:
        info = await client.server()
    except AccessError:
        return Probe("lmstudio", needs_token=True)
    except ProtocolError:
        return Probe("other")
    if info is not None:
        return Probe("studiolo" if info.name == "studiolo" else "lmstudio", info.version, frozenset(info.capabilities))
    try:
        await client.models()
    except AccessError:
        return Probe("lmstudio", needs_token=True)
    except (NotFoundError, ProtocolError):
        return Probe("other")
    return Probe("lmstudio")
