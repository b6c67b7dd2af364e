"""Figures in words."""

from datetime import datetime
from html import escape

from PySide6.QtCore import QDate, QLocale

from studiolo.desktop.language import translate
from studiolo.visible import visible


def tip_text(text: str) -> str:
    """Return a text for a tool tip: what others wrote is shown as it is, whatever it looks like."""
    if "<" not in text:
        return text
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")


def button_text(text: str) -> str:
    """Return a text for a button or a menu.

    What others wrote has no key of its own in it, and nothing that can't be seen.
    """
    return visible(text).replace("&", "&&")


def size_text(size: int) -> str:
    """Return bytes as people count a disk: powers of a thousand."""
    if size >= 1_000_000_000:
        return translate("Words", "%1 GB").replace("%1", QLocale().toString(size / 1e9, "f", 1))
    if size >= 950_000:
        return translate("Words", "%1 MB").replace("%1", str(round(size / 1e6)))
    return translate("Words", "%1 kB").replace("%1", str(max(1, round(size / 1e3))))


def speed_text(bytes_per_second: float) -> str:
    """Return a speed as "12 MB/s"; empty for nothing."""
    if bytes_per_second < 1:
        return ""
    return translate("Words", "%1/s").replace("%1", size_text(int(bytes_per_second)))


def duration_text(seconds: float) -> str:
    """Return how long something takes still, roughly: "45 s", "12 min", "3 h 20 min", "2 d 4 h".

    So roughly that an estimate that wavers a little reads the same.
    """
    whole = max(0, round(seconds))
    if whole >= 10:
        whole = 5 * round(whole / 5)
    if whole < 60:
        return translate("Words", "%1 s").replace("%1", str(whole))
    minutes = round(whole / 60)
    if minutes < 100:
        return translate("Words", "%1 min").replace("%1", str(minutes))
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return translate("Words", "%1 h %2 min").replace("%1", str(hours)).replace("%2", str(rest))
    return translate("Words", "%1 d %2 h").replace("%1", str(hours // 24)).replace("%2", str(hours % 24))


def count_text(count: int) -> str:
    """Return how many people did something: "950", "12.3 k", "4.5 M"."""
    if count >= 1_000_000:
        return translate("Words", "%1 M").replace("%1", QLocale().toString(count / 1e6, "f", 1))
    if count >= 1000:
        return translate("Words", "%1 k").replace("%1", QLocale().toString(count / 1e3, "f", 1))
    return str(count)


def seconds_until(time: str | None, now: datetime) -> float | None:
    """Return the seconds from `now` to an ISO 8601 time; None for one that is missing or no time."""
    try:
        return (datetime.fromisoformat(time) - now).total_seconds() if time else None
    except (ValueError, TypeError):
        return None


def day_text(time: str | None, now: datetime) -> str:
    """Return the day of an ISO 8601 time as people say it; empty for none."""
    seconds = seconds_until(time, now)
    if time is None or seconds is None:
        return ""
    day = datetime.fromisoformat(time).astimezone(now.tzinfo).date()
    days = (now.date() - day).days
    if days <= 0:
        return translate("Words", "Today")
    if days == 1:
        return translate("Words", "Yesterday")
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.ShortFormat)
