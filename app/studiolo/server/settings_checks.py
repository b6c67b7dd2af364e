"""Which settings can't be, or would open more than their owner may have meant."""

from pathlib import Path
from urllib.parse import urlsplit

from studiolo.api.settings import LEAST_CONTEXT, LONGEST_ORIGIN, SECRETS, ServerSettings
from studiolo.errors import RequestError
from studiolo.hub.huggingface import endpoint_in_force, is_host, is_token, origin


def check_settings(settings: ServerSettings) -> None:
    """Raise RequestError, which names the setting, for what can't be."""
    if settings.serve_on_network and not (settings.require_authentication or settings.serve_without_authentication):
        raise RequestError(
            "The network is not served without authentication.",
            param="serve_on_network",
            code="invalid_value",
            hint="Switch require_authentication on, or confirm with serve_without_authentication.",
        )
    if settings.allow_mcp_json and not settings.require_authentication:
        raise RequestError(
            "Servers from mcp.json may only be used with authentication.",
            param="allow_mcp_json",
            code="invalid_value",
            hint="Switch require_authentication on.",
        )
    if 0 < settings.default_context_length < LEAST_CONTEXT:
        raise RequestError(
            f"'default_context_length' is at least {LEAST_CONTEXT} tokens.",
            param="default_context_length",
            code="invalid_value",
            hint="0 leaves it to the model and the free memory.",
        )
    if settings.hub_endpoint:
        try:
            endpoint_in_force(settings.hub_endpoint)
        except RequestError as error:
            raise RequestError(error.message, param="hub_endpoint", code="invalid_value", hint=error.hint) from error
    if settings.catalog_url and not _is_address(settings.catalog_url):
        raise _refused("catalog_url", settings.catalog_url, "It begins with https:// or http://.")
    for folder in settings.model_folders:
        if not _is_folder(folder):
            raise _refused("model_folders", folder, "A folder is given as an absolute path.")
    for peer in settings.download_peers:
        if not _is_address(peer if "://" in peer else f"http://{peer}"):
            raise _refused("download_peers", peer, "It is an address such as 192.168.1.5:1234.")
    for host in settings.allowed_hosts:
        if not is_host(host.strip().removeprefix("*.")):
            raise _refused(
                "allowed_hosts", host, "It is a name such as box.example.com, or *.ts.net for all below one."
            )
    for allowed in settings.allowed_origins:
        if not _is_origin(allowed.strip()):
            raise _refused("allowed_origins", allowed, "It is an address such as https://notes.example.com.")
    for name in SECRETS:
        if not is_token(getattr(settings, name)):
            raise _refused(name, "", "It has characters in it that no token has: copy it again, all of it.")
    for name, texts in _texts_of(settings):
        if any(_has_control_characters(text) for text in texts):
            raise _refused(name, "", "It has characters that can't be shown.")


def _texts_of(settings: ServerSettings) -> list[tuple[str, list[str]]]:
    found = []
    for name, value in settings:
        texts = [value] if isinstance(value, str) else value if isinstance(value, list | dict) else []
        found.append((name, [text for text in texts if isinstance(text, str)]))
    return found


def _is_address(text: str) -> bool:
    try:
        scheme, host, _ = origin(text)
        return scheme in ("http", "https") and is_host(host) and not urlsplit(text).username
    except ValueError:
        return False


def _is_origin(text: str) -> bool:
    """Of a page or a program, "null", or a pattern with stars."""
    return len(text) <= LONGEST_ORIGIN and (text == "null" or "*" in text or bool(text.partition("://")[2]))


def _is_folder(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        return Path(text).expanduser().is_absolute()
    except RuntimeError:  # The home of a user who is not there.
        return False


def _has_control_characters(text: str) -> bool:
    return any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


def _refused(name: str, value: str, hint: str) -> RequestError:
    shown = f" '{value[:80]!s}'" if value and not _has_control_characters(value) else ""
    return RequestError(f"'{name}' can't be set to{shown or ' that'}.", param=name, code="invalid_value", hint=hint)
