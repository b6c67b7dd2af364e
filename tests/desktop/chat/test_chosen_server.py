"""Which server a message goes to, what is said of it, and what becomes of a message that no server can take."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studiolo.desktop.chat.messages import Phase, Reply
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.status import FailureCard
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.history.store import History
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import StoppedError
from studiolo.paths import app_paths
from tests.desktop.chat.desk import MODEL
from tests.stands.serving import serving
from tests.stands.waiting import stays, until

NOBODY = "http://127.0.0.1:9"


class ServersDesk:
    """The chat page over any number of servers."""

    def __init__(self, servers: Servers, page: ChatPage, presenter: ChatPresenter) -> None:
        self.servers = servers
        self.page = page
        self.presenter = presenter

    async def choose(self, address: str, name: str = "") -> None:
        await self.servers.add(address, name, None)
        self.servers.select(address)

    async def until_ready(self) -> None:
        await until(lambda: self.presenter.replies.model == MODEL)

    async def until_lost(self) -> None:
        await until(lambda: isinstance(self.servers.selected.state, Lost))

    def write(self, text: str) -> Reply:
        """And press Enter."""
        QTest.keyClicks(self.page.composer.field, text)
        QTest.keyClick(self.page.composer.field, Qt.Key.Key_Return)
        assert self.page.composer.text == ""
        return self.presenter.conversation.turns[-1].reply

    def row(self, reply: Reply) -> ReplyRow:
        self.page.transcript.flush()
        row = self.page.transcript.row_of(reply)
        assert isinstance(row, ReplyRow)
        return row

    async def settle(self) -> None:
        self.presenter.stop_all()
        await until(lambda: not self.presenter.replies.conversations)


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[ServersDesk]:
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    page = ChatPage()
    page.resize(800, 600)
    page.show()
    history = History(app_paths().data / "history.sqlite")
    presenter = ChatPresenter(
        page,
        servers.selected,
        history,
        Undo(page.toast),
        reported.append,
        name_of=servers.name_of,
        headers=HeaderStore(app_paths().config),
    )
    try:
        yield ServersDesk(servers, page, presenter)
    finally:
        await presenter.aclose()
        await servers.aclose()
        await history.aclose()
        page.close()
        page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


async def test_it_is_said_where_the_model_runs(desk: ServersDesk, server: str) -> None:
    greeting = desk.page.placeholder.greeting
    assert "Everything stays on this computer" in greeting.text()
    await desk.choose(server, "The tower")
    await desk.until_ready()
    assert desk.page.picker.text().endswith("· The tower")
    assert greeting.text().startswith("What you write is sent to The tower.")
    assert "computer" not in greeting.text()


async def test_a_server_without_a_name_is_told_by_its_address_even_on_this_machine(
    desk: ServersDesk, server: str
) -> None:
    await desk.choose(server)
    await desk.until_ready()
    # A tunnel to another machine has such an address, too.
    assert desk.page.picker.text().endswith(f"· {server.removeprefix('http://')}")
    assert server.removeprefix("http://") in desk.page.placeholder.greeting.text()


async def test_the_model_of_one_server_is_not_shown_for_another(desk: ServersDesk, server: str) -> None:
    await desk.choose(server, "The tower")
    await desk.until_ready()
    await desk.choose(NOBODY, "The attic")
    assert "tiny" not in desk.page.picker.text()
    assert desk.presenter.model is None


async def test_what_waits_for_one_server_never_goes_to_another(desk: ServersDesk, server: str) -> None:
    await desk.choose(NOBODY, "The attic")
    reply = desk.write("A secret.")
    assert reply.activity
    assert reply.activity.phase is Phase.QUEUED
    await desk.choose(server, "The tower")
    assert reply.failure
    assert "waiting for The attic" in reply.failure.message
    await desk.until_ready()
    await stays(lambda: not reply.server and not desk.presenter.replies.conversations)
    desk.presenter.actions.retry(reply)
    await until(lambda: reply.server == server, "what Retry sends")
    await desk.settle()


async def test_what_was_begun_to_be_sent_goes_to_the_server_that_was_chosen_then(
    desk: ServersDesk, server: str
) -> None:
    await desk.choose(server)
    await desk.until_ready()
    reply = desk.write("Hello.")
    await desk.choose(NOBODY)
    await until(lambda: reply.text or reply.failure)
    assert (reply.server, reply.failure) == (server, None)
    await desk.settle()


async def test_what_is_written_while_a_server_is_looked_for_is_answered_once_it_is_there(
    desk: ServersDesk, server: str
) -> None:
    await desk.choose(server)
    reply = desk.write("Hello.")
    assert not reply.failure
    await until(lambda: reply.text, "an answer")
    await desk.settle()


async def test_what_is_written_to_a_server_that_is_down_waits_and_leads_to_the_others(desk: ServersDesk) -> None:
    await desk.choose(NOBODY)
    await desk.until_lost()
    reply = desk.write("Hello.")
    assert not reply.failure
    assert reply.activity
    assert reply.activity.phase is Phase.QUEUED
    near: list[QWidget] = []
    desk.page.servers_requested.connect(near.append)
    [card] = [one for one in desk.page.findChildren(FailureCard) if one.isVisible()]
    assert card.retry.text() == "Retry"
    assert card.countdown
    assert card.countdown.text().startswith("Trying again")
    card.servers.click()
    assert near == [card.servers]
    await desk.settle()
    assert reply.stopped, "who does not want to wait takes it back"


async def test_the_server_of_this_computer_can_be_started_where_a_message_failed(desk: ServersDesk) -> None:
    desk.servers.connection(OWN).stop()
    await desk.until_lost()
    reply = desk.write("Hello.")
    assert isinstance(reply.failure, StoppedError)
    card = desk.row(reply).failure
    assert card
    assert card.retry.text() == "Start it"


async def test_where_a_server_has_no_model_a_message_fails_at_once(
    desk: ServersDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.server.library.places.STARTER_PACKAGE", "no_such_package")
    async with serving() as server:
        await desk.choose(server.address, "The tower")
        await until(lambda: isinstance(desk.servers.selected.state, Ready))
        reply = desk.write("Hello.")
        assert "no model" in (await until(lambda: reply.failure)).message
        assert desk.write("Hello?").failure
