"""The quantizations of a repository as a table."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from studiolo.api.hub import HubChoice
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.loading.placement import place_on_cards
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.theme import colours

_ANY_INDEX = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_BITS = re.compile(r"^(?:I?Q|TQ|MXFP|NVFP|FP|BF|F)(\d{1,2})", re.IGNORECASE)


class ChoiceColumn(IntEnum):
    """The columns of the table of quantizations, from left to right."""

    NAME = 0
    BITS = 1
    SIZE = 2
    MEMORY = 3
    STATE = 4


class ChoiceTable(QAbstractTableModel):
    """Rows are choices."""

    def __init__(self) -> None:
        super().__init__()
        self.choices: list[HubChoice] = []
        self._jobs: dict[str, Download] = {}
        self._cards_bytes = 0

    def show_cards(self, memory_bytes: int) -> None:
        """Say what fits the graphics cards, which have so much memory together; 0 where there are none."""
        if memory_bytes != self._cards_bytes:
            self._cards_bytes = memory_bytes
            if self.choices:
                last = self.index(len(self.choices) - 1, ChoiceColumn.MEMORY)
                self.dataChanged.emit(self.index(0, ChoiceColumn.MEMORY), last)

    def show(self, choices: Sequence[HubChoice]) -> None:
        """Show the quantizations of another model."""
        self.beginResetModel()
        self.choices = list(choices)
        self._jobs = {}
        self.endResetModel()

    def show_jobs(self, jobs: Mapping[str, Download]) -> None:
        """Show what is going on with choices. jobs: by the names of the choices."""
        if jobs != self._jobs:
            self._jobs = dict(jobs)
            if self.choices:
                self.dataChanged.emit(
                    self.index(0, ChoiceColumn.STATE), self.index(len(self.choices) - 1, ChoiceColumn.STATE)
                )

    def job_of(self, choice: HubChoice) -> Download | None:
        """Return the download of a quantization, if there is one."""
        return self._jobs.get(choice.name)

    def state_of(self, choice: HubChoice) -> str:
        """Return a state as in HubChoice, or "paused", by what is known now."""
        job = self._jobs.get(choice.name)
        if job is None:
            return choice.state
        return {"done": "downloaded", "paused": "paused", "failed": "partial"}.get(job.group, "downloading")

    def rowCount(self, parent: _ANY_INDEX = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.choices)

    def columnCount(self, parent: _ANY_INDEX = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(ChoiceColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Quantization"),
            self.tr("Bits"),
            self.tr("Size"),
            self.tr("In memory"),
            self.tr("On the disk"),
        )[section]

    def data(self, index: _ANY_INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(choice, index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            over = choice.memory == "too_large"
            placed = place_on_cards(choice.memory, choice.memory_bytes, self._cards_bytes)
            if index.column() == ChoiceColumn.MEMORY and over and not placed:
                return QColor(colours().danger)
            if index.column() == ChoiceColumn.STATE and not choice.fits_disk and self.state_of(choice) != "downloaded":
                return QColor(colours().danger)
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == ChoiceColumn.MEMORY and choice.memory_bytes:
            text = self.tr("Takes about %1 with a context of usual length.")
            if self._cards_bytes:
                text += " " + self.tr("The graphics card has %2; what does not fit there is in RAM, and slower.")
            return text.replace("%1", size_text(choice.memory_bytes)).replace("%2", size_text(self._cards_bytes))
        return None

    def _text(self, choice: HubChoice, column: int) -> str:
        match column:
            case ChoiceColumn.NAME:
                vision = self.tr("with vision") if choice.vision else ""
                usual = self.tr("usual") if choice.usual else ""
                return "  ·  ".join(piece for piece in (choice.quantization or choice.name, usual, vision) if piece)
            case ChoiceColumn.BITS:
                return bits(choice.quantization or "")
            case ChoiceColumn.SIZE:
                return size_text(choice.size_bytes)
            case ChoiceColumn.MEMORY:
                return self._memory_text(choice)
        return self._state_text(choice)

    def _memory_text(self, choice: HubChoice) -> str:
        if placed := place_on_cards(choice.memory, choice.memory_bytes, self._cards_bytes):
            return placed
        return {
            "fits": self.tr("Fits"),
            "tight": self.tr("Tight"),
            "too_large": self.tr("Won't fit"),
        }.get(choice.memory, "–")

    def _state_text(self, choice: HubChoice) -> str:
        job = self._jobs.get(choice.name)
        received = job.received if job else choice.received_bytes
        percent = f"{int(100 * received / choice.size_bytes) if choice.size_bytes else 0} %"
        match self.state_of(choice):
            case "downloaded":
                return self.tr("Downloaded")
            case "downloading":
                return self.tr("Downloading, %1").replace("%1", percent)
            case "paused":
                return self.tr("Paused, %1").replace("%1", percent)
            case "partial":
                return self.tr("%1 is there").replace("%1", percent)
        return "" if choice.fits_disk else self.tr("No room")


def bits(quantization: str) -> str:
    """Return how many bits a weight has, by the name of the quantization; empty where that does not tell."""
    found = _BITS.match(quantization)
    return found[1] if found else ""
