"""The servers we know: our own, and any number of others; one of them is selected."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studiolo.client.client import Client
from studiolo.client.transport import normalize_address
from studiolo.desktop.connections.connection import Connection, Lost, State
from studiolo.desktop.tasks import Report
from studiolo.errors import RequestError, StorageError, UnreachableError
from studiolo.files import write_atomically
from studiolo.kept_json import keep_beside, read_kept
from studiolo.network.network import Network
from studiolo.paths import Paths

if TYPE_CHECKING:
    from studiolo.keyring_store import Keys

logger = logging.getLogger(__name__)

OWN = ""
"""The address of our own server, wherever it listens."""


def host_of(address: str) -> str:
    """Return an address as it is told, without its scheme."""
    return address.partition("://")[2] or address


@dataclass(frozen=True)
class KnownServer:
    """`address` as of normalize_address; `name` is what its user calls it, empty for nothing."""

    address: str
    name: str = ""


class Servers(QObject):
    """Keeps a connection to each server that is known. Kept in a file; what of it can't be read is passed over.

    `changed`: servers came, went, or are called otherwise. network: the way to them, and to all else that the window
    asks.
    """

    changed = Signal()

    def __init__(
        self, paths: Paths, report: Report, parent: QObject | None = None, *, network: Network | None = None
    ) -> None:
        super().__init__(parent)
        self.network = network or Network()
        self._paths = paths
        self._report = report
        self._file = paths.config / "servers.json"
        self._keys: Keys | None = None
        self._known: dict[str, KnownServer] = {OWN: KnownServer(OWN)}
        self._connections: dict[str, Connection] = {}
        self._closing: list[Connection] = []
        self._unknown: dict[str, Any] = {}
        self._passed_over: list[Any] = []
        """What only a later version understands stays in the file."""
        selected = self._read()
        for server in self._known.values():
            self._connect(server)
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
            self._report_unless(self._write)
            self.changed.emit()
        if isinstance(self._connections[self._selected].state, Lost):
            self._connections[self._selected].retry()

    def look_again(self) -> None:
        """Ask the other servers that did not answer."""
        for address, connection in self._connections.items():
            if address != OWN and isinstance(connection.state, Lost):
                connection.retry()

    async def add(self, address: str, name: str, token: str | None) -> str:
        """Know one more server, or the same one otherwise. Raises RequestError for no address, StorageError."""
        address = normalize_address(address)
        await asyncio.to_thread(self._keep_token, address, token)
        before = self._known.get(address)
        self._known[address] = KnownServer(address, name.strip())
        try:
            self._write()
        except StorageError:
            if before is None:
                del self._known[address]
            raise
        if address in self._connections:
            self._connections[address].retry()
        else:
            self._connect(self._known[address])
            self._connections[address].open()
        self.changed.emit()
        return address

    async def remove(self, address: str) -> None:
        """Forget a server and its token; ours stays. Raises StorageError: then it is there again at the next start."""
        if address == OWN or address not in self._known:
            return
        if self._selected == address:
            self._choose(OWN)
        del self._known[address]
        connection = self._connections.pop(address)
        self._closing.append(connection)
        self.changed.emit()
        try:
            await asyncio.to_thread(self._keep_token, address, None)
            self._write()
        finally:
            await connection.aclose()
            self._closing.remove(connection)
            connection.deleteLater()

    async def aclose(self) -> None:
        """Let go of all of them; our own ends if it was started here."""
        connections = [*self._connections.values(), *self._closing]
        await asyncio.gather(*(connection.aclose() for connection in connections))

    def _choose(self, address: str) -> None:
        self._selected = address
        self.selected.turn_to(self._connections[address])

    def _connect(self, server: KnownServer) -> None:
        own = server.address == OWN
        token: Callable[[], str | None] | None = None if own else lambda: self._token(server.address)
        self._connections[server.address] = Connection(
            self._paths,
            self._report,
            address=None if own else server.address,
            token=token,
            network=self.network,
            parent=self,
        )

    def _token(self, address: str) -> str | None:
        return self._key_store().read(address)

    def _keep_token(self, address: str, token: str | None) -> None:
        self._key_store().keep(address, (token or "").strip() or None)

    def _key_store(self) -> "Keys":
        if self._keys is None:
            # Keyrings bring a lot of code with them, of no use to those who have no other server.
            from studiolo.keyring_store import Keys

            self._keys = Keys(self._paths.config / "tokens.json")
        return self._keys

    def _read(self) -> str:
        """Take in what is in the file; the result is which one is selected."""
        data = read_kept(self._file, dict)
        entries = data.get("servers", [])
        if not isinstance(entries, list):
            keep_beside(self._file)
            entries = []
        self._unknown = {name: value for name, value in data.items() if name not in ("servers", "selected")}
        for entry in entries:
            try:
                address = normalize_address(str(entry["address"]))
                self._known[address] = KnownServer(address, str(entry.get("name") or ""))
            except (RequestError, TypeError, KeyError, AttributeError) as error:
                logger.warning("a server in %s is passed over: %s", self._file, error)
                self._passed_over.append(entry)
        return str(data.get("selected") or OWN)

    def _write(self) -> None:
        """Raises StorageError."""
        others = [server for server in self._known.values() if server.address != OWN]
        entries = [{"address": server.address, "name": server.name} for server in others]
        whole = self._unknown | {"servers": [*entries, *self._passed_over], "selected": self._selected}
        text = json.dumps(whole, indent=1)
        try:
            write_atomically(self._file, text.encode())
        except OSError as error:
            raise StorageError(
                "The list of servers can't be kept.", hint=f"{error.strerror}.", details=str(error)
            ) from error

    def _report_unless(self, work: Callable[[], None]) -> None:
        try:
            work()
        except StorageError as error:
            self._report(error)


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
