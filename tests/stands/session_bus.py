"""A desktop's message bus of its own, with a panel's tray and a notification service on it."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from dbus_fast import Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_property, method, signal

_Strings = Annotated[list[str], DBusSignature("as")]
_Named = Annotated[dict[str, Variant], DBusSignature("a{sv}")]

ITEM = "org.kde.StatusNotifierItem"
_MENU = "com.canonical.dbusmenu"


class _Watcher(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.kde.StatusNotifierWatcher")
        self.items: list[str] = []

    @method()
    def RegisterStatusNotifierItem(self, service: DBusStr) -> None:
        self.items.append(service)

    @method()
    def RegisterStatusNotifierHost(self, service: DBusStr) -> None:
        pass

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(self) -> _Strings:
        return self.items

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> DBusBool:
        return True

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> DBusInt32:
        return 0

    @signal()
    def StatusNotifierHostRegistered(self) -> None:
        pass


class _Notifications(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.freedesktop.Notifications")
        self.shown: list[tuple[str, str, list[str]]] = []

    @method()
    def GetCapabilities(self) -> _Strings:
        return ["body", "actions"]

    @method()
    def GetServerInformation(self) -> Annotated[tuple[str, str, str, str], DBusSignature("ssss")]:
        return "stand", "tests", "1", "1.2"

    @method()
    def Notify(
        self,
        app: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        title: DBusStr,
        text: DBusStr,
        actions: _Strings,
        hints: _Named,
        timeout: DBusInt32,
    ) -> DBusUInt32:
        self.shown.append((title, text, actions))
        return len(self.shown)

    @method()
    def CloseNotification(self, number: DBusUInt32) -> None:
        pass

    @signal()
    def ActionInvoked(self, number: int, key: str) -> Annotated[tuple[int, str], DBusSignature("us")]:
        return number, key


@dataclass
class Panel:
    """What a panel would see of the programs. `address` is that of the bus; `docks`: what launchers were told."""

    address: str
    bus: MessageBus
    watcher: _Watcher
    notifications: _Notifications
    docks: list[dict[str, Any]] = field(default_factory=list)

    async def get(self, name: str) -> Any:
        """A property of the first item in the tray."""
        body = await self._call("org.freedesktop.DBus.Properties", "/StatusNotifierItem", "Get", "ss", [ITEM, name])
        return body[0].value

    async def picture(self) -> tuple[int, bytes]:
        """The side of the largest picture of the icon, and its pixels: alpha, red, green, blue."""
        width, _, data = max(await self.get("IconPixmap"))
        return width, bytes(data)

    async def tip(self) -> str:
        tip = await self.get("ToolTip")
        return f"{tip[2]}\n{tip[3]}"

    async def menu(self) -> dict[str, int]:
        """What can be chosen, with the titles of submenus before it ("owl Q4 / Pause"), to its number."""
        path = await self.get("Menu")
        await self._call(_MENU, path, "AboutToShow", "i", [0])
        _, layout = await self._call(_MENU, path, "GetLayout", "iias", [0, -1, []])
        found: dict[str, int] = {}
        _collect(layout, "", found)
        return found

    async def choose(self, label: str) -> None:
        number = (await self.menu())[label]
        path = await self.get("Menu")
        await self._call(_MENU, path, "Event", "isvu", [number, "clicked", Variant("s", ""), 0])

    def click(self, number: int) -> None:
        """Click a notification, the first one being 1."""
        self.notifications.ActionInvoked(number, "default")

    async def _call(self, interface: str, path: str, member: str, signature: str, body: list[Any]) -> list[Any]:
        service = self.watcher.items[-1].partition("/")[0]
        reply = await self.bus.call(
            Message(destination=service, path=path, interface=interface, member=member, signature=signature, body=body)
        )
        assert reply
        assert reply.message_type is not MessageType.ERROR, reply.body
        return reply.body


@asynccontextmanager
async def session_bus(*, tray: bool = True) -> AsyncIterator[Panel]:
    """A bus of its own, as long as the context lasts."""
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address", "--nopidfile"], stdout=subprocess.PIPE, text=True
    )
    assert daemon.stdout
    address = (await asyncio.to_thread(daemon.stdout.readline)).strip()
    bus = await MessageBus(bus_address=address).connect()
    panel = Panel(address, bus, _Watcher(), _Notifications())
    bus.export("/StatusNotifierWatcher", panel.watcher)
    bus.export("/org/freedesktop/Notifications", panel.notifications)
    if tray:
        await bus.request_name("org.kde.StatusNotifierWatcher")
    await bus.request_name("org.freedesktop.Notifications")
    bus.add_message_handler(lambda message: _take_dock(panel, message))
    await bus.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=["type='signal',interface='com.canonical.Unity.LauncherEntry'"],
        )
    )
    try:
        yield panel
    finally:
        bus.disconnect()
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()


def environment(panel: Panel) -> dict[str, str]:
    """What a program needs to be on the bus."""
    return os.environ | {"DBUS_SESSION_BUS_ADDRESS": panel.address}


def _take_dock(panel: Panel, message: Message) -> None:
    if message.interface == "com.canonical.Unity.LauncherEntry":
        panel.docks.append({name: value.value for name, value in message.body[1].items()})


def _collect(layout: list[Any], above: str, found: dict[str, int]) -> None:
    number, properties, children = layout
    label = properties["label"].value.replace("_", "") if "label" in properties else ""
    if "visible" in properties and not properties["visible"].value:
        return
    title = f"{above}{label}"
    if label and not children and properties.get("enabled", Variant("b", True)).value:
        found[title] = number
    for child in children:
        _collect(child.value, f"{title} / " if label else above, found)
