"""Which server is talked to: a button with its name and state, a menu of all of them."""

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from studiolo.desktop.connections.marks import MARK_SIZE, state_dot
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.connections.states import Lost, Ready
from studiolo.desktop.connections.words import settled_words, state_words
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.countdown import Ticker
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import Resized
from studiolo.errors import AppError

_LEFT = MARK_SIZE + 13
"""Where the words begin: behind the button's edge, the mark, and the room between."""
_BELOW = 6
_SIDES = 14


class ServerButton(Resized, Recoloured, QPushButton):
    """Shows the selected server and how it is doing. Its menu selects and adds servers, and leads to the settings.

    Signals:
        manage_requested: Somebody wants to look after the servers; carries the address of one.
        check_requested: Carries the address of a server that is to be checked.
    """

    settings_requested = Signal()
    manage_requested = Signal(str)
    check_requested = Signal(str)

    def __init__(self, servers: Servers, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._scope = TaskScope(self, report)
        self._rows: list[tuple[QAction, str]] = []
        """Of the menu that is open: what tells how a server is doing."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "page")
        self.state = ElidedLabel(self)
        self.state.setProperty("kind", "muted")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.state.setProperty("scale", "caption")
        self.setIconSize(QSize(MARK_SIZE, MARK_SIZE))
        self._ticker = Ticker(self)
        self._ticker.ticked.connect(self._write_states)
        self.clicked.connect(self.open_menu)
        servers.changed.connect(self.dress)
        servers.connection(OWN).changed.connect(self._offer_end)
        servers.selected.changed.connect(self.dress)
        self.fit()
        self.dress()

    def fit(self) -> None:
        self.state.ensurePolished()
        self.setStyleSheet(f"QPushButton {{ padding-bottom: {self._state_height + _BELOW}px; }}")
        self._place_words()

    def name_of(self, address: str) -> str:
        """Return what a server is called."""
        if address == OWN:
            return self.tr("This computer")
        return self._servers.name_of(address)

    def open_menu_at(self, near: QWidget) -> QMenu:
        """Return the same menu, below what asks for it."""
        menu = self.open_menu()
        menu.popup(near.mapToGlobal(QPoint(0, near.height())))
        return menu

    def open_menu(self) -> QMenu:
        """Open a menu that does not block and deletes itself."""
        menu = new_menu(self)
        group = QActionGroup(menu)
        self._rows = []
        for server in self._servers.known:
            state = self._servers.connection(server.address).state
            action = menu.addAction(state_dot(state, self, server.colour), "")
            action.setCheckable(True)
            action.setChecked(server.address == self._servers.selected_address)
            action.triggered.connect(lambda _=False, address=server.address: self._servers.select(address))
            group.addAction(action)
            self._rows.append((action, server.address))
        menu.aboutToHide.connect(self._rows.clear)
        menu.addSeparator()
        self._add_actions(menu)
        menu.addSeparator()
        menu.addAction(self.tr("Settings…")).triggered.connect(self.settings_requested)
        self._write_states()
        self._run_ticker()
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
        return menu

    def _add_actions(self, menu: QMenu) -> None:
        own, chosen = self._servers.connection(OWN), self._servers.selected_address
        if isinstance(own.state, Ready):
            menu.addAction(self.tr("Stop the server of this computer")).triggered.connect(own.stop)
        elif isinstance(own.state, Lost) and own.state.stuck is not None:
            menu.addAction(self.tr("End the server that does not answer")).triggered.connect(own.replace_stuck)
        else:
            menu.addAction(self.tr("Start the server of this computer")).triggered.connect(own.retry)
        if chosen != OWN and isinstance(self._servers.selected.state, Lost):
            text = self.tr("Try %1 now").replace("%1", self.name_of(chosen))
            menu.addAction(text).triggered.connect(self._servers.selected.retry)
        menu.addAction(self.tr("Add a server…")).triggered.connect(self.add_server)
        menu.addAction(self.tr("Manage servers…")).triggered.connect(lambda: self.manage_requested.emit(chosen))
        text = self.tr("Check %1…").replace("%1", self.name_of(chosen))
        menu.addAction(text).triggered.connect(lambda: self.check_requested.emit(chosen))

    async def aclose(self) -> None:
        """End what is asked just now, and wait until its dialog is closed."""
        await self._scope.aclose()

    def add_server(self) -> None:
        """Ask for a server that is not known yet; it is selected then."""
        self._scope.start(self._add(), replace="add")

    def _write_states(self) -> None:
        """Write how the servers are doing: the words of one that is tried again are other ones each second."""
        self.state.setText(state_words(self._servers.selected_address, self._servers.selected.state))
        for action, address in self._rows:
            if connection := self._servers.connections.get(address):
                name = self.name_of(address).replace("&", "&&")
                # What stands behind a tab goes to the right, as shortcuts do.
                action.setText(f"{name}\t{state_words(address, connection.state)}")

    def _run_ticker(self) -> None:
        states = [self._servers.connections[one].state for _, one in self._rows if one in self._servers.connections]
        states.append(self._servers.selected.state)
        self._ticker.run_while(any(isinstance(state, Lost) and state.due is not None for state in states))

    def _offer_end(self) -> None:
        state = self._servers.connection(OWN).state
        if isinstance(state, Lost) and state.stuck is not None:
            self._scope.start(self._ask_to_end(state.error), replace="end")
        else:
            self._scope.cancel("end")

    async def _ask_to_end(self, error: AppError) -> None:
        if await ask(
            self,
            error.message,
            explanation=self.tr("It can be ended by force and started anew. Chats and downloads are kept."),
            yes=self.tr("End it and start anew"),
            no=self.tr("Leave it"),
        ):
            self._servers.connection(OWN).replace_stuck()

    async def _add(self) -> None:
        # Here, not above: whoever has no other server need not wait for what asks for one.
        from studiolo.desktop.connections.add_server import AddServerDialog

        dialog = AddServerDialog(self._servers, self._scope, self.window())
        if await finished(dialog) and dialog.added:
            self._servers.select(dialog.added)

    def dress(self) -> None:
        state = self._servers.selected.state
        address = self._servers.selected_address
        known = self._servers.server(address)
        name = self.name_of(address)
        self._write_name()
        self.setIcon(state_dot(state, self, known.colour if known else ""))
        self.state.setText(state_words(address, state))
        told = self.tr("Server: %1, %2").replace("%1", name).replace("%2", settled_words(address, state))
        self.setAccessibleName(told)
        self.setToolTip(tip_text(f"{told}\n{state.error}" if isinstance(state, Lost) else told))
        self._run_ticker()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_words()

    def _place_words(self) -> None:
        height = self._state_height
        self.state.setGeometry(_LEFT, self.height() - height - _BELOW, self.width() - _LEFT - _SIDES, height)
        self._write_name()

    @property
    def _state_height(self) -> int:
        return self.state.sizeHint().height()

    def _write_name(self) -> None:
        name = self.name_of(self._servers.selected_address)
        room = max(self.width() - _LEFT - _SIDES, 60)
        self.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room).replace("&", "&&"))
