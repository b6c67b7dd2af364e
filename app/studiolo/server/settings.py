"""The settings in force, and what may be changed in them."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.settings import SECRET, SECRETS, ServerSettings
from studiolo.errors import RequestError
from studiolo.network.certificates import check_certificates
from studiolo.server.notices import Notices
from studiolo.server.settings_checks import check_settings
from studiolo.server.settings_file import SettingsFile
from studiolo.server.settings_secrets import belonging, peers_of

logger = logging.getLogger(__name__)


class ServerSettingsStore:
    """`current` is in force; what is changed is on disk before it is in force."""

    def __init__(self, file: Path, *, guarded: bool = False, notices: Notices | None = None) -> None:
        """guarded: there are tokens, so that a file which is lost must have been there; see SettingsFile.load."""
        self._file = SettingsFile(file, notices or Notices())
        self.current = self._file.load(guarded=guarded)
        self._listeners: list[Callable[[ServerSettings], None]] = []

    def on_change(self, listener: Callable[[ServerSettings], None]) -> None:
        """Tell `listener` of every change, after it is in force."""
        self._listeners.append(listener)

    def change(self, changes: dict[str, Any]) -> ServerSettings:
        """Change some settings, all or none. Raises RequestError for a value that can't be, StorageError."""
        changes = {name: value for name, value in changes.items() if not (name in SECRETS and value == SECRET)}
        try:
            changed = ServerSettings.model_validate(self.current.model_dump() | changes)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            raise RequestError(
                f"'{name}' can't be set to that: {problem['msg']}.", param=name, code="invalid_value"
            ) from error
        check_settings(changed)
        if changed.extra_certificates and changed.extra_certificates != self.current.extra_certificates:
            check_certificates(changed.extra_certificates)
        changed = _without_stray_secrets(self.current, changed, frozenset(changes))
        self._file.write(changed)
        self.current = changed
        for listener in self._listeners:
            listener(changed)
        return changed

    def ensure_kept(self) -> None:
        """Have the settings in a file even where all are the defaults. Raises StorageError.

        From then on a file that is not there was lost, and nobody takes the defaults for what was meant.
        """
        if not self._file.path.is_file():
            self._file.write(self.current)


def _without_stray_secrets(before: ServerSettings, after: ServerSettings, changed: frozenset[str]) -> ServerSettings:
    """A secret goes to whom it was given for: one that is to go to another address must be given anew."""
    dropped = {
        name: ""
        for name in ("hub_token", "proxy_password")
        if name not in changed and belonging(name, before) != belonging(name, after)
    }
    if "download_peer_token" not in changed and not peers_of(after) <= peers_of(before):
        dropped["download_peer_token"] = ""
    return after.model_copy(update=dropped)
