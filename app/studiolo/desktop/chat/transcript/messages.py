"""Which row shows which message, and how high it may be."""

from PySide6.QtWidgets import QWidget

from studiolo.desktop.chat.model import Message, UserMessage
from studiolo.desktop.chat.transcript.question import BUBBLE_PADDING_Y, QuestionRow
from studiolo.desktop.chat.transcript.reply import BELOW_REPLY, ReplyRow
from studiolo.desktop.chat.transcript.rows import Row


def make_row(message: Message, parent: QWidget) -> Row:
    """The row for a message."""
    return QuestionRow(message, parent) if isinstance(message, UserMessage) else ReplyRow(message, parent)


def estimate_height(message: Message, width: int, character: float, line: int) -> int:
    """A guess in pixels for a message nobody has seen yet, from the mean width of a character and the height of a
    line. Only scroll bars show it."""
    per_line = max(1, int(width / character))
    return max(1, message.size // per_line + message.lines) * line + 2 * BUBBLE_PADDING_Y + BELOW_REPLY
