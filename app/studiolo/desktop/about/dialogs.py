"""The windows about the program: the page about it, the licences, and the report of a crash."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextOption
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.about.licences import Component
from studiolo.desktop.about.panel import AboutPanel
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.form_area import FormArea
from studiolo.desktop.widgets.grouped_delegate import ListItem
from studiolo.desktop.widgets.grouped_list import GroupedList
from studiolo.desktop.widgets.sizes import sizes

_ABOUT_WIDTH = 560
_LICENCES = QSize(940, 640)
_CRASH = QSize(680, 460)
_LIST_WIDTH = 270


class AboutDialog(QDialog):
    """The page about the program in a window of its own."""

    def __init__(self, panel: AboutPanel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Studiolo"))
        self.panel = panel
        area = FormArea(self)
        inside = QVBoxLayout(area.form)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addWidget(area, 1)
        layout.addLayout(_closing(self))
        self.setMinimumWidth(min(sizes().scaled(_ABOUT_WIDTH), parent.window().width()))


class LicencesDialog(QDialog):
    """What ships, and the words of each licence.

    Signals:
        component_chosen: A line of the list is the current one; its number among the components.
        link_requested: The home of a component is to be opened; its address.
    """

    component_chosen = Signal(int)
    link_requested = Signal(str)

    def __init__(self, components: Sequence[Component], note: str, parent: QWidget) -> None:
        """note: what is said of Qt, above the text of its licence."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Licences"))
        self._components = components
        self._address = ""
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search licences"))
        self.search.setClearButtonEnabled(True)
        self.list = GroupedList(self.tr("What ships with Studiolo"), self)
        self.list.setFixedWidth(sizes().scaled(_LIST_WIDTH))
        self.title = QLabel(self)
        self.title.setProperty("kind", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.note = QLabel(note, self)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.home = QPushButton(self.tr("Website"), self)
        self.home.clicked.connect(lambda: self.link_requested.emit(self._address))
        self.text = _reading_field(self, self.tr("Text of the licence"))
        self._arrange()
        self.search.textChanged.connect(self._filter)
        self.list.current_changed.connect(self._choose)
        self._filter("")
        self.search.setFocus()

    def show_text(self, component: Component, text: str, *, noted: bool) -> None:
        """Show the words of a component's licence; noted: with what is said of Qt above it."""
        self.title.setText(" · ".join(part for part in (component.name, component.version, component.licence) if part))
        self.note.setVisible(noted)
        self.text.setPlainText(text or self.tr("The package comes without the text of its licence."))
        self._address = component.address
        self.home.setVisible(bool(component.address))
        self.home.setToolTip(component.address)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.home)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(head)
        right.addWidget(self.note)
        right.addWidget(self.text, 1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(both, 1)
        layout.addLayout(_closing(self))
        self.resize(sizes().scaled(_LICENCES.width()), sizes().scaled(_LICENCES.height()))

    def _filter(self, words: str) -> None:
        wanted = words.casefold().split()
        self.list.show_lines(
            [
                ListItem(str(number), one.name, one.licence)
                for number, one in enumerate(self._components)
                if all(word in f"{one.name} {one.licence}".casefold() for word in wanted)
            ],
            self.list.current_key,
        )

    def _choose(self, key: str) -> None:
        if key:
            self.component_chosen.emit(int(key))


class CrashDialog(QDialog):
    """The report of the last crash, to be read and copied.

    Signals:
        report_copied: The report is wanted on the clipboard.
        report_deleted: The report is to go.
    """

    report_copied = Signal()
    report_deleted = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Crash report"))
        told = QLabel(self.tr("This is all that is in the report. Names of your folders and tokens are cut out."), self)
        told.setWordWrap(True)
        self.text = _reading_field(self, self.tr("Crash report"))
        self.text.setPlainText(text)
        self.copy = QPushButton(self.tr("Copy report"), self)
        self.copy.clicked.connect(self._copy)
        self.delete = QPushButton(self.tr("Delete report"), self)
        self.delete.clicked.connect(self.report_deleted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(told)
        layout.addWidget(self.text, 1)
        layout.addLayout(_closing(self, self.copy, self.delete))
        self.resize(sizes().scaled(_CRASH.width()), sizes().scaled(_CRASH.height()))

    def _copy(self) -> None:
        self.report_copied.emit()
        self.copy.setText(self.tr("Copied"))
        announce(self.copy, self.tr("Copied"))


def put_on_clipboard(text: str) -> None:
    """Put text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def _reading_field(parent: QWidget, name: str) -> QPlainTextEdit:
    field = QPlainTextEdit(parent)
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setAccessibleName(name)
    field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    field.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return field


def _closing(dialog: QDialog, *buttons: QPushButton) -> QHBoxLayout:
    close = QPushButton(translate("Dialogs", "Close"), dialog)
    close.clicked.connect(dialog.reject)
    row = QHBoxLayout()
    row.setSpacing(8)
    for button in buttons:
        row.addWidget(button)
    row.addStretch()
    row.addWidget(close)
    return row
