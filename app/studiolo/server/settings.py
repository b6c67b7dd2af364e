"""The settings in force: a JSON file that a person may edit, and that another version may have written."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.settings import SECRET, SECRETS, ServerSettings
from studiolo.errors import RequestError, StorageError
from studiolo.hub.huggingface import endpoint_in_force

logger = logging.getLogger(__name__)


class SettingsStore:
    """`current` is in force; what is changed is on disk before it is in force."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.current = load_settings(file)
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
        self._write(changed)
        self.current = changed
        for listener in self._listeners:
            listener(changed)
        return changed

    def _write(self, settings: ServerSettings) -> None:
        # Only what differs from the default: a better default of a later version then reaches everybody else.
        content = json.dumps(settings.model_dump(mode="json", exclude_defaults=True), indent=2) + "\n"
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # There are tokens in it.
            with open(fresh, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._file)
        except OSError as error:
            raise StorageError(
                "The settings could not be saved, so nothing was changed.", hint=f"{self._file}: {error.strerror}."
            ) from error


def check_settings(settings: ServerSettings) -> None:
    """Raise RequestError for settings that would open more than their owner may have meant."""
    if settings.serve_on_network and not (settings.require_authentication or settings.serve_without_authentication):
        raise RequestError(
            "The network is not served without authentication.",
            param="serve_on_network",
            code="invalid_value",
            hint="Switch require_authentication on, or confirm with serve_without_authentication.",
        )
    if settings.hub_endpoint:
        try:
            endpoint_in_force(settings.hub_endpoint)
        except RequestError as error:
            raise RequestError(error.message, param="hub_endpoint", code="invalid_value", hint=error.hint) from error
    if settings.allow_mcp_json and not settings.require_authentication:
        raise RequestError(
            "Servers from mcp.json may only be used with authentication.",
            param="allow_mcp_json",
            code="invalid_value",
            hint="Switch require_authentication on.",
        )


def load_settings(file: Path) -> ServerSettings:
    """The settings in `file`. A field that can't be used falls back to its default, and the log says so."""
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ServerSettings()
    except (OSError, ValueError) as error:
        logger.warning("%s can't be read, the defaults are used: %s", file, error)
        return ServerSettings()
    if not isinstance(data, dict):
        logger.warning("%s does not hold a JSON object, the defaults are used", file)
        return ServerSettings()
    try:
        return ServerSettings.model_validate(data)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors()}
        logger.warning("%s: the defaults are used for %s", file, ", ".join(sorted(bad)))
        return ServerSettings.model_validate({key: value for key, value in data.items() if key not in bad})
