"""A request in words."""

from datetime import datetime

from PySide6.QtCore import QLocale

from studiolo.api.server import RequestEntry
from studiolo.desktop.language import translate

CANCELLED = 499
"""The status that a server notes where the client left before the answer."""
_FAILED = 400


def has_failed(entry: RequestEntry) -> bool:
    """Return whether a request ended otherwise than it should."""
    return (entry.status or 0) >= _FAILED or (entry.status is not None and entry.error is not None)


def time_text(entry: RequestEntry) -> str:
    """Return when a request came, by the clock of this computer."""
    try:
        return datetime.fromisoformat(entry.time).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""


def sender_text(entry: RequestEntry) -> str:
    """Return whom a request is from, by the best name there is."""
    return entry.token_name or entry.program or entry.address


def status_text(entry: RequestEntry) -> str:
    """Return how a request is doing, or how it ended."""
    if entry.status is None:
        if entry.queue_position:
            return translate("Requests", "Waiting")
        return translate("Requests", "Running")
    if entry.status == CANCELLED:
        return translate("Requests", "Cancelled")
    if entry.status < _FAILED and entry.error is not None:
        return translate("Requests", "Failed")
    return str(entry.status)


def figure_text(figure: int | None) -> str:
    """Return a count; empty where there is none."""
    return "" if figure is None else QLocale().toString(figure)


def speed_text(entry: RequestEntry) -> str:
    """Return tokens a second; empty where they are not known."""
    speed = entry.tokens_per_second
    return "" if speed is None else QLocale().toString(speed, "f", 1)


def seconds_text(seconds: float | None) -> str:
    """Return how long something took: "2 ms", "4.6 s", "3 min 20 s"; empty where that is not known."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return translate("Requests", "%1 ms").replace("%1", str(max(1, round(seconds * 1000))))
    if seconds < 60:
        return translate("Requests", "%1 s").replace("%1", QLocale().toString(seconds, "f", 1))
    minutes, rest = divmod(round(seconds), 60)
    return translate("Requests", "%1 min %2 s").replace("%1", str(minutes)).replace("%2", str(rest))
