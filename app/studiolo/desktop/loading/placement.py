"""Where a model would be: on the card, partly, or in RAM; as a mark beside its name."""

from dataclasses import dataclass

from studiolo.api.models import MemoryEstimate
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sign_badge import BadgeKind

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
        reason = translate("Loading", "Needs %1 of memory, %2 are free.")
        reason = reason.replace("%1", size_text(over.needed_bytes)).replace("%2", size_text(over.free_bytes))
        return PlacementMark(translate("Loading", "Won't fit"), "close", "danger", reason, fits=False)
    if estimate.placement == "card":
        text, reason = translate("Loading", "Fits on the card"), translate("Loading", "All layers are on the card.")
        return PlacementMark(text, "check", "ok", reason)
    if estimate.placement == "partly":
        reason = translate("Loading", "Some layers are on the card, the others in RAM: slower than all on the card.")
        return PlacementMark(translate("Loading", "Partly on the card"), "alert-outline", "warning", reason)
    reason = translate("Loading", "The processor computes it from RAM.")
    return PlacementMark(translate("Loading", "In RAM"), "check", "plain", reason)
