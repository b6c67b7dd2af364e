"""Thoughts in the text of a reply that has only the tag after them."""

import re

TAGS = {"<think>": "</think>", "<thinking>": "</thinking>"}
_CLOSING = re.compile("|".join(TAGS.values()))
_LONGEST = 12
"""Characters of a tag and what follows it directly."""


def parted(text: str, *, whole: bool = True, since: int = 0) -> tuple[str, str] | None:
    """Return the thought that a text begins with and the rest, where it has only the tag after the thought.

    Its template wrote the tag before. None where the text has no such tag, or speaks of it.

    Args:
        text: What was said so far.
        whole: Whether nothing follows the text.
        since: Characters from the end in which the tag is looked for; 0 is all of it.
    """
    found = _CLOSING.search(text, max(0, len(text) - since - _LONGEST) if since else 0)
    if not found:
        return None
    before, after = text[: found.start()], text[found.end() :]
    stands = not before.rpartition("\n")[2].strip() or (not after and whole) or after[:1] == "\n" or after[:1].isalnum()
    shown = before.count("```") % 2 or before.endswith("`")
    opened = any(tag in before for tag in TAGS) or _CLOSING.search(before)
    return (before, after) if stands and not shown and not opened else None
