"""The program in a few lines: versions, places, licences, and what the last crash left. Widgets only."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.about.facts import Fact
from studiolo.desktop.widgets.announcing import announce

_LOGO = 48
_GAP = 16


class AboutPanel(QWidget):
    """Everything about the program on one page; it may be part of a dialog.

    Signals:
        details_copied: Somebody wants the versions on the clipboard.
        licences_requested: The list of licences is wanted.
        folder_requested: A folder is to be opened; its path.
        link_requested: A place on the web is to be opened; its address.
        crash_requested: The report of the last crash is to be shown.
        crash_deleted: The report of the last crash is to go.
    """

    details_copied = Signal()
    licences_requested = Signal()
    folder_requested = Signal(str)
    link_requested = Signal(str)
    crash_requested = Signal()
    crash_deleted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.logo = QLabel(self)
        self.logo.setPixmap(QGuiApplication.windowIcon().pixmap(QSize(_LOGO, _LOGO), self.devicePixelRatioF()))
        self.name = QLabel("Studiolo", self)
        self.name.setProperty("kind", "title")
        self.purpose = QLabel(self.tr("Language models on your own machines. MIT licence."), self)
        self.purpose.setProperty("kind", "muted")
        self.purpose.setWordWrap(True)
        self.crash = CrashCard(self)
        self.crash.show_report.clicked.connect(self.crash_requested)
        self.crash.delete.clicked.connect(self.crash_deleted)
        self.copy = QPushButton(self.tr("Copy details"), self)
        self.copy.setToolTip(self.tr("For a report of a fault: versions and system, no chats and no tokens"))
        self.copy.clicked.connect(self.details_copied)
        self.licences = QPushButton(self.tr("Licences"), self)
        self.licences.clicked.connect(self.licences_requested)
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(_GAP)
        self._facts.setVerticalSpacing(8)
        self._links = QHBoxLayout()
        self._links.setSpacing(_GAP)
        self._arrange()

    def show_facts(self, facts: Sequence[Fact], folders: Sequence[Fact]) -> None:
        """Show versions, and folders with a button that opens each."""
        for row, fact in enumerate([*facts, *folders]):
            self._facts.addWidget(self._muted(fact.name), row, 0)
            self._facts.addWidget(self._value(fact), row, 1)
        for row, folder in enumerate(folders, len(facts)):
            opening = QPushButton(self.tr("Open folder"), self)
            opening.setAccessibleName(self.tr("Open folder: %1").replace("%1", folder.name))
            opening.clicked.connect(partial(self.folder_requested.emit, folder.value))
            self._facts.addWidget(opening, row, 2)

    def show_links(self, links: Sequence[tuple[str, str]]) -> None:
        """Show places on the web by their names."""
        for name, address in links:
            button = QPushButton(name, self)
            button.setProperty("kind", "name")
            button.setToolTip(address)
            button.clicked.connect(partial(self.link_requested.emit, address))
            self._links.insertWidget(self._links.count() - 1, button)

    def show_crash(self, when: str) -> None:
        """Say when the program broke down last; nothing for an empty text."""
        self.crash.setVisible(bool(when))
        self.crash.told.setText(self.tr("Studiolo closed unexpectedly on %1.").replace("%1", when))

    def tell_copied(self) -> None:
        """Say that the details are on the clipboard."""
        self.copy.setText(self.tr("Copied"))
        announce(self.copy, self.tr("Copied"))

    def _arrange(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self.name)
        names.addWidget(self.purpose)
        head = QHBoxLayout()
        head.setSpacing(_GAP)
        head.addWidget(self.logo)
        head.addLayout(names, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.licences)
        buttons.addStretch()
        self._links.addStretch()
        links = QVBoxLayout()
        links.setSpacing(4)
        links.addWidget(self._muted(self.tr("On the web")))
        links.addLayout(self._links)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        layout.addLayout(head)
        layout.addWidget(self.crash)
        layout.addLayout(self._facts)
        layout.addLayout(buttons)
        layout.addLayout(links)
        layout.addStretch()

    def _muted(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("kind", "muted")
        return label

    def _value(self, fact: Fact) -> QLabel:
        label = QLabel(fact.value, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        label.setAccessibleName(f"{fact.name}: {fact.value}")
        return label


class CrashCard(QFrame):
    """Says that the program broke down, and what can be done with the report."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "danger")
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        hint = QLabel(self.tr("The report says where. It stays on this computer unless you send it."), self)
        hint.setProperty("kind", "muted")
        hint.setWordWrap(True)
        self.show_report = QPushButton(self.tr("Show report"), self)
        self.delete = QPushButton(self.tr("Delete report"), self)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.told)
        texts.addWidget(hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.show_report)
        buttons.addWidget(self.delete)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addLayout(texts)
        layout.addLayout(buttons)
        self.hide()
