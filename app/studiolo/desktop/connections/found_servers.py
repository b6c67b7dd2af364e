"""Servers on the local network: looked for when somebody asks, and offered, never added by themselves."""

import asyncio
import threading
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from studiolo.client.finding import LOOK_SECONDS, FoundServer, find_servers
from studiolo.desktop.connections.known import host_of
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.announcing import announce

_MOST_ROWS = 4
_ADDRESS, _NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class FoundServers(QWidget):
    """`chosen` carries the address and the name of a server that somebody wants to add.

    permitted: whether the network may be asked now. look: does the looking, in a thread; as of find_servers.
    """

    chosen = Signal(str, str)

    def __init__(
        self,
        scope: TaskScope,
        *,
        known: Callable[[], set[str]],
        parent: QWidget,
        permitted: Callable[[], bool] = lambda: True,
        look: Callable[[Callable[[FoundServer], None], threading.Event], None] = find_servers,
    ) -> None:
        super().__init__(parent)
        self._scope = scope
        self._known = known
        self._look = look
        self._permitted = permitted
        self._stop = threading.Event()
        self.button = QPushButton(self.tr("Look on the local network"), self)
        self.button.setAutoDefault(False)
        self.told = QLabel(self)
        self.told.setProperty("kind", "muted")
        self.told.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setProperty("kind", "popup")
        self.list.setAccessibleName(self.tr("Servers on the local network"))
        self.list.hide()
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.button)
        line.addWidget(self.told, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.list)
        self.button.clicked.connect(self.look)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)

    def look(self) -> None:
        """Ask the network, for some seconds; a search that goes on is ended."""
        self.stop()
        if not self._permitted():
            self.told.setText(
                self.tr("You are offline by choice, so the network is not asked. Type an address instead.")
            )
            announce(self, self.told.text())
            return
        self._stop = threading.Event()
        self._scope.start(self._search(self._stop), replace="find")

    def stop(self) -> None:
        """Look no longer."""
        self._stop.set()
        self._scope.cancel("find")

    async def _search(self, stop: threading.Event) -> None:
        self.list.clear()
        self.list.hide()
        self.button.setEnabled(False)
        self.told.setText(self.tr("Looking for %1 s…").replace("%1", f"{LOOK_SECONDS:.0f}"))
        loop = asyncio.get_running_loop()

        def found(server: FoundServer) -> None:
            loop.call_soon_threadsafe(self._show, server, stop)

        try:
            await asyncio.to_thread(self._look, found, stop)
            # What was found last is told in the loop's next turn.
            await asyncio.sleep(0)
            self._tell_end()
        finally:
            stop.set()
            self.button.setEnabled(True)

    def _show(self, server: FoundServer, stop: threading.Event) -> None:
        if stop is not self._stop:
            return
        name = server.name or host_of(server.address)
        known = server.address in self._known()
        text = self.tr("%1 (%2)").replace("%1", name).replace("%2", host_of(server.address))
        item = QListWidgetItem(self.tr("%1, already added").replace("%1", text) if known else text, self.list)
        item.setData(_ADDRESS, server.address)
        item.setData(_NAME, server.name)
        if known:
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        self.list.show()
        rows = min(self.list.count(), _MOST_ROWS)
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 24) + 10)

    def _tell_end(self) -> None:
        count = self.list.count()
        if count:
            self.told.setText(self.tr("%n server(s) found. Choose one to fill in its address.", "", count))
        else:
            self.told.setText(self.tr("None found. A server is found only if its own settings announce it."))
        announce(self, self.told.text())

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(str(item.data(_ADDRESS)), str(item.data(_NAME)))
