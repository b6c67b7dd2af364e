"""Asks where another server is, and for its key."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from studiolo.api.base import SHOWABLE
from studiolo.api.upstreams import MOST_ADDRESS, MOST_KEY, UpstreamRequest
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import AppError

_MOST_NAME = 60
_MOST_DIGITS = 9


class AddUpstreamDialog(QDialog):
    """`request` is what a person gave, once the dialog was accepted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a server"))
        self.address = self._field(self.tr("Address"), "http://192.168.1.5:8000", MOST_ADDRESS)
        self.name = self._field(self.tr("Name"), self.tr("What its machine is called, such as GPU box"), _MOST_NAME)
        self.key = self._field(self.tr("Key"), self.tr("Only if it asks for one"), MOST_KEY)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.context = self._field(self.tr("Context"), self.tr("Tokens, if the server doesn't say"), _MOST_DIGITS)
        self.told = QLabel(
            self.tr(
                "Anything that speaks OpenAI's API: Studiolo, LM Studio, vLLM, llama.cpp, Ray Serve. Its models are "
                "tried with a reply of one token each, for which it may have to load them."
            ),
            self,
        )
        self.told.setWordWrap(True)
        set_kind(self.told, "muted")
        self.refused = QLabel(self)
        self.refused.setWordWrap(True)
        self.refused.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.refused, "error")
        self.refused.hide()
        self.add = primary_button(self.tr("Add"), self)
        self.add.clicked.connect(self.accept)
        form = QFormLayout()
        form.setVerticalSpacing(12)
        form.setHorizontalSpacing(16)
        for field in (self.address, self.name, self.key, self.context):
            form.addRow(field.accessibleName(), field)
            field.textChanged.connect(self._check)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addWidget(self.told)
        layout.addLayout(form)
        layout.addWidget(self.refused)
        layout.addLayout(button_row(self, self.add))
        self.setMinimumWidth(480)
        self._check()

    @property
    def request(self) -> UpstreamRequest:
        """Return what was given."""
        context = self.context.text().strip()
        return UpstreamRequest(
            address=self.address.text().strip(),
            name=self.name.text().strip() or None,
            key=self.key.text().strip() or None,
            context_length=int(context) if context else None,
        )

    def show_refused(self, request: UpstreamRequest, why: AppError) -> None:
        """Show what was given before, and why it was refused."""
        self.address.setText(request.address)
        self.name.setText(request.name or "")
        self.key.setText(request.key or "")
        self.context.setText(str(request.context_length or ""))
        self.refused.setText(f"{why.message} {why.hint}".strip())
        self.refused.show()
        announce(self, self.refused.text())

    def _field(self, name: str, example: str, most: int) -> QLineEdit:
        field = QLineEdit(self)
        field.setAccessibleName(name)
        field.setPlaceholderText(example)
        field.setMaxLength(most)
        return field

    def _check(self) -> None:
        """What the server would refuse unseen can't be sent."""
        context, key = self.context.text().strip(), self.key.text().strip()
        sound = not context or (context.isascii() and context.isdigit() and int(context) > 0)
        plain = key.isascii() and key.isprintable() and " " not in key
        named = re.match(SHOWABLE, self.name.text().strip()) is not None
        self.add.setEnabled(bool(self.address.text().strip()) and sound and plain and named)
