"""The panel of the section Network: the proxy, extra certificates, a test of the connection. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.api.network import NetworkHop
from studiolo.desktop.network.cards import Card, CardRow, heading, keep_field_width, plain_label
from studiolo.desktop.network.hop_list import HopList
from studiolo.desktop.settings.schema import DesktopSettings, ProxyMode
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind

MODES: tuple[ProxyMode, ...] = ("system", "none", "manual", "script")


class NetworkPanel(QWidget):
    """Tells what a person wants; a presenter says what becomes of it.

    Signals:
        mode_chosen: A ProxyMode.
        field_edited: The name of a setting, and what was written; a list of texts for `proxy_exceptions`.
        password_edited: The proxy's, empty to forget it.
        file_requested: The name of the setting that a file is to be chosen for.
        test_requested: Whether the server shall test it, else the window.
        test_cancelled: The test that goes on is to end.
    """

    mode_chosen = Signal(str)
    field_edited = Signal(str, object)
    password_edited = Signal(str)
    file_requested = Signal(str)
    test_requested = Signal(bool)
    test_cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Network"))
        self._server = False
        self.test_window = QPushButton(self.tr("Test the connection"), self)
        self.test_server = QPushButton(self)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.follower = plain_label("", "muted", self)
        self._make_proxy()
        self._make_certificates()
        self._make_test()
        self._layout.addStretch(1)
        self.show_testing(False)

    def show_settings(self, settings: DesktopSettings, mode: str) -> None:
        """Show what is in force. mode: what is chosen, which is not in force yet where something is missing."""
        with QSignalBlocker(self.mode):
            self.mode.setCurrentIndex(self.mode.findData(mode))
        for field, text in (
            (self.address, settings.proxy_address),
            (self.user, settings.proxy_user),
            (self.exceptions, ", ".join(settings.proxy_exceptions)),
            (self.script, settings.proxy_script),
            (self.certificates, settings.extra_certificates),
        ):
            if not field.hasFocus() or not field.isModified():
                field.setText(text)
        for row in (self.address_row, self.user_row, self.password_row, self.exceptions_row):
            row.setVisible(mode == "manual")
        self.script_row.setVisible(mode == "script")

    def show_password(self, kept: bool) -> None:
        """Say whether a password is kept; the password itself is never shown."""
        self.password.clear()
        self.password.setPlaceholderText(self.tr("Saved; enter another to replace it") if kept else "")
        self.forget_password.setVisible(kept)

    def show_problem(self, name: str, text: str) -> None:
        """Say what is wrong with a setting; an empty text for nothing."""
        row = self._rows[name]
        row.show_problem(text)
        if text:
            announce(row, text)

    def show_certificates(self, text: str) -> None:
        """Say what is in the file of certificates."""
        self.certificates_row.show_help(text or self._certificates_help)

    def show_follower(self, text: str) -> None:
        """Say what the server of this computer does with these settings."""
        self.follower.setText(text)
        self.follower.setVisible(bool(text))

    def show_server(self, name: str) -> None:
        """Offer to have a server test its own way, by its name; an empty one for none that can."""
        self.test_server.setText(self.tr("Test from %1").replace("%1", name))
        self._server = bool(name)
        self.test_server.setVisible(self._server and not self.cancel.isVisibleTo(self))

    def show_testing(self, testing: bool) -> None:
        """Say whether a test goes on."""
        self.busy.setVisible(testing)
        self.cancel.setVisible(testing)
        self.test_window.setVisible(not testing)
        self.test_server.setVisible(not testing and self._server)

    def show_hops(self, hops: Sequence[NetworkHop], verdict: str, *, failed: bool = False) -> None:
        """Show how far a test came, and what is to be said of it; `verdict` is empty while it goes on."""
        self.hops.show_hops(hops)
        set_kind(self.verdict, "error" if failed else "heading")
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        if verdict:
            announce(self.verdict, verdict)

    def _make_proxy(self) -> None:
        self._layout.addWidget(heading(self.tr("Proxy"), self))
        card = Card(self)
        self.mode = StillComboBox(card)
        titles = (self.tr("Same as the system"), self.tr("No proxy"), self.tr("Manual"), self.tr("Script (PAC)"))
        for mode, title in zip(MODES, titles, strict=True):
            self.mode.addItem(title, mode)
        self.mode.currentIndexChanged.connect(lambda: self.mode_chosen.emit(self.mode.currentData()))
        keep_field_width(self.mode)
        help_text = self.tr("This computer itself is never reached through it.")
        self.mode_row = CardRow(self.tr("Proxy"), help_text, self.mode, card)
        self.address = self._field(card, "proxy_address", "http://proxy.example.com:8080")
        self.address_row = CardRow(self.tr("Address"), "", self.address, card)
        self.user = self._field(card, "proxy_user", "")
        self.user_row = CardRow(self.tr("User name"), self.tr("Empty if the proxy asks for none."), self.user, card)
        self.password = QLineEdit(card)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.editingFinished.connect(self._tell_password)
        self.forget_password = QPushButton(self.tr("Remove"), card)
        self.forget_password.setAccessibleName(self.tr("Remove the password"))
        self.forget_password.clicked.connect(lambda: self.password_edited.emit(""))
        self.password.setAccessibleName(self.tr("Password"))
        beside = _beside(card, self.password, self.forget_password)
        self.password_row = CardRow(self.tr("Password"), "", beside, card)
        self.exceptions = self._field(card, "proxy_exceptions", "example.com, 10.0.0.0/8")
        help_text = self.tr("Names, addresses and networks, separated by commas.")
        self.exceptions_row = CardRow(self.tr("Reached without the proxy"), help_text, self.exceptions, card)
        self.script = self._field(card, "proxy_script", "https://example.com/proxy.pac")
        self.script.setAccessibleName(self.tr("Script"))
        choose = self._chooser(card, "proxy_script", self.tr("Choose a script"))
        help_text = self.tr("The address of a PAC file, or its path.")
        self.script_row = CardRow(self.tr("Script"), help_text, _beside(card, self.script, choose), card)
        self._layout.addWidget(card)
        self._layout.addWidget(self.follower)

    def _make_certificates(self) -> None:
        self._layout.addSpacing(16)
        self._layout.addWidget(heading(self.tr("Certificates"), self))
        card = Card(self)
        self._certificates_help = self.tr("A PEM file, such as your company's. Trusted beside those of the system.")
        self.certificates = self._field(card, "extra_certificates", "")
        self.certificates.setAccessibleName(self.tr("Extra certificates"))
        self.certificates.setClearButtonEnabled(True)
        choose = self._chooser(card, "extra_certificates", self.tr("Choose a file of certificates"))
        field = _beside(card, self.certificates, choose)
        self.certificates_row = CardRow(self.tr("Extra certificates"), self._certificates_help, field, card)
        self._layout.addWidget(card)
        self._rows = {
            "proxy_mode": self.mode_row,
            "proxy_address": self.address_row,
            "proxy_user": self.user_row,
            "proxy_password": self.password_row,
            "proxy_exceptions": self.exceptions_row,
            "proxy_script": self.script_row,
            "extra_certificates": self.certificates_row,
        }

    def _make_test(self) -> None:
        self._layout.addSpacing(16)
        self._layout.addWidget(heading(self.tr("Connection"), self))
        card = Card(self)
        self.test_window.clicked.connect(lambda: self.test_requested.emit(False))
        self.test_server.clicked.connect(lambda: self.test_requested.emit(True))
        self.cancel.clicked.connect(self.test_cancelled)
        row = QHBoxLayout()
        for button in (self.test_window, self.test_server, self.cancel):
            row.addWidget(button)
        row.addStretch(1)
        help_text = self.tr("Goes to the hub step by step, and names the step that fails.")
        CardRow(self.tr("Way to the hub"), help_text, None, card)
        self.busy = QProgressBar(card)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName(self.tr("The connection is being tested"))
        self.hops = HopList(card)
        self.hops.hide()
        self.verdict = plain_label("", "heading", card)
        self.verdict.hide()
        below = QWidget(card)
        column = QVBoxLayout(below)
        column.setContentsMargins(16, 0, 16, 12)
        column.setSpacing(10)
        column.addLayout(row)
        for widget in (self.busy, self.hops, self.verdict):
            column.addWidget(widget)
        card.add(below)
        self._layout.addWidget(card)

    def _field(self, card: Card, name: str, example: str) -> QLineEdit:
        field = QLineEdit(card)
        field.setPlaceholderText(example)
        keep_field_width(field)
        field.editingFinished.connect(lambda: self._tell(name, field))
        return field

    def _chooser(self, card: Card, name: str, told: str) -> QPushButton:
        button = QPushButton(self.tr("Choose…"), card)
        button.setAccessibleName(told)
        button.clicked.connect(lambda: self.file_requested.emit(name))
        return button

    def _tell(self, name: str, field: QLineEdit) -> None:
        field.setModified(False)
        text = field.text().strip()
        entries = [entry.strip() for entry in text.replace(";", ",").split(",") if entry.strip()]
        self.field_edited.emit(name, entries if name == "proxy_exceptions" else text)

    def _tell_password(self) -> None:
        if self.password.text():
            self.password_edited.emit(self.password.text())


def _beside(card: Card, field: QLineEdit, button: QPushButton) -> QWidget:
    whole = QWidget(card)
    keep_field_width(whole)
    field.setMinimumWidth(0)
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(field, 1)
    row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
    whole.setFocusProxy(field)
    whole.setAccessibleName(field.accessibleName())
    return whole
