"""Titles by the model: with the server of this computer, a real engine and the real history."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.titling import Titling, title_in
from studiolo.desktop.history.database import Database
from studiolo.desktop.settings.schema import ChatTitles
from studiolo.local_server import ServerState
from studiolo.paths import app_paths
from tests.desktop.chat.desk import MODEL, ChatDesk, chat_desk
from tests.stands.homes import make_home, use_home
from tests.stands.scripted_model import write_scripted_llama
from tests.stands.server_process import server_process
from tests.stands.waiting import until

SAID = "The lamp is lit, and nobody had to wait."
TITLE = SAID.removesuffix(".")
IDLE = "tiny/idle"
FIRST = "Who lit the lamp?"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ServerState]]:
    """A home with a server, whose model says the same to whatever it is asked."""
    home = make_home(tmp_path_factory)
    with pytest.MonkeyPatch.context() as environment:
        use_home(home, environment)
        for key in (MODEL, IDLE):
            write_scripted_llama(app_paths().models / f"{key}/model.gguf", reply=SAID)
        settings = app_paths().config / "server.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"default_context_length": 2048, "log_bodies": True, "adopt_models": False}))
        with server_process() as (_, state):
            asyncio.run(_load(state))
            yield home, state


async def _load(state: ServerState) -> None:
    async with Client(state.address, state.key) as client:
        await ModelsApi(client).load(LoadRequest(model=MODEL))


@pytest.fixture
def local_server(shared: tuple[Path, ServerState], monkeypatch: pytest.MonkeyPatch) -> ServerState:
    """The server of this installation, as this test has it."""
    use_home(shared[0], monkeypatch)
    return shared[1]


@asynccontextmanager
async def at(state: ServerState, *, titles: ChatTitles = "model", remote: bool = False) -> AsyncIterator["TitleDesk"]:
    async with Client(state.address, state.key) as client:
        asked = [entry.id for entry in await ServerApi(client).log()]
    token = state.key if remote else None
    async with chat_desk(state.address if remote else None, titles=titles, token=token) as desk:
        desk.presenter.titling.idle_seconds = 0
        yield TitleDesk(desk, state, max(asked))


@dataclass
class TitleDesk:
    """The chat page; seen: the last request that the server had before."""

    desk: ChatDesk
    state: ServerState
    seen: int

    @property
    def titling(self) -> Titling:
        return self.desk.presenter.titling

    @property
    def reply(self) -> Reply:
        reply = self.desk.conversation.branch[-1]
        assert isinstance(reply, Reply)
        return reply

    async def title(self) -> str:
        """As the list of chats has it."""
        return (await self.desk.history.do(Database.chats))[0].title

    async def titled(self) -> None:
        await until(lambda: self.desk.conversation.chat and self.desk.conversation.chat.title == TITLE)

    async def at_rest(self) -> None:
        await until(lambda: not self.titling.pending)

    async def asked(self) -> list[dict[str, Any]]:
        """What the server was asked for titles."""
        async with Client(self.state.address, self.state.key) as client:
            log = await ServerApi(client).log()
        bodies = [entry.body for entry in log if entry.id > self.seen and entry.route == "/api/v1/chat"]
        read = [json.loads(body) if isinstance(body, str) else body for body in bodies]
        return [body for body in read if "Write a title" in json.dumps(body)]


async def test_after_its_first_reply_a_chat_has_the_title_that_its_model_gave_it(local_server: ServerState) -> None:
    async with at(local_server) as one:
        await one.desk.ask(FIRST)
        await one.titled()
        assert await one.title() == TITLE
        assert [(body["store"], body["max_output_tokens"]) for body in await one.asked()] == [(False, 32)]
        await one.desk.ask("And who put it out?")
        assert not one.reply.whole, "the server went on from its first reply, and knows of no title"
        assert not one.titling.pending
        assert len(await one.asked()) == 1


async def test_where_first_words_are_wanted_nothing_is_asked(local_server: ServerState) -> None:
    async with at(local_server, titles="first_words") as one:
        await one.desk.ask(FIRST)
        assert not one.titling.pending
        assert await one.title() == FIRST
        assert await one.asked() == []


async def test_no_server_at_an_address_is_asked_for_a_title(local_server: ServerState) -> None:
    async with at(local_server, remote=True) as one:
        await one.desk.ask(FIRST)
        await one.at_rest()
        assert await one.title() == FIRST
        assert await one.asked() == []


async def test_a_name_that_a_person_gave_stays(local_server: ServerState) -> None:
    async with at(local_server) as one:
        one.titling.idle_seconds = 60
        await one.desk.ask(FIRST)
        await one.desk.history.do(Database.rename, await one.desk.latest(), FIRST)
        one.titling.idle_seconds = 0
        one.titling.reply_ended(one.desk.conversation, one.reply)
        await one.at_rest()
        assert len(await one.asked()) == 1
        assert await one.title() == FIRST, "though it reads as if nobody had given it"


async def test_what_a_person_sends_comes_first_and_the_title_later(local_server: ServerState) -> None:
    async with at(local_server) as one:
        one.titling.idle_seconds = 60
        await one.desk.ask(FIRST)
        assert one.titling.pending
        one.desk.presenter.send("And who put it out?")
        await until(lambda: not one.titling.pending)
        assert one.desk.presenter.replies.conversations, "the second reply is not there yet"
        one.titling.idle_seconds = 0
        await one.titled()
        assert len(await one.asked()) == 1


async def test_no_model_is_loaded_for_a_title(local_server: ServerState) -> None:
    async with at(local_server) as one:
        one.titling.idle_seconds = 60
        await one.desk.ask(FIRST)
        one.titling.idle_seconds = 0
        one.reply.model = IDLE
        one.titling.reply_ended(one.desk.conversation, one.reply)
        await one.at_rest()
        assert await one.title() == FIRST
        assert await one.asked() == []
        async with Client(local_server.address, local_server.key) as client:
            models = {model.key: model.loaded_instances for model in await ModelsApi(client).list_models()}
        assert models[IDLE] == []


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Lighthouse keeping", "Lighthouse keeping"),
        ('\n"Lighthouse keeping."\n', "Lighthouse keeping"),
        ("**Title: The sea, and a lamp**\nMore that nobody asked for.", "The sea, and a lamp"),
        ("Titel: „Der Leuchtturm“", "Der Leuchtturm"),
        ("灯台守の話。", "灯台守の話"),
        ("", ""),
        ("''", ""),
        ("Sure, here is a title for the conversation that you had with me just now, as you have asked", ""),
        ("x" * 200, ""),
    ],
)
def test_a_title_is_found_in_what_a_model_says(said: str, title: str) -> None:
    assert title_in(said) == title
