"""The usage as a picture needs it: a bar for each day, divided among the models or tokens that took most."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from studiolo.api.server import UsageEntry, UsageReport

Grouping = Literal["model", "token"]
Measure = Literal["tokens", "requests"]

MOST_GROUPS = 5
"""That are told apart; the others are one group."""


@dataclass(frozen=True)
class UsageGroup:
    """A model or a token. name: empty for none; None for all that are not told apart."""

    name: str | None
    total: int


@dataclass(frozen=True)
class UsageFigures:
    """groups: the largest first. bars: for each day, the share of each group, in their order."""

    groups: tuple[UsageGroup, ...] = ()
    days: tuple[date, ...] = ()
    bars: tuple[tuple[int, ...], ...] = ()

    @property
    def highest(self) -> int:
        """Return the sum of the day that has most."""
        return max((sum(bar) for bar in self.bars), default=0)


@dataclass(frozen=True)
class UsageTotals:
    """The sums of some days."""

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


def figures_of(report: UsageReport, days: int, grouping: Grouping, measure: Measure) -> UsageFigures:
    """Return what so many days up to the server's today come to."""
    try:
        today = date.fromisoformat(report.today)
    except ValueError:
        return UsageFigures()
    shown = tuple(today - timedelta(days=back) for back in reversed(range(days)))
    places = {day.isoformat(): number for number, day in enumerate(shown)}
    entries = [entry for entry in report.entries if entry.day in places]
    sums = Counter[str]()
    for entry in entries:
        sums[_name(entry, grouping)] += _measured(entry, measure)
    most = [name for name, count in sums.most_common(MOST_GROUPS) if count]
    rest = sum(sums.values()) - sum(sums[name] for name in most)
    groups = [UsageGroup(name, sums[name]) for name in most] + ([UsageGroup(None, rest)] if rest else [])
    columns = {name: number for number, name in enumerate(most)}
    bars = [[0] * len(groups) for _ in shown]
    for entry in entries:
        if count := _measured(entry, measure):
            bars[places[entry.day]][columns.get(_name(entry, grouping), len(most))] += count
    return UsageFigures(tuple(groups), shown, tuple(tuple(bar) for bar in bars))


def totals_of(report: UsageReport, days: int) -> UsageTotals:
    """Return the sums of so many days up to the server's today."""
    try:
        first = (date.fromisoformat(report.today) - timedelta(days=days - 1)).isoformat()
    except ValueError:
        return UsageTotals()
    entries = [entry for entry in report.entries if entry.day >= first]
    names = ("requests", "errors", "input_tokens", "output_tokens", "cached_tokens")
    return UsageTotals(*(sum(getattr(entry, name) for entry in entries) for name in names))


def round_top(highest: int) -> int:
    """Return the figure at the top of an axis: 1, 2, 3, 4, 6 or 8 with noughts, not below the highest bar."""
    step = 1
    while True:
        for factor in (1, 2, 3, 4, 6, 8):
            if factor * step >= highest:
                return factor * step
        step *= 10


def _name(entry: UsageEntry, grouping: Grouping) -> str:
    return entry.model if grouping == "model" else entry.token


def _measured(entry: UsageEntry, measure: Measure) -> int:
    return entry.requests if measure == "requests" else entry.input_tokens + entry.output_tokens
