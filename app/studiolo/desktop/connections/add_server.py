"""A dialog that asks for one more server, and who is at its address before it is taken."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.client.certificates import Certificate
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.probe import probe
from studiolo.client.transport import normalize_address
from studiolo.desktop.connections.certificate_choice import CertificateChoice
from studiolo.desktop.connections.colour_choice import ColourChoice
from studiolo.desktop.connections.found_servers import FoundServers
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import AppError, CertificateError, ProtocolError, UnreachableError


class AddServerDialog(QDialog):
    """Asks who is at an address before it is taken; `added` is the address then."""

    probed = Signal()
    """Somebody was asked, or could not be."""

    def __init__(self, servers: Servers, scope: TaskScope, parent: QWidget, *, address: str = "") -> None:
        super().__init__(parent)
        self._servers = servers
        self._scope = scope
        self.added = ""
        self._anyway = False
        self.setWindowTitle(self.tr("Add a server"))
        self.address, self.token, self.name = QLineEdit(address, self), QLineEdit(self), QLineEdit(self)
        self.address.setPlaceholderText("192.168.1.5:1234")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(self.tr("Only if it asks for one"))
        self.name.setPlaceholderText(self.tr("Optional"))
        self.certificate = CertificateChoice(
            scope, address=lambda: self.address.text(), network=servers.network, parent=self
        )
        self.colour = ColourChoice(self)
        self.found = FoundServers(
            scope,
            known=lambda: {one.address for one in servers.known},
            permitted=lambda: not servers.network.choice.offline,
            parent=self,
        )
        self.told = QLabel(self.tr("LM Studio, or Studiolo on another machine."), self)
        self.told.setProperty("kind", "muted")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.show_certificate = QPushButton(self.tr("Show certificate…"), self)
        self.show_certificate.hide()
        self.add = primary_button(self.tr("Add"), self)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        for title, field in (
            (self.tr("Address"), self.address),
            (self.tr("API token"), self.token),
            (self.tr("Name"), self.name),
            (self.tr("Colour"), self.colour),
            (self.tr("Certificate"), self.certificate),
        ):
            label = QLabel(title, self)
            label.setBuddy(field)
            field.setAccessibleName(title)
            form.addRow(label, field)
        self._form = form
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.told)
        layout.addWidget(self.show_certificate, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.found)
        layout.addLayout(button_row(self, self.add))
        self.setMinimumWidth(520)
        self._address_edited()

    def _connect(self) -> None:
        for edited in (self.address, self.token):
            edited.textEdited.connect(lambda: self._offer_anyway(False))
        self.address.textChanged.connect(self._address_edited)
        self.certificate.changed.connect(lambda: self._offer_anyway(False))
        self.show_certificate.clicked.connect(self.certificate.look)
        self.found.chosen.connect(self._take_found)
        self.add.clicked.connect(lambda: self._scope.start(self._take(), replace="probe"))
        self.finished.connect(lambda: self._scope.cancel("probe"))
        self.finished.connect(self.found.stop)

    def _address_edited(self) -> None:
        """Only an address with https has a certificate."""
        self._form.setRowVisible(self.certificate, self.address.text().strip().lower().startswith("https:"))

    def _take_found(self, address: str, name: str) -> None:
        self.address.setText(address)
        if not self.name.text():
            self.name.setText(name)
        self._offer_anyway(False)
        self.add.setFocus()

    async def _take(self) -> None:
        self.add.setEnabled(False)
        self._tell(self.tr("Asking…"), "muted")
        self.show_certificate.hide()
        try:
            if not self._anyway:
                await self._check()
            self.added = await self._servers.add(
                self.address.text(),
                self.name.text(),
                self.token.text(),
                colour=self.colour.value,
                certificate=self._certificate,
            )
        except AppError as error:
            self._tell(str(error), "error")
            self.show_certificate.setVisible(isinstance(error, CertificateError))
            # It may be switched off just now.
            self._offer_anyway(isinstance(error, UnreachableError))
        else:
            self.accept()
        finally:
            self.add.setEnabled(True)
            self.probed.emit()

    @property
    def _certificate(self) -> Certificate:
        return self.certificate.value if self.address.text().strip().startswith("https:") else Certificate()

    def _offer_anyway(self, anyway: bool) -> None:
        self._anyway = anyway
        self.add.setText(self.tr("Add anyway") if anyway else self.tr("Add"))

    async def _check(self) -> None:
        """Raises AppErrors for who can't be used."""
        address = normalize_address(self.address.text())
        async with Client(
            address, self.token.text() or None, certificate=self._certificate, network=self._servers.network
        ) as client:
            found = await probe(client)
            if found.needs_token:
                await ModelsApi(client).list_models()  # Says what is wrong with the token.
            if found.kind == "other":
                raise ProtocolError(
                    self.tr("Something answers at this address, but not an LM Studio server."),
                    hint=self.tr("LM Studio 0.4 and later can be used, and Studiolo."),
                )

    def _tell(self, text: str, kind: str) -> None:
        set_kind(self.told, kind)
        self.told.setText(text)
