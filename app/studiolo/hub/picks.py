"""What somebody can begin with who has no model yet: of the catalog, what suits a machine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studiolo.api.hub import ModelPick, ModelPicks
from studiolo.hub.catalog import Catalog, CatalogModel
from studiolo.hub.memory import Verdict, memory_verdict, needed_bytes
from studiolo.hub.search import model_from_catalog

_ABILITIES = frozenset({"vision", "tools", "reasoning"})
_LEAST_GB = 8
"""The catalog's picks for so much memory are those for a machine of which nothing is known."""
_SMALLER, _LARGER = 0.75, 1.15
"""So many times the best one's size, what is offered beside it has at most, and at least."""


@dataclass(frozen=True)
class Machine:
    """Where a model is to run. Sizes are bytes.

    Attributes:
        memory_total: 0 where nothing is known of it.
        memory_free: Of it, what programs can have now.
        disk_free: Where downloads go; None where that is not known.
        disk_reserve: Of it, what downloads leave free.
    """

    memory_total: int = 0
    memory_free: int = 0
    disk_free: int | None = None
    disk_reserve: int = 0

    @property
    def disk_room(self) -> int | None:
        """Return what downloads may take; None where that is not known."""
        return None if self.disk_free is None else max(0, self.disk_free - self.disk_reserve)


@dataclass(frozen=True)
class _Rated:
    """A model of the catalog, as it suits a machine."""

    model: CatalogModel
    size: int
    needed: int
    memory: Verdict
    fits_disk: bool
    marked: bool

    @property
    def usable(self) -> bool:
        return self.fits_disk and self.memory != "too_large"

    @property
    def abilities(self) -> int:
        return len(_ABILITIES.intersection(self.model.capabilities))


def model_picks(catalog: Catalog, machine: Machine) -> ModelPicks:
    """Return the best model for a machine, then a smaller and a larger one, where there are such.

    Where nothing suits, it is the smallest one alone, with what is in its way.
    """
    rated = [_rate(model, model.size_bytes, machine) for model in catalog.models if model.size_bytes and _chats(model)]
    picks = _chosen(rated)
    return ModelPicks(
        picks=[_as_pick(role, one, machine) for role, one in picks],
        catalog_models=len(catalog.models),
        memory_total_bytes=machine.memory_total,
        memory_free_bytes=machine.memory_free,
        disk_free_bytes=machine.disk_free or 0,
        disk_room_bytes=machine.disk_room or 0,
    )


def _chosen(rated: Sequence[_Rated]) -> list[tuple[str, _Rated]]:
    usable = [one for one in rated if one.usable]
    if not usable:
        able = [one for one in rated if one.abilities] or rated
        return [("best", min(able, key=lambda one: one.size))] if able else []
    best = max(usable, key=_merit)
    smaller = [one for one in usable if one.size <= best.size * _SMALLER]
    larger = [one for one in usable if one.size >= best.size * _LARGER]
    picks = [("best", best)]
    if smaller:
        picks.append(("smaller", max(smaller, key=lambda one: (one.marked, one.abilities, one.size))))
    if larger:
        picks.append(("larger", max(larger, key=lambda one: (one.marked, one.abilities, -one.size))))
    return picks


def _merit(one: _Rated) -> tuple[bool, bool, int, int, float, int]:
    """What loads without anything being closed goes first, then what the catalog recommends.

    Among those for the same machines the quickest is best, and of what nobody recommends the largest.
    """
    tier = (one.model.recommended_gb or 0) if one.marked else 0
    speed = -_active_parameters(one.model) if one.marked else 0.0
    return one.memory != "tight", one.marked, one.abilities, tier, speed, -one.size if one.marked else one.size


def _rate(model: CatalogModel, size: int, machine: Machine) -> _Rated:
    needed = needed_bytes(size)
    recommended = model.recommended_gb
    return _Rated(
        model,
        size,
        needed,
        memory=memory_verdict(needed, free=machine.memory_free, total=machine.memory_total),
        fits_disk=machine.disk_room is None or size <= machine.disk_room,
        marked=recommended is not None and recommended * 1e9 <= (machine.memory_total or _LEAST_GB * 1e9),
    )


def _as_pick(role: str, one: _Rated, machine: Machine) -> ModelPick:
    return ModelPick(
        role=role,
        model=model_from_catalog(one.model, machine.memory_total),
        memory=one.memory,
        memory_bytes=one.needed,
        fits_disk=one.fits_disk,
    )


def _chats(model: CatalogModel) -> bool:
    return "embedding" not in model.capabilities and model.repository is not None


def _active_parameters(model: CatalogModel) -> float:
    """Return the billions of parameters that a token goes through: of "26B-A4B" and "8B (4B effective)" it is 4."""
    text = model.parameters or ""
    found = re.search(r"A([\d.]+)B|([\d.]+)B effective", text) or re.search(r"([\d.]+)B", text)
    figure = next((one for one in found.groups() if one), "") if found else ""
    try:
        return float(figure)
    except ValueError:
        return 0.0
