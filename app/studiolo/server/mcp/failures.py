"""How a server's failures are told: without anything that it said of secrets, or that was sent to it."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from studiolo.errors import McpServerError, ToolError
from studiolo.redaction import redact
from studiolo.server.mcp.contract import ServerName, ServerSpec

_SHORTEST_SECRET = 6
_SECRET_NAME = re.compile(r"(?i)key|token|secret|passw|auth|credential|cookie")


class SignInNeededError(McpServerError):
    """A server wants a sign-in, or another one than it was sent."""


class SessionLostError(ToolError):
    """A server has forgotten the connection, and so has run nothing: the same call over a new one is safe."""


class CallRefusedError(ToolError):
    """A server ran nothing, as it wants a sign-in, or another one than it was sent."""


def unreachable(
    server: ServerName, reason: str, *, hint: str = "", retryable: bool = True, details: str = ""
) -> McpServerError:
    """Return the error for a server that can't be used. reason: the end of a sentence that begins with its name."""
    return McpServerError(
        f'The MCP server "{server.id}" {reason}.',
        server=server.id,
        ephemeral=server.ephemeral,
        hint=hint,
        retryable=retryable,
        details=details,
    )


def sign_in_needed(server: ServerName, *, refused: bool = False) -> SignInNeededError:
    """Return the error for a server that wants a sign-in. refused: it was sent one, and does not take it."""
    reason = "does not accept the sign-in that it was sent" if refused else "wants a sign-in"
    hint = (
        "Send what it asks for in `headers`." if server.ephemeral else "Sign in to it, or put a token in its headers."
    )
    return SignInNeededError(
        f'The MCP server "{server.id}" {reason}.',
        server=server.id,
        ephemeral=server.ephemeral,
        hint=hint,
        retryable=False,
    )


def private_address(server: ServerName) -> McpServerError:
    """Return the error for a server whose address is private, where only public ones are permitted."""
    return unreachable(
        server,
        "is at an address of this computer or of a private network",
        hint="The setting `allow_private_mcp` permits that; servers of mcp.json may be anywhere.",
        retryable=False,
    )


class Mask:
    """Takes out of a server's words what was sent to it in confidence: headers, variables, what its address carries."""

    def __init__(self, spec: ServerSpec) -> None:
        secrets = {value.rpartition(" ")[2] for value in spec.headers.values()} | set(spec.headers.values())
        secrets |= {value for name, value in spec.env.items() if _SECRET_NAME.search(name)}
        secrets |= set(_secret_arguments(spec.args))
        secrets |= {value for value in (spec.auth or {}).values() if isinstance(value, str)}
        secrets |= set(_secrets_of_address(spec.url or ""))
        # The longest first: a short one may be a part of it.
        self._secrets = sorted((one for one in secrets if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)

    def __call__(self, text: str, most: int = 500) -> str:
        """most: characters that are kept."""
        # Cut with a margin first: nobody wants to search megabytes for secrets.
        text = text[: most * 4]
        for secret in self._secrets:
            text = text.replace(secret, "…")
        text = redact(text)
        return text if len(text) <= most else text[:most] + "…"


def _secret_arguments(arguments: Sequence[str]) -> Iterator[str]:
    """`--token=SECRET` and `--token SECRET`."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        name, equals, value = argument.partition("=")
        if equals and _SECRET_NAME.search(name):
            yield value
        elif before.startswith("-") and "=" not in before and _SECRET_NAME.search(before):
            yield argument


def _secrets_of_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield url
        return
    yield from (parts.username or "", parts.password or "", parts.query)
    yield from (value for _name, value in parse_qsl(parts.query))
