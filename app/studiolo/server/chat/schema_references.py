"""Where the references of a schema lead, however programs write them."""

from typing import Any
from urllib.parse import unquote

Schema = dict[str, Any]

HOMES = ("$defs", "definitions")
"""Where definitions stand."""


def place_at(root: Any, path: list[str]) -> tuple[bool, Any]:
    """Follow a JSON pointer (RFC 6901), or what programs write instead: names as they are. Its first part is empty."""
    place = root
    for part in path[1:] if path[0] == "" else [""]:
        names = (part, _unescaped(part), _unescaped(unquote(part)))
        if isinstance(place, dict) and (name := next((name for name in names if name in place), None)) is not None:
            place = place[name]
        elif isinstance(place, list) and part.isdecimal() and int(part[:9]) < len(place):
            place = place[int(part[:9])]
        else:
            return False, None
    return path[0] == "", place


def scattered_definitions(root: Any) -> Schema:
    """Return definitions that stand inside.

    A program has put schemas together there without moving them to the top.
    """
    found: Schema = {}
    ahead = [root]
    while ahead:
        place = ahead.pop()
        inner = list(place.values()) if isinstance(place, dict) else place if isinstance(place, list) else []
        for home in HOMES if isinstance(place, dict) else ():
            if isinstance(place.get(home), dict):
                for name, definition in place[home].items():
                    found.setdefault(name, definition)
        ahead += inner
    return found


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
