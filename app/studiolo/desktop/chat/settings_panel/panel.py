"""The panel beside the conversation: what this chat asks of its model, and which of it is not the default."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.models import Sampling
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.still_fields import StillComboBox, StillDoubleSpinBox, StillSpinBox
from studiolo.desktop.widgets.theme import keep_margins

INSPECTOR_WIDTH = 300
"""Pixels, beside a chat."""
_PROMPT_HEIGHT = 140
_TYPING_MS = 400
_MOST_TOKENS = 1_000_000
_NOTHING_TOLD = Sampling()
_REASONING = ("off", "on", "low", "medium", "high")


class PresetMenuButton(IconButton):
    """What can be done with presets."""

    def __init__(self, inspector: "Inspector") -> None:
        super().__init__("dots-vertical", self.tr("Presets"), inspector)
        self._inspector = inspector
        self.names: list[str] = []
        self.clicked.connect(self.open)

    def open(self) -> QMenu:
        """Show the menu. It does not block and deletes itself."""
        menu = new_menu(self)
        inspector = self._inspector
        menu.addAction(self.tr("Save as a preset…")).triggered.connect(inspector.preset_saved)
        if self.names:
            removal = menu.addMenu(self.tr("Remove a preset"))
            for name in self.names:
                removal.addAction(name).triggered.connect(
                    lambda _=False, name=name: inspector.preset_removed.emit(name)
                )
            menu.addAction(self.tr("Export presets…")).triggered.connect(inspector.presets_exported)
        menu.addAction(self.tr("Import presets…")).triggered.connect(inspector.presets_imported)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
        return menu


class Inspector(Resized, QWidget):
    """`changed` has the settings as they are now."""

    changed = Signal(object)
    closed = Signal()
    preset_applied = Signal(str)
    preset_saved = Signal()
    preset_removed = Signal(str)
    presets_exported = Signal()
    presets_imported = Signal()
    default_requested = Signal()
    """What is set here is to be the default of the model that answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(sizes().scaled(INSPECTOR_WIDTH))
        self._setting = False
        self._settings = ChatSettings()
        self._defaults = ChatSettings()
        self._labels: dict[str, QLabel] = {}
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPING_MS)
        self._typed.timeout.connect(self._take)
        self.prompt = QPlainTextEdit(self)
        self.prompt.setPlaceholderText(self.tr("Who the model is and how it should answer"))
        self.prompt.setTabChangesFocus(True)
        self.fit()
        self.temperature = self._number(0, 2, 0.05, 2)
        self.top_p = self._number(0, 1, 0.05, 2)
        self.min_p = self._number(0, 1, 0.01, 2)
        self.top_k = self._whole(0, 1000)
        self.repeat_penalty = self._number(0, 2, 0.05, 2)
        self.max_output_tokens = self._whole(1, _MOST_TOKENS)
        self.context_length = self._whole(1, _MOST_TOKENS)
        self.reasoning = StillComboBox(self)
        self._fill_reasoning()
        self.reset = QPushButton(self.tr("Back to the defaults"), self)
        self.keep_default = QPushButton(self.tr("Make this the model's default"), self)
        self.preset = StillComboBox(self)
        self.preset_menu = PresetMenuButton(self)
        self._arrange()
        self.prompt.textChanged.connect(self._typed.start)
        self.reasoning.currentIndexChanged.connect(self._take)
        self.reset.clicked.connect(self._reset)
        self.keep_default.clicked.connect(self.default_requested)
        self.preset.activated.connect(self._apply_preset)
        self.set_presets([])
        self._mark()

    def set_presets(self, names: Sequence[str]) -> None:
        """Offer these presets."""
        self.preset.clear()
        self.preset.addItem(self.tr("Apply a preset…"), None)
        for name in names:
            self.preset.addItem(name, name)
        self.preset.setEnabled(bool(names))
        self.preset_menu.names = list(names)

    def set_defaults(self, defaults: ChatSettings, in_force: Sampling = _NOTHING_TOLD) -> None:
        """Show what the model that answers is asked for where this chat says nothing.

        That is what is in force at its server where it is asked for nothing, too.
        """
        self._defaults = defaults
        for name, field in self.fields.items():
            value = getattr(defaults, name)
            value = in_force.said.get(name) if value is None else value
            text = self.tr("Default")
            field.setSpecialValueText(text if value is None else f"{text} ({value:g})")
        prompt = self.tr("Who the model is and how it should answer")
        self.prompt.setPlaceholderText(defaults.system_prompt or prompt)

    @property
    def settings(self) -> ChatSettings:
        """Return the settings as they are shown."""
        return self._settings

    @property
    def labels(self) -> Mapping[str, QLabel]:
        """Return the labels by the names of the settings."""
        return self._labels

    @property
    def fields(self) -> Mapping[str, QDoubleSpinBox | QSpinBox]:
        """Return where numbers are set, by the names of the settings."""
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "min_p": self.min_p,
            "top_k": self.top_k,
            "repeat_penalty": self.repeat_penalty,
            "max_output_tokens": self.max_output_tokens,
            "context_length": self.context_length,
        }

    def _apply_preset(self, index: int) -> None:
        name = self.preset.itemData(index)
        self.preset.setCurrentIndex(0)
        if name:
            self.preset_applied.emit(name)

    def fit(self) -> None:
        """Have room for as many lines of the prompt at any size of text."""
        self.prompt.setFixedHeight(sizes().scaled(_PROMPT_HEIGHT))

    def show_settings(self, settings: ChatSettings) -> None:
        """Show the settings of the chat in sight."""
        self._typed.stop()
        self._setting = True
        try:
            self._settings = settings
            if self.prompt.toPlainText() != settings.system_prompt:
                self.prompt.setPlainText(settings.system_prompt)
            for name, field in self.fields.items():
                value: Any = getattr(settings, name)
                field.setValue(field.minimum() if value is None else value)  # type: ignore[arg-type]
            self.reasoning.setCurrentIndex(max(0, self.reasoning.findData(settings.reasoning)))
        finally:
            self._setting = False
        self._mark()

    def settle(self) -> None:
        """Take what was typed just now."""
        if self._typed.isActive():
            self._typed.stop()
            self._take()

    def _number(self, least: float, most: float, step: float, decimals: int) -> QDoubleSpinBox:
        """The lowest value stands for the default."""
        field = StillDoubleSpinBox(self)
        keep_margins(field)
        field.setDecimals(decimals)
        field.setSingleStep(step)
        field.setRange(least - step, most)
        field.setSpecialValueText(self.tr("Default"))
        field.setValue(field.minimum())
        field.setKeyboardTracking(False)
        field.valueChanged.connect(self._take)
        return field

    def _whole(self, least: int, most: int) -> QSpinBox:
        field = StillSpinBox(self)
        keep_margins(field)
        field.setRange(least - 1, most)
        field.setSpecialValueText(self.tr("Default"))
        field.setValue(field.minimum())
        field.setGroupSeparatorShown(True)
        field.setKeyboardTracking(False)
        field.valueChanged.connect(self._take)
        return field

    def _fill_reasoning(self) -> None:
        names: dict[str, Callable[[], str]] = {
            "off": lambda: self.tr("Off"),
            "on": lambda: self.tr("On"),
            "low": lambda: self.tr("Low"),
            "medium": lambda: self.tr("Medium"),
            "high": lambda: self.tr("High"),
        }
        self.reasoning.view().setAccessibleName(self.tr("Reasoning"))
        self.reasoning.addItem(self.tr("Default"), None)
        for value in _REASONING:
            self.reasoning.addItem(names[value](), value)

    def _arrange(self) -> None:
        title = QLabel(self.tr("This chat"), self)
        bold = title.font()
        bold.setWeight(QFont.Weight.DemiBold)
        title.setFont(bold)
        close = IconButton("close", self.tr("Hide the settings"), self)
        close.clicked.connect(self.closed)
        header = QHBoxLayout()
        header.addWidget(title, 1)
        header.addWidget(close)
        presets = QHBoxLayout()
        self.preset.setAccessibleName(self.tr("Presets"))
        self.preset.view().setAccessibleName(self.tr("Presets"))
        presets.addWidget(self.preset, 1)
        presets.addWidget(self.preset_menu)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(8)
        for name, text, field in self._rows():
            label = QLabel(text, self)
            label.setBuddy(field)
            field.setAccessibleName(text)
            self._labels[name] = label
            form.addRow(label, field)
        prompt_label = QLabel(self.tr("System prompt"), self)
        prompt_label.setBuddy(self.prompt)
        self.prompt.setAccessibleName(prompt_label.text())
        self._labels["system_prompt"] = prompt_label
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(14, 10, 14, 14)
        layout.setSpacing(10)
        layout.addLayout(header)
        layout.addLayout(presets)
        layout.addWidget(prompt_label)
        layout.addWidget(self.prompt)
        layout.addLayout(form)
        layout.addWidget(self.keep_default)
        layout.addWidget(self.reset)
        layout.addStretch()
        area = QScrollArea(self)
        area.setAccessibleName(self.tr("Settings of this chat"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def _rows(self) -> tuple[tuple[str, str, QWidget], ...]:
        return (
            ("temperature", self.tr("Temperature"), self.temperature),
            ("top_p", self.tr("Top P"), self.top_p),
            ("min_p", self.tr("Min P"), self.min_p),
            ("top_k", self.tr("Top K"), self.top_k),
            ("repeat_penalty", self.tr("Repeat penalty"), self.repeat_penalty),
            ("max_output_tokens", self.tr("Tokens at most"), self.max_output_tokens),
            ("reasoning", self.tr("Reasoning"), self.reasoning),
            ("context_length", self.tr("Context length"), self.context_length),
        )

    def _take(self, *_: object) -> None:
        if self._setting:
            return
        values: dict[str, Any] = {
            name: None if field.value() == field.minimum() else field.value() for name, field in self.fields.items()
        }
        values |= {"system_prompt": self.prompt.toPlainText(), "reasoning": self.reasoning.currentData()}
        settings = ChatSettings.model_validate(values)
        if settings != self._settings:
            self._settings = settings
            self._mark()
            self.changed.emit(settings)

    def _reset(self) -> None:
        self.show_settings(ChatSettings())
        self.changed.emit(self._settings)

    def _mark(self) -> None:
        """What differs from the default stands out."""
        changed = self._settings.changed
        for name, label in self._labels.items():
            font = label.font()
            font.setBold(name in changed)
            label.setFont(font)
        self.reset.setEnabled(bool(changed))
