"""What a prompt asks for, and which resource of a server is to go with a message."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import PromptInfo, ResourceInfo
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.schema_form import SchemaForm
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.theme import set_kind

_WIDTH = 460
_MOST_RESOURCES = 2000


class PromptDialog(QDialog):
    """`arguments` is what was written, once it is accepted."""

    def __init__(self, prompt: PromptInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(prompt.title or prompt.name)
        self.arguments: dict[str, str] = {}
        schema = {
            "properties": {
                one.name: {"type": "string", "description": one.description, "minLength": 1 if one.required else 0}
                for one in prompt.arguments
            },
            "required": [one.name for one in prompt.arguments if one.required],
        }
        self.form = SchemaForm(schema, self)
        self.insert = QPushButton(self.tr("Insert"), self)
        self.insert.setProperty("kind", "primary")
        self.insert.setDefault(True)
        self.insert.clicked.connect(self._insert)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        if prompt.description:
            about = QLabel(prompt.description, self)
            about.setTextFormat(Qt.TextFormat.PlainText)
            about.setWordWrap(True)
            layout.addWidget(about)
        layout.addWidget(self.form)
        layout.addStretch()
        layout.addLayout(_buttons(cancel, self.insert))
        self.resize(room_for(self, _WIDTH, 200))

    def _insert(self) -> None:
        values = self.form.values()
        if values is not None:
            self.arguments = {name: str(value) for name, value in values.items()}
            self.accept()


class ResourceDialog(QDialog):
    """`chosen` is the one that is to be attached, once it is accepted."""

    def __init__(self, server: str, resources: Sequence[ResourceInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Attach from %1").replace("%1", server))
        self.chosen: ResourceInfo | None = None
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Filter"))
        self.search.setAccessibleName(self.tr("Filter"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        for resource in resources[:_MOST_RESOURCES]:
            size = size_text(resource.size) if resource.size is not None else ""
            text = " · ".join(filter(None, (resource.name or resource.uri, resource.mime_type, size)))
            item = QListWidgetItem(text, self.list)
            item.setData(Qt.ItemDataRole.UserRole, resource)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, resource.description or resource.uri)
        self.none = QLabel(self.tr("It offers nothing to attach."), self)
        set_kind(self.none, "muted")
        self.none.setVisible(not resources)
        self.attach = QPushButton(self.tr("Attach"), self)
        self.attach.setProperty("kind", "primary")
        self.attach.setDefault(True)
        self.attach.setEnabled(False)
        self.attach.clicked.connect(self._take)
        self.list.itemSelectionChanged.connect(lambda: self.attach.setEnabled(bool(self.list.selectedItems())))
        self.list.itemDoubleClicked.connect(lambda _: self._take())
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.none, self.list):
            layout.addWidget(widget)
        layout.addLayout(_buttons(cancel, self.attach))
        self.resize(room_for(self, _WIDTH, 400))
        if resources:
            self.list.setCurrentRow(0)

    def _filter(self, words: str) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            resource: ResourceInfo = item.data(Qt.ItemDataRole.UserRole)
            text = f"{resource.name} {resource.uri} {resource.description}".casefold()
            item.setHidden(not all(word in text for word in words.casefold().split()))

    def _take(self) -> None:
        if chosen := self.list.selectedItems():
            self.chosen = chosen[0].data(Qt.ItemDataRole.UserRole)
            self.accept()


def _buttons(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    return row
