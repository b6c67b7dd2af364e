"""The view of the programs that can use the server: a list, and the lines for the one that is chosen. Widgets only."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.server.code_box import CodeBox
from studiolo.desktop.server.programs import PROGRAMS, ConnectableProgram
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind

_LIST_WIDTH = 220
_NARROW = 620


@dataclass(frozen=True)
class FilledSnippet:
    """Lines for a server and a model: what they are for, the lines, their language."""

    title: str
    text: str
    language: str


class ConnectView(Resized, QWidget):
    """How a program is connected to the server that is shown.

    Signals:
        program_chosen: The id of a program.
        model_chosen: The key of the model that the lines are for.
        token_requested: A token for the program that is chosen shall be made; its name.
    """

    program_chosen = Signal(str)
    model_chosen = Signal(str)
    token_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setProperty("kind", "servers")
        self.list.setAccessibleName(self.tr("Programs"))
        for program in PROGRAMS:
            item = QListWidgetItem(program.name)
            item.setData(Qt.ItemDataRole.UserRole, program.id)
            item.setToolTip(QCoreApplication.translate("Connect", program.kind))
            self.list.addItem(item)
        self.choice = StillComboBox(self)
        self.choice.setAccessibleName(self.tr("Program"))
        for program in PROGRAMS:
            self.choice.addItem(program.name, program.id)
        self.models = StillComboBox(self)
        self.models.setAccessibleName(self.tr("Model"))
        self.models.setSizeAdjustPolicy(StillComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setMinimumContentsLength(20)
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.title, "heading")
        self.kind = QLabel(self)
        set_kind(self.kind, "muted")
        self.note = QLabel(self)
        self.away = QLabel(self)
        for label in (self.note, self.away):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            set_kind(label, "muted")
        self.token_title = QLabel(self.tr("Token"), self)
        set_kind(self.token_title, "heading")
        self.token_told = QLabel(self)
        self.token_told.setWordWrap(True)
        self.token_told.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.token_told, "muted")
        self.token = QPushButton(self.tr("Make a token for it…"), self)
        self.boxes: list[CodeBox] = []
        self._arrange()
        self.fit()
        self.list.currentRowChanged.connect(self._row_chosen)
        self.choice.activated.connect(self.list.setCurrentRow)
        self.models.activated.connect(lambda: self.model_chosen.emit(self.models.currentData()))
        self.token.clicked.connect(lambda: self.token_requested.emit(self.title.text()))

    @property
    def chosen(self) -> str:
        """Return the id of the program that is chosen; empty for none."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item else ""

    def choose(self, program: str) -> None:
        """Choose a program by its id."""
        ids = [one.id for one in PROGRAMS]
        self.list.setCurrentRow(ids.index(program))

    def show_models(self, models: Sequence[str], chosen: str) -> None:
        """Show of which models the server has one may be in the lines."""
        known = [self.models.itemData(row) for row in range(self.models.count())]
        with QSignalBlocker(self.models):
            if known != list(models):
                self.models.clear()
                for key in models:
                    self.models.addItem(key, key)
            self.models.setCurrentIndex(self.models.findData(chosen))
        self.models.setEnabled(bool(models))
        self.models.setPlaceholderText("" if models else self.tr("No models yet"))

    def show_program(self, program: ConnectableProgram, snippets: Sequence[FilledSnippet]) -> None:
        """Show a program and its lines."""
        self.title.setText(program.name)
        self.kind.setText(QCoreApplication.translate("Connect", program.kind))
        note = QCoreApplication.translate("Connect", program.note) if program.note else ""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        while len(self.boxes) < len(snippets):
            box = CodeBox(self._inside)
            self.boxes.append(box)
            self._boxes.addWidget(box)
        for number, box in enumerate(self.boxes):
            box.setVisible(number < len(snippets))
            if number < len(snippets):
                box.show_code(snippets[number].text, snippets[number].language, snippets[number].title)

    def show_token(self, text: str, snippet: FilledSnippet | None, *, makeable: bool) -> None:
        """Say whether a token is needed, with the line that sets it; makeable: one can be made here."""
        self.token_told.setText(text)
        self.token.setVisible(makeable)
        self.token_box.setVisible(snippet is not None)
        if snippet:
            self.token_box.show_code(snippet.text, snippet.language, snippet.title)

    def show_away(self, text: str) -> None:
        """Say why the lines may be wrong just now; empty for nothing."""
        self.away.setText(text)
        self.away.setVisible(bool(text))

    def fit(self) -> None:
        self.list.setFixedWidth(sizes().scaled(_LIST_WIDTH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < sizes().scaled(_NARROW)
        self.list.setVisible(not narrow)
        self._line.setVisible(not narrow)
        self.choice.setVisible(narrow)

    def _row_chosen(self, row: int) -> None:
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(row)
        self._area.verticalScrollBar().setValue(0)
        self.program_chosen.emit(self.chosen)

    def _arrange(self) -> None:
        self._line = QFrame(self)
        self._line.setFixedWidth(1)
        self._line.setProperty("kind", "upright")
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QWidget(self._area)
        self._inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.token_box = CodeBox(self._inside)
        head = QHBoxLayout()
        head.setSpacing(12)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.title)
        texts.addWidget(self.kind)
        head.addLayout(texts, 1)
        label = QLabel(self.tr("Model"), self)
        label.setBuddy(self.models)
        head.addWidget(label)
        head.addWidget(self.models)
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(12)
        token = QHBoxLayout()
        token.setSpacing(12)
        token.addWidget(self.token_told, 1)
        token.addWidget(self.token, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(20, 16, 16, 24)
        column.setSpacing(12)
        column.addWidget(self.choice)
        column.addLayout(head)
        column.addWidget(self.away)
        column.addLayout(self._boxes)
        column.addWidget(self.note)
        column.addSpacing(12)
        column.addWidget(self.token_title)
        column.addLayout(token)
        column.addWidget(self.token_box)
        column.addStretch()
        self._area.setWidget(self._inside)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(0)
        beside = QVBoxLayout()
        beside.setContentsMargins(0, 10, 8, 0)
        beside.addWidget(self.list)
        row.addLayout(beside)
        row.addWidget(self._line)
        row.addWidget(self._area, 1)
