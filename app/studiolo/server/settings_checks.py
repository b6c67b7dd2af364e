"""Which settings can't be, or would open more than their owner may have meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studiolo.api.model_defaults import LEAST_CONTEXT
from studiolo.api.settings import LONGEST_ORIGIN, SECRETS, ServerSettings
from studiolo.errors import RequestError
from studiolo.hub.huggingface import endpoint_in_force, is_host, is_token, origin
from studiolo.network.addresses import is_exception
from studiolo.network.proxies import is_proxy


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
    _check_network(settings)
    for name, (is_sound, hint) in _ENTRIES.items():
        for entry in getattr(settings, name):
            if not is_sound(entry):
                raise _refused(name, entry, hint)
    for name in SECRETS:
        if not is_token(getattr(settings, name)):
            raise _refused(name, "", "It has characters in it that no token has: copy it again, all of it.")
    for name, value in settings:
        if any(map(_has_control_characters, _texts_of(value))):
            raise _refused(name, "", "It has characters that can't be shown.")


def _check_network(settings: ServerSettings) -> None:
    if settings.proxy_address and not is_proxy(settings.proxy_address):
        hint = "It begins with http://, and its user name and password have settings of their own."
        raise _refused("proxy_address", "", hint)
    if settings.proxy_mode == "manual" and not settings.proxy_address:
        raise _refused("proxy_mode", "manual", "Set proxy_address as well.")
    if settings.proxy_mode == "script" and not settings.proxy_script:
        raise _refused("proxy_mode", "script", "Set proxy_script as well.")


def sound_entries(settings: ServerSettings) -> dict[str, Any]:
    """Return the fields with entries that are refused, without those: the others may be all that somebody set up."""
    kept: dict[str, Any] = {}
    for name, value in settings:
        is_sound, _ = _ENTRIES.get(name, (lambda _: True, ""))
        sound = [entry for entry in _texts_of(value) if is_sound(entry) and not _has_control_characters(entry)]
        if isinstance(value, list | dict) and len(sound) < len(value):
            kept[name] = {entry: value[entry] for entry in sound} if isinstance(value, dict) else sound
    return kept


def _texts_of(value: Any) -> Iterator[str]:
    """Return those that a setting is, or has as its entries or their names."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, list | dict) else []
    return (text for text in texts if isinstance(text, str))


def _is_peer(text: str) -> bool:
    return _is_address(text if "://" in text else f"http://{text}")


def _is_host_pattern(text: str) -> bool:
    return is_host(text.strip().removeprefix("*."))


def _is_address(text: str) -> bool:
    try:
        scheme, host, _ = origin(text)
        return scheme in ("http", "https") and is_host(host) and not urlsplit(text).username
    except ValueError:
        return False


def _is_origin(text: str) -> bool:
    """Of a page or a program, "null", or a pattern with stars."""
    text = text.strip()
    return len(text) <= LONGEST_ORIGIN and (text == "null" or "*" in text or bool(text.partition("://")[2]))


def _is_folder(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        return Path(text).expanduser().is_absolute()
    except RuntimeError:  # The home of a user who is not there.
        return False


_ENTRIES = {
    "model_folders": (_is_folder, "A folder is given as an absolute path."),
    "download_peers": (_is_peer, "It is an address such as 192.168.1.5:1234."),
    "allowed_hosts": (_is_host_pattern, "It is a name such as box.example.com, or *.ts.net for all below one."),
    "proxy_exceptions": (is_exception, "It is a name such as example.com, or a network such as 10.0.0.0/8."),
    "allowed_origins": (_is_origin, "It is an address such as https://notes.example.com."),
}
"""What each entry of a list must be, and what a person is told of one that is not."""


def _has_control_characters(text: str) -> bool:
    return any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


def _refused(name: str, value: str, hint: str) -> RequestError:
    shown = f" '{value[:80]!s}'" if value and not _has_control_characters(value) else ""
    return RequestError(f"'{name}' can't be set to{shown or ' that'}.", param=name, code="invalid_value", hint=hint)
