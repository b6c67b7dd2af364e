"""How a model is to be loaded, and how much memory that takes."""

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QLocale, Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.api.load_dials import LoadDials
from studiolo.api.model_defaults import ModelDefaults
from studiolo.api.models import LoadRequest, MemoryEstimate
from studiolo.desktop.loading.dial_rows import DialRow, make_row
from studiolo.desktop.loading.dials import DIALS, Dial, Place, place_text
from studiolo.desktop.loading.estimate_view import EstimateView
from studiolo.desktop.loading.placement import RAM
from studiolo.desktop.widgets.buttons import button_row, primary_button
from studiolo.desktop.widgets.form_area import FormArea
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.still_fields import StillSlider, StillSpinBox
from studiolo.desktop.widgets.theme import keep_margins, set_kind

_STEP = 256
_USUAL, _LEAST = 4096, 256
_WAIT_MS = 200
_FLOATS = ("f32", "f16", "bf16")
_MORE: tuple[Place, ...] = ("speed", "memory", "model")


@dataclass(frozen=True)
class Loadable:
    """A model that can be loaded.

    Attributes:
        key: Its name in requests.
        name: What it is called.
        context: Tokens to propose; 0 leaves them to the server.
        most_context: Tokens that it was made for; 0 if not known.
        usual_context: What the server would choose by itself, as far as is known.
        dials: How it is loaded where nothing is said.
        all_dials: Whether the server knows all dials, and not only the documented ones.
        rememberable: Whether the server can keep how it is loaded.
    """

    key: str
    name: str
    context: int = 0
    most_context: int = 0
    usual_context: int = 0
    dials: LoadDials = field(default_factory=LoadDials)
    all_dials: bool = False
    rememberable: bool = False


class LoadDialog(QDialog):
    """`estimate_requested` asks for the memory that the dials take, a moment after one was changed."""

    estimate_requested = Signal()

    def __init__(self, model: Loadable, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._model = model
        self._cards: list[tuple[str, str]] = []
        self.setWindowTitle(self.tr("Load %1").replace("%1", model.name))
        most = max(model.most_context, _LEAST) if model.most_context else 1_000_000
        self.context = StillSpinBox(self)
        keep_margins(self.context)
        self.context.setRange(min(_LEAST, most), most)
        self.context.setSingleStep(_STEP)
        self.context.setGroupSeparatorShown(True)
        self.context.setValue(model.context or min(model.usual_context or _USUAL, most))
        self.slider = StillSlider(self)
        self.slider.setRange(1, max(1, most // _STEP))
        self.slider.setValue(self.context.value() // _STEP)
        text = self.tr("Automatic: as much as the model and the memory allow")
        self.automatic = QCheckBox(text if model.all_dials else self.tr("Automatic: as the server chooses"), self)
        self.automatic.setChecked(not model.context)
        self.area = FormArea(self)
        self.rows: dict[str, DialRow] = {}
        self.more = QPushButton(self.tr("More options"), self)
        self.more.setCheckable(True)
        set_kind(self.more, "flat")
        self.further = QWidget(self)
        self.further.hide()
        self.remember = QCheckBox(self.tr("Always load it like this"), self)
        self.remember.setVisible(model.rememberable)
        self.estimate = EstimateView(self)
        self.memory = self.estimate.memory
        self.load = primary_button(self.tr("Load"), self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self.estimate_requested)
        self._arrange()
        self.context.valueChanged.connect(self._changed)
        self.slider.valueChanged.connect(lambda steps: self.context.setValue(min(most, steps * _STEP)))
        self.automatic.toggled.connect(lambda _: self._wait.start())
        self.more.toggled.connect(self._unfold)
        self.load.clicked.connect(self._take)
        self._wait.start()

    @property
    def values(self) -> dict[str, Any]:
        """Return what is chosen, by the names of dials; what is left to the engine is left out."""
        chosen = {name: row.value for name, row in self.rows.items() if not row.isHidden()}
        context = None if self.automatic.isChecked() else self.context.value()
        return {name: value for name, value in {"context_length": context, **chosen}.items() if value is not None}

    @property
    def request(self) -> LoadRequest:
        """Return what is to be asked of the server."""
        return LoadRequest.model_validate({"model": self._model.key, **self.values})

    @property
    def defaults(self) -> ModelDefaults:
        """Return what is to be kept for the model, with what the dialog does not show as it was."""
        hidden = {name for name, row in self.rows.items() if row.isHidden()} | set(LoadDials.model_fields) - {
            "context_length",
            *self.rows,
        }
        kept = {name: value for name in hidden if (value := getattr(self._model.dials, name)) is not None}
        return ModelDefaults.model_validate({**kept, **self.values})

    def show_estimate(self, estimate: MemoryEstimate | None) -> None:
        """Show what loading would take; None where the server can't tell."""
        self.estimate.show_estimate(estimate)
        if estimate is None:
            return
        if self.automatic.isChecked() and estimate.context_length:
            self._show_context(estimate.context_length)
        cards = [(one.id, one.name) for one in estimate.devices if one.id != RAM]
        if cards != self._cards:
            self._show_cards(cards)

    def _show_context(self, tokens: int) -> None:
        for field_of, value in ((self.context, tokens), (self.slider, tokens // _STEP)):
            field_of.blockSignals(True)
            field_of.setValue(value)
            field_of.blockSignals(False)

    def _show_cards(self, cards: list[tuple[str, str]]) -> None:
        """Show the dials that do something on this machine."""
        self._cards = cards
        if row := self.rows.get("main_device"):
            layout = self._places["memory"]
            new = self._make_row(row.dial)
            new.propose(row.value)
            layout.replaceWidget(row, new)
            row.hide()
            row.deleteLater()
        for row in self.rows.values():
            if row.dial.cards and (self._model.all_dials or not row.dial.documented):
                row.setVisible(len(cards) >= row.dial.cards)

    def _changed(self, tokens: int) -> None:
        self.automatic.setChecked(False)
        self.slider.blockSignals(True)
        self.slider.setValue(tokens // _STEP)
        self.slider.blockSignals(False)
        self._wait.start()

    def _unfold(self, unfolded: bool) -> None:
        self.further.setVisible(unfolded)
        self.more.setText(self.tr("Fewer options") if unfolded else self.tr("More options"))
        self.area.fit()

    def _take(self) -> None:
        """Accept what can be loaded; else lead to the first dial that can't be as it is."""
        wrong = [row for row in self.rows.values() if not row.isHidden() and self._check(row)]
        if not wrong:
            self.accept()
            return
        if any(row.dial.place != "common" for row in wrong):
            self.more.setChecked(True)
        wrong[0].take_focus()
        # What was folded away has its place by then.
        QTimer.singleShot(0, self, lambda: self.area.ensureWidgetVisible(wrong[0]))

    def _check(self, row: DialRow) -> str:
        """Say what is wrong with a dial, and return it."""
        problem = row.problem or self._conflict(row) or self._left(row)
        row.show_problem(problem)
        return problem

    def _conflict(self, row: DialRow) -> str:
        values = self.values
        if row.dial.name == "v_cache_type":
            packed = values.get("v_cache_type", "f16") not in _FLOATS
            if packed and values.get("flash_attention") is False:
                return self.tr("This needs flash attention, which is switched off below.")
        if row.dial.name == "physical_batch_size":
            batch, at_once = values.get("eval_batch_size"), values.get("physical_batch_size")
            if batch and at_once and at_once > batch:
                return self.tr("No more than the batch size, %1.").replace("%1", str(batch))
        if row.dial.name == "device_split" and len(values.get("device_split", ())) > len(self._cards) > 0:
            return self.tr("There are %1 cards.").replace("%1", str(len(self._cards)))
        return ""

    def _left(self, row: DialRow) -> str:
        """A request can't take back what is kept for the model: saying nothing means that."""
        kept = getattr(self._model.dials, row.dial.name)
        if kept is None or row.value is not None or self.remember.isChecked() or not self._model.rememberable:
            return ""
        return self.tr("Another value is kept for this model. Tick “%1” to go back to automatic.").replace(
            "%1", self.remember.text()
        )

    def _make_row(self, dial: Dial) -> DialRow:
        row = self.rows[dial.name] = make_row(dial, self._cards, self.area.form)
        value = getattr(self._model.dials, dial.name)
        row.propose([one.model_dump() for one in value] if dial.name == "loras" and value else value)
        row.changed.connect(lambda: self._dial_changed(row))
        # Which cards there are is told with the estimate.
        row.setVisible(not dial.cards or (dial.documented and not self._model.all_dials))
        return row

    def _dial_changed(self, row: DialRow) -> None:
        row.show_problem("")
        self._wait.start()

    def _arrange(self) -> None:
        dials = [dial for dial in DIALS if self._model.all_dials or dial.documented]
        form = QVBoxLayout(self.area.form)
        form.setContentsMargins(0, 0, 12, 0)
        form.setSpacing(12)
        form.addLayout(self._context_part())
        self._places: dict[str, QVBoxLayout] = {}
        for dial in dials:
            if dial.place == "common":
                form.addWidget(self._make_row(dial))
        form.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        further = QVBoxLayout(self.further)
        further.setContentsMargins(0, 0, 0, 0)
        further.setSpacing(12)
        for place in _MORE:
            title = QLabel(place_text(place), self.further)
            set_kind(title, "heading")
            further.addWidget(title)
            inner = self._places[place] = QVBoxLayout()
            inner.setSpacing(12)
            further.addLayout(inner)
            for dial in dials:
                if dial.place == place:
                    inner.addWidget(self._make_row(dial))
            title.setVisible(inner.count() > 0)
        form.addWidget(self.further)
        form.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.estimate)
        layout.addWidget(self.remember)
        layout.addLayout(button_row(self, self.load))
        self.setMinimumWidth(room_for(self, 520).width())

    def _context_part(self) -> QFormLayout:
        form = QFormLayout()
        label = QLabel(self.tr("Context length"), self)
        label.setBuddy(self.context)
        self.context.setAccessibleName(label.text())
        self.slider.setAccessibleName(label.text())
        form.addRow(label, self.context)
        form.addRow(self.slider)
        form.addRow(self.automatic)
        told = self.tr("Tokens of prompt and reply together. Its memory grows in step.")
        if self._model.most_context:
            limit = QLocale().toString(self._model.most_context)
            told += " " + self.tr("The model was made for up to %1 tokens.").replace("%1", limit)
        most = QLabel(told, self)
        most.setWordWrap(True)
        set_kind(most, "help")
        form.addRow(most)
        return form
