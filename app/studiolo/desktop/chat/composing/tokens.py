"""How many tokens a text may be, before any model has counted them."""

from collections.abc import Iterable

from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart

_ASCII_PER_TOKEN = 4.0
_OTHER_PER_TOKEN = 1.6
"""Characters: letters of other alphabets take more tokens, Chinese and Japanese ones about one each."""
_IMAGE = 600


def estimated_tokens(text: str, parts: Iterable[Part] = ()) -> int:
    """Return tokens of a text and of what goes with it, about."""
    return _of(text) + sum(_of_part(part) for part in parts)


def _of_part(part: Part) -> int:
    if isinstance(part, ImagePart):
        return _IMAGE
    return _of(part.text) if isinstance(part, TextPart | FilePart | ToolPart) else 0


def tokens_of(parts: Iterable[Part]) -> int:
    """Return an estimate for a message that has been sent: thoughts are not sent again."""
    return sum(_of_part(part) for part in parts if not isinstance(part, ReasoningPart))


def _of(text: str) -> int:
    if text.isascii():
        return round(len(text) / _ASCII_PER_TOKEN)
    plain = len(text.encode("ascii", "ignore"))
    return round(plain / _ASCII_PER_TOKEN + (len(text) - plain) / _OTHER_PER_TOKEN)
