"""Progress on the icon in a dock or taskbar."""

import logging

from PySide6.QtGui import QGuiApplication

from studiolo.desktop.tray.bus import SessionBus

logger = logging.getLogger(__name__)

LAUNCHER = "com.canonical.Unity.LauncherEntry"
_PATH = "/app/studiolo/launcher"
_STEPS = 100


class DockBadge:
    """Elsewhere: the number of those under way, on the icon. Qt has no more than that."""

    async def show(self, _fraction: float | None, count: int) -> None:
        """Show a number at the icon of the dock; 0 is none."""
        QGuiApplication.instance().setBadgeNumber(count)  # type: ignore[union-attr]


class LauncherEntry:
    """On Linux: by the signal that Unity began with; KDE, Ubuntu's dock and others show it. Tells only what changed."""

    def __init__(self, bus: SessionBus) -> None:
        self._bus = bus
        self._told: tuple[int | None, int] = (None, 0)

    async def show(self, fraction: float | None, count: int) -> None:
        """Show progress at the launcher. fraction: 0 to 1, None for none; count: of what is under way."""
        step = round(fraction * _STEPS) if fraction is not None else None
        if (step, count) == self._told:
            return
        self._told = (step, count)
        from dbus_fast import Variant

        properties = {
            "progress": Variant("d", (step or 0) / _STEPS),
            "progress-visible": Variant("b", step is not None),
            "count": Variant("x", count),
            "count-visible": Variant("b", count > 1),
        }
        try:
            body = ["application://studiolo.desktop", properties]
            await self._bus.emit(LAUNCHER, _PATH, "Update", "sa{sv}", body)
        except OSError as error:
            logger.debug("no dock is told: %s", error)
