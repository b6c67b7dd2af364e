"""What a person changes a field with: a control for each kind, behind one face."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.settings.choices import choices_from
from studiolo.desktop.settings.fields import FieldKind, SettingField
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.entry_list import EntryList
from studiolo.desktop.widgets.hours_field import HoursField
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.number_field import NumberField
from studiolo.desktop.widgets.reverting_line import RevertingLine
from studiolo.desktop.widgets.segmented import SegmentedControl
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.still_fields import StillComboBox, StillSlider
from studiolo.desktop.widgets.switch import Switch

_MOST_SEGMENTS, _MOST_SEGMENT_LETTERS = 4, 24
_COMBO_WIDTH, _NUMBER_WIDTH, _SLIDER_WIDTH = 180, 150, 110
_MOST_COMBO_WIDTH = 260


class FieldEditor(QObject):
    """A control for one row.

    widget: What is shown.
    wide: Whether it stands below the row's title, with all of its width.

    Signals:
        edited: Somebody has changed it; the new values, by the names of the fields.
        refused: What was entered can't be; in words.
        browse_requested: Somebody wants to choose an entry instead of writing it.
    """

    edited = Signal(dict)
    refused = Signal(str)
    browse_requested = Signal()
    wide = False

    def __init__(self, field: SettingField, widget: QWidget) -> None:
        super().__init__(widget)
        self.field = field
        self.widget = widget

    @property
    def focus(self) -> QWidget:
        """Return the widget that gets the keys."""
        return self.widget

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show what is in force; nobody is told."""
        raise NotImplementedError

    def add_entry(self, entry: str) -> None:
        """Add an entry that was chosen; only a list has any."""

    def _tell(self, value: object) -> None:
        self.edited.emit({self.field.name: value})


def make_editor(field: SettingField, parent: QWidget) -> FieldEditor:
    """Return a control for a field. Raises KeyError for one that a panel shows."""
    return _EDITORS[field.kind](field, parent)


class SwitchEditor(FieldEditor):
    """On or off."""

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        self._switch = Switch(parent)
        super().__init__(field, self._switch)
        self._switch.clicked.connect(self._tell)

    def show_values(self, values: Mapping[str, Any]) -> None:
        self._switch.setChecked(bool(values[self.field.name]))


class SegmentsEditor(FieldEditor):
    """Few choices of few letters, side by side."""

    def __init__(self, field: SettingField, titles: Mapping[str, str], parent: QWidget) -> None:
        self._control = SegmentedControl(titles, parent)
        super().__init__(field, self._control)
        self._control.chosen.connect(self._tell)

    @property
    def focus(self) -> QWidget:
        return self._control.buttons[self._control.value]

    def show_values(self, values: Mapping[str, Any]) -> None:
        self._control.set_value(str(values[self.field.name]))


class _Combo(Resized, StillComboBox):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.fit()

    def fit(self) -> None:
        self.setMinimumWidth(sizes().scaled(_COMBO_WIDTH))
        self.setMaximumWidth(sizes().scaled(_MOST_COMBO_WIDTH))


class ComboEditor(FieldEditor):
    """Many choices, or long ones."""

    def __init__(self, field: SettingField, titles: Mapping[str, str], parent: QWidget) -> None:
        self._box = _Combo(parent)
        super().__init__(field, self._box)
        for value, title in titles.items():
            self._box.addItem(title, value)
        self._box.activated.connect(lambda: self._tell(self._box.currentData()))

    def show_values(self, values: Mapping[str, Any]) -> None:
        value = values[self.field.name]
        if self._box.findData(value) < 0:
            # It was there when it was chosen: a font, a translation.
            self._box.addItem(self.tr("%1 (missing)").replace("%1", str(value)), value)
        self._box.setCurrentIndex(self._box.findData(value))


class NumberEditor(FieldEditor):
    """A number with its unit."""

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        self._box = NumberField(parent, decimals=0 if field.whole else 1, grouped=field.step > 1)
        super().__init__(field, self._box)
        least, most = (limit / field.scale for limit in field.range)
        self._box.setRange(least if field.whole or least == 0 else max(least, 0.1), most)
        self._box.setSingleStep(field.step)
        self._box.setSuffix(f" {field.unit}" if field.unit else "")
        self._box.setSpecialValueText(field.none)
        self._box.setMinimumWidth(_NUMBER_WIDTH)
        self._box.entered.connect(self._entered)
        self._box.refused.connect(self.refused)

    def show_values(self, values: Mapping[str, Any]) -> None:
        shown = values[self.field.name] / self.field.scale
        # One that is being written is left alone.
        if round(shown, self._box.decimals()) != self._box.value():
            self._box.set_number(shown)

    def _entered(self, value: float) -> None:
        kept = value * self.field.scale
        self._tell(round(kept) if self.field.info.annotation is int else kept)


class ShareEditor(FieldEditor):
    """A number of percent: a slider to try it, a field to say it. What is dragged is told when it is let go."""

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        widget = QWidget(parent)
        super().__init__(field, widget)
        self.slider = StillSlider(widget)
        self.box = NumberField(widget)
        least, most = (round(limit) for limit in field.range)
        step = round(field.step)
        self.slider.setRange(least, most)
        self.slider.setSingleStep(step)
        self.slider.setPageStep(step)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setTracking(False)
        self.slider.setAccessibleName(field.title)
        self.box.setRange(least, most)
        self.box.setSingleStep(step)
        self.box.setSuffix(f" {field.unit}")
        layout = QHBoxLayout(widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.slider)
        layout.addWidget(self.box)
        self.slider.sliderMoved.connect(self.box.set_number)
        self.slider.valueChanged.connect(lambda value: self._entered(round(value / step) * step))
        self.box.entered.connect(self._entered)
        self.box.refused.connect(self.refused)

    @property
    def focus(self) -> QWidget:
        return self.box

    def show_values(self, values: Mapping[str, Any]) -> None:
        value = int(values[self.field.name])
        self.slider.blockSignals(True)
        self.slider.setValue(value)
        self.slider.blockSignals(False)
        if value != self.box.value():
            self.box.set_number(value)

    def _entered(self, value: float) -> None:
        self._tell(round(value))


class TextEditor(FieldEditor):
    """A line of text."""

    wide = True

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        self._line = RevertingLine(parent)
        super().__init__(field, self._line)
        self._line.setMaxLength(field.longest)
        self._line.editingFinished.connect(self._entered)

    def show_values(self, values: Mapping[str, Any]) -> None:
        self._line.show_kept(str(values[self.field.name]))

    def _entered(self) -> None:
        self._line.setModified(False)
        if (text := self._line.text().strip()) != self._line.kept:
            self._tell(text)


class SecretEditor(FieldEditor):
    """A secret can be set, replaced and removed; it is never shown."""

    wide = True

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        widget = QWidget(parent)
        super().__init__(field, widget)
        self.line = RevertingLine(widget)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setMaxLength(field.longest)
        self.remove = QPushButton(self.tr("Remove"), widget)
        layout = QHBoxLayout(widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.remove)
        self.line.editingFinished.connect(self._entered)
        self.remove.clicked.connect(lambda: self._tell(""))

    @property
    def focus(self) -> QWidget:
        return self.line

    def show_values(self, values: Mapping[str, Any]) -> None:
        kept = bool(values[self.field.name])
        self.remove.setVisible(kept)
        self.line.setPlaceholderText(
            self.tr("Saved; enter another to replace it") if kept else self.tr("Enter or paste it")
        )

    def _entered(self) -> None:
        if text := self.line.text().strip():
            self.line.clear()
            self._tell(text)


class EntriesEditor(FieldEditor):
    """A list of folders, addresses or names."""

    wide = True

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        browse = QCoreApplication.translate("EntriesEditor", "Choose a folder…") if field.entries == "folders" else ""
        self.list = EntryList(parent, browse=browse)
        super().__init__(field, self.list)
        self.list.entries_changed.connect(self._tell)
        self.list.browse_requested.connect(self.browse_requested)

    @property
    def focus(self) -> QWidget:
        return self.list.field

    def show_values(self, values: Mapping[str, Any]) -> None:
        self.list.set_entries([str(entry) for entry in values[self.field.name]])

    def add_entry(self, entry: str) -> None:
        self.list.add_entry(entry)


class HoursEditor(FieldEditor):
    """A part of the day."""

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        self._hours = HoursField(parent)
        super().__init__(field, self._hours)
        self._hours.hours_changed.connect(lambda *hours: self.edited.emit(dict(zip(field.names, hours, strict=True))))

    @property
    def focus(self) -> QWidget:
        return self._hours.used

    def show_values(self, values: Mapping[str, Any]) -> None:
        begin, end = (str(values[name]) for name in self.field.names)
        if self._hours.hours != (begin, end):
            self._hours.set_hours(begin, end)


class ModelsEditor(FieldEditor):
    """What was chosen for single models, each with a button that removes it."""

    wide = True

    def __init__(self, field: SettingField, parent: QWidget) -> None:
        widget = QWidget(parent)
        super().__init__(field, widget)
        self._column = QVBoxLayout(widget)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._values: dict[str, Any] = {}
        self._empty = QLabel(self.tr("Nothing was chosen for single models."), widget)
        self._empty.setProperty("kind", "muted")
        self._column.addWidget(self._empty)
        self.removers: dict[str, IconButton] = {}
        self._rows: list[QWidget] = []

    def show_values(self, values: Mapping[str, Any]) -> None:
        if self._rows and values[self.field.name] == self._values:
            return
        self._values = dict(values[self.field.name])
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self.removers = {}
        self._rows = [self._row(key, chosen) for key, chosen in self._values.items()]
        self._empty.setVisible(not self._rows)

    def _row(self, key: str, chosen: Mapping[str, Any]) -> QWidget:
        row = QWidget(self.widget)
        told = ElidedLabel(f"{key} · {self._told(chosen)}", row)
        remove = self.removers[key] = IconButton(
            "close", self.tr("Remove what was chosen for %1").replace("%1", key), row
        )
        remove.clicked.connect(lambda: self._remove(key))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(told, 1)
        layout.addWidget(remove)
        self._column.addWidget(row)
        return row

    def _remove(self, key: str) -> None:
        left = {name: one for name, one in self._values.items() if name != key}
        # At once: the next one may be removed before anybody has said that this one is.
        self.show_values({self.field.name: left})
        self._tell(left)

    def _told(self, chosen: Mapping[str, Any]) -> str:
        told = []
        if context := chosen.get("context_length"):
            told.append(self.tr("%n token(s)", "", context))
        if variant := chosen.get("variant"):
            told.append(str(variant).rpartition("@")[2].upper())
        if chosen.get("flash_attention") is not None:
            told.append(self.tr("flash attention on") if chosen["flash_attention"] else self.tr("flash attention off"))
        if chosen.get("offload_kv_cache_to_gpu") is not None:
            gpu = chosen["offload_kv_cache_to_gpu"]
            told.append(self.tr("cache in graphics memory") if gpu else self.tr("cache in main memory"))
        if chosen.get("sampling"):
            told.append(self.tr("sampling"))
        return ", ".join(told) or self.tr("as usual")


def _choice(field: SettingField, parent: QWidget) -> FieldEditor:
    titles = choices_from(field.choices_from) if field.choices_from else field.titles
    short = len("".join(titles.values())) <= _MOST_SEGMENT_LETTERS
    if not field.choices_from and 1 < len(titles) <= _MOST_SEGMENTS and short:
        return SegmentsEditor(field, titles, parent)
    return ComboEditor(field, titles, parent)


_EDITORS: Mapping[FieldKind, Callable[[SettingField, QWidget], FieldEditor]] = {
    FieldKind.SWITCH: SwitchEditor,
    FieldKind.CHOICE: _choice,
    FieldKind.NUMBER: NumberEditor,
    FieldKind.SHARE: ShareEditor,
    FieldKind.TEXT: TextEditor,
    FieldKind.SECRET: SecretEditor,
    FieldKind.ENTRIES: EntriesEditor,
    FieldKind.HOURS: HoursEditor,
    FieldKind.MODELS: ModelsEditor,
}
