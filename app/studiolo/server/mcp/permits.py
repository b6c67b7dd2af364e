"""What a request may use of MCP: spec sections 5 to 7, before anything is answered or connected."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from studiolo.api.chat import EphemeralMcp, Integration, PluginIntegration
from studiolo.api.settings import ServerSettings
from studiolo.errors import AccessError, NotFoundError, RequestError
from studiolo.server.mcp.contract import Caller, ServerName, ServerSpec, Wanted, source_of

MOST_INTEGRATIONS = 64
_MOST_LABEL = 200
_MOST_ADDRESS = 8000
_MOST_HEADERS = 100
_MOST_HEADER = 16_000

_PLUGIN = "mcp/"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def wanted_servers(
    integrations: Sequence[Integration] | None,
    caller: Caller,
    settings: ServerSettings,
    plugin: Callable[[str], ServerSpec],
) -> list[Wanted]:
    """Return the servers that a request asks for.

    plugin: the spec of one of mcp.json by its label; raises NotFoundError.

    Raises:
        AccessError, RequestError: See Mcp.check.
        McpServerError: One of mcp.json is switched off, or lacks a variable or a secret.
    """
    integrations = integrations or ()
    if len(integrations) > MOST_INTEGRATIONS:
        raise _refused(f"A request uses at most {MOST_INTEGRATIONS} MCP servers.")
    wanted: list[Wanted] = []
    for integration in integrations:
        one = PluginIntegration(id=integration) if isinstance(integration, str) else integration
        if isinstance(one, PluginIntegration):
            _permit_plugin(one.id, caller, settings)
            spec = _of_mcp_json(one.id, plugin)
        else:
            _permit_ephemeral(one.server_label, caller, settings)
            spec = _ephemeral(one, private=settings.allow_private_mcp or caller.local)
        if any(other.spec.name.id == spec.name.id for other in wanted):
            raise _refused(f"The MCP server '{spec.name.id}' is named twice.", "Give each a label of its own.")
        wanted.append(Wanted(spec, None if one.allowed_tools is None else frozenset(one.allowed_tools)))
    return wanted


def _permit_plugin(plugin_id: str, caller: Caller, settings: ServerSettings) -> None:
    if caller.local:
        return
    shown = _shown(plugin_id)
    if not settings.allow_mcp_json:
        raise _forbidden(
            f"The plugin '{shown}' may not be used: this server does not allow servers from mcp.json.",
            "Switch the setting allow_mcp_json on.",
        )
    if caller.token is None:
        raise _forbidden(
            f"The plugin '{shown}' may only be used with an API token that has the permission 'mcp'.",
            "Send one as the header 'Authorization: Bearer <token>'.",
        )
    _permit_token(f"plugin '{shown}'", caller)


def _permit_ephemeral(label: str, caller: Caller, settings: ServerSettings) -> None:
    if caller.local:
        return
    shown = _shown(label)
    if not settings.allow_per_request_mcp:
        raise _forbidden(
            f"The MCP server '{shown}' may not be used: this server does not allow MCP servers that a request names.",
            "Switch the setting allow_per_request_mcp on.",
        )
    _permit_token(f"MCP server '{shown}'", caller)


def _permit_token(what: str, caller: Caller) -> None:
    if caller.token and not caller.token.allows("mcp"):
        raise _forbidden(
            f"The {what} may not be used: the token '{caller.token.name}' lacks the permission 'mcp'.",
            "Edit the token's permissions, or use another.",
        )


def _of_mcp_json(plugin_id: str, plugin: Callable[[str], ServerSpec]) -> ServerSpec:
    label = plugin_id.removeprefix(_PLUGIN)
    if plugin_id.startswith(_PLUGIN):
        try:
            return plugin(label)
        except NotFoundError:
            pass
    hint = "It is named mcp/<label>, with a label of mcp.json."
    raise _refused(f"No plugin '{_shown(plugin_id)}' is set up on this server.", hint)


def _ephemeral(server: EphemeralMcp, *, private: bool) -> ServerSpec:
    label = server.server_label
    if not label.strip() or len(label) > _MOST_LABEL or _CONTROL.search(label):
        raise _refused(f"A server_label has 1 to {_MOST_LABEL} characters that can be shown.")
    if label.startswith(_PLUGIN):
        raise _refused(f"The server_label '{_shown(label)}' is the name of a plugin.", "Choose another.")
    _check_address(server.server_url, label)
    headers = server.headers or {}
    sizes = [len(value) for value in headers.values()]
    odd = [name for name, value in headers.items() if not _HEADER_NAME.fullmatch(name) or not _is_value(value)]
    if odd or len(sizes) > _MOST_HEADERS or max(sizes, default=0) > _MOST_HEADER:
        raise _refused(f"The headers for the MCP server '{_shown(label)}' can't be sent.")
    return ServerSpec(
        ServerName(label, ephemeral=True),
        url=server.server_url,
        headers=dict(headers),
        private=private,
        source=source_of(url=server.server_url),
    )


def _is_value(text: str) -> bool:
    return _HEADER_VALUE.fullmatch(text) is not None


def _check_address(url: str, label: str) -> None:
    problem = "It begins with https:// or http://."
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        if good and (parts.username is not None or parts.password is not None):
            good, problem = False, "A password goes into headers, not into the address."
    except ValueError:
        good = False
    if not good or len(url) > _MOST_ADDRESS or _CONTROL.search(url) or " " in url:
        raise _refused(f"The server_url of '{_shown(label)}' is no address of an MCP server.", problem)


def _shown(name: str) -> str:
    return _CONTROL.sub("", name[:80])


def _forbidden(message: str, hint: str) -> AccessError:
    return AccessError(message, status=403, param="integrations", hint=hint)


def _refused(message: str, hint: str = "") -> RequestError:
    return RequestError(message, param="integrations", code="invalid_value", hint=hint)
