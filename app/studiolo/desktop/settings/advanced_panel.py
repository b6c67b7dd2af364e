"""Where the program keeps things, and the way back to the defaults."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.paths import Paths


class AdvancedPanel(QWidget):
    """Shows the folders of this installation, and resets settings.

    Signals:
        folder_opened: Somebody wants to see a folder, by its path.
        desktop_reset_requested: This desktop's settings are to be the defaults.
        server_reset_requested: The selected server's settings are to be the defaults.
    """

    folder_opened = Signal(str)
    desktop_reset_requested = Signal()
    server_reset_requested = Signal()

    def __init__(self, paths: Paths, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open_buttons: dict[str, QPushButton] = {}
        self.reset_desktop = QPushButton(self.tr("Reset…"), self)
        self.reset_server = QPushButton(self.tr("Reset…"), self)
        self._server = QLabel(self)
        self._server_help = QLabel(self)
        folders = [
            self._folder("data", self.tr("Data folder"), paths.data),
            self._folder("config", self.tr("Settings folder"), paths.config),
            self._folder("logs", self.tr("Log folder"), paths.logs),
        ]
        self._desktop_title = QLabel(self.tr("Reset all settings of this desktop"), self)
        told = QLabel(self.tr("Chats, models, servers and tokens stay as they are."), self)
        resets = [
            self._line(self._desktop_title, told, self.reset_desktop),
            self._line(self._server, self._server_help, self.reset_server),
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for heading, lines in ((self.tr("Folders"), folders), (self.tr("Reset"), resets)):
            label = QLabel(heading, self)
            label.setProperty("kind", "heading")
            layout.addWidget(label)
            layout.addWidget(self._card(lines))
            layout.addSpacing(10)
        self.reset_desktop.setAccessibleName(self._desktop_title.text())
        self.reset_desktop.clicked.connect(self.desktop_reset_requested)
        self.reset_server.clicked.connect(self.server_reset_requested)
        self.show_server("", reachable=False)

    def show_server(self, name: str, *, reachable: bool) -> None:
        """Say which server's settings would be reset, and whether that can be done now. name: empty for our own."""
        self._server.setText(
            self.tr("Reset all settings of the server %1").replace("%1", name)
            if name
            else self.tr("Reset all settings of the server on this computer")
        )
        self._server_help.setText(
            self.tr("Its models and tokens stay as they are.")
            if reachable
            else self.tr("Its settings can't be changed from here now.")
        )
        self.reset_server.setEnabled(reachable)
        self.reset_server.setAccessibleName(self._server.text())

    def _folder(self, name: str, title: str, folder: Path) -> QWidget:
        button = self.open_buttons[name] = QPushButton(self.tr("Open folder"), self)
        button.setAccessibleName(self.tr("Open folder: %1").replace("%1", title))
        button.clicked.connect(lambda: self.folder_opened.emit(str(folder)))
        return self._line(QLabel(title, self), ElidedLabel(str(folder), self), button)

    def _line(self, title: QLabel, told: QLabel, button: QPushButton) -> QWidget:
        line = QWidget(self)
        told.setProperty("kind", "help")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(title)
        texts.addWidget(told)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(12)
        layout.addLayout(texts, 1)
        layout.addWidget(button)
        return line

    def _card(self, lines: list[QWidget]) -> QWidget:
        card = QFrame(self)
        card.setProperty("kind", "card")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        for number, line in enumerate(lines):
            if number:
                between = QFrame(card)
                between.setProperty("kind", "line")
                layout.addWidget(between)
            layout.addWidget(line)
        return card
