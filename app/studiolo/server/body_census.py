"""What a body of JSON will become, counted while it comes and before anything is made of it.

JSON of a few bytes can become objects of twenty times its size (`[[],[],…]`), so its values are counted from the bytes.
The counts are exact for JSON; for anything else they only have to end, since the parser refuses it.
"""

MOST_VALUES = 100_000
"""Texts, lists and objects; the longest conversations and lists of tools have some thousands."""
MOST_NUMBERS = 500_000
"""Numbers, which are smaller: prompts and embeddings may come as tokens."""
MOST_WIDE_TEXT = 16 * 2**20
"""Bytes of texts beyond ASCII, together: Python may need four bytes for each of their letters. What else is large,
base64 above all, is plain."""
_STEP = 64 * 1024


class BodyCensus:
    """Is fed a body piece by piece; `problem` says why it is too much, and is empty as long as it is not."""

    def __init__(self) -> None:
        self._inside = False
        self._rest = b""
        self._values = self._numbers = self._wide = 0

    @property
    def problem(self) -> str:
        """Return in a sentence which limit the body exceeds so far; an empty text where it exceeds none."""
        if self._values > MOST_VALUES:
            return f"The body holds more than {MOST_VALUES} texts, lists and objects."
        if self._numbers > MOST_NUMBERS:
            return f"The body holds more than {MOST_NUMBERS} numbers."
        if self._wide > MOST_WIDE_TEXT:
            return f"The body holds more than {MOST_WIDE_TEXT // 2**20} MiB of text, more than any context."
        return ""

    def feed(self, piece: bytes | memoryview) -> None:
        """Count the values in the next piece of the body; nothing more is counted once there is a problem."""
        for at in range(0, len(piece), _STEP):
            if not self.problem:
                self._count(self._rest + bytes(piece[at : at + _STEP]))

    def _count(self, piece: bytes) -> None:
        # A backslash and what it stands before must not be parted.
        trailing = len(piece) - len(piece.rstrip(b"\\"))
        self._rest = b"\\" * (trailing % 2)
        piece = piece[: len(piece) - len(self._rest)]
        wide = not piece.isascii() or b"\\u" in piece
        if b"\\" in piece:
            piece = piece.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
        parts = piece.split(b'"')
        structure = b"".join(parts[self._inside :: 2])
        self._values += structure.count(b"[") + structure.count(b"{") + (len(parts) - self._inside) // 2
        self._numbers += structure.count(b",")
        if wide:
            self._wide += len(piece) - len(structure)
        self._inside ^= len(parts) % 2 == 0
