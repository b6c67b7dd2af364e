"""What is known of one server, to be changed in place. Widgets only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.connections.certificate_choice import CertificateChoice
from studiolo.desktop.connections.colour_choice import ColourChoice
from studiolo.desktop.connections.known import NAME_CHARACTERS, OWN, KnownServer, host_of
from studiolo.desktop.connections.states import Lost, Ready, State
from studiolo.desktop.connections.words import state_words
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.countdown import Ticker
from studiolo.errors import StoppedError
from studiolo.network.network import Network

FIELDS = ("name", "address", "token", "certificate", "colour")


class ServerDetails(QWidget):
    """Shows one server at a time; every change is told at once, with the server's address first.

    Signals:
        certificate_chosen: The address, and a Certificate.
        token_entered: The address, and a new token; an empty one is no token.
    """

    name_edited = Signal(str, str)
    address_edited = Signal(str, str)
    token_entered = Signal(str, str)
    certificate_chosen = Signal(str, object)
    colour_chosen = Signal(str, str)
    retry_requested = Signal(str)
    check_requested = Signal(str)
    use_requested = Signal(str)
    remove_requested = Signal(str)

    def __init__(self, scope: TaskScope, parent: QWidget, *, network: Network) -> None:
        super().__init__(parent)
        self._address = OWN
        self._state: State | None = None
        self._has_token = False
        self.title = QLabel(self)
        self.title.setProperty("kind", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.state = _plain(self)
        self.reason = _plain(self, "muted")
        self.name, self.address, self.token = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.name.setMaxLength(NAME_CHARACTERS)
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.drop_token = QPushButton(self.tr("Remove token"), self)
        self.certificate = CertificateChoice(scope, address=lambda: self._address, network=network, parent=self)
        self.colour = ColourChoice(self)
        self.errors = {field: _plain(self, "error") for field in FIELDS}
        self.retry = QPushButton(self.tr("Try now"), self)
        self.use = QPushButton(self.tr("Use this server"), self)
        self.check = QPushButton(self.tr("Check…"), self)
        self.remove = QPushButton(self.tr("Remove"), self)
        self._ticker = Ticker(self)
        self._ticker.ticked.connect(self._write_state)
        self._arrange()
        self._connect()

    @property
    def shown_address(self) -> str:
        """Return the address of the server that is shown."""
        return self._address

    def show_server(self, server: KnownServer, name: str, *, selected: bool) -> None:
        """Show another server, or the same one as it is now.

        What is being written in a field of the same server stays.

        Args:
            server: What is known of it.
            name: What it is called.
            selected: Whether it is the one that is talked to.
        """
        another = server.address != self._address
        self._address = server.address
        own = server.address == OWN
        self.title.setText(name)
        for field, text in ((self.name, server.name), (self.address, server.address)):
            if another or not field.isModified():
                field.setText(text)
        self.name.setPlaceholderText(host_of(server.address))
        if another:
            self.token.clear()
            for label in self.errors.values():
                label.hide()
        if another or self.certificate.value != server.certificate:
            self.certificate.show_certificate(server.certificate)
        self.colour.show_colour(server.colour)
        self._form.setVisible(not own)
        self._rows.setRowVisible(self._certificate_row, server.address.startswith("https:"))
        self.remove.setVisible(not own)
        self.use.setEnabled(not selected)

    def show_state(self, state: State) -> None:
        """Say how the server is doing."""
        self._state = state
        lost = isinstance(state, Lost)
        self.reason.setText(str(state.error) if isinstance(state, Lost) else "")
        self.reason.setVisible(lost)
        self.retry.setVisible(lost)
        stopped = isinstance(state, Lost) and isinstance(state.error, StoppedError)
        self.retry.setText(self.tr("Start it") if stopped else self.tr("Try now"))
        self.check.setEnabled(isinstance(state, Ready))
        self._ticker.run_while(isinstance(state, Lost) and state.due is not None)
        self._write_state()

    def show_token(self, kept: bool) -> None:
        """Say whether a token is kept; nobody is shown which."""
        self._has_token = kept
        self.token.setPlaceholderText(
            self.tr("Saved; enter another to replace it") if kept else self.tr("Only if it asks for one")
        )
        self.drop_token.setVisible(kept)

    def show_error(self, field: str, text: str) -> None:
        """Say below a field what is wrong with what was entered; an empty text: nothing any more."""
        self.errors[field].setText(text)
        self.errors[field].setVisible(bool(text))

    def commit(self) -> None:
        """Tell what was written and not yet told."""
        self._name_done()
        self._address_done()
        self._token_done()

    def _write_state(self) -> None:
        if self._state is not None:
            self.state.setText(state_words(self._address, self._state))

    def _name_done(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            self.name_edited.emit(self._address, self.name.text())

    def _address_done(self) -> None:
        if self.address.isModified():
            self.address.setModified(False)
            self.address_edited.emit(self._address, self.address.text())

    def _token_done(self) -> None:
        if text := self.token.text().strip():
            self.token.clear()
            self.token_entered.emit(self._address, text)

    def _connect(self) -> None:
        self.name.editingFinished.connect(self._name_done)
        self.address.editingFinished.connect(self._address_done)
        self.token.editingFinished.connect(self._token_done)
        self.drop_token.clicked.connect(lambda: self.token_entered.emit(self._address, ""))
        self.certificate.changed.connect(lambda chosen: self.certificate_chosen.emit(self._address, chosen))
        self.colour.changed.connect(lambda chosen: self.colour_chosen.emit(self._address, chosen))
        self.retry.clicked.connect(lambda: self.retry_requested.emit(self._address))
        self.use.clicked.connect(lambda: self.use_requested.emit(self._address))
        self.check.clicked.connect(lambda: self.check_requested.emit(self._address))
        self.remove.clicked.connect(lambda: self.remove_requested.emit(self._address))

    def _arrange(self) -> None:
        self._form = QWidget(self)
        self._rows = rows = QFormLayout(self._form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(12)
        token = QWidget(self)
        line = QHBoxLayout(token)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.token, 1)
        line.addWidget(self.drop_token)
        for name, title, field, editor in (
            ("name", self.tr("Name"), self.name, self.name),
            ("address", self.tr("Address"), self.address, self.address),
            ("token", self.tr("API token"), token, self.token),
            ("certificate", self.tr("Certificate"), self.certificate, self.certificate),
            ("colour", self.tr("Colour"), self.colour, self.colour),
        ):
            label = QLabel(title, self._form)
            label.setBuddy(editor)
            editor.setAccessibleName(title)
            cell = QWidget(self._form)
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(4)
            column.addWidget(field)
            column.addWidget(self.errors[name])
            self.errors[name].hide()
            rows.addRow(label, cell)
            if name == "certificate":
                self._certificate_row = cell
        told = QHBoxLayout()
        told.setSpacing(12)
        told.addWidget(self.state, 1)
        told.addWidget(self.retry)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        for button in (self.use, self.check):
            actions.addWidget(button)
        actions.addStretch()
        actions.addWidget(self.remove)
        for button in (self.retry, self.use, self.check, self.remove, self.drop_token):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addLayout(told)
        layout.addWidget(self.reason)
        layout.addSpacing(12)
        layout.addWidget(self._form)
        layout.addStretch()
        layout.addLayout(actions)


def _plain(parent: QWidget, kind: str = "") -> QLabel:
    label = QLabel(parent)
    label.setProperty("kind", kind)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
