"""What a person answers to a tool that waits goes to the server that runs it, once."""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from studiolo.client.client import Client
from studiolo.client.mcp import McpClient
from studiolo.desktop.chat.calls import Ask
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.reply_queue import ReplyQueue
from studiolo.desktop.chat.transcript.actions import Decide, Respond
from studiolo.desktop.chat.transcript.ask_box import openable
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import AppError, NotFoundError


class Answering:
    """changed: a reply looks otherwise."""

    def __init__(self, replies: ReplyQueue, scope: TaskScope, changed: Callable[[Conversation, Reply], None]) -> None:
        self._replies = replies
        self._scope = scope
        self._changed = changed

    def answer(self, answer: Decide | Respond) -> None:
        """Send an answer to the server. What was answered already, or waits no more, is passed over."""
        found = self._replies.asker_of(answer.ask)
        if found is None or answer.ask.sent:
            return
        conversation, reply, client = found
        answer.ask.sent = answer.decision if isinstance(answer, Decide) else answer.action
        self._changed(conversation, reply)
        self._scope.start(self._send(answer, conversation, reply, client))

    async def _send(self, answer: Decide | Respond, conversation: Conversation, reply: Reply, client: Client) -> None:
        ask: Ask = answer.ask
        try:
            if isinstance(answer, Respond) and answer.open:
                _open(answer.ask.url)
            await self._post(answer, McpClient(client))
        except NotFoundError:
            # Somebody answered elsewhere, or nobody waits for it any more.
            return
        except AppError:
            ask.sent = ""
            self._changed(conversation, reply)
            raise

    def _post(self, answer: Decide | Respond, mcp: McpClient) -> Awaitable[None]:
        if isinstance(answer, Decide):
            return mcp.decide(answer.ask.id, answer.decision)
        return mcp.respond(answer.ask.id, answer.action, answer.content)


def _open(url: str | None) -> None:
    """Raises AppError."""
    if not openable(url):
        raise AppError(translate("Answering", "This address is none that a browser is meant for."), details=url or "")
    if not QDesktopServices.openUrl(QUrl(url or "", QUrl.ParsingMode.StrictMode)):
        raise AppError(translate("Answering", "No browser could be started."), hint=url or "")
