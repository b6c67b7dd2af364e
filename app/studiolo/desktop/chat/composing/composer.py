"""Where a message is written.

A card with a text field that grows, what goes with it, and a round button that sends or stops.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, Signal, SignalInstance
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from studiolo.desktop.chat.composing.attachments import AttachmentTray
from studiolo.desktop.chat.composing.field import MessageField, local_files
from studiolo.desktop.chat.composing.gauge import ContextGauge
from studiolo.desktop.chat.composing.preset_list import PresetList
from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.chat.composing.tokens import estimated_tokens
from studiolo.desktop.chat.composing.tool_picker import ToolPicker, ToolsButton
from studiolo.desktop.chat.composing.wrapping import MOST_LINES, MOST_WRITTEN, too_long
from studiolo.desktop.settings.schema import SendKeys
from studiolo.desktop.widgets.formatting import button_text
from studiolo.desktop.widgets.icons import IconButton, icon_size
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.theme import colours

_HINT_MIN_WIDTH = 460
_BUTTON = 32


class SendButton(Resized, IconButton):
    """Round, in the accent colour."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("arrow-up", self.tr("Send"), parent, size=20)
        self.setProperty("kind", "send")
        self.fit()

    def fit(self) -> None:
        """Be as round as the style sheet has it."""
        self.setFixedSize(icon_size(_BUTTON))

    def icon_colour(self) -> str:
        return colours().on_accent if self.isEnabled() else colours().muted

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._draw()


class Composer(Resized, QFrame):
    """Emits `sent` with the text and its attachments, and `stop_requested` while a reply is under way."""

    sent = Signal(str, list)
    stop_requested = Signal()
    files_given = Signal(list)
    """Paths that are to be attached."""
    image_given = Signal(QImage)
    text_given = Signal(str)
    """A long text that is to be attached."""
    attach_requested = Signal()
    resource_requested = Signal(str)
    """Something of a server of tools is to be attached, by its label."""
    preset_chosen = Signal(str)
    changed = Signal()
    """The text or what goes with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._sees = True
        self._recalled = -1
        self._unsent = ""
        self._held: list[tuple[SignalInstance, tuple[object, ...]]] | None = None
        self._sent_early = False
        self._told_long = False
        self._sources: tuple[str, ...] = ()
        self.past: Callable[[], Sequence[str]] = list
        """What was sent before, the latest first; the arrow keys bring it back."""
        self.setProperty("kind", "composer")
        self.setAcceptDrops(True)
        self.field = MessageField(self)
        self.tray = AttachmentTray(self)
        self.button = SendButton(self)
        self.attach = IconButton("paperclip", self.tr("Attach files"), self)
        self.tools = ToolsButton(self)
        self.tools.hide()
        self.tool_picker = ToolPicker(self)
        self.gauge = ContextGauge(self)
        self.warning = QLabel(self)
        self.warning.setWordWrap(True)
        self.warning.setProperty("kind", "error")
        self.warning.hide()
        self.presets = PresetList(self)
        self.field.choosing = self.presets.isVisible
        self._keys = QLabel(self)
        self._keys.setProperty("kind", "muted")
        self._keys.setProperty("scale", "caption")
        self._arrange()
        self._connect()
        self._refresh()

    @property
    def text(self) -> str:
        """Return what is written."""
        return self.field.toPlainText()

    @property
    def attachments(self) -> list[Attachment]:
        """Return what is attached."""
        return self.tray.attachments

    @property
    def _something(self) -> bool:
        """Return whether there is anything to be sent."""
        return bool(self.text.strip() or self.attachments) and not self.tray.reading

    @property
    def hint(self) -> str:
        """Return what the keys do now."""
        return self._keys.text()

    def set_text(self, text: str, *, focus: bool = True) -> None:
        """Put a draft into the field, ready to be sent or changed.

        One that is too long for that is given as a text that is to be attached.
        """
        long = too_long(text)
        self.field.show_text("" if long else text)
        self._told_long = long
        if long:
            self.text_given.emit(text)
            self._refresh()
        if focus:
            self.field.setFocus()

    def hold(self) -> None:
        """Hold back what is asked for until `release`: what is written stays, and what is given is told then."""
        self._held = []

    def release(self) -> None:
        """Tell what was given meanwhile, and send what was to be sent."""
        held, self._held = self._held or [], None
        for signal, given in held:
            signal.emit(*given)
        if self._sent_early:
            self._sent_early = False
            self._submit()

    def take_focus(self) -> None:
        """Let what is typed be written here."""
        self.field.setFocus()

    def set_busy(self, busy: bool) -> None:
        """Say whether a reply is under way: then the button stops it, and what is sent waits for its end."""
        self._busy = busy
        self._refresh()

    def set_send_with(self, keys: SendKeys) -> None:
        """Say which keys send what is written."""
        self.field.send_with = keys
        self._refresh()

    def set_model_name(self, name: str, *, trial: bool = False) -> None:
        """Say in the placeholder whom the text addresses; empty for nobody yet. trial: it came with the program."""
        text = self.tr("Try it with %1…") if trial else self.tr("Message %1…")
        self.field.setPlaceholderText(text.replace("%1", name) if name else self.tr("Write a message…"))

    def set_sees(self, sees: bool) -> None:
        """Say whether the model that answers can look at images."""
        self._sees = sees
        self._refresh()

    def set_context(self, used: int, limit: int) -> None:
        """Show how many tokens the conversation has by now, and the model can hold; 0 where that is not known."""
        self.gauge.set_context(used, limit)
        self._refresh()

    def set_presets(self, names: Sequence[str]) -> None:
        """Have these presets offered by "/"."""
        self.presets.set_names(names)

    def set_sources(self, labels: Sequence[str]) -> None:
        """Offer servers of tools that may have something to attach."""
        self._sources = tuple(labels)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show what the keys do where there is room for it."""
        self._keys.setVisible(self.width() >= sizes().scaled(_HINT_MIN_WIDTH))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.files_given.emit(local_files(event.mimeData()))
        event.acceptProposedAction()

    def _arrange(self) -> None:
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.attach)
        below.addWidget(self.tools)
        below.addWidget(self._keys)
        below.addStretch()
        below.addWidget(self.gauge)
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.tray)
        layout.addWidget(self.field)
        layout.addWidget(self.warning)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.field.submitted.connect(self._submit)
        self.field.escaped.connect(self._escape)
        self.field.left.connect(self._leave)
        self.field.files_given.connect(lambda files: self._give(self.files_given, files))
        self.field.image_given.connect(lambda image: self._give(self.image_given, image))
        self.field.text_given.connect(lambda text: self._give(self.text_given, text))
        self.tray.unpacked.connect(self.field.insert)
        self.field.textChanged.connect(self._edited)
        self.tray.changed.connect(self._changed)
        self.tray.changed.connect(lambda: self.tray.order_tabs(self.field))
        self.button.clicked.connect(self._press)
        self.attach.clicked.connect(self._attach)
        self.presets.chosen.connect(self._take_preset)
        self.presets.prompt_chosen.connect(lambda _: self.field.clear())

    def _edited(self) -> None:
        self._told_long = False
        self.presets.offer(self.text)
        self._changed()

    def _changed(self) -> None:
        self._refresh()
        self.changed.emit()

    def _press(self) -> None:
        if self._busy:
            self.stop_requested.emit()
        else:
            self._submit()

    def _escape(self) -> None:
        if self.presets.isVisible():
            self.presets.hide()
        elif self._busy:
            self.stop_requested.emit()

    def _submit(self) -> None:
        if self.presets.isVisible():
            self.presets.choose()
            return
        text, attachments = self.text.strip(), self.attachments
        if not self._something:
            return
        if self._held is not None:
            self._sent_early = True
            return
        self._recalled = -1
        self._told_long = False
        self.field.clear()
        self.tray.clear()
        self.sent.emit(text, attachments)

    def _give(self, signal: SignalInstance, *given: object) -> None:
        if self._held is None:
            signal.emit(*given)
        else:
            self._held.append((signal, given))

    def _leave(self, step: int) -> None:
        """Up brings back what was sent before, down leads to what was being written."""
        if self.presets.isVisible():
            self.presets.step(step)
            return
        past = self.past()
        if self._recalled >= len(past) or (self._recalled >= 0 and self.text != past[self._recalled]):
            self._recalled = -1
        target = self._recalled - step
        if not -1 <= target < len(past) or (step < 0 and self._recalled < 0 and self.text.strip()):
            return
        if self._recalled < 0:
            self._unsent = self.text
        self._recalled = target
        self.set_text(past[target] if target >= 0 else self._unsent)

    def _attach(self) -> QMenu | None:
        """Ask for files; or, where there is more to choose from, from where. The menu deletes itself."""
        if not self._sources:
            self._give(self.attach_requested)
            return None
        menu = new_menu(self.attach)
        menu.addAction(self.tr("Files…")).triggered.connect(lambda: self._give(self.attach_requested))
        for label in self._sources:
            action = menu.addAction(self.tr("From %1…").replace("%1", button_text(label)))
            action.triggered.connect(lambda _=False, label=label: self.resource_requested.emit(label))
        menu.popup(self.attach.mapToGlobal(QPoint(0, 0)))
        return menu

    def _take_preset(self, name: str) -> None:
        self.field.clear()
        self.preset_chosen.emit(name)

    def _refresh(self) -> None:
        if self._busy:
            self.button.set_icon("stop", self.tr("Stop"))
        else:
            self.button.set_icon("arrow-up", self.tr("Send"))
        self.button.setEnabled(self._busy or self._something)
        self._keys.setText(self._keys_text())
        parts = [attachment.part for attachment in self.attachments]
        self.gauge.set_draft(estimated_tokens(self.text, parts))
        warning = self._warning_text()
        self.warning.setText(warning)
        self.warning.setVisible(bool(warning))

    def _keys_text(self) -> str:
        if self.field.send_with == "enter":
            if self._busy:
                return self.tr("Enter sends it after this reply, Escape stops the reply")
            return self.tr("Enter sends, Shift+Enter breaks the line")
        keys = QKeySequence("Ctrl+Enter").toString(QKeySequence.SequenceFormat.NativeText)
        text = self.tr("%1 sends, Enter breaks the line")
        if self._busy:
            text = self.tr("%1 sends it after this reply, Escape stops the reply")
        return text.replace("%1", keys)

    def _warning_text(self) -> str:
        if refusal := self.tray.refusal:
            return str(refusal)
        if self._told_long:
            told = self.tr("A text of more than %1 characters or %2 lines can't be changed here: it is attached.")
            return told.replace("%1", f"{MOST_WRITTEN:,}").replace("%2", f"{MOST_LINES:,}")
        if not self._sees and any(attachment.data is not None for attachment in self.attachments):
            return self.tr("This model can't see images. Choose one that can, or remove the image.")
        if self.gauge.full:
            return self.tr(
                "This is more than the model can hold. Begin a new chat, send less, or raise the context length in "
                "the settings of this chat."
            )
        return ""
