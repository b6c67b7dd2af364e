"""Values of JSON that somebody else wrote: of the wanted type, or none."""

import math
from datetime import datetime
from typing import Any


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def as_seconds(value: Any) -> float:
    """Of a time in seconds or milliseconds since 1970, or in ISO 8601; 0 for none."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    seconds = float(value) / 1000 if value > 1e11 else float(value)
    return seconds if 0 < seconds < 1e11 else 0.0
