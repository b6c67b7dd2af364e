"""Who is at an address, and what can it do."""

from dataclasses import dataclass
from typing import Literal

from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.errors import AccessError, CertificateError, EngineError, NotFoundError, ProtocolError, RequestError


@dataclass(frozen=True)
class Probe:
    """`kind` "lmstudio" is any server that speaks the documented API, "other" one that does not.

    `version` and `capabilities` (those of api.server) are what a server with our extensions says of itself.
    `needs_token`: it refused the token at hand, or that there was none; then `kind` goes by the greeting alone.
    """

    kind: Literal["studiolo", "lmstudio", "other"]
    version: str = ""
    capabilities: frozenset[str] = frozenset()
    needs_token: bool = False


async def probe(client: Client) -> Probe:
    """Ask the server at hand. Raises UnreachableError if nobody answers, CertificateError if it is not trusted."""
    speaks = needs_token = False
    try:
        info = await ServerApi(client).info()
        # A server that says yes to everything has not named itself.
        if info is not None and "name" in info.model_fields_set:
            kind: Literal["studiolo", "lmstudio"] = "studiolo" if info.name == "studiolo" else "lmstudio"
            return Probe(kind, info.version, frozenset(info.capabilities))
        speaks = bool(await ModelsApi(client).list_models())
    except NotFoundError:
        # LM Studio before 0.4 greets, too, but has no such API.
        return Probe("other")
    except AccessError:
        needs_token = True
    except CertificateError:
        raise  # Nobody has been asked yet.
    except (RequestError, ProtocolError, EngineError):
        # It has its troubles, which is not what is asked here.
        speaks = False
    return Probe("lmstudio" if speaks or await ServerApi(client).greets() else "other", needs_token=needs_token)
