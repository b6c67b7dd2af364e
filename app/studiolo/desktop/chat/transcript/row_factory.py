"""Which row shows which message, and how high it may be."""

from PySide6.QtWidgets import QWidget

from studiolo.desktop.chat.messages import UserMessage
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.question import BUBBLE_PADDING_Y, QuestionRow
from studiolo.desktop.chat.transcript.reply import BELOW_REPLY, ReplyRow
from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.sections import Section


def make_row(section: Section, parent: QWidget, pictures: Pictures, options: RowOptions) -> Row:
    """Return the row for a section of a message."""
    kind = QuestionRow if isinstance(section.message, UserMessage) else ReplyRow
    return kind(section, parent, pictures, options)


def estimate_height(section: Section, width: int, character: float, line: int) -> int:
    """Return a guess of the height, in pixels, of a section that nobody has seen yet.

    It is made from the mean width of a character and the height of a line.

    Only scroll bars show it.
    """
    per_line = max(1, int(width / character))
    return max(1, section.size // per_line + section.lines) * line + 2 * BUBBLE_PADDING_Y + BELOW_REPLY
