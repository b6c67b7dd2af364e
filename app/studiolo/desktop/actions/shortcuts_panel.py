"""All shortcuts by section, to look up and to change: a list, and below it the keys of the line that is chosen."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.actions.action import Action, section_title
from studiolo.desktop.actions.editing import ShortcutEditor
from studiolo.desktop.actions.key_field import KeyField
from studiolo.desktop.fuzzy import match
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.grouped_delegate import ListHeading, ListItem, ListLine
from studiolo.desktop.widgets.grouped_list import GroupedList
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import set_kind

_SIZE = QSize(620, 640)
_LEAST_LIST = 330


class ShortcutsPanel(QWidget):
    """Shows and changes shortcuts; a change is in force at once. It may be part of any dialog."""

    def __init__(self, editor: ShortcutEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._wanted: QKeySequence | None = None
        self._other: Action | None = None
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search by name or keys"))
        self.search.setAccessibleName(self.tr("Search shortcuts"))
        self.search.setClearButtonEnabled(True)
        self.restore_all = QPushButton(self.tr("Reset all"), self)
        self.restore_all.setToolTip(self.tr("Give every action its usual shortcut again"))
        self.list = GroupedList(self.tr("Keyboard shortcuts"), self)
        self.list.setMinimumHeight(_LEAST_LIST)
        self.nothing = QLabel(self)
        self.nothing.setProperty("kind", "muted")
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self.nothing.setWordWrap(True)
        self.name = QLabel(self)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.keys = KeyField(self)
        self.remove = QPushButton(self.tr("Remove"), self)
        self.restore = QPushButton(self.tr("Reset"), self)
        self.told = QLabel(self)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.replace = QPushButton(self.tr("Replace"), self)
        self.cancel = QPushButton(translate("Dialogs", "Cancel"), self)
        self._arrange()
        self._connect()
        self._show_list()

    @property
    def action(self) -> Action | None:
        """Return the action of the line that is chosen."""
        return self._editor.registry.action(self.list.current_key)

    def choose(self, action_id: str) -> None:
        """Go to the line of an action."""
        self.search.clear()
        self.list.choose(action_id)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.restore_all)
        line = QFrame(self)
        line.setProperty("kind", "line")
        edit = QHBoxLayout()
        edit.setSpacing(8)
        edit.addWidget(self.name, 1)
        for widget in (self.keys, self.remove, self.restore):
            edit.addWidget(widget)
        answer = QHBoxLayout()
        answer.setSpacing(8)
        answer.addWidget(self.told, 1)
        # So that the list stays as it is when a question comes.
        self.told.setMinimumHeight(self.replace.sizeHint().height())
        answer.addWidget(self.cancel)
        answer.addWidget(self.replace)
        self._foot = QWidget(self)
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(8)
        foot.addLayout(edit)
        foot.addLayout(answer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.nothing)
        layout.addWidget(self.list, 1)
        layout.addWidget(line)
        layout.addWidget(self._foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._show_list)
        self.restore_all.clicked.connect(self._editor.restore_all)
        self.list.current_changed.connect(self._show_chosen)
        self.list.item_activated.connect(lambda _key: self.keys.begin())
        self.list.installEventFilter(self)
        self.keys.recorded.connect(self._take)
        self.keys.removed.connect(lambda: self._assign(QKeySequence()))
        self.remove.clicked.connect(lambda: self._assign(QKeySequence()))
        self.restore.clicked.connect(self._restore)
        self.replace.clicked.connect(self._replace)
        self.cancel.clicked.connect(self._show_chosen)
        self._editor.registry.changed.connect(self._show_list)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.list.activate_current()
                return True
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self.list.step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return False

    def _show_list(self) -> None:
        words = self.search.text().strip()
        lines: list[ListLine] = []
        section = None
        for action in self._editor.registry.actions:
            item = self._item(action, words)
            if item is None:
                continue
            if action.section != section:
                section = action.section
                lines.append(ListHeading(section_title(section)))
            lines.append(item)
        self.nothing.setText(self.tr("No shortcut is called “%1”.").replace("%1", words))
        self.nothing.setVisible(not lines)
        self.list.show_lines(lines, self.list.current_key)
        self.restore_all.setEnabled(bool(self._editor.edited))
        self._show_chosen()

    def _item(self, action: Action, words: str) -> ListItem | None:
        keys = self._editor.registry.shown_keys(action.id)
        found = match(words, action.title)
        if words and not found and words.casefold().replace(" ", "") not in keys.casefold():
            return None
        changed = action.id in self._editor.edited
        detail = self.tr("changed") if changed else ""
        return ListItem(action.id, action.title, detail, "", keys, found.places if found else (), changed)

    def _show_chosen(self) -> None:
        """Show what there is to change at the line that is chosen, and no question any more."""
        action = self.action
        self._wanted = self._other = None
        self._foot.setVisible(action is not None)
        if action is None:
            return
        fixed = action.fixed
        self.name.setText(action.title)
        self.keys.show_keys(self._editor.registry.shown_keys(action.id), action.title)
        self.keys.setEnabled(not fixed)
        self.remove.setVisible(not fixed)
        self.remove.setEnabled(bool(self._editor.registry.keys_of(action.id)))
        self.restore.setVisible(not fixed)
        self.restore.setEnabled(action.id in self._editor.edited)
        self._tell(
            self.tr("These keys can't be changed.") if fixed else self.tr("Press Enter in the list, then the keys.")
        )

    def _tell(self, text: str, kind: str = "muted", *, question: bool = False) -> None:
        self.told.setText(text)
        set_kind(self.told, kind)
        self.replace.setVisible(question)
        self.cancel.setVisible(question)
        if kind != "muted":
            announce(self.told, text)

    def _take(self, keys: QKeySequence) -> None:
        """Use keys that were pressed, unless something stands against it, which is said in place."""
        action = self.action
        if action is None:
            return
        if refusal := self._editor.refusal(action, keys):
            self._show_chosen()
            self._tell(refusal, "error")
        elif other := self._editor.conflict(action, keys):
            shown = keys.toString(QKeySequence.SequenceFormat.NativeText)
            self.keys.show_keys(shown, action.title)
            if other.fixed:
                text = self.tr("%1 belongs to “%2”, which can't be changed. Choose other keys.")
                self._show_chosen()
                self._tell(text.replace("%1", shown).replace("%2", other.title), "error")
                return
            self._wanted, self._other = keys, other
            text = self.tr("%1 belongs to “%2”. Replace takes it away there.")
            self._tell(text.replace("%1", shown).replace("%2", other.title), "warning", question=True)
            self.replace.setFocus()
        else:
            self._assign(keys)

    def _replace(self) -> None:
        if self._wanted is not None:
            self._assign(self._wanted)

    def _restore(self) -> None:
        if self.action:
            keys = QKeySequence(self.action.default_keys)
            self._take(keys) if not keys.isEmpty() else self._assign(keys)

    def _assign(self, keys: QKeySequence) -> None:
        action = self.action
        if action is None or action.fixed:
            return
        self._editor.assign(action, keys)
        self._show_chosen()
        self.list.setFocus()


class ShortcutsDialog(QDialog):
    """The same in a window of its own."""

    def __init__(self, editor: ShortcutEditor, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.panel = ShortcutsPanel(editor, self)
        close = QPushButton(translate("Dialogs", "Close"), self)
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.panel, 1)
        layout.addLayout(row)
        for button in self.findChildren(QPushButton):
            # Enter is for the list.
            button.setAutoDefault(False)
        self.resize(sizes().scaled(_SIZE.width()), sizes().scaled(_SIZE.height()))
        self.panel.search.setFocus()
