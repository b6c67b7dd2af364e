"""What is in a server's memory: a row for each loaded instance."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studiolo.api.models import REMOTE, EmbeddingEntry, EmbeddingInstance, LlmEntry, LlmInstance
from studiolo.desktop.widgets.formatting import duration_text, size_text
from studiolo.desktop.widgets.icons import IconButton

Instance = LlmInstance | EmbeddingInstance


def instances_of(entries: Sequence[LlmEntry | EmbeddingEntry]) -> list[Instance]:
    """Return the loaded instances of all models, but for those that are in another machine's memory."""
    return [instance for entry in entries if entry.origin != REMOTE for instance in entry.loaded_instances]


class InstanceList(QFrame):
    """`unload_requested` carries the id of an instance."""

    unload_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._title = QLabel(self)
        self.rows: list[_InstanceRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 8, 8)
        self._column.setSpacing(2)
        self._column.addWidget(self._title)
        self.hide()

    def show_instances(self, instances: Sequence[Instance]) -> None:
        """Show a row for each of these instances."""
        while len(self.rows) < len(instances):
            row = _InstanceRow(self)
            row.unload.clicked.connect(lambda _=False, row=row: self.unload_requested.emit(row.id))
            self.rows.append(row)
            self._column.addWidget(row)
        while len(self.rows) > len(instances):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.deleteLater()
        for row, instance in zip(self.rows, instances, strict=True):
            row.show_instance(instance)
        held = sum(instance.memory_bytes or 0 for instance in instances)
        self._title.setText(self.tr("In memory: %1").replace("%1", size_text(held)) if held else self.tr("In memory"))
        self.setVisible(bool(instances))


class _InstanceRow(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.id = ""
        self.name = QLabel(self)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.facts = QLabel(self)
        self.facts.setProperty("kind", "muted")
        self.facts.setWordWrap(True)
        self.unload = IconButton("eject-outline", self.tr("Unload"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.name)
        layout.addWidget(self.facts, 1)
        layout.addWidget(self.unload)

    def show_instance(self, instance: Instance) -> None:
        self.id = instance.id
        self.name.setText(instance.id)
        self.unload.set_icon("eject-outline", self.tr("Unload %1").replace("%1", instance.id))
        context = QLocale().toString(instance.config.context_length)
        pieces = [
            size_text(instance.memory_bytes) if instance.memory_bytes else "",
            self.tr("%1 tokens of context").replace("%1", context) if instance.config.context_length else "",
            self._slots(instance),
            self.tr("%n waiting", "", instance.waiting) if instance.waiting else "",
            self._idle(instance),
        ]
        self.facts.setText("  ·  ".join(piece for piece in pieces if piece))

    def _slots(self, instance: Instance) -> str:
        if not instance.slots:
            return ""
        text = self.tr("%1 of %2 slots in use")
        return text.replace("%1", str(instance.slots_in_use or 0)).replace("%2", str(instance.slots))

    def _idle(self, instance: Instance) -> str:
        if instance.remaining_ttl_seconds is None:
            return ""
        left = duration_text(instance.remaining_ttl_seconds)
        return self.tr("goes in %1 if idle").replace("%1", left)
