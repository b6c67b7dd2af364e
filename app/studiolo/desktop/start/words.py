"""What is said of an offer, and its badges."""

from studiolo.desktop.language import translate
from studiolo.desktop.start.offers import ModelOffer, Room
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.sign_badge import SignBadge

_LICENCES = {
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "gemma": "Gemma",
    "llama3": "Llama 3",
    "llama3.1": "Llama 3.1",
    "llama3.2": "Llama 3.2",
    "llama3.3": "Llama 3.3",
    "llama4": "Llama 4",
    "exaone": "EXAONE",
    "deepseek": "DeepSeek",
    "lfm1.0": "LFM 1.0",
}
"""Licences by the hub's tags, as their makers write them."""


def licence_text(tag: str) -> str:
    """Return a licence as its maker writes it; one that is not known stays as the hub has it, and "other" is none."""
    return "" if tag in ("", "other") else _LICENCES.get(tag, tag)


def download_text(offer: ModelOffer) -> str:
    """Return what a button says that downloads it."""
    if offer.begun:
        return translate("Start", "Resume download")
    return translate("Start", "Download %1").replace("%1", size_text(offer.size))


def show_room(badge: SignBadge, offer: ModelOffer) -> None:
    """Let a badge say whether there is room for it; hidden where that is not known."""
    if not offer.fits_disk:
        badge.show_word(translate("Start", "No room on the disk"), "close", "danger")
    elif offer.memory == "fits":
        badge.show_word(translate("Start", "Fits"), "check", "ok", reason=translate("Start", "Fits the free memory"))
    elif offer.memory == "tight":
        reason = translate("Start", "Fits once other programs give some memory back")
        badge.show_word(translate("Start", "Tight"), "alert-outline", "warning", reason=reason)
    elif offer.memory == "too_large":
        reason = translate("Start", "Needs more memory than there is")
        badge.show_word(translate("Start", "Won't fit"), "close", "danger", reason=reason)
    badge.setVisible(not offer.fits_disk or offer.memory in ("fits", "tight", "too_large"))


def obstacle_text(offer: ModelOffer, room: Room) -> str:
    """Return what is in the way of an offer, with figures; empty for nothing."""
    if not offer.fits_disk and not room.disk:
        text = translate(
            "Start",
            "Of the disk %1 are free, and downloads leave them free. Free some space, or change the disk reserve.",
        )
        return _filled(text, room.disk_free, 0)
    if not offer.fits_disk:
        text = translate("Start", "It takes %1, and downloads may take %2 of the disk. Free some space first.")
        return _filled(text, offer.size, room.disk)
    if offer.memory == "too_large":
        text = translate("Start", "It takes about %1 of memory, and there are %2. Another machine may have more.")
        return _filled(text, offer.memory_bytes, room.memory_total)
    if offer.memory == "tight":
        text = translate("Start", "It takes about %1 of memory, and %2 are free now. Close other programs to use it.")
        return _filled(text, offer.memory_bytes, room.memory_free)
    return ""


def _filled(text: str, first: int, second: int) -> str:
    return text.replace("%1", size_text(first)).replace("%2", size_text(second))
