"""A form for one server: a program or an address, and what goes with it."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import McpServerChange, McpServerEntry
from studiolo.api.mcp_entry import command_parts, is_address, label_for, label_of
from studiolo.desktop.widgets.form_area import FormArea
from studiolo.desktop.widgets.pairs import Pairs, is_kept
from studiolo.desktop.widgets.sizes import room_for, sizes, wear_code_font
from studiolo.desktop.widgets.still_fields import StillSpinBox
from studiolo.desktop.widgets.theme import keep_margins, set_kind

_WIDTH = 580
_ARGUMENTS_HEIGHT = 84
_MOST_SECONDS = 24 * 3600


class EntryDialog(QDialog):
    """`label` and `change` are what is to be kept.

    entry: as it is; label: None for a new server. elsewhere: the name of the machine that programs run on, empty for
    this one.
    """

    def __init__(
        self, entry: McpServerEntry, label: str | None, parent: QWidget | None = None, *, elsewhere: str = ""
    ) -> None:
        super().__init__(parent)
        self._entry = entry
        self._new = label is None
        title = self.tr("Add a server") if label is None else self.tr("Edit %1").replace("%1", label)
        self.setWindowTitle(title)
        self.name = QLineEdit(label or "", self)
        self.name.setReadOnly(label is not None)
        self.name.setPlaceholderText(self.tr("Optional, such as filesystem"))
        where = self.tr("A program on %1").replace("%1", elsewhere) if elsewhere else ""
        self.program = QRadioButton(where or self.tr("A program on this computer"), self)
        self.service = QRadioButton(self.tr("A service at an address"), self)
        group = QButtonGroup(self)
        group.addButton(self.program)
        group.addButton(self.service)
        self.command = QLineEdit(entry.command or "", self)
        self.command.setPlaceholderText(self.tr("Such as npx, uvx, or the path of a program"))
        self.arguments = QPlainTextEdit("\n".join(entry.args or ()), self)
        self.arguments.setPlaceholderText(self.tr("One per line"))
        self.arguments.setTabChangesFocus(True)
        self.arguments.setFixedHeight(sizes().scaled(_ARGUMENTS_HEIGHT))
        wear_code_font(self.arguments)
        self.variables = Pairs(entry.env, self.tr("Add a variable"), self)
        self.folder = QLineEdit(entry.cwd or "", self)
        self.folder.setPlaceholderText(self.tr("Optional"))
        self.address = QLineEdit(entry.url or "", self)
        self.address.setPlaceholderText("https://example.com/mcp")
        self.headers = Pairs(entry.headers, self.tr("Add a header"), self)
        auth = entry.auth or {}
        self.client = QLineEdit(str(auth.get("CLIENT_ID") or ""), self)
        self.client.setPlaceholderText(self.tr("Only if you registered your own"))
        self._kept_secret = str(auth.get("CLIENT_SECRET") or "")
        self.client_secret = QLineEdit(self)
        self.client_secret.setEchoMode(QLineEdit.EchoMode.Password)
        if self._kept_secret:
            self.client_secret.setPlaceholderText(self.tr("Saved; enter another to replace it"))
        self.timeout = StillSpinBox(self)
        keep_margins(self.timeout)
        self.timeout.setRange(0, _MOST_SECONDS)
        self.timeout.setSuffix(" s")
        self.timeout.setSpecialValueText(self.tr("60 s (default)"))
        self.timeout.setValue(round(entry.timeout or 0))
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        set_kind(self.problem, "error")
        self.problem.hide()
        self.save = QPushButton(self.tr("Add") if self._new else self.tr("Save"), self)
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._check)
        self._arrange()
        (self.service if entry.url else self.program).setChecked(True)
        # Qt sees to it only once one of them has had the focus.
        (self.program if entry.url else self.service).setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.program.toggled.connect(self._show_kind)
        self._show_kind()
        self.resize(room_for(self, _WIDTH))
        self.area.fit()
        (self.name if self._new else self.command if self.program.isChecked() else self.address).setFocus()

    @property
    def label(self) -> str:
        """Return the name that the server is to have in mcp.json."""
        written = self.name.text().strip()
        return label_of(written or label_for(self.entry))

    @property
    def entry(self) -> McpServerEntry:
        """Return the entry as it is written."""
        return McpServerEntry.model_validate(self.change.entry)

    @property
    def change(self) -> McpServerChange:
        """Return the change to send: what was there and has no field here stays."""
        kept: dict[str, Any] = self._entry.model_dump(exclude_none=True)
        for name in ("command", "args", "env", "cwd", "url", "headers", "timeout", "auth"):
            kept.pop(name, None)
        secrets: list[str] = []
        if self.program.isChecked():
            kept["command"] = self.command.text().strip()
            kept["args"] = [line for line in self.arguments.toPlainText().splitlines() if line.strip()]
            kept["env"] = self.variables.values
            kept["cwd"] = self.folder.text().strip()
            secrets += [f"env.{name}" for name in self.variables.secrets]
        else:
            kept["url"] = self.address.text().strip()
            kept["headers"] = self.headers.values
            secrets += [f"headers.{name}" for name in self.headers.secrets]
            kept["auth"] = self._auth()
            if self.client_secret.text():
                secrets.append("auth.CLIENT_SECRET")
        kept["timeout"] = self.timeout.value()
        return McpServerChange(entry={name: value for name, value in kept.items() if value}, secrets=secrets)

    def taken_text(self, label: str) -> str:
        """Return the text that says that a name is taken."""
        return self.tr("%1 is the name of another server.").replace("%1", label)

    def tell(self, text: str) -> None:
        """Say what is wrong with the entry."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.area.fit()

    def _auth(self) -> dict[str, Any]:
        auth = dict(self._entry.auth or {})
        secret = self.client_secret.text() or self._kept_secret
        given = {"CLIENT_ID": self.client.text().strip(), "CLIENT_SECRET": secret}
        return {name: value for name, value in (auth | given).items() if value}

    def _check(self) -> None:
        if self.program.isChecked():
            command = self.command.text().strip()
            if not command:
                self.tell(self.tr("Enter the program to run."))
                self.command.setFocus()
                return
            self._split(command)
        elif not is_address(self.address.text().strip()) and not is_kept(self.address.text()):
            self.tell(self.tr("An address begins with http:// or https://."))
            self.address.setFocus()
            return
        self.accept()

    def _split(self, command: str) -> None:
        """A whole command line in the place of the program is what people copy."""
        if self.arguments.toPlainText().strip() or " " not in command:
            return
        try:
            program, *rest = command_parts(command)
        except ValueError:
            return
        if (rest and rest[0].startswith(("-", "@", "/", ".", "~"))) or program in (
            "npx",
            "uvx",
            "docker",
            "node",
            "python",
        ):
            self.command.setText(program)
            self.arguments.setPlainText("\n".join(rest))

    def _show_kind(self) -> None:
        program = self.program.isChecked()
        for label, field, of_program in self._kinds:
            for widget in (label, field):
                widget.setVisible(program is of_program)
        self.tell("")

    def _arrange(self) -> None:
        self.area = FormArea(self)
        inside = self.area.form
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        form = QFormLayout()
        column.addLayout(form)
        column.addStretch()
        form.setVerticalSpacing(12)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        kinds = QHBoxLayout()
        kinds.addWidget(self.program)
        kinds.addWidget(self.service)
        kinds.addStretch()
        form.addRow(self._labelled(self.tr("Name"), self.name), self.name)
        form.addRow("", kinds)
        self._kinds: list[tuple[QLabel, QWidget, bool]] = []
        for text, field, of_program in (
            (self.tr("Program"), self.command, True),
            (self.tr("Arguments"), self.arguments, True),
            (self.tr("Variables"), self.variables, True),
            (self.tr("Folder"), self.folder, True),
            (self.tr("Address"), self.address, False),
            (self.tr("Headers"), self.headers, False),
            (self.tr("Client ID"), self.client, False),
            (self.tr("Client secret"), self.client_secret, False),
        ):
            label = self._labelled(text, field)
            self._kinds.append((label, field, of_program))
            form.addRow(label, field)
        form.addRow(self._labelled(self.tr("Time limit for a call"), self.timeout), self.timeout)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)

    def _labelled(self, text: str, field: QWidget) -> QLabel:
        label = QLabel(text, self)
        label.setBuddy(field)
        field.setAccessibleName(text)
        return label
