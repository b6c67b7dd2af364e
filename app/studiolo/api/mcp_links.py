"""Links that add an MCP server: `studiolo://add_mcp?name=…&config=<base64 of JSON>` and those of other programs."""

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote, urlsplit

from studiolo.errors import RequestError

_MOST_CHARACTERS = 200_000
_LINK = re.compile(
    r"(?:studiolo|lmstudio|cursor|vscode|vscode-insiders|vscodium|windsurf|trae|kiro):|"
    r"https://(?:www\.)?(?:cursor\.com/(?:\w\w/)?install-mcp|(?:insiders\.)?vscode\.dev/redirect)",
    re.IGNORECASE,
)
_ADDING = re.compile(r"add_mcp|mcp/install|mcp/add|install-mcp|mcp%2finstall", re.IGNORECASE)


def is_link(text: str) -> bool:
    """Return whether it is a link that a program registered, rather than the address of a server."""
    return bool(_LINK.match(text)) and not re.search(r"\s", text)


def link_content(link: str) -> tuple[str | None, str]:
    """Return the name that a link suggests, and the JSON that it carries. Raises RequestError."""
    if len(link) > _MOST_CHARACTERS:
        raise _refused("This link is too long.")
    if not _ADDING.search(link):
        raise _refused("This link adds no MCP server.")
    try:
        parts = urlsplit(link)
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise _refused("This link can't be read.") from error
    if inner := query.get("url"):
        # VS Code's page for the web leads on to the link itself.
        if not is_link(inner[0]) or inner[0].lower().startswith("http"):
            raise _refused("This link leads to one that adds no MCP server.")
        return link_content(inner[0])
    name = query.get("name", [None])[0]
    config = query.get("config", [None])[0]
    if config is None:
        content = unquote(parts.query)
        if not content.startswith("{"):
            raise _refused("This link carries no configuration.")
        return name, content
    return name, _decoded(config)


def _decoded(config: str) -> str:
    plain = config.strip()
    if plain.startswith(("{", '"')):
        return plain
    # A plus is a blank in a query, and the alphabet for addresses has other signs in its place.
    text = unquote(plain).replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError) as error:
        raise _refused("The configuration in this link is not JSON in base64.") from error


def _refused(message: str) -> RequestError:
    return RequestError(message, code="invalid_value", hint="Look for the JSON in the server's documentation instead.")
