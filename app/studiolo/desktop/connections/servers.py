"""The servers we know: our own, and any number of others; one of them is selected."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studiolo.client.certificates import SYSTEM, Certificate
from studiolo.client.client import Client
from studiolo.client.transport import normalize_address
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.known import NAME_CHARACTERS, KnownServer, KnownServersFile
from studiolo.desktop.connections.known import OWN as OWN
from studiolo.desktop.connections.known import host_of as host_of
from studiolo.desktop.connections.states import Lost, State
from studiolo.desktop.tasks import Report
from studiolo.errors import RequestError, StorageError, UnreachableError
from studiolo.network.network import Network
from studiolo.paths import Paths

if TYPE_CHECKING:
    from studiolo.keyring_store import Keys


@dataclass(frozen=True)
class RemovedServer:
    """What is needed to know a server again: what was known, its token, its place, and whether it was selected."""

    server: KnownServer
    token: str | None = field(repr=False)
    place: int
    selected: bool


class Servers(QObject):
    """Keeps a connection to each server that is known. Kept in a file; what of it can't be read is passed over.

    `changed`: servers came, went, stand in another order, or look otherwise. network: the way to them, and to all else
    that the window asks.
    """

    changed = Signal()

    def __init__(
        self, paths: Paths, report: Report, parent: QObject | None = None, *, network: Network | None = None
    ) -> None:
        super().__init__(parent)
        self.network = network or Network()
        self._paths = paths
        self._report = report
        self._list = KnownServersFile(paths.config / "servers.json")
        self._keys: Keys | None = None
        self._known: dict[str, KnownServer] = {OWN: KnownServer(OWN)}
        self._connections: dict[str, Connection] = {}
        self._closing: list[Connection] = []
        kept, selected = self._list.read()
        self._known |= {server.address: server for server in kept}
        for address in self._known:
            self._connect(address)
        self.selected = Selected(self._connections[OWN], self)
        self._selected = OWN
        if selected in self._known:
            self._choose(selected)

    @property
    def known(self) -> list[KnownServer]:
        """Return the servers that we know, our own first."""
        return list(self._known.values())

    @property
    def selected_address(self) -> str:
        """Return the address of the server that is talked to."""
        return self._selected

    def connection(self, address: str) -> Connection:
        """Return the connection to a server, by its address. Raises KeyError."""
        return self._connections[address]

    def server(self, address: str) -> KnownServer | None:
        """Return what is known of a server; None for one that is not known any more."""
        return self._known.get(address)

    def name_of(self, address: str) -> str:
        """Return what another server is called: by its user, else by its address."""
        known = self._known.get(address)
        return known.name if known and known.name else host_of(address)

    def client(self, address: str) -> Client:
        """Return the client of a server, as it is now; see Connection.client.

        Raises UnreachableError, also for one that is not known any more.
        """
        if address not in self._connections:
            raise UnreachableError(f"{address} is not among the servers any more.", hint="Add it again.")
        return self._connections[address].client

    @property
    def connections(self) -> dict[str, Connection]:
        """Return the connection to each server, by its address."""
        return dict(self._connections)

    def open(self) -> None:
        """Look for all of them."""
        for connection in self._connections.values():
            connection.open()

    def select(self, address: str) -> None:
        """Let this one be the one that is talked to; one that was lost is looked for again."""
        if address in self._known and address != self._selected:
            self._choose(address)
            try:
                self._write()
            except StorageError as error:
                self._report(error)
            self.changed.emit()
        if isinstance(self._connections[self._selected].state, Lost):
            self._connections[self._selected].retry()

    def try_now(self) -> None:
        """Ask those at once that do not answer and would be asked again in a while."""
        for connection in self._connections.values():
            connection.try_now()

    async def add(
        self, address: str, name: str, token: str | None, *, colour: str = "", certificate: Certificate = SYSTEM
    ) -> str:
        """Know one more server, or the same one otherwise.

        Args:
            address: As a person writes it.
            name: What it is called; empty for nothing.
            token: What is sent with each request.
            colour: One of server_colours.
            certificate: Which one of it is trusted.

        Returns:
            Its address, as of normalize_address.

        Raises:
            RequestError: That is no address.
            StorageError: The list, or the token, can't be kept.
        """
        address = normalize_address(address)
        await self._keep_token(address, token)
        server = KnownServer(address, name.strip()[:NAME_CHARACTERS], colour, certificate)
        self._keep(self._known | {address: server})
        if address not in self._connections:
            self._connect(address)
        self._connections[address].open()
        self.changed.emit()
        return address

    def rename(self, address: str, name: str) -> None:
        """Call a server otherwise. Raises StorageError."""
        self._change(address, name=name.strip()[:NAME_CHARACTERS])

    def change_colour(self, address: str, colour: str) -> None:
        """Give a server another colour, or none. Raises StorageError."""
        self._change(address, colour=colour)

    def change_certificate(self, address: str, certificate: Certificate) -> None:
        """Trust another certificate of a server, and ask it anew. Raises StorageError."""
        self._change(address, certificate=certificate)
        self._connections[address].open()

    async def change_token(self, address: str, token: str | None) -> None:
        """Send another token to a server, or none, and ask it anew. Raises StorageError."""
        if address != OWN and address in self._known:
            await self._keep_token(address, token)
            self._connections[address].open()

    async def has_token(self, address: str) -> bool:
        """Return whether a token is kept for a server."""
        return address != OWN and bool(await asyncio.to_thread(self._token, address))

    async def change_address(self, address: str, text: str) -> str:
        """Look for a server elsewhere; all else that is known of it stays.

        Returns:
            The new address, as of normalize_address.

        Raises:
            RequestError: That is no address, or another server has it.
            StorageError: The list, or the token, can't be kept.
        """
        to = normalize_address(text)
        if to == address:
            return address
        if to in self._known:
            raise RequestError(f"{self.name_of(to)} has this address.", hint="Each server has an address of its own.")
        token = await asyncio.to_thread(self._token, address)
        await self._keep_token(to, token)
        moved = {
            (to if one == address else one): replace(server, address=to) if one == address else server
            for one, server in self._known.items()
        }
        self._keep(moved, selected=to if self._selected == address else self._selected)
        self._connect(to)
        self._connections[to].open()
        if self._selected == address:
            self._choose(to)
        self.changed.emit()
        await self._let_go(address)
        return to

    def move(self, address: str, by: int) -> None:
        """Put a server further up (-1) or down (1) among the others; our own stays the first. Raises StorageError."""
        order = list(self._known)
        if address == OWN or address not in order:
            return
        place = min(max(order.index(address) + by, 1), len(order) - 1)
        if place != order.index(address):
            order.remove(address)
            order.insert(place, address)
            self._keep({one: self._known[one] for one in order})
            self.changed.emit()

    async def remove(self, address: str) -> RemovedServer | None:
        """Forget a server and its token; ours stays.

        Returns:
            What `restore` takes; None where there was nothing to forget.

        Raises:
            StorageError: The list can't be kept: then it is there again at the next start.
        """
        if address == OWN or address not in self._known:
            return None
        token = await asyncio.to_thread(self._token, address)
        removed = RemovedServer(
            self._known[address], token, list(self._known).index(address), self._selected == address
        )
        if removed.selected:
            self._choose(OWN)
        del self._known[address]
        self.changed.emit()
        try:
            self._write()
        finally:
            await self._let_go(address)
        return removed

    async def restore(self, removed: RemovedServer) -> None:
        """Know a server again as it was. Raises StorageError."""
        server = removed.server
        if server.address in self._known:
            return
        await self._keep_token(server.address, removed.token)
        others = list(self._known.items())
        others.insert(removed.place, (server.address, server))
        self._keep(dict(others))
        self._connect(server.address)
        self._connections[server.address].open()
        self.changed.emit()
        if removed.selected:
            self.select(server.address)

    async def aclose(self) -> None:
        """Let go of all of them; our own ends if it was started here."""
        connections = [*self._connections.values(), *self._closing]
        await asyncio.gather(*(connection.aclose() for connection in connections))

    def _change(self, address: str, **changes: Any) -> None:
        if address == OWN or address not in self._known:
            return
        changed = replace(self._known[address], **changes)
        if changed != self._known[address]:
            self._keep(self._known | {address: changed})
            self.changed.emit()

    def _keep(self, known: dict[str, KnownServer], selected: str | None = None) -> None:
        """Raises StorageError; then nothing has changed."""
        self._list.write(known.values(), self._selected if selected is None else selected)
        self._known = known

    def _write(self) -> None:
        self._list.write(self._known.values(), self._selected)

    def _choose(self, address: str) -> None:
        self._selected = address
        self.selected.turn_to(self._connections[address])

    def _connect(self, address: str) -> None:
        if address == OWN:
            self._connections[address] = Connection(self._paths, self._report, network=self.network, parent=self)
            return
        self._connections[address] = Connection(
            self._paths,
            self._report,
            address=address,
            token=lambda: self._token(address),
            certificate=lambda: self._known[address].certificate if address in self._known else SYSTEM,
            network=self.network,
            parent=self,
        )

    async def _let_go(self, address: str) -> None:
        """End the connection to a server that is not known any more, and forget its token."""
        self._known.pop(address, None)
        connection = self._connections.pop(address)
        self._closing.append(connection)
        self.changed.emit()
        try:
            await self._keep_token(address, None)
        finally:
            await connection.aclose()
            self._closing.remove(connection)
            connection.deleteLater()

    def _token(self, address: str) -> str | None:
        return self._key_store().read(address)

    async def _keep_token(self, address: str, token: str | None) -> None:
        await asyncio.to_thread(lambda: self._key_store().keep(address, (token or "").strip() or None))

    def _key_store(self) -> "Keys":
        if self._keys is None:
            # Keyrings bring a lot of code with them, of no use to those who have no other server.
            from studiolo.keyring_store import Keys

            self._keys = Keys(self._paths.config / "tokens.json")
        return self._keys


class Selected(QObject):
    """The connection that is talked to, as if it were one: it changes when another server is selected, too."""

    changed = Signal()

    def __init__(self, connection: Connection, parent: QObject) -> None:
        super().__init__(parent)
        self._connection = connection
        connection.changed.connect(self.changed)

    def turn_to(self, connection: Connection) -> None:
        """Be another connection from now on."""
        if connection is not self._connection:
            self._connection.changed.disconnect(self.changed)
            self._connection = connection
            connection.changed.connect(self.changed)
            self.changed.emit()

    @property
    def current(self) -> Connection:
        """Return the connection itself, for what must not go to another server when one is chosen meanwhile."""
        return self._connection

    @property
    def state(self) -> State:
        """Return how the server is doing that is talked to."""
        return self._connection.state

    @property
    def client(self) -> Client:
        """Return the client of the server that is talked to. Raises UnreachableError if there is none."""
        return self._connection.client

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what that server can do beyond the documented API."""
        return self._connection.capabilities

    @property
    def is_own(self) -> bool:
        """Return whether that server is the one of this installation."""
        return self._connection.address is None

    def retry(self) -> None:
        """Look for that server again."""
        self._connection.retry()
