"""Which server is talked to: a button with its name and state, a menu of all of them, a dialog for one more."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QActionGroup, QColor, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.probe import probe
from studiolo.desktop.connections.connection import Lost, Ready, State
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.theme import colours
from studiolo.errors import AppError, ProtocolError, UnreachableError

_DOT = 10


class ServerButton(Recoloured, QPushButton):
    """Shows the selected server. Its menu selects, adds, removes, starts and stops, and leads to the settings."""

    settings_requested = Signal()

    def __init__(self, servers: Servers, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._scope = TaskScope(self, report)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "page")
        self.clicked.connect(self.open_menu)
        servers.changed.connect(self.dress)
        servers.connection(OWN).changed.connect(self._offer_end)
        servers.selected.changed.connect(self.dress)
        self.dress()

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
        for server in self._servers.known:
            action = menu.addAction(
                self._dot(self._servers.connection(server.address).state), self.name_of(server.address)
            )
            action.setCheckable(True)
            action.setChecked(server.address == self._servers.selected_address)
            action.triggered.connect(lambda _=False, address=server.address: self._servers.select(address))
            group.addAction(action)
        menu.addSeparator()
        own = self._servers.connection(OWN)
        if isinstance(own.state, Ready):
            menu.addAction(self.tr("Stop the server of this computer")).triggered.connect(own.stop)
        elif isinstance(own.state, Lost) and own.state.stuck is not None:
            menu.addAction(self.tr("End the server that does not answer")).triggered.connect(own.replace_stuck)
        else:
            menu.addAction(self.tr("Start the server of this computer")).triggered.connect(own.retry)
        menu.addAction(self.tr("Add a server…")).triggered.connect(
            lambda: self._scope.start(self._add(), replace="add")
        )
        if self._servers.selected_address != OWN:
            text = self.tr("Forget %1…").replace("%1", self.name_of(self._servers.selected_address))
            menu.addAction(text).triggered.connect(lambda: self._scope.start(self._forget(), replace="add"))
        menu.addSeparator()
        menu.addAction(self.tr("Settings…")).triggered.connect(self.settings_requested)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
        return menu

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
        dialog = AddServerDialog(self._servers, self._scope, self.window())
        if await finished(dialog) and dialog.added:
            self._servers.select(dialog.added)

    async def _forget(self) -> None:
        address = self._servers.selected_address
        if await ask(
            self,
            self.tr("Forget %1?").replace("%1", self.name_of(address)),
            explanation=self.tr("Its address and its token are forgotten here. Nothing changes on the server."),
            yes=self.tr("Forget"),
        ):
            await self._servers.remove(address)

    def dress(self) -> None:
        state = self._servers.selected.state
        name = self.name_of(self._servers.selected_address)
        self.setText(name)
        self.setIcon(self._dot(state))
        told = self.tr("Server: %1, %2").replace("%1", name).replace("%2", self._word(state))
        self.setAccessibleName(told)
        self.setToolTip(tip_text(f"{told}\n{state.error}" if isinstance(state, Lost) else told))

    def _word(self, state: State) -> str:
        if isinstance(state, Ready):
            return self.tr("connected")
        return self.tr("no connection") if isinstance(state, Lost) else self.tr("connecting")

    def _dot(self, state: State) -> QPixmap:
        look = colours()
        colour = (
            look.code_string if isinstance(state, Ready) else look.danger if isinstance(state, Lost) else look.muted
        )
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(_DOT * ratio), round(_DOT * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(1, 1, _DOT - 2, _DOT - 2)
        painter.end()
        return pixmap


class AddServerDialog(QDialog):
    """Asks who is at an address before it is taken; `added` is the address then."""

    def __init__(self, servers: Servers, scope: TaskScope, parent: QWidget) -> None:
        super().__init__(parent)
        self._servers = servers
        self._scope = scope
        self.added = ""
        self._anyway = False
        self.setWindowTitle(self.tr("Add a server"))
        self.address, self.token, self.name = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.address.setPlaceholderText("192.168.1.5:1234")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(self.tr("Only if it asks for one"))
        self.name.setPlaceholderText(self.tr("Optional"))
        form = QFormLayout()
        for title, field in (
            (self.tr("Address"), self.address),
            (self.tr("API token"), self.token),
            (self.tr("Name"), self.name),
        ):
            label = QLabel(title, self)
            label.setBuddy(field)
            field.setAccessibleName(title)
            form.addRow(label, field)
        self.told = QLabel(self.tr("LM Studio, or Studiolo on another machine."), self)
        self.told.setProperty("kind", "muted")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.add = primary_button(self.tr("Add"), self)
        for edited in (self.address, self.token):
            edited.textEdited.connect(lambda: self._offer_anyway(False))
        self.add.clicked.connect(lambda: scope.start(self._take(), replace="probe"))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.told)
        layout.addLayout(button_row(self, self.add))
        self.setMinimumWidth(room_for(self, 440).width())
        self.finished.connect(lambda: scope.cancel("probe"))

    async def _take(self) -> None:
        self.add.setEnabled(False)
        self._tell(self.tr("Asking…"), "muted")
        try:
            if not self._anyway:
                await self._check()
            self.added = await self._servers.add(self.address.text(), self.name.text(), self.token.text())
        except AppError as error:
            self._tell(str(error), "error")
            # It may be switched off just now.
            self._offer_anyway(isinstance(error, UnreachableError))
        else:
            self.accept()
        finally:
            self.add.setEnabled(True)

    def _offer_anyway(self, anyway: bool) -> None:
        self._anyway = anyway
        self.add.setText(self.tr("Add anyway") if anyway else self.tr("Add"))

    async def _check(self) -> None:
        """Raises AppErrors for who can't be used."""
        async with Client(self.address.text(), self.token.text() or None) as client:
            found = await probe(client)
            if found.needs_token:
                await ModelsApi(client).list_models()  # Says what is wrong with the token.
            if found.kind == "other":
                raise ProtocolError(
                    self.tr("Somebody answers there, but no server of this kind."),
                    hint=self.tr("LM Studio 0.4 and later can be used, and Studiolo."),
                )

    def _tell(self, text: str, kind: str) -> None:
        self.told.setProperty("kind", kind)
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.setText(text)
