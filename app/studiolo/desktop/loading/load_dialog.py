"""How a model is to be loaded, and how much memory that takes."""

from dataclasses import dataclass

from PySide6.QtCore import QLocale, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.model_defaults import ModelDefaults
from studiolo.api.models import LoadRequest, MemoryEstimate
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.still_fields import StillSlider, StillSpinBox
from studiolo.desktop.widgets.theme import keep_margins

_STEP = 256
_USUAL, _LEAST = 4096, 256
_WAIT_MS = 200
_TIGHT = 0.85


@dataclass(frozen=True)
class Loadable:
    """A model that can be loaded. `context`: tokens to propose, 0 for the usual; `most_context`: 0 if not known.

    `rememberable`: the server can keep how it is loaded.
    """

    key: str
    name: str
    context: int = 0
    most_context: int = 0
    flash: bool = True
    offload: bool = True
    rememberable: bool = False


class LoadDialog(QDialog):
    """`estimate_requested` asks for the memory of `context_length` tokens, a moment after it was changed."""

    estimate_requested = Signal(int)

    def __init__(self, model: Loadable, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setWindowTitle(self.tr("Load %1").replace("%1", model.name))
        most = max(model.most_context, _LEAST) if model.most_context else 1_000_000
        self.context = StillSpinBox(self)
        keep_margins(self.context)
        self.context.setRange(min(_LEAST, most), most)
        self.context.setSingleStep(_STEP)
        self.context.setGroupSeparatorShown(True)
        self.context.setValue(model.context or min(_USUAL, most))
        self.slider = StillSlider(self)
        self.slider.setRange(1, max(1, most // _STEP))
        self.slider.setValue(self.context.value() // _STEP)
        self.flash = QCheckBox(self.tr("Flash attention (less memory for long contexts)"), self)
        self.flash.setChecked(model.flash)
        self.offload = QCheckBox(self.tr("Keep the context in graphics memory"), self)
        self.offload.setChecked(model.offload)
        self.remember = QCheckBox(self.tr("Always load it like this"), self)
        self.remember.setVisible(model.rememberable)
        self.memory = QLabel(self)
        self.memory.setWordWrap(True)
        self.memory.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.load = primary_button(self.tr("Load"), self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(lambda: self.estimate_requested.emit(self.context.value()))
        self._arrange()
        self.context.valueChanged.connect(self._changed)
        self.slider.valueChanged.connect(lambda steps: self.context.setValue(min(most, steps * _STEP)))
        self.load.clicked.connect(self.accept)
        self._wait.start()

    @property
    def request(self) -> LoadRequest:
        """Return what is to be asked of the server."""
        return LoadRequest(
            model=self._model.key,
            context_length=self.context.value(),
            flash_attention=self._chosen(self.flash, self._model.flash),
            offload_kv_cache_to_gpu=self._chosen(self.offload, self._model.offload),
        )

    @property
    def defaults(self) -> ModelDefaults:
        """Return what is to be kept for the model."""
        return ModelDefaults(
            context_length=self.context.value(),
            flash_attention=None if self.flash.isChecked() else False,
            offload_kv_cache_to_gpu=None if self.offload.isChecked() else False,
        )

    def show_estimate(self, estimate: MemoryEstimate | None) -> None:
        """Show what loading would take; None where the server can't tell."""
        if estimate is None:
            self.memory.setText(self.tr("This server does not tell how much memory a model takes."))
            return
        text = self.tr("Takes about %1 of memory; %2 are free.")
        text = text.replace("%1", size_text(estimate.needed_bytes)).replace("%2", size_text(estimate.free_bytes))
        if estimate.needed_bytes > estimate.free_bytes:
            text += " " + self.tr("It won't fit: choose a shorter context, or unload another model.")
        elif estimate.needed_bytes > _TIGHT * estimate.free_bytes:
            text += " " + self.tr("That is tight.")
        self.memory.setProperty("kind", "error" if estimate.needed_bytes > estimate.free_bytes else "muted")
        self.memory.style().unpolish(self.memory)
        self.memory.style().polish(self.memory)
        self.memory.setText(text)

    def _chosen(self, box: QCheckBox, before: bool) -> bool | None:
        """None, for what the server does anyway, unless it was changed here."""
        return (None if before else True) if box.isChecked() else False

    def _changed(self, tokens: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(tokens // _STEP)
        self.slider.blockSignals(False)
        self._wait.start()

    def _arrange(self) -> None:
        form = QFormLayout()
        label = QLabel(self.tr("Context length"), self)
        label.setBuddy(self.context)
        self.context.setAccessibleName(label.text())
        self.slider.setAccessibleName(label.text())
        form.addRow(label, self.context)
        form.addRow(self.slider)
        if self._model.most_context:
            limit = QLocale().toString(self._model.most_context)
            most = QLabel(self.tr("The model was made for up to %1 tokens.").replace("%1", limit), self)
            most.setProperty("kind", "muted")
            form.addRow(most)
        form.addRow(self.flash)
        form.addRow(self.offload)
        form.addRow(self.remember)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.memory)
        layout.addLayout(button_row(self, self.load))
        self.setMinimumWidth(room_for(self, 420).width())
