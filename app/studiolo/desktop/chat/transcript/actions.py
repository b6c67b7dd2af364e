"""What a reader asks of a message. Rows tell it; whoever holds the conversation does it."""

from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QWidget

from studiolo.api.mcp import Decision
from studiolo.desktop.chat.calls import Approval, Elicitation
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.history.parts import ImagePart


@dataclass(frozen=True, slots=True)
class Retry:
    """Send the turn of a reply that failed once more."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class AnswerAgain:
    """Have a question answered once more, beside this reply."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """Have a question answered, beside what answers it has."""

    question: UserMessage


@dataclass(frozen=True, slots=True)
class GoOn:
    """Write on a reply that was cut off."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Edit:
    """A question is asked otherwise, a reply reads otherwise; what was there stays as a version."""

    message: Message
    text: str


@dataclass(frozen=True, slots=True)
class TurnTo:
    """Show the version `step` further on."""

    message: Message
    step: int


@dataclass(frozen=True, slots=True)
class Delete:
    """A message and what follows it."""

    message: Message


@dataclass(frozen=True, slots=True)
class BranchOff:
    """Go on in a new chat that ends with the message."""

    message: Message


@dataclass(frozen=True, slots=True)
class Follow:
    """A link."""

    url: QUrl


@dataclass(frozen=True, slots=True)
class SaveCode:
    """Write the code of a block into a file."""

    source: str
    language: str


@dataclass(frozen=True, slots=True)
class ChooseServer:
    """See which servers there are, `near` what asks for it."""

    near: QWidget


@dataclass(frozen=True, slots=True)
class ShowImage:
    """See it large."""

    image: ImagePart


@dataclass(frozen=True, slots=True)
class Decide:
    """Let a call of a tool run, or not."""

    ask: Approval
    decision: Decision


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer what a tool asks. content: of its form. open: its page is to be opened."""

    ask: Elicitation
    action: Literal["accept", "decline", "cancel"]
    content: dict[str, Any] | None = None
    open: bool = False


MessageAction = (
    Retry
    | AnswerQuestion
    | AnswerAgain
    | GoOn
    | Edit
    | TurnTo
    | Delete
    | BranchOff
    | Follow
    | SaveCode
    | ShowImage
    | ChooseServer
    | Decide
    | Respond
)
