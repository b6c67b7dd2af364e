"""The fields of both schemas as the dialog shows them: what each is called, what it may be, and where it is shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import QCoreApplication

from studiolo.api.settings import SECRETS, ServerSettings
from studiolo.desktop.settings.schema import DesktopSettings

Owner = Literal["desktop", "server"]
MOST = 2_000_000_000

_KEY = re.compile(r"'([a-z_]+)'|\b([a-z]+(?:_[a-z]+)+)\b")
"""A key between quotation marks, or one that nobody would take for a word."""


class FieldKind(Enum):
    """What a person does with a field."""

    SWITCH = auto()
    CHOICE = auto()
    NUMBER = auto()
    SHARE = auto()
    """A number of percent, with a slider beside it."""
    TEXT = auto()
    SECRET = auto()
    ENTRIES = auto()
    HOURS = auto()
    """Two times of the day, of two fields."""
    MODELS = auto()
    """What was chosen for single models; here it can only be removed."""
    PANEL = auto()
    """A panel of the section shows it, not a row."""


@dataclass(frozen=True)
class SettingField:
    """A row of the dialog.

    owner: Whose setting it is.
    names: Of the schema's fields; two where a row shows a time's beginning and end.
    info: The first field's.
    kind: What a person does with it.
    """

    owner: Owner
    names: tuple[str, ...]
    info: FieldInfo
    kind: FieldKind

    @property
    def name(self) -> str:
        """Return the name of its first field."""
        return self.names[0]

    @property
    def section(self) -> str:
        """Return the id of the section that shows it; see sections.SECTIONS."""
        return str(self._extra.get("x-section", ""))

    @property
    def group(self) -> str:
        """Return what the fields around it are called together, untranslated; empty for nothing."""
        return str(self._extra.get("x-group", ""))

    @property
    def title(self) -> str:
        """Return what it is called, in the window's language."""
        return setting_text(str(self._extra.get("x-title") or self.info.title or self.name))

    @property
    def help(self) -> str:
        """Return what is said of it, in the window's language."""
        return setting_text(told_of(self.info))

    @property
    def words(self) -> str:
        """Return what else somebody may search for, in the window's language."""
        return setting_text(str(self._extra.get("x-words", "")))

    @property
    def titles(self) -> dict[str, str]:
        """Return the choices with what each is called, in the window's language."""
        titles = titles_of(self.info)
        return {choice: setting_text(titles.get(choice, choice)) for choice in choices_in(self.info)}

    @property
    def choices_from(self) -> str:
        """Return where the choices come from that only this machine knows ("languages"); empty for none."""
        return _source_of(self._extra)

    @property
    def entries(self) -> str:
        """Return what its entries are, where that makes a difference: "folders"."""
        return str(self._extra.get("x-entries", ""))

    @property
    def scale(self) -> float:
        """Return what its number is divided by to be shown."""
        return float(self._extra.get("x-scale", 1))

    @property
    def unit(self) -> str:
        """Return the unit of its number as it is shown, in the window's language."""
        return setting_text(str(self._extra.get("x-unit", "")))

    @property
    def step(self) -> float:
        """Return by how much an arrow key changes its number as it is shown."""
        return float(self._extra.get("x-step", 1))

    @property
    def none(self) -> str:
        """Return what its lowest number is called, in the window's language; empty if that is a number as others."""
        return setting_text(str(self._extra.get("x-none", "")))

    @property
    def whole(self) -> bool:
        """Return whether its number has no fraction as it is shown."""
        return self.info.annotation is int and self.scale == 1

    @property
    def range(self) -> tuple[float, float]:
        """Return the lowest and the highest number, as they are kept."""
        least, most = 0.0, float(MOST * self.scale)
        for part in self.info.metadata:
            least = float(getattr(part, "ge", getattr(part, "gt", least)) or 0)
            most = float(getattr(part, "le", getattr(part, "lt", most)) or most)
        return least, most

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the defaults of its fields."""
        model = MODELS_OF[self.owner]
        return {name: model.model_fields[name].get_default(call_default_factory=True) for name in self.names}

    @property
    def longest(self) -> int:
        """Return how many characters a text may have."""
        return next((part.max_length for part in self.info.metadata if hasattr(part, "max_length")), 4096)

    @property
    def _extra(self) -> dict[str, Any]:
        return _extra_of(self.info)


MODELS_OF: Mapping[Owner, type[BaseModel]] = {"desktop": DesktopSettings, "server": ServerSettings}


@cache
def setting_fields(owner: Owner) -> Sequence[SettingField]:
    """Return the rows for a schema's fields, in its order."""
    fields = MODELS_OF[owner].model_fields
    ends = {str(end): name for name, info in fields.items() if (end := _extra_of(info).get("x-ends"))}
    return tuple(
        SettingField(owner, (name, str(_extra_of(info)["x-ends"])) if name in ends.values() else (name,), info, kind)
        for name, info in fields.items()
        if name not in ends
        for kind in [_kind_of(name, info)]
    )


def choices_in(info: FieldInfo) -> Sequence[str]:
    """Return the values that a field may have, where they are words."""
    choices = get_args(info.annotation)
    return choices if choices and all(isinstance(choice, str) for choice in choices) else ()


def titles_of(info: FieldInfo) -> dict[str, str]:
    """Return what the choices of a field are called, untranslated, where it says so."""
    titles = _extra_of(info).get("titles")
    return {str(name): str(title) for name, title in titles.items()} if isinstance(titles, dict) else {}


def told_of(info: FieldInfo) -> str:
    """Return what is said of a field, untranslated: its description is for whoever writes its value by hand."""
    told = _extra_of(info).get("x-told")
    return str(told) if told is not None else info.description or ""


def setting_text(text: str) -> str:
    """Return a text of the schemas in the window's language; they are listed in settings.texts."""
    return QCoreApplication.translate("Settings", text) if text else ""


def in_words(text: str) -> str:
    """Return a server's text with what its settings are called in place of their keys."""
    titles = {name: one.title for one in setting_fields("server") for name in one.names}

    def replaced(found: re.Match[str]) -> str:
        title = titles.get(found[1] or found[2])
        return f"“{title}”" if title else found[0]

    return _KEY.sub(replaced, text)


def _extra_of(info: FieldInfo) -> dict[str, Any]:
    return dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}


def _source_of(extra: dict[str, Any]) -> str:
    return str(extra.get("x-choices") or ("code_fonts" if extra.get("x-kind") == "font" else ""))


def _kind_of(name: str, info: FieldInfo) -> FieldKind:
    extra = _extra_of(info)
    if extra.get("x-panel"):
        return FieldKind.PANEL
    if extra.get("x-ends"):
        return FieldKind.HOURS
    if name in SECRETS:
        return FieldKind.SECRET
    if choices_in(info) or _source_of(extra):
        return FieldKind.CHOICE
    if extra.get("x-unit") == "%":
        return FieldKind.SHARE
    if name == "model_defaults":
        return FieldKind.MODELS
    kinds: dict[Any, FieldKind] = {
        bool: FieldKind.SWITCH,
        int: FieldKind.NUMBER,
        float: FieldKind.NUMBER,
        str: FieldKind.TEXT,
        list[str]: FieldKind.ENTRIES,
    }
    # What nobody could edit in a row is a panel's.
    return kinds.get(info.annotation, FieldKind.PANEL)
