"""Notifications, and what a click on one means.

On Linux they go to `org.freedesktop.Notifications` themselves: Qt's own, over the tray, can't tell which one was
clicked, and has none where there is no tray. Elsewhere the tray shows them.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any

from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.tray.bus import SessionBus
from studiolo.desktop.tray.tray import Tray

logger = logging.getLogger(__name__)

NOTIFICATIONS = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_KEPT = 50
_CLICK_SECONDS = 2.0


class Notifier:
    """bus: None where the platform has none."""

    def __init__(self, tray: Tray, bus: SessionBus | None, report: Report) -> None:
        self._tray = tray
        self._bus = bus
        self._scope = TaskScope(None, report)
        self._clicks: dict[int, Callable[[], None]] = {}
        self._last: Callable[[], None] | None = None
        tray.message_clicked.connect(self._tray_clicked)

    def notify(self, title: str, text: str, clicked: Callable[[], None]) -> None:
        """Show it; `clicked` is called if somebody clicks it."""
        self._scope.start(self._notify(title, text, clicked))

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def received(self, member: str, body: list[Any]) -> None:
        """Hear what the desktop's service says of a notification."""
        if member == "ActivationToken":
            # On Wayland only who holds one may bring a window to the front: Qt looks for it here.
            os.environ["XDG_ACTIVATION_TOKEN"] = str(body[1])
        elif member == "ActionInvoked":
            # The answer that gave it its number may have come with the same bytes, and is taken in first.
            asyncio.get_running_loop().call_soon(self._clicked, int(body[0]))
        elif member == "NotificationClosed":
            # Some services close it first and tell of the click afterwards.
            asyncio.get_running_loop().call_later(_CLICK_SECONDS, self._clicks.pop, int(body[0]), None)

    async def _notify(self, title: str, text: str, clicked: Callable[[], None]) -> None:
        if self._bus is not None:
            try:
                await self._send(self._bus, title, text, clicked)
                return
            except OSError as error:
                logger.info("no notification over the bus: %s", error)
        self._last = clicked
        self._tray.icon.showMessage(title, text)

    async def _send(self, bus: SessionBus, title: str, text: str, clicked: Callable[[], None]) -> None:
        from dbus_fast import Variant

        hints = {"desktop-entry": Variant("s", "studiolo")}
        body = ["Studiolo", 0, "studiolo", title, _escaped(text), ["default", title], hints, -1]
        answer = await bus.call(NOTIFICATIONS, _PATH, "Notify", "susssasa{sv}i", body)
        self._clicks[int(answer[0])] = clicked
        while len(self._clicks) > _KEPT:
            del self._clicks[next(iter(self._clicks))]

    def _clicked(self, number: int) -> None:
        if clicked := self._clicks.pop(number, None):
            clicked()

    def _tray_clicked(self) -> None:
        if self._last:
            self._last()


def _escaped(text: str) -> str:
    """A notification's body may be markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
