"""The models on the disk as a table."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from studiolo.api.models import EmbeddingEntry, LlmEntry, StoredModel
from studiolo.desktop.loading.choices import TRIAL_ORIGIN, choices_from, trial_text
from studiolo.desktop.models.speeds import Speeds, fastest, speed_words
from studiolo.desktop.widgets.formatting import day_text, size_text, tip_text
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable
from studiolo.desktop.widgets.theme import colours


class ModelColumn(IntEnum):
    """The columns of the table of models, from left to right."""

    NAME = 0
    PARAMETERS = 1
    QUANTIZATION = 2
    SIZE = 3
    SPEED = 4
    USED = 5
    STATE = 6
    FOLDER = 7


_KEYS: dict[ModelColumn, Callable[[StoredModel], Any]] = {
    ModelColumn.NAME: lambda model: model.key.casefold(),
    ModelColumn.PARAMETERS: lambda model: _figure(model.parameters),
    ModelColumn.QUANTIZATION: lambda model: model.quantization or "",
    ModelColumn.SIZE: lambda model: model.size_bytes,
    ModelColumn.USED: lambda model: model.last_used or "",
    ModelColumn.STATE: lambda model: (not model.loaded, model.error is not None, model.origin),
    ModelColumn.FOLDER: lambda model: model.folder.casefold(),
}


class ModelTable(RowTable[StoredModel]):
    """Rows are StoredModels."""

    columns = ModelColumn

    def __init__(self) -> None:
        super().__init__()
        self._all: list[StoredModel] = []
        self._words = ""
        self._speeds: Speeds = {}
        self._column, self._descending = ModelColumn.NAME, False

    def model(self, row: int) -> StoredModel:
        """Return the model in a row."""
        return self.rows[row]

    def row_of(self, key: str) -> int | None:
        """Return the row of a model, if it is in sight."""
        return next((row for row, model in enumerate(self.rows) if model.key == key), None)

    def show(self, models: Sequence[StoredModel]) -> None:
        """Show these models."""
        if list(models) != self._all:
            self._all = list(models)
            self._arrange()

    def show_speeds(self, speeds: Speeds) -> None:
        """Say how fast models were measured to be."""
        if speeds != self._speeds:
            self._speeds = speeds
            self._arrange()

    def filter(self, words: str) -> None:
        """Show only those that have all the words."""
        self._words = words.casefold()
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = ModelColumn(column), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def titles(self) -> Sequence[str]:
        return (
            self.tr("Name"),
            self.tr("Parameters"),
            self.tr("Quantization"),
            self.tr("Size"),
            self.tr("Speed"),
            self.tr("Last used"),
            self.tr("State"),
            self.tr("Folder"),
        )

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        model = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(model, index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == ModelColumn.SPEED:
            return tip_text(speed_words(self._speeds, model))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(model.error or model.path or model.key)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == ModelColumn.STATE:
            look = colours()
            return QColor(look.danger if model.error else look.accent if model.loaded else look.muted)
        return None

    def _text(self, model: StoredModel, column: int) -> str:
        match column:
            case ModelColumn.NAME:
                return model.key
            case ModelColumn.PARAMETERS:
                return model.parameters or ""
            case ModelColumn.QUANTIZATION:
                return model.quantization or ""
            case ModelColumn.SIZE:
                return size_text(model.size_bytes)
            case ModelColumn.SPEED:
                return speed_words(self._speeds, model)
            case ModelColumn.USED:
                return day_text(model.last_used, datetime.now().astimezone())
            case ModelColumn.STATE:
                return self._state(model)
        return model.folder

    def _state(self, model: StoredModel) -> str:
        if model.error:
            return self.tr("Can't be used")
        if model.loaded:
            others = [name for name in model.loaded if name != model.key]
            return self.tr("Loaded as %1").replace("%1", ", ".join(others)) if others else self.tr("Loaded")
        return {
            TRIAL_ORIGIN: trial_text(),
            "lm_studio": self.tr("Of LM Studio"),
            "hugging_face": self.tr("Of the Hugging Face cache"),
            "ollama": self.tr("Of Ollama"),
        }.get(model.origin, "")

    def _arrange(self) -> None:
        """Become what is wanted, with the chosen rows still chosen."""
        words = self._words.split()
        wanted = [model for model in self._all if all(word in _searched(model) for word in words)]
        wanted.sort(key=lambda model: model.key.casefold())
        speed = self._column == ModelColumn.SPEED
        key = (lambda model: fastest(self._speeds, model)) if speed else _KEYS[self._column]
        wanted.sort(key=key, reverse=self._descending)
        self.layoutAboutToBeChanged.emit()
        places = {model.key: row for row, model in enumerate(wanted)}
        before = self.persistentIndexList()
        after = []
        for index in before:
            place = places.get(self.rows[index.row()].key)
            after.append(self.createIndex(place, index.column()) if place is not None else NOWHERE)
        self.rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def stored_from(entries: Sequence[LlmEntry | EmbeddingEntry]) -> list[StoredModel]:
    """Return what a server without an inventory tells of its models."""
    stored = [
        StoredModel(
            key=entry.key,
            type="embedding",
            display_name=entry.display_name,
            publisher=entry.publisher,
            quantization=entry.quantization.name if entry.quantization else None,
            parameters=entry.params_string,
            size_bytes=entry.size_bytes,
            max_context_length=entry.max_context_length,
            loaded=[instance.id for instance in entry.loaded_instances],
        )
        for entry in entries
        if isinstance(entry, EmbeddingEntry)
    ]
    by_key = {entry.key: entry for entry in entries if isinstance(entry, LlmEntry)}
    for choice in choices_from(entries):
        entry = by_key.get(choice.key) or by_key[choice.key.partition("@")[0]]
        stored.append(
            StoredModel(
                key=choice.key,
                display_name=choice.name,
                publisher=entry.publisher,
                architecture=entry.architecture,
                quantization=choice.quantization,
                parameters=entry.params_string,
                size_bytes=choice.size_bytes,
                max_context_length=choice.most_context,
                loaded=list(choice.instances),
                error=choice.error,
            )
        )
    return stored


def _searched(model: StoredModel) -> str:
    return f"{model.key} {model.display_name} {model.quantization} {model.folder}".casefold()


def _figure(parameters: str | None) -> float:
    """Return a number for "8B", "270M" or "30B-A3B", for sorting."""
    text = (parameters or "").upper().partition("-")[0].partition(" ")[0]
    scale = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(text[-1:], 1.0)
    try:
        return float(text.rstrip("KMBT")) * scale
    except ValueError:
        return 0.0
