"""What was measured of models, as a table that can be sorted."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QLocale, Qt

from studiolo.api.machine import Benchmark
from studiolo.desktop.widgets.formatting import day_text, tip_text
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable

_SAME = 0.02
"""Changes below this part are no change."""


class BenchColumn(IntEnum):
    """The columns of the table of benchmarks, from left to right."""

    MODEL = 0
    QUANTIZATION = 1
    READING = 2
    WRITING = 3
    CHANGE = 4
    TOKENS = 5
    CONTEXT = 6
    LOADED = 7
    ENGINE = 8
    DATE = 9


_FIGURES = frozenset({BenchColumn.READING, BenchColumn.WRITING, BenchColumn.CHANGE, BenchColumn.CONTEXT})
_KEYS: dict[BenchColumn, Callable[[Benchmark], Any]] = {
    BenchColumn.MODEL: lambda one: one.model.casefold(),
    BenchColumn.QUANTIZATION: lambda one: one.quantization or "",
    BenchColumn.READING: lambda one: one.prompt_tokens_per_second,
    BenchColumn.WRITING: lambda one: one.tokens_per_second,
    BenchColumn.TOKENS: lambda one: (one.prompt_tokens, one.generated_tokens),
    BenchColumn.CONTEXT: lambda one: one.context_length,
    BenchColumn.LOADED: lambda one: (one.runtime, one.k_cache_type or "", one.v_cache_type or "", one.speculation),
    BenchColumn.ENGINE: lambda one: (one.engine, one.engine_version),
    BenchColumn.DATE: lambda one: one.time,
}


class BenchTable(RowTable[Benchmark]):
    """Rows are Benchmarks."""

    columns = BenchColumn

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Benchmark] = []
        self._changes: dict[str, float] = {}
        self._column, self._descending = BenchColumn.DATE, True

    def titles(self) -> Sequence[str]:
        return (
            self.tr("Model"),
            self.tr("Quantization"),
            self.tr("Reads, tokens/s"),
            self.tr("Writes, tokens/s"),
            self.tr("Change"),
            self.tr("Tokens"),
            self.tr("Context"),
            self.tr("Loaded with"),
            self.tr("Engine"),
            self.tr("Date"),
        )

    def show(self, benchmarks: Sequence[Benchmark]) -> None:
        """Show these, the oldest first in the list."""
        if list(benchmarks) == self._all:
            return
        self._all = list(benchmarks)
        self._changes = changes_of(benchmarks)
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._column, self._descending = BenchColumn(column), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        benchmark = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(benchmark, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self._tip(benchmark))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, one: Benchmark, column: int) -> str:
        match column:
            case BenchColumn.MODEL:
                return one.model
            case BenchColumn.QUANTIZATION:
                return one.quantization or ""
            case BenchColumn.READING:
                return _speed(one.prompt_tokens_per_second)
            case BenchColumn.WRITING:
                return _speed(one.tokens_per_second)
            case BenchColumn.CHANGE:
                change = self._changes.get(one.id)
                return "" if change is None else _part(change) if abs(change) >= _SAME else self.tr("same")
            case BenchColumn.TOKENS:
                text = self.tr("%1 in, %2 out")
                return text.replace("%1", str(one.prompt_tokens)).replace("%2", str(one.generated_tokens))
            case BenchColumn.CONTEXT:
                return QLocale().toString(one.context_length)
            case BenchColumn.LOADED:
                return ", ".join(self._ways(one))
            case BenchColumn.ENGINE:
                return one.engine_version
        return day_text(one.time, datetime.now().astimezone())

    def _ways(self, one: Benchmark) -> list[str]:
        """Return what of its load another measurement may have otherwise."""
        ways = [one.runtime]
        if one.k_cache_type:
            ways.append(self.tr("keys %1").replace("%1", one.k_cache_type))
        if one.v_cache_type:
            ways.append(self.tr("values %1").replace("%1", one.v_cache_type))
        if one.gpu_layers is not None and one.gpu_layers >= 0:
            ways.append(self.tr("%n layer(s) on the card", "", one.gpu_layers))
        if one.speculation:
            ways.append(self.tr("n-gram drafts") if one.speculation == "n-gram" else self.tr("drafts of a model"))
        if one.repeating:
            ways.append(self.tr("repeating text"))
        return [way for way in ways if way]

    def _tip(self, one: Benchmark) -> str:
        spread = self.tr("%n run(s); they differ by %1 %", "", one.runs)
        lines = [
            one.model,
            spread.replace("%1", str(round(100 * one.spread))),
            f"{one.engine} {one.engine_version}",
            one.processor,
            *one.graphics,
            self.tr("Flash attention") if one.flash_attention else "",
            self.tr("Batches of %n token(s)", "", one.eval_batch_size) if one.eval_batch_size else "",
            self.tr("A reply was written meanwhile, so it may be too slow.") if one.disturbed else "",
        ]
        return "\n".join(line for line in lines if line)

    def _arrange(self) -> None:
        """Become what is wanted, with the chosen rows still chosen."""
        if self._column == BenchColumn.CHANGE:
            wanted = sorted(self._all, key=lambda one: self._changes.get(one.id, 0.0), reverse=self._descending)
        else:
            wanted = sorted(self._all, key=_KEYS[self._column], reverse=self._descending)
        self.layoutAboutToBeChanged.emit()
        places = {one.id: row for row, one in enumerate(wanted)}
        before = self.persistentIndexList()
        after = []
        for index in before:
            place = places.get(self.rows[index.row()].id)
            after.append(self.createIndex(place, index.column()) if place is not None else NOWHERE)
        self.rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def changes_of(benchmarks: Sequence[Benchmark]) -> dict[str, float]:
    """Return by how much each writes faster than the one before it of the same model and settings, as a part of it."""
    changes: dict[str, float] = {}
    last: dict[tuple[Any, ...], Benchmark] = {}
    for one in benchmarks:
        same = (
            *(one.model, one.quantization, one.processor, tuple(one.graphics), one.context_length),
            *(one.prompt_tokens, one.generated_tokens, one.flash_attention, one.offload_kv_cache_to_gpu),
            *(one.runtime, one.k_cache_type, one.v_cache_type, one.gpu_layers, one.speculation, one.repeating),
        )
        before = last.get(same)
        if before and before.tokens_per_second:
            changes[one.id] = one.tokens_per_second / before.tokens_per_second - 1
        last[same] = one
    return changes


def _part(change: float) -> str:
    sign = "+" if change > 0 else "\u2212"
    return f"{sign}{round(100 * abs(change))} %"


def _speed(speed: float) -> str:
    return QLocale().toString(speed, "f", 1)
