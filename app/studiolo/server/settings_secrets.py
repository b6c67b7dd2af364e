"""The secrets of the settings: in a file of their own that only this user reads, each with whom it was given for.

A secret that was given for another address than the settings name now is not used, whatever kept the two files from
being written together.
"""

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from studiolo.api.settings import SECRETS, ServerSettings
from studiolo.errors import RequestError
from studiolo.files import write_atomically
from studiolo.hub.huggingface import endpoint_in_force, origin
from studiolo.server.notices import Notices
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)


class SettingsSecrets:
    """The file, and what it had when it was read or written last. Blocking."""

    def __init__(self, file: Path, notices: Notices) -> None:
        self._file = file
        self._notices = notices
        self._kept: dict[str, Any] | None = None

    def read(self, name: str, settings: ServerSettings) -> str:
        """Return a secret for whom the settings name; empty where there is none for it."""
        kept = self._read().get(name, {})
        return str(kept["value"]) if kept.get("for") == belonging(name, settings) else ""

    def write(self, settings: ServerSettings) -> None:
        """Keep those of the settings, no other, and what a newer version wrote. Raises OSError."""
        before = self._read()
        wanted = {name: value for name, value in before.items() if name not in SECRETS} | {
            name: {"for": belonging(name, settings), "value": value}
            for name in SECRETS
            if (value := getattr(settings, name))
        }
        if wanted == before:
            return
        if wanted:
            write_atomically(self._file, json.dumps(wanted, indent=1).encode(), private=True)
        else:
            self._file.unlink(missing_ok=True)
        self._kept = wanted

    def _read(self) -> dict[str, Any]:
        if self._kept is None:
            self._kept = {}
            try:
                found = read_json(self._file)
                if not isinstance(found, dict):
                    raise DamagedError("it holds no secrets")
                self._kept = {name: value for name, value in found.items() if name not in SECRETS or _is_sound(value)}
                if len(self._kept) < len(found):
                    self._tell("some of it is no secret", copy=True)
            except FileNotFoundError:
                pass
            except DamagedError as error:
                self._tell(str(error))
        return self._kept

    def _tell(self, what: str, *, copy: bool = False) -> None:
        kept = kept_as(set_aside(self._file, copy=copy))
        self._notices.add(f"{self._file} is damaged: {what}. {kept} The tokens in it have to be given again.")


def _is_sound(kept: Any) -> bool:
    return isinstance(kept, dict) and isinstance(kept.get("for"), str) and isinstance(kept.get("value"), str)


def belonging(name: str, settings: ServerSettings) -> str:
    """Return whom a secret of the settings is for, in a text that is another for another address."""
    if name == "hub_token":
        return _hub(settings)
    if name == "proxy_password":
        # A script may name other proxies. Without one the text is what it was before there were scripts.
        return f"{settings.proxy_user}@{settings.proxy_address} {settings.proxy_script}".rstrip()
    return " ".join(sorted(peers_of(settings)))


def peers_of(settings: ServerSettings) -> set[str]:
    """Return the origins of the other servers."""
    found: set[str] = set()
    for peer in settings.download_peers:
        with suppress(ValueError):
            found.add(_told(origin(peer if "://" in peer else f"http://{peer}")))
    return found


def _hub(settings: ServerSettings) -> str:
    try:
        return _told(origin(endpoint_in_force(settings.hub_endpoint)))
    except (RequestError, ValueError):
        return settings.hub_endpoint


def _told(where: tuple[str, str, int | None]) -> str:
    return f"{where[0]}://{where[1]}:{where[2]}"
