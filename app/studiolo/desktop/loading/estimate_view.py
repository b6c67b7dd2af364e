"""What a load would take, in all and of each device, and where the model would be. Widgets only."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from studiolo.api.models import DeviceEstimate, MemoryEstimate
from studiolo.desktop.language import translate
from studiolo.desktop.loading.placement import RAM, placement_mark
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sign_badge import SignBadge
from studiolo.desktop.widgets.theme import set_kind

_TIGHT = 0.85
_STEPS = 1000


class EstimateView(QWidget):
    """`memory` says it in words; a bar for each device where the server tells them apart."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.badge = SignBadge(self)
        self.badge.hide()
        self.memory = QLabel(self)
        self.memory.setWordWrap(True)
        self.memory.setTextFormat(Qt.TextFormat.PlainText)
        self.memory.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.source = QLabel(self)
        self.source.setWordWrap(True)
        set_kind(self.source, "help")
        self.source.hide()
        self.bars: dict[str, QProgressBar] = {}
        self.figures: dict[str, QLabel] = {}
        self._parts: list[QWidget] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.badge)
        column.addWidget(self.memory)
        column.addLayout(self._grid)
        column.addWidget(self.source)

    def show_estimate(self, estimate: MemoryEstimate | None) -> None:
        """Show what loading would take; None where the server can't tell."""
        self._show_devices(estimate.devices if estimate else [])
        self.source.setVisible(bool(estimate and estimate.devices))
        self.badge.setVisible(bool(estimate and estimate.devices))
        if estimate is None:
            self.show_text(self.tr("This server does not tell how much memory a model takes."))
            return
        self.source.setText(
            self.tr("In line with what loads took on this machine.")
            if estimate.calibrated
            else self.tr("Reckoned: no load was measured on this machine yet.")
        )
        if estimate.devices:
            mark = placement_mark(estimate)
            self.badge.show_word(mark.text, mark.icon, mark.kind, reason=mark.reason)
        text = self.tr("Takes about %1 of memory; %2 are free.")
        text = text.replace("%1", size_text(estimate.needed_bytes)).replace("%2", size_text(estimate.free_bytes))
        over = self._is_over(estimate)
        if over:
            text += " " + self.tr("It won't fit: choose a shorter context, or unload another model.")
        elif estimate.needed_bytes > _TIGHT * estimate.free_bytes:
            text += " " + self.tr("That is tight.")
        self.show_text(text, kind="error" if over else "muted")

    def show_text(self, text: str, *, kind: str = "muted") -> None:
        """Say something in place of figures, or above them."""
        set_kind(self.memory, kind)
        self.memory.setText(text)

    def _is_over(self, estimate: MemoryEstimate) -> bool:
        devices = estimate.devices
        return (
            any(one.needed_bytes > one.free_bytes for one in devices)
            if devices
            else estimate.needed_bytes > estimate.free_bytes
        )

    def _show_devices(self, devices: list[DeviceEstimate]) -> None:
        if [one.id for one in devices] != list(self.bars):
            self._make_rows(devices)
        for one in devices:
            text = self.tr("%1 of %2 free").replace("%1", size_text(one.needed_bytes))
            self.figures[one.id].setText(text.replace("%2", size_text(one.free_bytes)))
            share = one.needed_bytes / one.free_bytes if one.free_bytes else float(one.needed_bytes > 0)
            self.bars[one.id].setValue(round(min(1.0, share) * _STEPS))
            set_kind(self.figures[one.id], "error" if one.needed_bytes > one.free_bytes else "muted")
            self.bars[one.id].setAccessibleName(f"{device_name(one)}: {self.figures[one.id].text()}")

    def _make_rows(self, devices: list[DeviceEstimate]) -> None:
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts, self.bars, self.figures = [], {}, {}
        for row, one in enumerate(devices):
            name, figures, bar = ElidedLabel(device_name(one), self), QLabel(self), QProgressBar(self)
            name.setTextFormat(Qt.TextFormat.PlainText)
            bar.setRange(0, _STEPS)
            bar.setTextVisible(False)
            self._grid.addWidget(name, 2 * row, 0)
            self._grid.addWidget(figures, 2 * row, 1, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(bar, 2 * row + 1, 0, 1, 2)
            self.bars[one.id], self.figures[one.id] = bar, figures
            self._parts += [name, figures, bar]


def device_name(device: DeviceEstimate) -> str:
    """Return what a device is called: a card by its own name, the computer's memory as RAM."""
    if device.id == RAM:
        return translate("Loading", "RAM")
    return " · ".join(part for part in (device.id, device.name) if part)
