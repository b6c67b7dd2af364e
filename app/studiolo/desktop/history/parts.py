"""What messages are made of, in memory and on disk."""

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, get_args


@dataclass(slots=True)
class TextPart:
    """What the user wrote, or what the model said."""

    kind: ClassVar = "text"
    text: str = ""


@dataclass(slots=True)
class ReasoningPart:
    """What the model thought before it spoke, and for how long."""

    kind: ClassVar = "reasoning"
    text: str = ""
    seconds: float | None = None


@dataclass(slots=True)
class ToolPart:
    """A tool that the model called. `output`: None while it runs; `failed`: that is what went wrong.

    seconds: how long it ran. approval: what the person said when asked (see api.mcp.Decision); empty: nobody was.
    """

    kind: ClassVar = "tool"
    name: str = ""
    arguments: str = ""
    output: str | None = None
    failed: bool = False
    server: str = ""
    seconds: float | None = None
    approval: str = ""

    @property
    def denied(self) -> bool:
        """Return whether the person did not let it run."""
        return self.approval in ("deny", "never")

    @property
    def text(self) -> str:
        """Return what a search finds."""
        return "\n".join(filter(None, (self.name, self.arguments, self.output)))


@dataclass(slots=True)
class ImagePart:
    """A picture; `file` names its bytes in the store."""

    kind: ClassVar = "image"
    file: str = ""
    media_type: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """Return the picture's name, which is what stands for it in a text."""
        return self.name


@dataclass(slots=True)
class FilePart:
    """A document as the text that the model reads; `size`: bytes that the document had."""

    kind: ClassVar = "file"
    text: str = ""
    name: str = ""
    size: int = 0


@dataclass(slots=True)
class UnreadablePart:
    """What a file held that can't be read; it is kept as it is."""

    kind: ClassVar = "unreadable"
    text: str = ""


Part = TextPart | ReasoningPart | ToolPart | ImagePart | FilePart | UnreadablePart

_OPTIONAL: dict[str, tuple[type, ...]] = {"output": (str,), "seconds": (int, float)}
"""What fields have that may be None."""
_KINDS: dict[str, type[Part]] = {kind.kind: kind for kind in get_args(Part) if kind is not UnreadablePart}


def parts_to_json(parts: list[Part]) -> str:
    """Return how parts are written on disk; what could not be read goes back as it was, if it stands alone."""
    if len(parts) == 1 and isinstance(parts[0], UnreadablePart):
        return parts[0].text
    entries = [_encoded(part) for part in parts]
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # Half a surrogate pair, which only escapes can hold.
        return json.dumps(entries)
    return text


def parts_from_json(text: str) -> list[Part]:
    """Return what `parts_to_json` wrote. Never raises: what it can't read becomes an UnreadablePart."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        return [UnreadablePart(text)]
    return [_decoded(entry) for entry in entries]


def _encoded(part: Part) -> Any:
    if isinstance(part, UnreadablePart):
        return json.loads(part.text)
    return {"type": part.kind, **asdict(part)}


def _decoded(entry: Any) -> Part:
    """Unknown fields are dropped; they are a newer version's."""
    kind: type[Part] | None = _KINDS.get(str(entry.get("type"))) if isinstance(entry, dict) else None
    if kind is None:
        return UnreadablePart(json.dumps(entry, ensure_ascii=False))
    known = {name: entry[name] for name in kind.__dataclass_fields__ if name in entry}
    defaults = kind()
    for name, value in known.items():
        default = getattr(defaults, name)
        wanted = _OPTIONAL[name] if default is None else (type(default),)
        if not (isinstance(value, wanted) or (default is None and value is None)):
            return UnreadablePart(json.dumps(entry, ensure_ascii=False))
    return kind(**known)


def spoken(parts: list[Part]) -> str:
    """Return the text of a message without the reasoning before it."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
