"""Follows the server that is talked to: tells the page and the replies who answers, or why nobody does."""

import time
from collections.abc import Callable

from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Activity, Phase, Reply
from studiolo.desktop.chat.model_choice.presenter import Models
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.reply_queue import ReplyQueue
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting
from studiolo.desktop.connections.servers import Selected
from studiolo.desktop.language import translate
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, UnreachableError


class Following:
    """`models`: those of the server.

    conversation: the one in sight. name_of: what a server elsewhere is called, by its address. changed: the model that
    answers, told whenever there is one. listed: hears which models the server has, whenever it was asked.
    """

    def __init__(
        self,
        page: ChatPage,
        connection: Connection | Selected,
        scope: TaskScope,
        report: Report,
        replies: ReplyQueue,
        *,
        conversation: Callable[[], Conversation],
        name_of: Callable[[str], str],
        changed: Callable[[str], None],
        listed: Callable[[list[ModelChoice]], None],
    ) -> None:
        self._page = page
        self._connection = connection
        self._replies = replies
        self._conversation = conversation
        self._name_of = name_of
        self._changed = changed
        self._server = connection.current
        self._reconnecting = False
        self.models = Models(
            page,
            connection,
            scope,
            report,
            changed=self._model_changed,
            failed=self._not_asked,
            none=replies.refuse,
            listed=listed,
        )
        page.reconnect_requested.connect(connection.retry)

    def begin(self) -> None:
        """Begin to follow the server."""
        self._connection.changed.connect(self._connection_changed)
        self._connection_changed()

    def look_again(self, reply: Reply) -> None:
        """Make sure of the server before the turn of `reply` is sent once more.

        A server that has died may not be missed yet, so after a broken connection it is looked for first.
        """
        if isinstance(reply.failure, UnreachableError) or isinstance(self._connection.state, Lost):
            self._reconnecting = not isinstance(self._connection.state, Starting)
            self._replies.use_model(None)
            self._connection.retry()

    def show_refusal(self, reply: Reply) -> None:
        """If a reply failed as soon as it was asked for, it says why, and the page need not."""
        state = self._connection.state
        if reply.failure and isinstance(state, Lost):
            self._show_lost(state)

    def _connection_changed(self) -> None:
        self._reconnecting = False
        self._take_server(self._connection.current)
        match self._connection.state:
            case Starting():
                self._replies.use_model(None)
                self._page.show_starting(Activity(Phase.SENDING, time.monotonic()))
            case Lost(again=True) as lost:
                # What is asked meanwhile waits, and so do those in line.
                self._replies.use_model(None)
                self._show_lost(lost)
            case Lost() as lost:
                self._give_up(lost)
            case Ready():
                self._page.show_welcome()
                self.models.look()

    def _take_server(self, connection: Connection) -> None:
        place = None if connection.address is None else self._name_of(connection.address)
        self._page.set_place(place)
        if connection is not self._server:
            self._server = connection
            self.models.forget()
        self._replies.use_server(connection, translate("ChatPresenter", "this computer") if place is None else place)

    def _model_changed(self, key: str) -> None:
        self._changed(key)
        if isinstance(self._connection.state, Ready) and not self._reconnecting:
            self._replies.use_model(key)

    def _not_asked(self, error: AppError) -> None:
        """The models could not be asked for. While the server is looked for again, that comes of it."""
        if isinstance(self._connection.state, Ready) and not self._reconnecting:
            self._give_up(Lost(error))

    def _give_up(self, lost: Lost) -> None:
        """Nobody answers until the server is asked again."""
        self._replies.refuse(lost.error)
        self._show_lost(lost)

    def _show_lost(self, lost: Lost) -> None:
        """What a reply says already is not said twice, unless there is more to say: when it is tried again."""
        last = self._conversation().leaf
        told = isinstance(last, Reply) and last.failure is not None
        if lost.again and self._connection.current.address is not None:
            told = False
        self._page.show_lost(lost.error, told=told, again=lost.again, due=lost.due)
