"""A conversation on screen: the messages of a branch as rows, what is selected in them, their menu and keys."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QTextBrowser, QTextEdit, QWidget

from studiolo.desktop.chat.messages import Message, Reply
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox
from studiolo.desktop.chat.transcript.column import TOP_MARGIN, RowColumn
from studiolo.desktop.chat.transcript.heights import RowHeights
from studiolo.desktop.chat.transcript.menu import conversation_menu
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.row_factory import make_row
from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.sections import Section, sections_of
from studiolo.desktop.chat.transcript.selection import Selection, put_on_clipboard
from studiolo.desktop.settings.schema import DesktopSettings

_FLUSH_MS = 25
_FASTEST_ROLL = 60
_NOTCH = 120
_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class TranscriptView(RowColumn):
    """Shows the messages of a branch, and lets them be read, selected, copied and acted on."""

    action_requested = Signal(object)
    """A MessageAction."""
    text_step_requested = Signal(int)
    """So many steps larger the text is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: dict[Message, int] = {}
        """Of each message, the row of its first section."""
        self._changed: set[int] = set()
        self._flush = QTimer(self)
        self._flush.setSingleShot(True)
        self._flush.setInterval(_FLUSH_MS)
        self._flush.timeout.connect(self.flush)
        self.pictures = Pictures(self)
        self._options = RowOptions()
        self._turned = 0
        self.selection = Selection(self)
        self._roll = QTimer(self)
        self._roll.setInterval(_FLUSH_MS)
        self._roll.timeout.connect(self._roll_on)
        self.setAccessibleName(self.tr("Conversation"))

    @property
    def rolling(self) -> bool:
        """Return whether it scrolls by itself, since the mouse is held beyond its edge."""
        return self._roll.isActive()

    def row_of(self, message: Message) -> Row | None:
        """Return the widget of a message, or of its first section, if it has one now."""
        return self._rows.get(self._places[message])

    def set_messages(self, messages: Iterable[Message]) -> None:
        """Show another conversation, from its end."""
        for index in list(self._rows):
            self._drop(index)
        self._in_sight = self._near = range(0)
        self._sections, self._places = [], {}
        self._add(messages)
        self._changed.clear()
        self._measured.clear()
        self.selection.forget()
        self._width = self._column_width()
        self._heights = RowHeights(self._estimates())
        self.jump_to_latest()

    def set_branch(self, messages: Sequence[Message]) -> None:
        """Show another branch of the same conversation: what both have in common stays where it is."""
        shown = list(self._places)
        pairs = enumerate(zip(shown, messages, strict=False))
        same = next((index for index, (old, new) in pairs if old is not new), min(len(shown), len(messages)))
        common = self._places[shown[same]] if same < len(shown) else len(self._sections)
        self.selection.clear()
        for index in [index for index in self._rows if index >= common]:
            self._drop(index)
        for index in self._rows:
            self._changed.add(index)
        known = [self._heights[index] for index in range(common)]
        del self._sections[common:]
        self._places = {message: self._places[message] for message in messages[:same]}
        self._add(messages[same:])
        self._changed = {index for index in self._changed if index < common}
        self._measured = {index for index in self._measured if index < common}
        self._in_sight = range(min(self._in_sight.start, common), min(self._in_sight.stop, common))
        self._heights = RowHeights([*known, *map(self._estimate, self._sections[common:])])
        self.flush()

    def append(self, messages: Iterable[Message]) -> None:
        """Add messages at the end and go there."""
        known = len(self._sections)
        self._add(messages)
        for section in self._sections[known:]:
            self._heights.append(self._estimate(section))
        self.jump_to_latest()

    def message_changed(self, message: Message) -> None:
        """Hear that a message has grown or ended: it is shown anew within a fortieth of a second, if it is there."""
        if message not in self._places:
            return
        span = self._span(message)
        self._changed.add(span[-1])
        self._changed.update(index for index in span if index in self._rows)
        if not self._flush.isActive():
            self._flush.start()

    def use_settings(self, settings: DesktopSettings) -> None:
        """Show of messages what a person wants to see of them."""
        if self._options.take(settings):
            self._changed.update(self._rows)
            self._measured.clear()
            self.flush()

    def flush(self) -> None:
        """Show what has changed since the last time, now."""
        self._flush.stop()
        self._cut_grown()
        # A row that takes on another height as it is shown anew marks those of its message, too.
        done: set[int] = set()
        while left := self._changed - done:
            for index in left:
                self._show_anew(index)
            done |= left
        self._changed.clear()
        self._arrange()

    def _show_anew(self, index: int) -> None:
        row = self._rows.get(index)
        if row is not None:
            before = row.asks()
            row.refresh()
            self._tabs_changed |= row.asks() != before
        if row is None or row.isHidden():
            self._heights.set(index, self._estimate(self._sections[index]))
        self._measured.discard(index)

    def go_to(self, message: Message) -> None:
        """Bring a message to the top of what is in sight."""
        if message in self._places:
            self.go_to_row(self._places[message])

    def focus_on(self, message: Message) -> None:
        """Let the keys be a message's, if it is there."""
        if message in self._places:
            self.row(self._places[message]).focus()

    def ask_of(self, message: Message) -> ApprovalBox | ElicitationBox | None:
        """Return where a tool of it waits for the person, if it is near enough to be a widget."""
        for index in self._span(message) if message in self._places else ():
            if (row := self._rows.get(index)) and (boxes := row.asks()):
                return boxes[0]
        return None

    def select(self, message: Message, text: str, number: int) -> None:
        """Bring the `number`th place of `text` in a message into sight and select it."""
        if message not in self._places:
            return
        index = self._places[message]
        for index in self._span(message):
            there = self._sections[index].count(text)
            if number < there:
                break
            number -= there
        self.go_to_row(index)
        row = self._rows.get(index)
        selected = row.select(text, number) if row else None
        if row and selected:
            below = selected.mapTo(row, selected.cursorRect().topLeft()).y()
            bar = self.verticalScrollBar()
            bar.setValue(self._heights.top(index) + max(0, below - self.viewport().height() // 3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.selection.clear()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a drag that began in a message: fields pass it on."""
        focus = QApplication.focusWidget()
        if event.buttons() & Qt.MouseButton.LeftButton and isinstance(focus, QTextEdit | QPlainTextEdit):
            self._drag_to(focus, event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._roll.stop()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        # A touchpad turns by a part of a notch at a time.
        self._turned += event.angleDelta().y()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches:
            self.text_step_requested.emit(notches)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.show_menu(event.pos())
        event.accept()

    def show_menu(self, place: QPoint) -> QMenu:
        """Return the menu at a place of the viewport. It does not block and deletes itself."""
        below = self.viewport().childAt(place)
        row, link = below, ""
        while row is not None and not isinstance(row, Row):
            if isinstance(row, QTextBrowser):
                link = row.anchorAt(row.viewport().mapFrom(self.viewport(), place))
            row = row.parentWidget()
        copied = self.selection.copied(QApplication.focusWidget())
        menu = conversation_menu(self, row, copied, link, select_all=self.selection.select_all)
        menu.popup(self.viewport().mapToGlobal(place))
        return menu

    def _drag_to(self, field: QTextEdit | QPlainTextEdit, place: QPoint) -> None:
        height = self.viewport().height()
        beyond = min(0, place.y()) + max(0, place.y() - height)
        self._rolling = (field, place, beyond)
        if beyond and not self._roll.isActive():
            self._roll.start()
        elif not beyond:
            self._roll.stop()
        if self._sections:
            within = max(0, min(place.y(), height - 1))
            index = self._heights.row_at(self.verticalScrollBar().value() - TOP_MARGIN + within)
            self.selection.drag_to(field, index, QPoint(place.x(), within), self.viewport())

    def _roll_on(self) -> None:
        """The mouse is held beyond the edge: the further, the faster."""
        field, place, beyond = self._rolling
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + max(-_FASTEST_ROLL, min(_FASTEST_ROLL, beyond)))
        self._drag_to(field, place)

    def step(self, by: int) -> None:
        """Move the focus to the message that many further on."""
        focus = QApplication.focusWidget()
        live = [index for index, row in self._rows.items() if focus and row.isAncestorOf(focus)]
        at = live[0] if live else self._in_sight.stop - 1 if by < 0 else self._in_sight.start - 1
        if not live and by < 0:
            at += 1
        target = max(0, min(at + by, len(self._sections) - 1))
        if self._sections:
            if target not in self._in_sight or self._rows[target].y() < 0:
                self.go_to_row(target)
            self.row(target).focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            put_on_clipboard(self.selection.copied(QApplication.focusWidget()))
            return
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.select_all()
            return
        if event.modifiers() == Qt.KeyboardModifier.AltModifier and event.key() in _STEPS:
            self.step(_STEPS[event.key()])
            return
        match event.key():
            case Qt.Key.Key_Home:
                bar.setValue(bar.minimum())
            case Qt.Key.Key_End:
                self.jump_to_latest()
            case _:
                super().keyPressEvent(event)

    def _add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._places[message] = len(self._sections)
            self._sections += sections_of(message)

    def _span(self, message: Message) -> range:
        """Return the rows of a message."""
        first = self._places[message]
        last = first
        while not self._sections[last].last:
            last += 1
        return range(first, last + 1)

    def _cut_grown(self) -> None:
        """A message that has become long goes on in another row."""
        for index in sorted(self._changed, reverse=True):
            section = self._sections[index]
            growing = isinstance(section.message, Reply) and section.message.activity is not None
            if more := section.went_on() if growing else section.grown():
                after = self._sections[index + 1 :]
                heights = [self._heights[row] for row in range(index + 1, len(self._sections))]
                self._sections[index + 1 :] = [*more, *after]
                for row in [row for row in self._rows if row > index]:
                    self._drop(row)
                self._measured = {row for row in self._measured if row <= index}
                for message in list(self._places):
                    if self._places[message] > index:
                        self._places[message] += len(more)
                before = [self._heights[row] for row in range(index + 1)]
                self._heights = RowHeights([*before, *map(self._estimate, more), *heights])

    def _make_row(self, section: Section) -> Row:
        row = make_row(section, self.viewport(), self.pictures, self._options)
        row.action_requested.connect(self.action_requested)
        row.resized.connect(self.message_changed)
        return row

    def _row_made(self, index: int, row: Row) -> None:
        if self.selection:
            self.selection.show(index, row)
