"""Which certificate of a server is trusted: a choice, and the certificate itself before it is trusted alone."""

from collections.abc import Callable

from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from studiolo.client.certificates import SYSTEM, Certificate, CertificateKind, open_context
from studiolo.client.shown_certificate import ShownCertificate, show_certificate
from studiolo.desktop.connections.known import host_of
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.dialogs import ask_for_files, finished
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import AppError
from studiolo.network.network import Network

_PAIRS_IN_A_LINE = 16


def grouped(fingerprint: str) -> str:
    """Return a fingerprint as others show it, in two lines, so that two can be compared."""
    pairs = [fingerprint[at : at + 2].upper() for at in range(0, len(fingerprint), 2)]
    lines = [pairs[at : at + _PAIRS_IN_A_LINE] for at in range(0, len(pairs), _PAIRS_IN_A_LINE)]
    return "\n".join(":".join(line) for line in lines)


class CertificateChoice(QWidget):
    """`changed` carries a Certificate that was chosen by hand."""

    changed = Signal(object)

    def __init__(
        self, scope: TaskScope, *, address: Callable[[], str], network: Network | None = None, parent: QWidget
    ) -> None:
        """scope: for what takes a while. address: of the server, as it is written now. network: the way there."""
        super().__init__(parent)
        self._scope = scope
        self._address = address
        self._network = network
        self._value = SYSTEM
        self.box = StillComboBox(self)
        kinds: tuple[tuple[CertificateKind, str], ...] = (
            ("system", self.tr("Certificates that this computer trusts")),
            ("file", self.tr("A certificate file…")),
            ("pinned", self.tr("This one certificate…")),
        )
        for kind, title in kinds:
            self.box.addItem(title, kind)
        self.told = QLabel(self)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.box)
        layout.addWidget(self.told)
        self.box.activated.connect(lambda: self._choose(self.box.currentData()))
        self.show_certificate(SYSTEM)

    @property
    def value(self) -> Certificate:
        """Return which one is trusted."""
        return self._value

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.box.setAccessibleName(name)

    def show_certificate(self, certificate: Certificate) -> None:
        """Have this one chosen."""
        self._value = certificate
        self.box.setCurrentIndex(self.box.findData(certificate.kind))
        match certificate.kind:
            case "file":
                self._tell(certificate.value)
            case "pinned":
                self._tell(self.tr("SHA-256 fingerprint:\n%1").replace("%1", grouped(certificate.value)))
            case _:
                self._tell("")

    def look(self) -> None:
        """Show what the server has now, to be trusted alone."""
        self._scope.start(self._look(), replace="certificate")

    def _choose(self, kind: CertificateKind) -> None:
        match kind:
            case "file":
                self._scope.start(self._choose_file(), replace="certificate")
            case "pinned":
                self.look()
            case _:
                self._take(SYSTEM)

    def _take(self, certificate: Certificate) -> None:
        self.show_certificate(certificate)
        self.changed.emit(certificate)

    async def _choose_file(self) -> None:
        kinds = [self.tr("Certificates (*.pem *.crt *.cer)"), self.tr("All files (*)")]
        files = await ask_for_files(self, self.tr("Choose a certificate file"), kinds, one=True)
        if not files:
            self.show_certificate(self._value)
            return
        certificate = Certificate("file", str(files[0]))
        try:
            open_context(certificate)
        except AppError as error:
            self._fail(error)
        else:
            self._take(certificate)

    async def _look(self) -> None:
        self._tell(self.tr("Looking at the certificate…"))
        try:
            shown = await show_certificate(self._address(), network=self._network)
        except AppError as error:
            self._fail(error)
            return
        dialog = TrustDialog(host_of(self._address().strip()), shown, self.window())
        if await finished(dialog):
            self._take(Certificate("pinned", shown.fingerprint))
        else:
            self.show_certificate(self._value)

    def _fail(self, error: AppError) -> None:
        self.show_certificate(self._value)
        self._tell(str(error), "error")

    def _tell(self, text: str, kind: str = "muted") -> None:
        set_kind(self.told, kind)
        self.told.setText(text)
        self.told.setVisible(bool(text))


class TrustDialog(QDialog):
    """Shows a certificate, and asks whether to trust it alone. Enter says no: to trust is a decision."""

    def __init__(self, host: str, shown: ShownCertificate, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Trust this certificate?"))
        lead = QLabel(
            self.tr(
                "Compare the fingerprint with the one on the server itself. If they are the same, you talk to it and"
                " to nobody in between."
            ),
            self,
        )
        lead.setWordWrap(True)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        self.fingerprint = QLabel(grouped(shown.fingerprint), self)
        self.fingerprint.setProperty("kind", "address")
        self.fingerprint.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.fingerprint.setAccessibleName(self.tr("SHA-256 fingerprint"))
        unknown = self.tr("Not known")
        for title, text in (
            (self.tr("Server"), host),
            (self.tr("Issued to"), shown.subject or unknown),
            (self.tr("Issued by"), shown.issuer or unknown),
            (self.tr("For"), ", ".join(shown.names) or unknown),
            (self.tr("Valid"), self._time(shown) or unknown),
        ):
            label = QLabel(text, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            form.addRow(_quiet(title, self), label)
        form.addRow(_quiet(self.tr("SHA-256"), self), self.fingerprint)
        self.trust = primary_button(self.tr("Trust this certificate"), self)
        self.trust.setDefault(False)
        self.trust.setAutoDefault(False)
        self.trust.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addWidget(lead)
        layout.addLayout(form)
        layout.addLayout(button_row(self, self.trust))
        self.setMinimumWidth(520)

    def _time(self, shown: ShownCertificate) -> str:
        if not shown.begins or not shown.ends:
            return ""
        begins, ends = (
            QLocale().toString(QDate(one.year, one.month, one.day), QLocale.FormatType.ShortFormat)
            for one in (shown.begins, shown.ends)
        )
        return self.tr("%1 to %2").replace("%1", begins).replace("%2", ends)


def _quiet(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("kind", "muted")
    return label
