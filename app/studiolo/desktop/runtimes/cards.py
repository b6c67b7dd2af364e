"""What is in use, what is offered, and the devices: the parts of the view around the list. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.api.runtimes import BUNDLED, RuntimeDevice, RuntimeInfo
from studiolo.desktop.runtimes.state import RuntimesState, may_use
from studiolo.desktop.runtimes.words import device_text, facts_text, memory_text
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import button_text, size_text
from studiolo.desktop.widgets.theme import set_kind

_STEPS = 1000
_DEVICE_WIDTH = 220


class _RuntimeCard(QFrame):
    """A title, a name, two lines, and one button.

    Signals:
        ordered: What somebody wants done, and with which runtime.
    """

    ordered = Signal(str, str)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._order = ("", "")
        self.title = _label(title, "muted", self)
        self.name = _label("", "heading", self)
        self.facts = _label("", "muted", self)
        self.reason = _label("", "", self)
        self.action = QPushButton(self)
        self.action.clicked.connect(lambda: self.ordered.emit(*self._order))
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for label in (self.title, self.name, self.facts, self.reason):
            texts.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addLayout(texts, 1)
        row.addWidget(self.action, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_parts(self, info: RuntimeInfo, reason: str) -> None:
        """Show a runtime, and why it is here."""
        self.name.setText(info.name or info.id)
        self.facts.setText(facts_text(info))
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.setAccessibleName(f"{self.title.text()}: {self.name.text()}. {reason}")

    def offer(self, order: str, info: RuntimeInfo | None, text: str, *, enabled: bool = True) -> None:
        """Have the button do this with a runtime; with none there is no button."""
        self._order = (order, info.id if info else "")
        self.action.setText(button_text(text))
        self.action.setVisible(info is not None)
        self.action.setEnabled(enabled)


class UsedCard(_RuntimeCard):
    """The runtime in use, with the way back to the one before."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("In use"))

    def show_state(self, state: RuntimesState) -> None:
        """Show the one that models are loaded with."""
        used, before = state.used, state.before
        self.setVisible(used is not None)
        if used is None:
            return
        self.show_parts(used, self._why(used, fallback=state.known.fallback))
        name = (before.name or before.id) if before else ""
        text = self.tr("Use %1 again").replace("%1", name)
        self.offer("use", before, text, enabled=before is not None and before.id not in state.busy)

    def _why(self, used: RuntimeInfo, *, fallback: str) -> str:
        if fallback:
            return self.tr("It stands in for the one you chose.")
        if used.id == BUNDLED:
            chosen = self.tr("It comes with Studiolo, and is used until you choose another.")
        else:
            chosen = self.tr("You chose it. Models load with it from now on; those in memory keep theirs.")
        return " ".join(part for part in (chosen, used.reason) if part)


class OfferCard(_RuntimeCard):
    """The runtime that suits the machine best, with the next step towards it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.title.setText(self.tr("Recommended for this machine"))
        set_kind(self.action, "primary")

    def show_state(self, state: RuntimesState) -> None:
        """Show what is offered; nothing where that is in use, or none is."""
        info = state.offered
        self.setVisible(info is not None)
        if info is None:
            return
        self.show_parts(info, info.reason)
        size = size_text(info.size_bytes) if info.size_bytes else ""
        enabled = info.id not in state.busy
        if may_use(info):
            self.offer("use", info, self.tr("Use it"), enabled=enabled)
        elif info.state == "available":
            self.offer("download", info, self.tr("Download %1").replace("%1", size).strip(), enabled=enabled)
        elif info.state in ("installed", "failed") and info.id not in state.tests:
            self.offer(
                "test", info, self.tr("Test it") if info.proof is None else self.tr("Test again"), enabled=enabled
            )
        else:
            # It comes, or is tested: the list says how far that is.
            self.offer("", None, "")


class DevicesPart(QWidget):
    """The devices that runtimes can compute on, with their memory.

    Signals:
        look_requested: Somebody wants them to be looked at anew.
    """

    look_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = _label(self.tr("Devices"), "heading", self)
        self.look = QPushButton(self.tr("Look again"), self)
        set_kind(self.look, "flat")
        self.look.clicked.connect(self.look_requested)
        self.told = _label("", "muted", self)
        self.rows: list[_DeviceRow] = []
        self._shown: list[tuple[str, RuntimeDevice]] = []
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.told)
        column.addLayout(self._grid)

    def show_state(self, state: RuntimesState) -> None:
        """Show the devices, or why there are none to be seen."""
        pairs = [(one.name or one.id, device) for one in state.devices or () for device in one.devices]
        if pairs != self._shown:
            self._shown = pairs
            self._show_rows(pairs)
        silent = [one for one in state.devices or () if one.problem and not one.devices]
        text = state.devices_trouble or "\n".join(_why_none(one) for one in silent)
        if not text and state.looking and state.devices is None:
            text = self.tr("Looking for devices…")
        elif not text and state.devices is not None and not pairs:
            text = self.tr("The runtimes that are here compute on the processor alone.")
        self.told.setText(text)
        self.told.setVisible(bool(text))
        self.look.setEnabled(not state.looking)

    def _show_rows(self, pairs: Sequence[tuple[str, RuntimeDevice]]) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [_DeviceRow(runtime, device, self) for runtime, device in pairs]
        for row in self.rows:
            self._grid.addWidget(row)


class _DeviceRow(QWidget):
    def __init__(self, runtime: str, device: RuntimeDevice, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(device_text(device), self)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.runtime = ElidedLabel(runtime, self)
        self.runtime.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.runtime, "muted")
        self.memory = _label(memory_text(device), "muted", self)
        self.memory.setWordWrap(False)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.bar.setFixedWidth(_DEVICE_WIDTH)
        known = device.total_bytes and device.free_bytes is not None
        self.bar.setVisible(bool(known))
        if device.total_bytes and device.free_bytes is not None:
            used = 1 - device.free_bytes / device.total_bytes
            self.bar.setValue(round(max(0.0, min(1.0, used)) * _STEPS))
        told = f"{self.name.text()}, {runtime}: {self.memory.text()}"
        self.bar.setAccessibleName(told)
        self.setAccessibleName(told)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.runtime)
        figures = QVBoxLayout()
        figures.setSpacing(4)
        figures.addWidget(self.memory, 0, Qt.AlignmentFlag.AlignRight)
        figures.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(texts, 1)
        row.addLayout(figures)


def _why_none(info: RuntimeInfo) -> str:
    """Return why a runtime could not say what it computes on."""
    return f"{info.name or info.id}: {info.problem} {info.hint}".strip()


def _label(text: str, kind: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if kind:
        set_kind(label, kind)
    return label
