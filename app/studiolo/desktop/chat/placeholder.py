"""What is there while there is no conversation: a greeting, or what is still in the way of one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from studiolo.desktop.chat.model import Activity
from studiolo.desktop.chat.transcript.status import ActivityLine, FailureCard
from studiolo.errors import AppError

_WIDTH = 520
_HEADING_SCALE = 1.6


class Placeholder(QWidget):
    """Shows one of four panels. `suggested` carries a text to start with."""

    suggested = Signal(str)
    reconnect_requested = Signal()
    folder_requested = Signal()
    check_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activity = ActivityLine(centred=True)
        self._starting = _panel(self.tr("Starting the server…"), self._activity)
        self._failure = FailureCard(purpose=self.tr("Connects to the server again"))
        self._failure.retry_requested.connect(self.reconnect_requested)
        self._lost = _panel(self.tr("No connection to the server"), self._failure)
        self._no_model = self._make_no_model()
        self._welcome = self._make_welcome()
        self._stack = QStackedLayout(self)
        for panel in (self._welcome, self._starting, self._lost, self._no_model):
            self._stack.addWidget(panel)

    @property
    def folder(self) -> QLabel:
        """Where models are looked for, told where there is none."""
        return self._folder

    def show_starting(self, activity: Activity) -> None:
        self._activity.show_progress(self.tr("This takes a moment the first time"), activity)
        self._turn_to(self._starting)

    def show_lost(self, error: AppError) -> None:
        self._failure.show_error(error)
        self._turn_to(self._lost)

    def show_no_model(self, folder: str) -> None:
        """`folder` is where models are looked for."""
        self._folder.setText(folder)
        self._turn_to(self._no_model)

    def show_welcome(self) -> None:
        self._turn_to(self._welcome)

    def _turn_to(self, panel: QWidget) -> None:
        if panel is not self._starting:
            self._activity.stop()
        self._stack.setCurrentWidget(panel)

    def _make_welcome(self) -> QWidget:
        buttons = QWidget()
        layout = QVBoxLayout(buttons)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        for text in (
            self.tr("Explain how a sailing boat moves against the wind"),
            self.tr("Write a short letter to a neighbour about a noisy dog"),
            self.tr("Give me five ideas for a rainy afternoon"),
        ):
            button = QPushButton(text)
            button.setAccessibleDescription(self.tr("Puts this text into the message field"))
            button.clicked.connect(lambda _checked=False, text=text: self.suggested.emit(text))
            layout.addWidget(button)
        lead = _text(self.tr("Everything stays on this computer. Ask anything, or begin with one of these:"))
        return _panel(self.tr("What is on your mind?"), lead, buttons)

    def _make_no_model(self) -> QWidget:
        lead = _text(
            self.tr(
                "A model is a file whose name ends in .gguf. Put one into the models folder, in a folder named for its"
                " publisher and in that one a folder named for the model:"
            )
        )
        self._folder = _text("")
        self._folder.setProperty("kind", "")
        self._folder.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._folder.setAccessibleName(self.tr("Models folder"))
        opens = QPushButton(self.tr("Open folder"))
        opens.setProperty("kind", "primary")
        opens.clicked.connect(self.folder_requested)
        check = QPushButton(self.tr("Check again"))
        check.clicked.connect(self.check_requested)
        buttons = QWidget()
        layout = QHBoxLayout(buttons)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addStretch()
        layout.addWidget(opens)
        layout.addWidget(check)
        layout.addStretch()
        return _panel(self.tr("No model yet"), lead, self._folder, buttons)


def _panel(title: str, *contents: QWidget) -> QWidget:
    panel = QWidget()
    heading = QLabel(title)
    heading.setWordWrap(True)
    heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
    font = heading.font()
    font.setPointSizeF(font.pointSizeF() * _HEADING_SCALE)
    heading.setFont(font)
    column = QWidget()
    column.setMaximumWidth(_WIDTH)
    inner = QVBoxLayout(column)
    inner.setContentsMargins(0, 0, 0, 0)
    inner.setSpacing(10)
    inner.addWidget(heading)
    inner.addSpacing(4)
    for widget in contents:
        inner.addWidget(widget)
    layout = QHBoxLayout()
    layout.addStretch(1)
    layout.addWidget(column, 1000)
    layout.addStretch(1)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(24, 16, 24, 16)
    outer.addStretch(2)
    outer.addLayout(layout)
    outer.addStretch(3)
    return panel


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "muted")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    return label
