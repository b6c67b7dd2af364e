"""The file of the settings: a person may edit it, another version may have written it, a disk may have ruined it."""

import json
import logging
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.settings import ServerSettings
from studiolo.errors import RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.server.notices import Notices
from studiolo.server.settings_checks import check_settings
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside, was_set_aside

logger = logging.getLogger(__name__)

_GUARDS = ("require_authentication", "serve_without_authentication")
"""Where one of these can't be read, nobody knows what was open: so authentication is on."""


class SettingsFile:
    """Whatever became of the file, a server that reads it is never more open than before."""

    def __init__(self, path: Path, notices: Notices) -> None:
        self.path = path
        self._notices = notices
        self._unknown: dict[str, Any] = {}
        """What a later version wrote; it is written back."""

    def load(self, *, guarded: bool = False) -> ServerSettings:
        """Return the settings; what can't be used is kept aside and told of.

        It falls back to its default, but authentication to being on.

        guarded: there are tokens, so that settings were kept: a file that is not there was lost.
        """
        try:
            data = read_json(self.path)
            if not isinstance(data, dict):
                raise DamagedError("it holds no settings")
        except FileNotFoundError:
            if not guarded and not was_set_aside(self.path):
                return ServerSettings()
            self._notices.add(f"{self.path} is lost. The defaults are in force, and authentication is on.")
        except DamagedError as error:
            kept = kept_as(set_aside(self.path))
            self._notices.add(
                f"{self.path} is damaged: {error}. {kept} The defaults are in force, and authentication is on."
            )
        else:
            return self._understood(data)
        settings = ServerSettings(require_authentication=True)
        self._write_if_possible(settings)
        return settings

    def write(self, settings: ServerSettings) -> None:
        """Raises StorageError."""
        # Only what differs from the default: a better default of a later version then reaches everybody else.
        known = settings.model_dump(mode="json", exclude_defaults=True)
        content = json.dumps(self._unknown | known, indent=2) + "\n"
        try:
            # There are tokens in it.
            write_atomically(self.path, content.encode(), private=True)
        except OSError as error:
            raise StorageError(
                "The settings could not be saved, so nothing was changed.", hint=f"{self.path}: {error.strerror}."
            ) from error

    def _understood(self, data: dict[str, Any]) -> ServerSettings:
        self._unknown = {name: value for name, value in data.items() if name not in ServerSettings.model_fields}
        known = {name: value for name, value in data.items() if name in ServerSettings.model_fields}
        bad = {name for name, value in known.items() if value is None}
        try:
            settings = ServerSettings.model_validate(known)
        except ValidationError as error:
            bad |= {str(problem["loc"][0]) for problem in error.errors()}
            settings = ServerSettings.model_validate({name: known[name] for name in known.keys() - bad})
        settings, refused = _allowed(settings, closed=not bad.isdisjoint(_GUARDS))
        bad |= refused
        if bad:
            kept = kept_as(set_aside(self.path, copy=True))
            names = ", ".join(sorted(bad))
            also = " Authentication is on." if settings.require_authentication else ""
            self._notices.add(
                f"{self.path}: {names} can't be used as it stands there. {kept} The defaults are in force for it.{also}"
            )
            self._write_if_possible(settings)
        return settings

    def _write_if_possible(self, settings: ServerSettings) -> None:
        """So that the next start knows what this one found out."""
        try:
            self.write(settings)
        except StorageError as error:
            logger.warning("%s", error)


def _allowed(settings: ServerSettings, *, closed: bool) -> tuple[ServerSettings, set[str]]:
    """The settings without what can't be, and the names of that. closed: authentication is on in any case."""
    refused: set[str] = set()
    if closed:
        settings = settings.model_copy(update={"require_authentication": True})
    while True:
        try:
            check_settings(settings)
        except RequestError as error:
            name = error.param
            if name is None or name in refused:
                raise
            refused.add(name)
            settings = settings.model_copy(update={name: _what_can_be(settings, name)})
        else:
            return settings, refused


def _what_can_be(settings: ServerSettings, name: str) -> Any:
    """The entries of a list that are not refused themselves; the default of anything else."""
    value = getattr(settings, name)
    if not isinstance(value, list):
        return ServerSettings.model_fields[name].get_default(call_default_factory=True)
    return [entry for entry in value if _is_allowed(settings.model_copy(update={name: [entry]}), name)]


def _is_allowed(settings: ServerSettings, name: str) -> bool:
    try:
        check_settings(settings)
    except RequestError as error:
        return error.param != name
    return True
