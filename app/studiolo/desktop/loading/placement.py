"""Where a model would be: on the card, partly, or in RAM; as a mark beside its name."""

from dataclasses import dataclass

from studiolo.api.models import MemoryEstimate
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sign_badge import BadgeKind

_TIGHT = 0.85
_OF_THE_CARD = 0.95
"""As much of a card's memory can be had: the desktop takes some."""
RAM = "ram"
"""The id of the computer's own memory among the devices of an estimate."""


@dataclass(frozen=True)
class PlacementMark:
    """A word with its sign and colours. `reason`: what is behind it. `fits`: whether it can be loaded."""

    text: str
    icon: str
    kind: BadgeKind
    reason: str = ""
    fits: bool = True


def placement_mark(estimate: MemoryEstimate) -> PlacementMark:
    """Return the mark for an estimate by device."""
    over = next((one for one in estimate.devices if one.needed_bytes > one.free_bytes), None)
    if over is not None:
        return _too_large(over.needed_bytes, over.free_bytes)
    if estimate.placement == "card":
        text, reason = translate("Loading", "Fits on the card"), translate("Loading", "All layers are on the card.")
        return PlacementMark(text, "check", "ok", reason)
    if estimate.placement == "partly":
        cards = sum(one.needed_bytes for one in estimate.devices if one.id != RAM)
        reason = translate("Loading", "%1 on the card, %2 in RAM.").replace("%1", size_text(cards))
        reason = reason.replace("%2", size_text(max(0, estimate.needed_bytes - cards)))
        return PlacementMark(translate("Loading", "Partly on the card"), "alert-outline", "warning", reason)
    reason = translate("Loading", "The processor alone computes it.")
    return PlacementMark(translate("Loading", "In RAM"), "check", "plain", reason)


def _too_large(needed: int, free: int) -> PlacementMark:
    reason = translate("Loading", "Needs %1 of memory, %2 are free.")
    reason = reason.replace("%1", size_text(needed)).replace("%2", size_text(free))
    return PlacementMark(translate("Loading", "Won't fit"), "close", "danger", reason, fits=False)


def picker_mark(estimate: MemoryEstimate) -> PlacementMark | None:
    """Return what is worth saying before a model is chosen; None where it simply fits."""
    if not estimate.devices and estimate.needed_bytes > estimate.free_bytes:
        return _too_large(estimate.needed_bytes, estimate.free_bytes)
    if estimate.devices:
        mark = placement_mark(estimate)
        if not mark.fits or (estimate.placement != "card" and any(one.id != RAM for one in estimate.devices)):
            return mark
        if estimate.placement == "card":
            return None
    if estimate.needed_bytes > _TIGHT * estimate.free_bytes:
        left = size_text(max(0, estimate.free_bytes - estimate.needed_bytes))
        reason = translate("Loading", "Leaves %1 of memory free.").replace("%1", left)
        return PlacementMark(translate("Loading", "Tight"), "alert-outline", "warning", reason)
    return None


def place_on_cards(memory: str, needed_bytes: int, cards_bytes: int) -> str:
    """Return where a model would be that is not here yet, in words; empty where the server tells of no card.

    Args:
        memory: Whether it fits the computer's memory, as in HubChoice.
        needed_bytes: What it takes with a context of usual length.
        cards_bytes: The memory of all cards.
    """
    if not cards_bytes or not needed_bytes:
        return ""
    if needed_bytes <= _OF_THE_CARD * cards_bytes:
        return translate("Loading", "On the card")
    return translate("Loading", "Partly there") if memory in ("fits", "tight") else ""
