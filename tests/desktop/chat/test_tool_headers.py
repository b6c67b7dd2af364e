"""Servers of tools that one chat names by their address, with headers whose values nobody but the keyring keeps."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from studiolo.desktop.chat.composing.address_dialog import AddressDialog
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.exporting import as_html, as_json, as_markdown
from studiolo.errors import AppError
from studiolo.keyring_store import Keys
from studiolo.logs import start_logging
from studiolo.paths import app_paths
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.desktop.chat.test_real_tools import call_of
from tests.desktop.chat.test_tool_calls import asked, desk_with, last_reply
from tests.stands.mcp_servers.friendly import TOKEN
from tests.stands.plain_server import plain_server
from tests.stands.ring import Ring, ring_in_use
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until

FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
SECRET = "token-of-the-owl-7f3a91"
OTHER = "another-token-of-the-owl"
SEVEN = '[{"type":"text","text":"7"}]'


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@asynccontextmanager
async def guarded(token: str = SECRET) -> AsyncIterator[str]:
    """The address of an MCP server that wants a token, as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(FRIENDLY), "--http", stdout=asyncio.subprocess.PIPE, env={**os.environ, TOKEN: token}
    )
    try:
        assert process.stdout
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


def write_adder() -> None:
    write_scripted_llama(app_paths().models / "acme" / "adder" / "adder-F32.gguf", calls={"add": {"a": 3, "b": 4}})


async def dialog_of(desk: ChatDesk) -> AddressDialog:
    desk.composer.tools.click()
    desk.composer.tool_picker.add.click()
    return await opened()


async def opened() -> AddressDialog:
    dialog = await until(QApplication.activeModalWidget)
    assert isinstance(dialog, AddressDialog)
    return dialog


async def add(desk: ChatDesk, url: str, secret: str = SECRET) -> None:
    """As a person does, by keyboard alone."""
    dialog = await dialog_of(desk)
    assert QApplication.focusWidget() is dialog.address
    QTest.keyClicks(dialog.address, url)
    QTest.keyClick(dialog.address, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is dialog.headers.add
    QTest.keyClick(dialog.headers.add, Qt.Key.Key_Space)
    [row] = dialog.headers.rows
    await until(row.field.isVisible)
    assert QApplication.focusWidget() is row.name
    QTest.keyClicks(row.name, "Authorization")
    QTest.keyClick(row.name, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is row.field
    assert row.field.accessibleName() == "Authorization"
    QTest.keyClicks(row.field, f"Bearer {secret}")
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    await until(lambda: desk.conversation.tools.servers)


def files_with(text: str) -> list[Path]:
    """Those of the program that hold a text."""
    paths = app_paths()
    folders = {paths.data, paths.config, paths.cache, paths.logs}
    return [
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and text.encode() in file.read_bytes()
    ]


async def test_a_server_by_address_gets_its_headers_and_nothing_but_the_keyring_keeps_them(ring: Ring) -> None:
    write_adder()
    start_logging("desktop", app_paths().logs)
    async with guarded() as url, serving() as server:
        at = {"defaults": ChatSettings(), "model": "acme/adder", "token": LOCAL_KEY}
        async with chat_desk(server.address, **at) as desk:  # type: ignore[arg-type]
            await add(desk, url)
            await until(lambda: desk.presenter.tooling.tokens > 20, "the price of its tools")
            desk.presenter.send("Three and four?")
            box = await asked(desk)
            assert isinstance(box, ApprovalBox)
            box.chat.click()
            await desk.ended()
            assert call_of(desk).output == SEVEN
            number = await desk.latest()
            chat, messages = (
                await desk.history.do(Database.chat, number),
                await desk.history.do(Database.messages, number),
            )
            assert SECRET not in as_markdown(chat, messages) + as_html(chat, messages) + as_json(chat, messages)
        assert SECRET in "".join(ring.kept.values())
        assert files_with(SECRET) == []
        async with chat_desk(server.address, **at) as desk:  # type: ignore[arg-type]
            desk.presenter.open_chat(number)
            await until(lambda: desk.conversation.tools.servers)
            desk.presenter.actions.ask_again(last_reply(desk))
            await desk.ended()
            assert call_of(desk).output == SEVEN, "the next start has them too"
        assert files_with(SECRET) == []


async def test_a_plain_server_gets_the_headers_as_the_api_has_them(ring: Ring) -> None:
    write_adder()
    async with (
        guarded() as url,
        plain_server() as address,
        chat_desk(address, defaults=ChatSettings(), model="acme/adder") as desk,
    ):
        await add(desk, url)
        await desk.ask("Three and four?")
        assert call_of(desk).output == SEVEN
        assert last_reply(desk).text == REPLY
    assert files_with(SECRET) == []


async def test_headers_are_changed_and_what_stays_is_neither_shown_nor_asked_for(ring: Ring) -> None:
    async with desk_with([], [], choose=False) as (desk, api):
        await add(desk, "https://example.com/mcp")
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        row = await until(lambda: next(iter(tree.findItems("example.com", Qt.MatchFlag.MatchExactly)), None))
        assert row.text(1).startswith("1 header")
        assert "https://example.com/mcp" in row.toolTip(0)
        assert SECRET not in row.toolTip(0)
        tree.setCurrentItem(row)
        QTest.keyClick(tree, Qt.Key.Key_Return)
        dialog = await opened()
        [kept] = dialog.headers.rows
        assert (kept.field.text(), kept.field.placeholderText()) == ("", "Kept in the keyring")
        assert not kept.secret.isVisible()
        dialog.address.setText("https://evil.example/mcp")
        dialog.save.click()
        assert "since the address has changed" in dialog.problem.text()
        dialog.address.setText("https://example.com/v2/mcp")
        dialog.headers.add.click()
        added = dialog.headers.rows[1]
        added.name.setText("X-Team")
        dialog.save.click()
        assert "Enter a value" in dialog.problem.text()
        added.field.setText("owls")
        assert added.field.echoMode() is not QLineEdit.EchoMode.Normal
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers[0].url == "https://example.com/v2/mcp")
        await desk.ask("Hello.")
        [sent] = api.asked[0]["integrations"]
        assert sent["headers"] == {"Authorization": f"Bearer {SECRET}", "X-Team": "owls"}
        assert (sent["type"], sent["server_url"]) == ("ephemeral_mcp", "https://example.com/v2/mcp")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("Two words", "x", "letters, digits"),
        ("", "x", "letters, digits"),
        ("X-Name", "naïve ☃", "can't be sent"),
        ("X-Name", "", "Enter a value"),
    ],
)
async def test_a_header_that_can_t_be_sent_is_told_at_its_field(ring: Ring, name: str, value: str, words: str) -> None:
    async with desk_with(choose=False) as (desk, _):
        dialog = await dialog_of(desk)
        dialog.address.setText("https://example.com/mcp")
        dialog.headers.add.click()
        [row] = dialog.headers.rows
        row.name.setText(name)
        row.field.setText(value)
        row.name.setFocus()
        dialog.save.click()
        assert words in dialog.problem.text()
        assert dialog.isVisible()
        dialog.reject()
        assert ring.kept == {}


async def test_without_its_headers_nothing_is_sent_and_the_reply_says_why(ring: Ring) -> None:
    async with desk_with([], choose=False) as (desk, api):
        gone = ChosenServer(id="owl", url="https://example.com/mcp", headers=("Authorization",), secret="gone")
        desk.presenter.tooling.choose(ToolChoice(servers=(gone,)))
        await desk.ask("Hello.")
        failure = last_reply(desk).failure
        assert failure
        assert "not in the keyring" in failure.message
        assert api.asked == []


async def test_headers_go_to_no_other_address_and_over_no_other_server(ring: Ring, tmp_path: Path) -> None:
    name = await HeaderStore(tmp_path).keep("", "https://example.com/mcp", {"Authorization": SECRET})
    store = HeaderStore(tmp_path)
    for server, url in (("", "https://evil.example/mcp"), ("http://elsewhere:1234", "https://example.com/mcp")):
        with pytest.raises(AppError):
            await store.read(name, server, url)
    assert await store.read(name, "", "https://example.com/mcp") == {"Authorization": SECRET}


async def test_headers_of_chats_that_are_gone_are_forgotten_at_the_next_start(ring: Ring) -> None:
    async with desk_with([], [], choose=False) as (desk, _):
        for url in ("https://one.example/mcp", "https://two.example/mcp"):
            await add(desk, url, secret=url)
            await desk.ask("Hello.")
            desk.presenter.new_chat()
        first = (await desk.history.do(Database.chats))[-1]
        await desk.history.do(Database.trash, [first.id])
    async with desk_with(choose=False) as (desk, _):
        await asyncio.sleep(0)
        await until(lambda: not desk.presenter.replies.conversations)
        assert len(ring.kept) == 2, "what is in the trash may come back"
        await desk.history.do(Database.empty_trash)
    async with desk_with(choose=False):
        await until(lambda: len(ring.kept) == 1)
        assert "two.example" in "".join(ring.kept.values())
        names = json.loads((app_paths().config / "tool_headers.json").read_text())["names"]
        assert names == list(ring.kept)


async def test_what_is_entered_while_others_are_forgotten_stays(ring: Ring, tmp_path: Path) -> None:
    before = await HeaderStore(tmp_path).keep("", "https://example.com/mcp", {"A": "1"})
    store = HeaderStore(tmp_path)
    fresh = await store.keep("", "https://example.com/mcp", {"A": "2"})
    await store.forget_others([])
    assert list(ring.kept) == [fresh]
    assert before != fresh


async def test_without_a_keyring_they_are_in_a_file_that_only_its_owner_reads(ring: Ring, tmp_path: Path) -> None:
    ring.broken = True
    name = await HeaderStore(tmp_path).keep("", "https://example.com/mcp", {"A": SECRET})
    file = tmp_path / "tool_headers_values.json"
    assert SECRET in file.read_text()
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0
    assert await HeaderStore(tmp_path).read(name, "", "https://example.com/mcp") == {"A": SECRET}
    assert Keys(file).read(name)
