"""Thoughts in the text of a reply that has only the tag after them."""

import re

TAGS = {"<think>": "</think>", "<thinking>": "</thinking>"}
_CLOSING = re.compile("|".join(TAGS.values()))
_LONGEST = len("</thinking>")
_FENCES = ("```", "~~~")
_MOST_BLANKS = 64
"""Characters after a tag in which the answer begins."""


class ThoughtEnd:
    """Looks for a tag after a thought in a text that grows; once the first one is judged, no later one counts."""

    def __init__(self) -> None:
        self._looked = 0
        self._judged = False

    def parted(self, text: str, *, whole: bool) -> tuple[str, str] | None:
        """Return the thought that `text` begins with and the rest, as the function does.

        Args:
            text: What was said so far: that of the last time, and more.
            whole: Whether nothing follows the text.
        """
        if self._judged:
            return None
        found = _CLOSING.search(text, self._looked)
        if not found:
            self._looked = max(0, len(text) - _LONGEST)
            return None
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        follows = text[found.end() : found.end() + _MOST_BLANKS]
        alone = not line.strip()
        if not (alone or follows.strip() or whole or len(follows) == _MOST_BLANKS):
            self._looked = found.start()
            return None
        self._judged = True
        before, after = text[: found.start()], text[found.end() :]
        # An answer that ends with a tag speaks of it: were it a thought, nothing would have been said.
        stands = alone or (bool(follows.strip()) and (follows[0] == "\n" or follows[0].isalnum()))
        shown = any(before.count(fence) % 2 for fence in _FENCES) or before.endswith("`") or line.lstrip()[:1] == ">"
        opened = any(tag in before for tag in TAGS)
        return (before, after) if stands and not shown and not opened else None


def parted(text: str) -> tuple[str, str] | None:
    """Return the thought that a whole text begins with and the rest, where it has only the tag after the thought.

    Its template wrote the tag before. None where the text has no such tag, or speaks of it.
    """
    return ThoughtEnd().parted(text, whole=True)
