"""The palette over the window: a field, what it finds, and a line on the keys. Widgets only."""

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.grouped_delegate import ListLine
from studiolo.desktop.widgets.grouped_list import GroupedList
from studiolo.desktop.widgets.icons import icon, icon_size
from studiolo.desktop.widgets.keycaps import KeyCaps
from studiolo.desktop.widgets.popups import settle_hover
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.shadow import paint_shadow
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import DARK, colours

_WIDTH, _HEIGHT, _LEAST_HEIGHT = 592, 520, 180
_AROUND, _ABOVE = 24, 0.13
_RADIUS = 12
_SCRIM_LIGHT, _SCRIM_DARK = 80, 128
_SHADOW_LIGHT, _SHADOW_DARK = 0.25, 0.55
_ICON = 18
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
_PAGES = {Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class PaletteField(QLineEdit):
    """What is looked for. The keys that lead through the list are the list's.

    Signals:
        stepped: An arrow or Tab leads on by so many lines.
        entered: Enter takes the current line.
        escaped: Escape was pressed.
    """

    stepped = Signal(int)
    entered = Signal()
    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        # Tab would be taken before it is a key for this field: the focus stays here as long as the palette is open.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _STEPS:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() in _PAGES:
            self.stepped.emit(_PAGES[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class PaletteCard(Recoloured, QWidget):
    """The card with everything on it; its corners are round."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = QLabel(self)
        self.field = PaletteField(self)
        self.field.setProperty("kind", "plain")
        self.field.setPlaceholderText(self.tr("Find actions, chats, models, settings"))
        self.field.setAccessibleName(self.tr("Find anything"))
        self.field.setMaxLength(200)
        self.field.setProperty("scale", "heading")
        self.list = GroupedList(self.tr("Found"), self, follows_pointer=True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = QLabel(self)
        self.nothing.setProperty("kind", "muted")
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self.nothing.setWordWrap(True)
        self.nothing.setContentsMargins(18, 12, 18, 4)
        self.keys = QLabel(self.tr("↑ ↓ to move   Enter to open"), self)
        self.more = QLabel(self)
        self._arrange()
        self.dress()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(18, 14, 18, 14)
        top.setSpacing(12)
        top.addWidget(self._sign)
        top.addWidget(self.field, 1)
        top.addWidget(KeyCaps(self.tr("Esc"), self))
        foot = QHBoxLayout()
        foot.setContentsMargins(18, 9, 18, 10)
        foot.addWidget(self.keys)
        foot.addStretch()
        foot.addWidget(self.more)
        for label in (self.keys, self.more):
            label.setProperty("kind", "muted")
            label.setProperty("scale", "caption")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(_line(self))
        layout.addWidget(self.nothing)
        layout.addSpacing(4)
        beside = QHBoxLayout()
        beside.setContentsMargins(0, 0, 3, 0)
        beside.addWidget(self.list)
        layout.addLayout(beside, 1)
        layout.addSpacing(6)
        layout.addWidget(_line(self))
        layout.addLayout(foot)

    def height_for(self, most: int) -> int:
        """Return the height in pixels that shows all lines, `most` at most."""
        layout = self.layout()
        around = layout.totalSizeHint().height() - self.list.sizeHint().height() if layout else 0
        return max(_LEAST_HEIGHT, min(most, around + self.list.content_height))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().border))
        painter.setBrush(QColor(_ground()))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep it: what is below would take it for a click beside the card."""
        event.accept()

    def dress(self) -> None:
        self._sign.setPixmap(icon("magnify", colours().muted, _ICON).pixmap(icon_size(_ICON)))


class PalettePanel(QWidget):
    """Covers its window while it is open, and gives the focus back where it was.

    Signals:
        query_changed: Something else is looked for; the text.
        entry_chosen: A line was taken, and the palette is closed; its key.
        closed: It is gone, by whichever way.
    """

    query_changed = Signal(str)
    entry_chosen = Signal(str)
    closed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._before: QWidget | None = None
        self._moved = False
        self.card = PaletteCard(self)
        self.field, self.list = self.card.field, self.card.list
        self.setAccessibleName(self.tr("Find anything"))
        self.field.textChanged.connect(self._ask)
        self.field.stepped.connect(self._step)
        self.field.entered.connect(self.list.activate_current)
        self.field.escaped.connect(self.close_palette)
        self.list.item_activated.connect(self._choose)
        self.list.pointed.connect(self._note_move)
        self.hide()

    def open_palette(self, shortcuts: str) -> None:
        """Come up over the window, with an empty field that has the focus. shortcuts: the keys that show them all."""
        self._before = QApplication.focusWidget()
        self._moved = False
        self.card.more.setText(self.tr("%1 shows all shortcuts").replace("%1", shortcuts) if shortcuts else "")
        self.field.blockSignals(True)
        self.field.clear()
        self.field.blockSignals(False)
        self.window().installEventFilter(self)
        self._cover()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Go, and give the focus back."""
        if self.isHidden():
            return
        self.window().removeEventFilter(self)
        before, self._before = self._before, None
        self.hide()
        # What had the focus may be gone.
        with suppress(RuntimeError):
            if before is not None and before.isVisible():
                before.setFocus(Qt.FocusReason.PopupFocusReason)
        settle_hover()
        self.closed.emit()

    def show_lines(self, lines: Sequence[ListLine], *, nothing: str = "") -> None:
        """Show what was found; `nothing` says so above it where that is nothing.

        The first line is the current one, unless somebody has gone to another one since the question was asked.
        """
        current = self.list.current_key if self._moved else ""
        self.card.nothing.setText(nothing)
        self.card.nothing.setVisible(bool(nothing))
        self.list.show_lines(lines, current)
        self._cover()

    def tell_count(self) -> None:
        """Say to who does not see the list how much was found, and what comes first."""
        items = self.list.items
        if not items:
            announce(self.field, self.card.nothing.text())
            return
        first = next(item for item in items if item.key == self.list.current_key)
        count = self.tr("%n found", "", len(items))
        announce(self.field, f"{count}. {first.spoken}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.window() and event.type() == QEvent.Type.Resize:
            self._cover()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the card closes it."""
        self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        dark = colours() is DARK
        painter.fillRect(event.rect(), QColor(0, 0, 0, _SCRIM_DARK if dark else _SCRIM_LIGHT))
        paint_shadow(painter, self.card.geometry(), _RADIUS, opacity=_SHADOW_DARK if dark else _SHADOW_LIGHT)

    def _ask(self, query: str) -> None:
        self._moved = False
        self.query_changed.emit(query)

    def _note_move(self) -> None:
        self._moved = True

    def _step(self, by: int) -> None:
        self._moved = True
        self.list.step(by)
        current = next((item for item in self.list.items if item.key == self.list.current_key), None)
        if current:
            announce(self.field, current.spoken)

    def _choose(self, key: str) -> None:
        self.close_palette()
        self.entry_chosen.emit(key)

    def _cover(self) -> None:
        around = self.window().rect()
        self.setGeometry(around)
        width = min(sizes().scaled(_WIDTH), around.width() - 2 * _AROUND)
        top = max(_AROUND, round(around.height() * _ABOVE))
        height = self.card.height_for(min(sizes().scaled(_HEIGHT), around.height() - top - _AROUND))
        self.card.setGeometry(QRect((around.width() - width) // 2, top, width, height))
        self.update()


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setProperty("kind", "line")
    return line


def _ground() -> str:
    return colours().card if colours() is DARK else colours().window
