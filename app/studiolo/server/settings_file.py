"""The file of the settings: a person may edit it, another version may have written it, a disk may have ruined it."""

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.settings import SECRET, SECRETS, ServerSettings
from studiolo.errors import RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.network.offline_mark import OfflineMark
from studiolo.server.notices import Notices
from studiolo.server.settings_checks import check_settings, sound_entries
from studiolo.server.settings_secrets import SettingsSecrets
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside, was_set_aside

logger = logging.getLogger(__name__)

_GUARDS = ("require_authentication", "serve_without_authentication")
"""Where one of these can't be read, nobody knows what was open: so authentication is on."""

_MOST_ROUNDS = 10
"""What holds an entry may be wrong without it, too."""


class SettingsFile:
    """Whatever became of the file, a server that reads it is never more open than before."""

    def __init__(self, path: Path, notices: Notices) -> None:
        self.path = path
        self._notices = notices
        self._mark = OfflineMark(path)
        self._secrets = SettingsSecrets(path.with_name("server_secrets.json"), notices)
        self._unknown: dict[str, Any] = {}
        """What a later version wrote; it is written back."""

    def load(self, *, guarded: bool = False) -> ServerSettings:
        """Return the settings; what can't be used is kept aside and told of.

        It falls back to its default, but authentication to being on, and so does the offline switch where it was on.

        guarded: there are tokens, so that settings were kept: a file that is not there was lost.
        """
        try:
            data = read_json(self.path)
            if not isinstance(data, dict):
                raise DamagedError("it holds no settings")
        except FileNotFoundError:
            if not guarded and not was_set_aside(self.path):
                return self._with_mark(ServerSettings())
            self._notices.add(f"{self.path} is lost. The defaults are in force, and authentication is on.")
        except DamagedError as error:
            kept = kept_as(set_aside(self.path))
            self._notices.add(
                f"{self.path} is damaged: {error}. {kept} The defaults are in force, and authentication is on."
            )
        else:
            return self._understood(data)
        settings = self._with_mark(ServerSettings(require_authentication=True))
        self._write_if_possible(settings)
        return settings

    def write(self, settings: ServerSettings) -> None:
        """Write the settings. Raises StorageError."""
        # Only what differs from the default: a better default of a later version then reaches everybody else.
        known = settings.without_secrets().model_dump(mode="json", exclude_defaults=True)
        content = json.dumps(self._unknown | known, indent=2) + "\n"
        try:
            if settings.offline:
                self._mark.put(True)
            self._secrets.write(settings)
            write_atomically(self.path, content.encode(), private=True)
            if not settings.offline:
                self._mark.put(False)
        except OSError as error:
            raise StorageError(
                "The settings could not be saved, so nothing was changed.", hint=f"{self.path}: {error.strerror}."
            ) from error

    def _understood(self, data: dict[str, Any]) -> ServerSettings:
        self._unknown = {name: value for name, value in data.items() if name not in ServerSettings.model_fields}
        known = {name: value for name, value in data.items() if name in ServerSettings.model_fields}
        settings, bad, thinned = _valid(known)
        if "offline" in bad:
            settings = settings.model_copy(update={"offline": True})
        settings, refused, lost = _allowed(settings, closed=not bad.isdisjoint(_GUARDS))
        bad |= refused
        thinned = (thinned | lost) - bad
        if "hub_endpoint" in bad and settings.hub_token:
            # It was given for the hub that was meant, and another one would get it.
            settings = settings.model_copy(update={"hub_token": ""})
            bad.add("hub_token")
        plain = any(getattr(settings, name) not in ("", SECRET) for name in SECRETS)
        settings = self._with_secrets(settings)
        if plain and not (bad or thinned):
            self._write_if_possible(settings)  # An earlier version had them in this file.
        if bad or thinned:
            self._tell(bad, thinned, settings)
            self._write_if_possible(settings)
        return settings

    def _tell(self, bad: set[str], thinned: set[str], settings: ServerSettings) -> None:
        kept = kept_as(set_aside(self.path, copy=True))
        told = [f"{self.path}:"]
        if bad:
            told.append(f"{', '.join(sorted(bad))} can't be used as it stands there. The defaults are in force for it.")
        if thinned:
            told.append(f"Entries of {', '.join(sorted(thinned))} can't be used. They are left out.")
        told.append(kept)
        if "offline" in bad:
            told.append("The server stays offline until the setting is changed.")
        if bad and settings.require_authentication:
            told.append("Authentication is on.")
        self._notices.add(" ".join(told))

    def _with_mark(self, settings: ServerSettings) -> ServerSettings:
        """Return settings that could not be read, offline where they were so before."""
        if not self._mark.is_set:
            return settings
        self._notices.add(f"{self.path} can't tell any more whether the server works offline, so it does.")
        return settings.model_copy(update={"offline": True})

    def _with_secrets(self, settings: ServerSettings) -> ServerSettings:
        named = [name for name in SECRETS if getattr(settings, name) == SECRET]
        return settings.model_copy(update={name: self._secrets.read(name, settings) for name in named})

    def _write_if_possible(self, settings: ServerSettings) -> None:
        """So that the next start knows what this one found out."""
        try:
            self.write(settings)
        except StorageError as error:
            logger.warning("%s", error)


def _valid(known: dict[str, Any]) -> tuple[ServerSettings, set[str], set[str]]:
    """Return the settings, the names of those that are no such values, and of those that had entries which are none.

    Those entries are taken out of what is given.
    """
    bad = {name for name, value in known.items() if value is None}
    known = {name: value for name, value in known.items() if name not in bad}
    thinned: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        try:
            return ServerSettings.model_validate(known), bad, thinned - bad
        except ValidationError as error:
            places = [problem["loc"] for problem in error.errors(include_url=False, include_input=False)]
        # From the last entry of a list to its first: those before one that is left out keep their numbers.
        for place in reversed([*dict.fromkeys(_entry_at(known, place) for place in places)]):
            holder: Any = known
            with suppress(LookupError):  # What held it is gone.
                for step in place[:-1]:
                    holder = holder[step]
                del holder[place[-1]]
            (thinned if place[1:] else bad).add(str(place[0]))
    bad |= {str(place[0]) for place in places}
    return ServerSettings.model_validate({name: known[name] for name in known.keys() - bad}), bad, thinned - bad


def _entry_at(known: dict[str, Any], place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """As much of the way to a mistake as leads through what is there: the rest of it says what was expected."""
    value: Any = known
    for length, step in enumerate(place):
        there = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        if not there:
            return place[:length]
        value = value[step]
    return place


def _allowed(settings: ServerSettings, *, closed: bool) -> tuple[ServerSettings, set[str], set[str]]:
    """Return the settings without what can't be, the names of that, and of what has entries that can't be.

    closed: authentication is on in any case.
    """
    refused: set[str] = set()
    if closed:
        settings = settings.model_copy(update={"require_authentication": True})
    kept = sound_entries(settings)
    settings = settings.model_copy(update=kept)
    while True:
        try:
            check_settings(settings)
        except RequestError as error:
            name = error.param
            if name is None or name in refused:
                raise
            refused.add(name)
            settings = settings.model_copy(
                update={name: ServerSettings.model_fields[name].get_default(call_default_factory=True)}
            )
        else:
            return settings, refused, set(kept)
