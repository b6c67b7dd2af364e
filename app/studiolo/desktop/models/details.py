"""What the header of a model says, in a window."""

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.models import ModelDetails
from studiolo.desktop.widgets.formatting import size_text, tip_text
from studiolo.desktop.widgets.sizes import room_for

_LINE = 300


class DetailsDialog(QDialog):
    """Its files and tensors, and every entry of its header."""

    def __init__(self, details: ModelDetails, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Details of %1").replace("%1", details.key))
        self.facts = QLabel(self._facts(details), self)
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Filter"))
        self.search.setAccessibleName(self.tr("Filter the entries"))
        self.search.setClearButtonEnabled(True)
        self.entries = QTreeWidget(self)
        self.entries.setAccessibleName(self.tr("Entries of the header"))
        self.entries.setHeaderLabels([self.tr("Entry"), self.tr("Value")])
        self.entries.setRootIsDecorated(False)
        self.entries.setUniformRowHeights(True)
        self.entries.setColumnWidth(0, 300)
        for name, value in details.metadata.items():
            item = QTreeWidgetItem([name, " ".join(value[:_LINE].split())])
            item.setToolTip(1, tip_text(value))
            self.entries.addTopLevelItem(item)
        close = QPushButton(self.tr("Close"), self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.facts)
        layout.addWidget(self.search)
        layout.addWidget(self.entries, 1)
        layout.addLayout(buttons)
        self.search.textChanged.connect(self._filter)
        self.resize(room_for(self, 760, 560))

    def _filter(self, words: str) -> None:
        wanted = words.casefold()
        for number in range(self.entries.topLevelItemCount()):
            item = self.entries.topLevelItem(number)
            if item is not None:
                item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())

    def _facts(self, details: ModelDetails) -> str:
        text = self.tr("GGUF version %1, %2 tensors, %3 parameters")
        text = text.replace("%1", str(details.version)).replace("%2", str(details.tensor_count))
        lines = [text.replace("%3", QLocale().toString(float(details.parameters), "f", 0))]
        tensors = "  ·  ".join(f"{kind} {size_text(size)}" for kind, size in details.tensors.items())
        if tensors:
            lines.append(self.tr("Weights: %1").replace("%1", tensors))
        for file in details.files:
            lines.append(f"{file.path}  ({size_text(file.size_bytes)})")
            if file.sha256:
                lines.append(f"SHA-256 {file.sha256}")
        return "\n".join(lines)
