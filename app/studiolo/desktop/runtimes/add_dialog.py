"""A folder or an executable of one's own becomes a runtime."""

import re
from pathlib import PurePath

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import AppError

_WORKER = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})$")
_MOST_PORT = 65535
_MOST_WORKERS = 16
_MOST_PATH, _MOST_NAME = 4096, 100


class AddRuntimeDialog(QDialog):
    """Stays open until the server has taken what was entered.

    Signals:
        tried: Somebody wants it taken.
        browse_requested: Somebody wants to choose an executable or a folder (True) instead of writing its path.
    """

    tried = Signal()
    browse_requested = Signal(bool)

    def __init__(self, parent: QWidget, *, browsable: bool) -> None:
        """Ask for a path. browsable: the server's disk is this computer's, so that it can be looked through."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a runtime"))
        self.path, self.name, self.rpc = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.path.setMaxLength(_MOST_PATH)
        self.name.setMaxLength(_MOST_NAME)
        self.name.setPlaceholderText(self.tr("Optional"))
        self.rpc.setPlaceholderText("192.168.1.20:50052, 192.168.1.21:50052")
        self.file = QPushButton(self.tr("Executable…"), self)
        self.folder = QPushButton(self.tr("Folder…"), self)
        for button in (self.file, self.folder):
            button.setVisible(browsable)
        self.path_error, self.rpc_error = self._error(), self._error()
        self.told = self._error()
        self.add = primary_button(self.tr("Add"), self)
        self._arrange()
        self.file.clicked.connect(lambda: self.browse_requested.emit(False))
        self.folder.clicked.connect(lambda: self.browse_requested.emit(True))
        self.path.editingFinished.connect(self._check_path)
        self.rpc.editingFinished.connect(self._check_rpc)
        self.path.textChanged.connect(lambda: self._say(self.path_error, ""))
        self.rpc.textChanged.connect(lambda: self._say(self.rpc_error, ""))
        self.add.clicked.connect(self._try)

    @property
    def workers(self) -> list[str]:
        """Return the workers as they were written, one each."""
        return [one for one in re.split(r"[\s,;]+", self.rpc.text()) if one]

    def set_path(self, path: str) -> None:
        """Take a path that was chosen."""
        self.path.setText(path)
        self._check_path()

    def show_busy(self, *, busy: bool) -> None:
        """Wait for the server, or no longer."""
        self.add.setEnabled(not busy)
        if busy:
            self._say(self.told, "")

    def show_refusal(self, error: AppError) -> None:
        """Say why the server does not take it; everything that was entered stays."""
        self._say(self.told, f"{error.message} {error.hint}".strip())

    def _try(self) -> None:
        # Each says what is wrong with it.
        checked = [self._check_path(needed=True), self._check_rpc()]
        if all(checked):
            self.tried.emit()

    def _check_path(self, *, needed: bool = False) -> bool:
        path = self.path.text().strip()
        wrong = ""
        if not path:
            wrong = self.tr("Enter where the folder or the executable is.") if needed else ""
        elif not (path.startswith(("/", "~", "\\")) or PurePath(path).is_absolute() or path[1:2] == ":"):
            wrong = self.tr("Enter the whole path, from the root of the disk.")
        self._say(self.path_error, wrong)
        return not wrong

    def _check_rpc(self) -> bool:
        wrong = ""
        for worker in self.workers:
            found = _WORKER.match(worker)
            if not found or not 0 < int(found[2]) <= _MOST_PORT:
                wrong = self.tr("“%1” is not host:port, such as 192.168.1.20:50052.").replace("%1", worker)
                break
        if not wrong and len(self.workers) > _MOST_WORKERS:
            wrong = self.tr("At most %1 workers can share a model.").replace("%1", str(_MOST_WORKERS))
        self._say(self.rpc_error, wrong)
        return not wrong

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _error(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(label, "error")
        label.hide()
        return label

    def _help(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        set_kind(label, "help")
        return label

    def _arrange(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.path, 1)
        place.addWidget(self.file)
        place.addWidget(self.folder)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        rows = (
            (self.tr("Path"), self.path, place, self.path_error),
            (self.tr("Name"), self.name, self.name, None),
            (self.tr("RPC workers"), self.rpc, self.rpc, self.rpc_error),
        )
        for title, field, placed, error in rows:
            label = QLabel(title, self)
            label.setBuddy(field)
            field.setAccessibleName(title)
            form.addRow(label, placed)
            if field is self.path:
                form.addRow(
                    self._help(self.tr("llama-server itself, or a folder with a build of llama.cpp or xllamacpp."))
                )
            if error:
                form.addRow(error)
        warning = QFrame(self)
        warning.setProperty("kind", "attention")
        inside = QVBoxLayout(warning)
        inside.addWidget(
            self._help(
                self.tr(
                    "Workers on other machines share a model that is too large for one. What they are sent is neither"
                    " encrypted nor protected by a password: use them on networks that you trust, and only there."
                )
            )
        )
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(warning)
        layout.addWidget(
            self._help(
                self.tr("It is a program that runs with your rights on the server's machine. It is tested before use.")
            )
        )
        layout.addWidget(self.told)
        layout.addLayout(button_row(self, self.add))
        self.setMinimumWidth(room_for(self, 560).width())
