"""A row of the dialog: what a setting is called, what it does, and the control that changes it."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studiolo.desktop.settings.editors import FieldEditor, make_editor
from studiolo.desktop.settings.fields import FieldKind, SettingField
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.switch import Switch
from studiolo.desktop.widgets.theme import colours

_SAVING_MS = 300
"""What is saved sooner is not worth a word."""
_MARGIN, _DOT = 16, 6
_NARROW = 400


class SettingRow(QFrame):
    """Shows one setting. What is entered is told, and stays shown until the values in force are shown again.

    known: Whether the server knows this setting; an older one may not.
    differs: Whether the value in force is another than the default; then there is a dot before the title.

    Signals:
        edited: Somebody has changed it; the new values, by the names of the fields.
        browse_requested: Somebody wants to choose an entry instead of writing it.
    """

    edited = Signal(dict)
    browse_requested = Signal()

    def __init__(self, field: SettingField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._changes = 0
        self.known = True
        self.editor: FieldEditor = make_editor(field, self)
        self.title = _plain(field.title, self)
        self.help = _plain(field.help, self)
        self.help.setProperty("kind", "help")
        self.help.setVisible(bool(field.help))
        self.problem = _plain("", self)
        self.problem.setProperty("kind", "error")
        self.problem.hide()
        self.state = QLabel(self.tr("Saving…"), self)
        self.state.setProperty("kind", "help")
        self.state.hide()
        self.differs = False
        self.restore = IconButton("restore", self.tr("Restore the default"), self, size=16)
        self._arrange()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_SAVING_MS)
        self._wait.timeout.connect(self.state.show)
        self.editor.widget.setAccessibleName(field.title)
        if not self.editor.focus.accessibleName():
            self.editor.focus.setAccessibleName(field.title)
        self.editor.focus.setAccessibleDescription(field.help)
        self.editor.edited.connect(self._edited)
        self.editor.refused.connect(self.show_problem)
        self.editor.browse_requested.connect(self.browse_requested)
        self.restore.clicked.connect(lambda: self._edited(field.defaults))
        self._set_differing(False)

    @property
    def saving(self) -> bool:
        """Return whether a change is under way."""
        return self._changes > 0

    @property
    def searched(self) -> str:
        """Return all words under which the row is found."""
        titles = " ".join(self.field.titles.values())
        return f"{self.field.title} {self.field.help} {titles} {self.field.words}"

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show what is in force, unless a change is under way."""
        if self.saving:
            return
        self.editor.show_values(values)
        self._set_differing({name: values[name] for name in self.field.names} != self.field.defaults)

    def show_saving(self, begun: bool) -> None:
        """Say that a change is under way, or that it is over; there may be several."""
        self._changes += 1 if begun else -1
        if self.saving:
            self._wait.start()
        else:
            self._wait.stop()
            self.state.hide()

    def show_problem(self, text: str) -> None:
        """Say what is wrong with what was entered; with an empty text nothing is."""
        if text and text != self.problem.text():
            announce(self, text)
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the whole row turn its switch."""
        control = self.editor.widget
        inside = self.rect().contains(event.position().toPoint())
        if (
            isinstance(control, Switch)
            and control.isEnabled()
            and inside
            and event.button() is Qt.MouseButton.LeftButton
        ):
            control.setFocus(Qt.FocusReason.MouseFocusReason)
            control.click()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the control stand below the words where it would leave them no room."""
        super().resizeEvent(event)
        below = self.width() < _NARROW and not isinstance(self.editor.widget, Switch) and not self.editor.wide
        directions = QBoxLayout.Direction
        self._line.setDirection(directions.TopToBottom if below else directions.LeftToRight)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.differs:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().accent))
        left = self.layoutDirection() is Qt.LayoutDirection.LeftToRight
        middle = QPointF(_MARGIN / 2 if left else self.width() - _MARGIN / 2, self.title.geometry().center().y() + 0.5)
        painter.drawEllipse(middle, _DOT / 2, _DOT / 2)
        painter.end()

    def _edited(self, changes: dict[str, Any]) -> None:
        self.show_problem("")
        self.edited.emit(changes)

    def _set_differing(self, differs: bool) -> None:
        self.differs = differs
        self.update()
        # A secret's way back is its own button.
        self.restore.setVisible(differs and self.field.kind is not FieldKind.SECRET)
        told = self.tr("Changed from the default.") if differs else ""
        self.title.setToolTip(told)
        self.editor.focus.setAccessibleDescription(f"{self.field.help} {told}".strip())
        self.restore.setAccessibleName(self.tr("Restore the default of %1").replace("%1", self.field.title))

    def _arrange(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addStretch()
        texts.addWidget(self.title)
        texts.addWidget(self.help)
        texts.addStretch()
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(8)
        self._line.addLayout(texts, 1)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addStretch()
        self._line.addLayout(controls)
        policy = self.restore.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.restore.setSizePolicy(policy)
        controls.addWidget(self.state)
        controls.addWidget(self.restore)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, 8, _MARGIN, 8)
        layout.setSpacing(6)
        layout.addLayout(self._line)
        if self.editor.wide:
            layout.addWidget(self.editor.widget)
        else:
            controls.addWidget(self.editor.widget)
        layout.addWidget(self.problem)
        self.setMinimumHeight(48)


def _plain(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
