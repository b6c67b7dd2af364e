"""Settings with a name, and what each model is asked for where a chat says nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.errors import RequestError

_FORMAT = "studiolo-presets"


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings that a person gave a name, to be used for other chats."""

    name: str
    settings: ChatSettings


def presets_from(kept: Any) -> list[Preset]:
    """Return presets as the history has them; what can't be read is left out."""
    entries = kept if isinstance(kept, list) else []
    return [
        Preset(entry["name"], ChatSettings.read(entry["settings"]))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("settings"), dict)
    ]


def kept_presets(presets: list[Preset]) -> list[dict[str, Any]]:
    """Return presets as the history keeps them."""
    return [{"name": preset.name, "settings": preset.settings.changed} for preset in presets]


def with_preset(presets: list[Preset], added: Preset) -> list[Preset]:
    """Return presets with another one, in the order of their names; one of the same name is replaced."""
    others = [preset for preset in presets if preset.name.casefold() != added.name.casefold()]
    return sorted([*others, added], key=lambda preset: preset.name.casefold())


def presets_to_json(presets: list[Preset]) -> str:
    """Return a file for another machine."""
    return json.dumps({"format": _FORMAT, "version": 1, "presets": kept_presets(presets)}, indent=2) + "\n"


def presets_from_json(text: str, name: str) -> list[Preset]:
    """Return those of a file called `name`. Raises RequestError."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, str(error)) from error
    presets = presets_from(whole.get("presets")) if isinstance(whole, dict) and whole.get("format") == _FORMAT else []
    if not presets:
        raise _unreadable(name, "")
    return presets


def defaults_from(kept: Any) -> dict[str, ChatSettings]:
    """Return the settings of each model, by its key."""
    entries = kept if isinstance(kept, Mapping) else {}
    return {
        key: ChatSettings.read(entry)
        for key, entry in entries.items()
        if isinstance(key, str) and isinstance(entry, dict)
    }


def _unreadable(name: str, details: str) -> RequestError:
    return RequestError(
        f"{name} has no presets.", hint="Choose a file that was exported from Studiolo.", details=details
    )
