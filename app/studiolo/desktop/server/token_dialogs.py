"""What a token is called and may, and the one moment in which its text can be read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDate, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.server import USUAL_PERMISSIONS, TokenInfo
from studiolo.desktop.server.tokens_table import known_permissions, permission_name, permission_text
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.sizes import wear_code_font
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind

_LONGEST_NAME = 100
_COPIED_MS = 2000
_NEVER, _OTHER = 0, -1


class TokenDialog(QDialog):
    """Asks for name, permissions and end of a token; of an existing one where `token` is given.

    `name`, `permissions`, `expires_at` (ISO 8601 in UTC; None: never) are what a person chose.
    """

    def __init__(
        self, parent: QWidget, *, token: TokenInfo | None = None, name: str = "", permissions: Sequence[str] = ()
    ) -> None:
        super().__init__(parent)
        self._kept_end = token.expires_at if token else None
        self.setWindowTitle(self.tr("Edit token") if token else self.tr("New token"))
        self.name_field = QLineEdit(token.name if token else name, self)
        self.name_field.setMaxLength(_LONGEST_NAME)
        self.name_field.setPlaceholderText(self.tr("What uses it, such as VS Code"))
        self.name_field.setAccessibleName(self.tr("Name"))
        self.boxes: dict[str, QCheckBox] = {}
        chosen = list(token.permissions) if token else list(permissions) or list(USUAL_PERMISSIONS)
        self.end_field = StillComboBox(self)
        self.end_field.setAccessibleName(self.tr("Expires"))
        self._day = QDateEdit(QDate.currentDate().addDays(30), self)
        self._day.setCalendarPopup(True)
        self._day.setMinimumDate(QDate.currentDate().addDays(1))
        self._day.setAccessibleName(self.tr("Last day"))
        self._fill_ends()
        self.save = primary_button(self.tr("Save") if token else self.tr("Create token"), self)
        self.save.clicked.connect(self.accept)
        self._arrange(chosen)
        self.name_field.textChanged.connect(self._check)
        self.end_field.currentIndexChanged.connect(self._check)
        self._check()
        self.setMinimumWidth(460)

    @property
    def name(self) -> str:
        """Return what the token is to be called."""
        return self.name_field.text().strip()

    @property
    def permissions(self) -> list[str]:
        """Return what it may."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    @property
    def expires_at(self) -> str | None:
        """Return when it ends, in ISO 8601 in UTC; None for never."""
        days = self.end_field.currentData()
        if days == _NEVER:
            return None
        if isinstance(days, str):
            return days
        if days == _OTHER:
            day = self._day.date()
            end = datetime(day.year(), day.month(), day.day(), 23, 59, 59).astimezone(UTC)
        else:
            end = datetime.now(UTC) + timedelta(days=days)
        return end.isoformat(timespec="seconds").replace("+00:00", "Z")

    def _fill_ends(self) -> None:
        if self._kept_end is not None:
            self.end_field.addItem(self.tr("As before"), self._kept_end)
        for days in (_NEVER, 7, 30, 90, 365, _OTHER):
            if days == _NEVER:
                self.end_field.addItem(self.tr("Never"), _NEVER)
            elif days == _OTHER:
                self.end_field.addItem(self.tr("On a day…"), _OTHER)
            else:
                self.end_field.addItem(self.tr("In %n day(s)", "", days), days)

    def _check(self) -> None:
        self._day.setVisible(self.end_field.currentData() == _OTHER)
        self.save.setEnabled(bool(self.name and self.permissions))

    def _arrange(self, chosen: Sequence[str]) -> None:
        permissions = QVBoxLayout()
        permissions.setSpacing(2)
        for one in known_permissions():
            box = self.boxes[one] = QCheckBox(permission_name(one), self)
            box.setChecked(one in chosen)
            box.setAccessibleDescription(permission_text(one))
            box.toggled.connect(self._check)
            told = QLabel(permission_text(one), self)
            told.setWordWrap(True)
            told.setContentsMargins(24, 0, 0, 4)
            set_kind(told, "muted")
            permissions.addWidget(box)
            permissions.addWidget(told)
        end = QHBoxLayout()
        end.addWidget(self.end_field, 1)
        end.addWidget(self._day, 1)
        form = QFormLayout()
        form.setVerticalSpacing(12)
        form.setHorizontalSpacing(16)
        form.addRow(self.tr("Name"), self.name_field)
        may = QLabel(self.tr("May"), self)
        may.setAlignment(Qt.AlignmentFlag.AlignTop)
        form.addRow(may, permissions)
        form.addRow(self.tr("Expires"), end)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addLayout(button_row(self, self.save))


class NewTokenDialog(QDialog):
    """Shows a token's text, which nobody can read again afterwards."""

    def __init__(self, token: TokenInfo, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Copy the token now"))
        told = QLabel(
            self.tr("This is the only time that “%1” is shown. The server keeps no copy.").replace("%1", token.name),
            self,
        )
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setWordWrap(True)
        self.field = QLineEdit(token.token or "", self)
        self.field.setReadOnly(True)
        wear_code_font(self.field)
        self.field.setAccessibleName(self.tr("Token"))
        self.field.selectAll()
        self.copy = primary_button(self.tr("Copy"), self)
        self.copy.clicked.connect(self._copy)
        hint = QLabel(
            self.tr("Keep it where you keep passwords. Programs take it from the environment variable LM_API_TOKEN."),
            self,
        )
        hint.setWordWrap(True)
        set_kind(hint, "muted")
        done = QPushButton(self.tr("Done"), self)
        done.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(self.copy)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(done)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(told)
        layout.addLayout(row)
        layout.addWidget(hint)
        layout.addLayout(foot)
        self.setMinimumWidth(500)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.field.text())
        self.copy.setText(self.tr("Copied"))
        QTimer.singleShot(_COPIED_MS, self.copy, lambda: self.copy.setText(self.tr("Copy")))
