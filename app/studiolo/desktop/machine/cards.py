"""Cards of what a machine is made of: each with a name, what is known of it, and its load."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from studiolo.api.machine import GraphicsDevice, MachineDisk, MachineInfo
from studiolo.desktop.machine.sparkline import CoreBars, Sparkline
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import size_text, speed_text
from studiolo.desktop.widgets.theme import set_kind

_STEPS = 1000


class LoadCard(QFrame):
    """A title, a name, facts, a bar or a line of the load, and what it is in words."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.title = QLabel(title, self)
        set_kind(self.title, "muted")
        self.figure = QLabel(self)
        set_kind(self.figure, "heading")
        self.name = ElidedLabel(self)
        set_kind(self.name, "heading")
        self.facts = QLabel(self)
        self.facts.setWordWrap(True)
        set_kind(self.facts, "muted")
        for label in (self.name, self.facts, self.figure):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.line = Sparkline(self)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.figure)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(6)
        self.column.addLayout(head)
        self.column.addWidget(self.name)
        self.column.addWidget(self.facts)
        self.column.addStretch(1)
        self.column.addWidget(self.bar)
        self.column.addWidget(self.line)

    def show_part(self, name: str, facts: Sequence[str]) -> None:
        """Show what it is. facts: what is known of it; empty ones are left out."""
        self.name.setText(name)
        self.name.setVisible(bool(name))
        text = "  ·  ".join(fact for fact in facts if fact)
        self.facts.setText(text)
        self.facts.setVisible(bool(text))

    def show_load(self, share: float | None, *, used: float | None = None, figure: str = "") -> None:
        """Show how busy or full it is now.

        Args:
            share: 0 to 1, which the line goes on with; None where that is not known.
            used: 0 to 1, how full it is; None for no bar.
            figure: The load in words; else as percent.
        """
        self.line.setVisible(share is not None)
        if share is not None:
            self.line.add(share)
        self.bar.setVisible(used is not None)
        if used is not None:
            self.bar.setValue(round(_STEPS * used))
        text = figure or (f"{round(100 * share)} %" if share is not None else "")
        self.figure.setText(text)
        told = f"{self.title.text()}: {text}" if text else self.title.text()
        self.line.setAccessibleName(told)
        self.bar.setAccessibleName(told)
        self.setAccessibleName(told)


class ProcessorCard(LoadCard):
    """The processor, with each of its cores."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("Processor"))
        self.cores = CoreBars(self)
        self.column.insertWidget(self.column.indexOf(self.bar), self.cores)

    def show_machine(self, machine: MachineInfo) -> None:
        """Show the processor of a machine, and how busy it is."""
        processor = machine.processor
        counted = ""
        if processor.cores and processor.threads and processor.cores != processor.threads:
            text = self.tr("%1 cores, %2 threads")
            counted = text.replace("%1", str(processor.cores)).replace("%2", str(processor.threads))
        elif processor.threads:
            counted = self.tr("%n core(s)", "", processor.threads)
        self.show_part(processor.name, (counted, processor.architecture, ", ".join(processor.features)))
        self.show_load(machine.load.processor)
        self.cores.setVisible(len(machine.load.cores) > 1)
        self.cores.show_cores(machine.load.cores)


class MemoryCard(LoadCard):
    """The memory, and what loaded models hold of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("Memory"))

    def show_machine(self, machine: MachineInfo) -> None:
        """Show the memory of a machine, and how full it is."""
        total, free = machine.memory_bytes, machine.load.memory_free_bytes
        used = max(0, total - free)
        share = used / total if total else 0.0
        models = machine.load.engines_bytes
        self.show_part(
            size_text(total),
            (
                self.tr("%1 free").replace("%1", size_text(free)),
                self.tr("%1 held by loaded models").replace("%1", size_text(models)) if models else "",
            ),
        )
        self.show_load(share, used=share)


class GraphicsCard(LoadCard):
    """A graphics device."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("Graphics"))

    def show_device(self, device: GraphicsDevice) -> None:
        """Show a device, and how busy it is, where it says so."""
        full = None
        memory = ""
        if device.memory_bytes:
            memory = self.tr("%1 of its own memory").replace("%1", size_text(device.memory_bytes))
            if device.used_bytes is not None:
                full = device.used_bytes / device.memory_bytes
                text = self.tr("%1 of %2 of its own memory in use")
                memory = text.replace("%1", size_text(device.used_bytes)).replace("%2", size_text(device.memory_bytes))
        driver = self.tr("driver %1").replace("%1", device.driver) if device.driver else ""
        self.show_part(device.name, (memory, driver))
        self.show_load(device.load, used=full)


class DiskCard(LoadCard):
    """A disk with models."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("Disk with models"))

    def show_disk(self, disk: MachineDisk) -> None:
        """Show a disk, and how full it is."""
        used = 1 - disk.free_bytes / disk.total_bytes if disk.total_bytes else 0.0
        free = self.tr("%1 of %2 free").replace("%1", size_text(disk.free_bytes))
        self.show_part(free.replace("%2", size_text(disk.total_bytes)), disk.folders)
        self.show_load(None, used=used, figure=self.tr("%1 % full").replace("%1", str(round(100 * used))))


def transfer_text(card: QWidget, machine: MachineInfo) -> str:
    """Return how fast the disks of a machine are read and written, all together; empty where that is not known."""
    load = machine.load
    if load.read_bytes_per_second is None or load.written_bytes_per_second is None:
        return ""
    text = card.tr("Disks: %1 read, %2 written")
    read, written = speed_text(load.read_bytes_per_second), speed_text(load.written_bytes_per_second)
    return text.replace("%1", read or "0").replace("%2", written or "0")
