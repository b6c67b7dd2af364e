"""The desktop's message bus on Linux: connected when it is needed, and again after it was lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus


class SessionBus:
    """listen: interface to what is told of its signals: the member, and its arguments."""

    def __init__(self, listen: dict[str, Callable[[str, list[Any]], None]]) -> None:
        self._listen = listen
        self._bus: MessageBus | None = None
        self._lock = asyncio.Lock()

    async def call(self, name: str, path: str, member: str, signature: str, body: list[Any]) -> list[Any]:
        """Return what the member of the interface `name` of the service `name` answers.

        Raises OSError where it does not.
        """
        from dbus_fast import Message, MessageType

        bus = await self._connected()
        try:
            reply = await bus.call(
                Message(destination=name, path=path, interface=name, member=member, signature=signature, body=body)
            )
        except Exception as error:  # The library raises what the socket does, EOFError, and its own.
            self.close()
            raise OSError(f"the bus is gone: {error!r}") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            raise OSError(f"{name} refused: {reply.error_name if reply else 'no answer'}")
        return list(reply.body)

    async def emit(self, interface: str, path: str, member: str, signature: str, body: list[Any]) -> None:
        """Tell whoever listens. Raises OSError where there is no bus."""
        from dbus_fast import Message

        bus = await self._connected()
        await bus.send(Message.new_signal(path, interface, member, signature, body))

    def close(self) -> None:
        """Leave the bus; it is joined again when it is needed."""
        bus, self._bus = self._bus, None
        if bus:
            with suppress(Exception):
                bus.disconnect()

    async def _connected(self) -> "MessageBus":
        # Importing it takes as long as a paint, and only a desktop that has something to tell needs it.
        from dbus_fast import Message
        from dbus_fast.aio import MessageBus

        async with self._lock:
            if self._bus is not None and self._bus.connected:
                return self._bus
            try:
                bus = await MessageBus().connect()
                bus.add_message_handler(self._received)
                for interface in self._listen:
                    await bus.call(
                        Message(
                            destination="org.freedesktop.DBus",
                            path="/org/freedesktop/DBus",
                            interface="org.freedesktop.DBus",
                            member="AddMatch",
                            signature="s",
                            body=[f"type='signal',interface='{interface}'"],
                        )
                    )
            except Exception as error:  # No address, no socket, no authentication: each in its own class.
                raise OSError(f"there is no bus: {error!r}") from error
            self._bus = bus
            return bus

    def _received(self, message: Any) -> None:
        if handler := self._listen.get(message.interface or ""):
            handler(message.member, list(message.body))
