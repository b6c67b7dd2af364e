"""Which model answers: a button with its name, and a popup to search, choose, load and unload."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.connections.server_colours import colour_of
from studiolo.desktop.loading.abilities import Abilities
from studiolo.desktop.loading.choices import ModelChoice, trial_text
from studiolo.desktop.loading.placement import PlacementMark
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sign_badge import SignBadge
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours
from studiolo.errors import AppError

_NAME_WIDTH, _LEAST_NAME = 330, 120
_UNDERLINE = 12
"""Pixels between it and the button's sides."""
_POPUP_WIDTH, _POPUP_HEIGHT = 520, 420
_STEPS: dict[int, int] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class PickerButton(Recoloured, QPushButton):
    """Shows the chosen model and where it runs: "qwen3-8b · local"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The arrow stands behind the name.
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self._colour = ""
        self.set_model("", "")
        self.dress()

    def set_model(self, name: str, place: str, *, trial: bool = False) -> None:
        """Show the name of the model that answers, and of the server where it runs.

        trial: it came with the program.
        """
        pieces = (trial_text() if trial else "", place) if name else ()
        self._name = name or self.tr("No model")
        self._beside = "".join(f" · {piece}" for piece in pieces if piece)
        self._elide()
        self.setAccessibleName(self.tr("Model: %1").replace("%1", self._name + self._beside))
        self.setToolTip(self.tr("Choose the model that answers"))

    def set_colour(self, name: str) -> None:
        """Be underlined in the colour of the server, one of server_colours; empty for none."""
        self._colour = name
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if colour := colour_of(self._colour):
            painter = QPainter(self)
            painter.fillRect(_UNDERLINE, self.height() - 3, self.width() - 2 * _UNDERLINE, 2, QColor(colour))

    def _elide(self) -> None:
        # So that a long name never pushes the window wider than the least it can be.
        metrics, most = self.fontMetrics(), sizes().scaled(_NAME_WIDTH)
        room = max(sizes().scaled(_LEAST_NAME), most - metrics.horizontalAdvance(self._beside))
        shown = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, room) + self._beside
        self.setText(metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, most))

    def dress(self) -> None:
        self._elide()
        self.setIconSize(icon_size(16))
        self.setIcon(icon("chevron-down", colours().muted, 16))


class ChoiceRow(QFrame):
    """One model in the popup. Enter, Space or a click chooses it."""

    chosen = Signal(str)
    load_requested = Signal(str)
    unload_requested = Signal(str)
    options_requested = Signal(str)
    left = Signal(int)
    """An arrow key leads away: 1 to the next row, -1 to the one before."""

    def __init__(self, choice: ModelChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice
        self._progress: float | None = None
        self._failure: AppError | None = None
        self._mark: PlacementMark | None = None
        self.setProperty("kind", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._name = ElidedLabel(self)
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._detail = ElidedLabel(self)
        self._detail.setProperty("kind", "muted")
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setProperty("scale", "small")
        for label in (self._name, self._detail):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.action = QPushButton(self)
        self.action.setProperty("scale", "small")
        self.action.clicked.connect(self._act)
        self.options = IconButton("tune-variant", self.tr("How to load it"), self, size=16)
        self.options.clicked.connect(lambda: self.options_requested.emit(self.choice.key))
        self.abilities = Abilities(self)
        self.badge = SignBadge(self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Loading"))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._name)
        texts.addWidget(self._detail)
        texts.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 7, 8, 7)
        layout.setSpacing(10)
        layout.addLayout(texts, 1)
        layout.addWidget(self.abilities)
        layout.addWidget(self.badge)
        layout.addWidget(self.options)
        layout.addWidget(self.action)
        self.set_choice(choice)

    def set_choice(self, choice: ModelChoice) -> None:
        """Show another model, or the same one as it is now."""
        self.choice = choice
        self._refresh()

    def set_mark(self, mark: PlacementMark | None) -> None:
        """Say whether it fits the memory, where there is something to say of it."""
        self._mark = mark
        self._refresh()

    def set_progress(self, progress: float | None) -> None:
        """Show how much of the model is loaded, 0 to 1; None while it isn't being loaded."""
        self._progress = progress
        if progress is not None:
            self._failure = None
        self._refresh()

    def set_failure(self, error: AppError | None) -> None:
        """Say why loading or unloading the model failed."""
        self._failure = error
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.choice.key)
        elif event.key() in _STEPS:
            # Not left to the popup: the scroll area between would take it.
            self.left.emit(_STEPS[event.key()])
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.choice.key)

    def _refresh(self) -> None:
        choice, loading = self.choice, self._progress is not None
        self.setEnabled(choice.error is None)
        self._name.setText(choice.name)
        self._detail.setText(self._detail_text())
        self.action.setText(self.tr("Unload") if choice.loaded else self.tr("Load"))
        verb = self.tr("Unload %1") if choice.loaded else self.tr("Load %1")
        self.action.setAccessibleName(verb.replace("%1", choice.name))
        self.action.setVisible(choice.error is None and not choice.remote)
        self.options.setVisible(choice.error is None and not choice.remote and not choice.loaded)
        self.options.setAccessibleName(self.tr("How to load %1").replace("%1", choice.name))
        self.abilities.show_abilities(vision=choice.vision, tools=choice.tools, reasoning=choice.reasoning)
        mark = self._mark if not choice.loaded and not loading and choice.error is None else None
        if mark:
            self.badge.show_word(mark.text, mark.icon, mark.kind, reason=mark.reason)
        self.badge.setVisible(mark is not None)
        self.action.setEnabled(choice.error is None and not loading)
        self.bar.setVisible(loading)
        if self._progress is not None:
            self.bar.setValue(round(self._progress * 1000))
        # The label may be too short for a long reason; the tip never is.
        self.setToolTip(choice.error or (str(self._failure) if self._failure else choice.key))
        told = [choice.name, self._detail.text(), *self.abilities.names, mark.text if mark else ""]
        self.setAccessibleName(", ".join(piece for piece in told if piece))

    def _detail_text(self) -> str:
        if self.choice.error:
            return self.tr("Can't be used: %1").replace("%1", self.choice.error)
        if self._failure:
            return str(self._failure)
        if self._progress is not None:
            return self.tr("Loading… %1 %").replace("%1", str(int(self._progress * 100)))
        known = trial_text() if self.choice.trial else ""
        reason = self._mark.reason.rstrip(".") if self._mark and not self.choice.loaded else ""
        quantization = self.choice.quantization or self.choice.detail
        pieces = [
            self.tr("Loaded") if self.choice.loaded else "",
            known,
            quantization if reason else self.choice.detail,
        ]
        pieces.append(reason)
        return " · ".join(piece for piece in pieces if piece)

    def _act(self) -> None:
        if self.choice.loaded:
            self.unload_requested.emit(self.choice.key)
        else:
            self.load_requested.emit(self.choice.key)


class ModelPopup(QFrame):
    """The list of models with a search field above it.

    `chosen`, `load_requested` and `unload_requested` carry the model's key.
    """

    chosen = Signal(str)
    load_requested = Signal(str)
    unload_requested = Signal(str)
    options_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "popup")
        self.setAccessibleName(self.tr("Models"))
        self.rows: dict[str, ChoiceRow] = {}
        self._list = QWidget()
        self._list_layout = QVBoxLayout(self._list)
        self._list_layout.setContentsMargins(0, 0, 0, 0)
        self._list_layout.setSpacing(2)
        self._list_layout.addStretch()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.tr("Search models"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_first)
        self._none = QLabel(self.tr("No model matches"), self)
        self._none.setProperty("kind", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._list)
        self._scroll = scroll
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self._none)
        layout.addWidget(scroll, 1)

    def set_choices(self, choices: list[ModelChoice]) -> None:
        """Show these, in this order. Rows that stay keep their progress and the focus."""
        for key in self.rows.keys() - {choice.key for choice in choices}:
            row = self.rows.pop(key)
            row.hide()
            row.deleteLater()
        for position, choice in enumerate(choices):
            row = self.rows.get(choice.key) or self._add(choice)
            row.set_choice(choice)
            if self._list_layout.indexOf(row) != position:
                self._list_layout.insertWidget(position, row)
        self.rows = {choice.key: self.rows[choice.key] for choice in choices}
        previous: QWidget = self.search
        for row in self.rows.values():
            for stop in (row, row.action, row.options):
                QWidget.setTabOrder(previous, stop)
                previous = stop
        self._filter()

    def set_chosen(self, key: str) -> None:
        """Mark the model that answers."""
        for row in self.rows.values():
            row.setProperty("chosen", row.choice.key == key)
            row.style().unpolish(row)
            row.style().polish(row)

    def open_below(self, button: QWidget) -> None:
        """Show it under the button, within the button's window. Does not block."""
        window = button.window()
        self.search.clear()
        width = min(sizes().scaled(_POPUP_WIDTH), window.width() - 24)
        rows = sum(row.sizeHint().height() + 2 for row in self.rows.values())
        wanted = rows + self.search.sizeHint().height() + 26
        self.resize(width, max(140, min(sizes().scaled(_POPUP_HEIGHT), wanted)))
        rtl = (
            button.layoutDirection() == Qt.LayoutDirection.RightToLeft
            and window.layoutDirection() != Qt.LayoutDirection.LeftToRight
        )
        x = button.width() - width if rtl else 0
        self.move(button.mapToGlobal(QPoint(x, button.height() + 4)))
        self.show()
        self.search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self._step(None, 1)
        else:
            super().keyPressEvent(event)

    def _step(self, origin: ChoiceRow | None, step: int) -> None:
        """To the next row that can be used; up from the first one is the search field."""
        usable = [row for row in self.rows.values() if not row.isHidden() and row.isEnabled()]
        target = (usable.index(origin) if origin else -1) + step
        if target < 0:
            self.search.setFocus()
        elif target < len(usable):
            self._focus(usable[target])

    def _focus(self, row: ChoiceRow) -> None:
        row.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(row)

    def _add(self, choice: ModelChoice) -> ChoiceRow:
        row = ChoiceRow(choice, self._list)
        row.chosen.connect(self._choose)
        row.left.connect(lambda step: self._step(row, step))
        row.load_requested.connect(self.load_requested)
        row.unload_requested.connect(self.unload_requested)
        row.options_requested.connect(self._ask_for_options)
        self.rows[choice.key] = row
        return row

    def _choose(self, key: str) -> None:
        self.close()
        self.chosen.emit(key)

    def _ask_for_options(self, key: str) -> None:
        self.close()
        self.options_requested.emit(key)

    def _choose_first(self) -> None:
        for row in self.rows.values():
            if not row.isHidden() and row.isEnabled():
                self._choose(row.choice.key)
                return

    def _filter(self) -> None:
        words = self.search.text()
        for row in self.rows.values():
            row.setVisible(row.choice.matches(words))
        self._none.setVisible(all(row.isHidden() for row in self.rows.values()))
