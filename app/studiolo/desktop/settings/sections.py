"""The sections of the dialog of settings as data, and what a section shows beside fields of the schemas.

A field of `DesktopSettings` or `ServerSettings` says by `x-section` where it is shown. What is no field (a table of
shortcuts, the version) is a panel: a widget that is made when its section is looked at first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtWidgets import QWidget

PanelFactory = Callable[[QWidget], QWidget]


@dataclass(frozen=True)
class SettingsSection:
    """A part of the settings.

    id: What a field's `x-section` says.
    title: Untranslated; see `setting_text`.
    icon: A name of `widgets.icons`.
    words: Untranslated; what else somebody may search for.
    groups: The order of its groups of fields (`x-group`); others follow as they come.
    """

    id: str
    title: Any
    icon: str
    words: Any = ""
    groups: Sequence[str] = ()


GENERAL, APPEARANCE, CHAT, MODELS, DOWNLOADS = "general", "appearance", "chat", "models", "downloads"
SERVER, NETWORK, PRIVACY, NOTIFICATIONS = "server", "network", "privacy", "notifications"
SHORTCUTS, ADVANCED, ABOUT = "shortcuts", "advanced", "about"

SECTIONS = (
    SettingsSection(GENERAL, QT_TRANSLATE_NOOP("Settings", "General"), "cog-outline"),
    SettingsSection(
        APPEARANCE,
        QT_TRANSLATE_NOOP("Settings", "Appearance"),
        "palette-outline",
        QT_TRANSLATE_NOOP("Settings", "look theme font size colours"),
    ),
    SettingsSection(CHAT, QT_TRANSLATE_NOOP("Settings", "Chat"), "message-outline"),
    SettingsSection(
        MODELS,
        QT_TRANSLATE_NOOP("Settings", "Models"),
        "cube-outline",
        QT_TRANSLATE_NOOP("Settings", "load memory context"),
        groups=("Files", "Context", "Loading", "Memory"),
    ),
    SettingsSection(
        DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Downloads"),
        "download-outline",
        groups=("Speed", "Disk and power", "Between servers"),
    ),
    SettingsSection(
        SERVER,
        QT_TRANSLATE_NOOP("Settings", "Server"),
        "server",
        QT_TRANSLATE_NOOP("Settings", "api network access"),
        groups=("Address", "Who may use it", "Tools"),
    ),
    SettingsSection(
        NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Network"),
        "web",
        QT_TRANSLATE_NOOP("Settings", "proxy certificate internet pac test connection"),
        groups=("Hub", "Proxy of the server", "Certificates of the server"),
    ),
    SettingsSection(
        PRIVACY,
        QT_TRANSLATE_NOOP("Settings", "Privacy"),
        "shield-check-outline",
        QT_TRANSLATE_NOOP("Settings", "offline log data connections ledger"),
    ),
    SettingsSection(
        NOTIFICATIONS,
        QT_TRANSLATE_NOOP("Settings", "Notifications"),
        "bell-outline",
        QT_TRANSLATE_NOOP("Settings", "tray alerts quiet"),
        groups=("Notifications", "Tray"),
    ),
    SettingsSection(
        SHORTCUTS,
        QT_TRANSLATE_NOOP("Settings", "Shortcuts"),
        "keyboard-outline",
        QT_TRANSLATE_NOOP("Settings", "keys keyboard hotkeys"),
    ),
    SettingsSection(
        ADVANCED,
        QT_TRANSLATE_NOOP("Settings", "Advanced"),
        "tune-variant",
        QT_TRANSLATE_NOOP("Settings", "folder logs reset data"),
    ),
    SettingsSection(
        ABOUT,
        QT_TRANSLATE_NOOP("Settings", "About"),
        "information-outline",
        QT_TRANSLATE_NOOP("Settings", "version licence license crash"),
    ),
)


class SectionPanels:
    """What sections show beside fields: each widget is made when its section is looked at first."""

    def __init__(self) -> None:
        self._factories: dict[str, list[PanelFactory]] = {}
        self._above: dict[str, list[PanelFactory]] = {}

    def add(self, section: str, factory: PanelFactory, *, above: bool = False) -> None:
        """Show a panel in a section, below its fields or above them.

        factory: is given the widget that the panel is to be in.

        Raises ValueError for a section that is not there.
        """
        if section not in {one.id for one in SECTIONS}:
            raise ValueError(f"there is no section {section!r}")
        (self._above if above else self._factories).setdefault(section, []).append(factory)

    def above(self, section: str) -> Sequence[PanelFactory]:
        """Return what makes the panels that a section shows first."""
        return tuple(self._above.get(section, ()))

    def of(self, section: str) -> Sequence[PanelFactory]:
        """Return what makes the panels of a section."""
        return tuple(self._factories.get(section, ()))
