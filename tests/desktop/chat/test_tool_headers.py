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
from PySide6.QtWidgets import QApplication, QLineEdit, QTreeWidgetItem

from studiolo.api.chat import EphemeralMcp
from studiolo.desktop.chat.composing.address_dialog import AddressDialog
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox
from studiolo.desktop.connections.header_store import Confidence, HeaderStore
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
from tests.stands.tool_api import program
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
    if dialog.tools.isVisible():
        assert QApplication.focusWidget() is dialog.tools
        assert dialog.tools.accessibleName() == "Tools"
        QTest.keyClick(dialog.tools, Qt.Key.Key_Tab)
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
        assert (kept.field.text(), kept.field.placeholderText()) == ("", "Saved; enter another to replace it")
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
        assert "can't be found" in failure.message
        assert "keyring" not in failure.message, "it may have been in the private file"
        assert "Otherwise enter them again" in failure.hint
        assert api.asked == []


async def test_headers_go_to_no_other_address_and_over_no_other_server(ring: Ring, tmp_path: Path) -> None:
    name = await HeaderStore(tmp_path).keep("", "https://example.com/mcp", {"Authorization": SECRET})
    store = HeaderStore(tmp_path)
    for server, url in (("", "https://evil.example/mcp"), ("http://elsewhere:1234", "https://example.com/mcp")):
        with pytest.raises(AppError):
            await store.read(name, server, url)
    kept = await store.read(name, "", "https://example.com/mcp")
    assert kept == Confidence("https://example.com/mcp", {"Authorization": SECRET})


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
    kept = await HeaderStore(tmp_path).read(name, "", "https://example.com/mcp")
    assert kept.headers == {"A": SECRET}
    assert Keys(file).read(name)


KEYED = f"https://example.com/mcp?key={SECRET}&team=owls"


async def test_a_key_within_an_address_is_kept_as_headers_are(ring: Ring) -> None:
    start_logging("desktop", app_paths().logs)
    async with desk_with([], [], choose=False) as (desk, api):
        dialog = await dialog_of(desk)
        dialog.address.setText(KEYED)
        dialog.save.click()
        server = (await until(lambda: desk.conversation.tools.servers))[0]
        assert server.url == "https://example.com/mcp?key=…&team=…"
        await desk.ask("Hello.")
        assert api.asked[0]["integrations"][0]["server_url"] == KEYED
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        row = await until(lambda: next(iter(tree.findItems("example.com", Qt.MatchFlag.MatchExactly)), None))
        assert SECRET not in row.toolTip(0) + row.text(0) + row.text(1)
        tree.itemActivated.emit(row, 0)
        dialog = await opened()
        assert dialog.address.text() == server.url
        dialog.address.setText("https://example.com/v2/mcp?key=…")
        dialog.save.click()
        assert "whole address" in dialog.problem.text()
        dialog.address.setText(server.url)
        dialog.headers.add.click()
        dialog.headers.rows[0].name.setText("X-Team")
        dialog.headers.rows[0].field.setText("owls")
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers[0].headers)
        await desk.ask("And now?")
        [sent] = api.asked[1]["integrations"]
        assert (sent["server_url"], sent["headers"]) == (KEYED, {"X-Team": "owls"})
        number = await desk.latest()
        chat = await desk.history.do(Database.chat, number)
        messages = await desk.history.do(Database.messages, number)
        assert SECRET not in as_markdown(chat, messages) + as_html(chat, messages) + as_json(chat, messages)
    assert SECRET in "".join(ring.kept.values())
    assert files_with(SECRET) == []


async def test_a_key_within_an_address_that_can_t_be_reached_is_in_no_error_and_no_log(ring: Ring) -> None:
    write_adder()
    start_logging("desktop", app_paths().logs)
    async with serving() as server:
        at = {"defaults": ChatSettings(), "model": "acme/adder", "token": LOCAL_KEY}
        async with chat_desk(server.address, **at) as desk:  # type: ignore[arg-type]
            dialog = await dialog_of(desk)
            dialog.address.setText(f"http://127.0.0.1:9/k/{SECRET}/mcp?key={SECRET}")
            dialog.save.click()
            await until(lambda: desk.conversation.tools.servers)
            await desk.ask("Hello.")
            failure = last_reply(desk).failure
            assert failure
            assert SECRET not in f"{failure.message} {failure.hint} {failure.details}"
            desk.composer.tools.click()
            tree = desk.composer.tool_picker.tree
            row = await until(lambda: tree.topLevelItem(0) if tree.topLevelItemCount() else None)
            await until(lambda: (tree.topLevelItem(0) or row).text(1) == "Can't be reached")
            item = tree.topLevelItem(0)
            assert item
            assert SECRET not in item.toolTip(0) + item.toolTip(1)
            desk.composer.tool_picker.close()
    assert files_with(SECRET) == []


async def test_an_address_of_which_the_key_is_gone_is_not_asked_without_it(ring: Ring) -> None:
    async with desk_with([], choose=False) as (desk, api):
        gone = ChosenServer(id="owl", url="https://example.com/mcp?key=…")
        desk.presenter.tooling.choose(ToolChoice(servers=(gone,)))
        await desk.ask("Hello.")
        assert last_reply(desk).failure
        assert api.asked == []


async def test_single_tools_of_an_address_are_chosen_with_their_price(ring: Ring) -> None:
    write_adder()
    async with guarded() as url, serving() as server:
        at = {"defaults": ChatSettings(), "model": "acme/adder", "token": LOCAL_KEY}
        async with chat_desk(server.address, **at) as desk:  # type: ignore[arg-type]
            await add(desk, url)
            whole = await until(lambda: desk.presenter.tooling.tokens, "the price of all of its tools")
            desk.composer.tools.click()
            tree = desk.composer.tool_picker.tree

            def listed() -> dict[str, QTreeWidgetItem]:
                top = tree.topLevelItem(0)
                rows = [top.child(row) for row in range(top.childCount())] if top else []
                return {row.text(0): row for row in rows if row}

            rows = await until(listed, "its tools")
            assert rows["add"].checkState(0) is Qt.CheckState.Checked
            assert rows["add"].text(1).endswith(" tokens")
            for name, row in rows.items():
                if name != "add":
                    row.setCheckState(0, Qt.CheckState.Unchecked)
            [chosen] = desk.conversation.tools.servers
            assert chosen.allowed == ("add",)
            assert chosen.headers == ("Authorization",)
            await until(lambda: 0 < desk.presenter.tooling.tokens < whole, "the price of one")
            desk.composer.tool_picker.close()
            desk.presenter.send("Three and four?")
            box = await asked(desk)
            assert isinstance(box, ApprovalBox)
            box.chat.click()
            await desk.ended()
            assert call_of(desk).output == SEVEN
            desk.composer.tools.click()
            assert await until(listed)
            states = {name: row.checkState(0) for name, row in listed().items()}
            assert [name for name, state in states.items() if state is Qt.CheckState.Checked] == ["add"]
            desk.composer.tool_picker.close()


async def test_a_plain_server_is_told_which_tools_by_their_names(ring: Ring) -> None:
    async with desk_with([], [], choose=False, capabilities=[]) as (desk, api):
        dialog = await dialog_of(desk)
        dialog.address.setText("mcp/playwright")
        dialog.tools.setText("look, wipe,look")
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers)
        await desk.ask("Hello.")
        [sent] = api.asked[0]["integrations"]
        assert sent == {"type": "plugin", "id": "mcp/playwright", "allowed_tools": ["look", "wipe"]}
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        row = tree.topLevelItem(0)
        assert row
        assert row.text(1).startswith("2 tool")
        row.setCheckState(0, Qt.CheckState.Unchecked)
        row.setCheckState(0, Qt.CheckState.Checked)
        assert desk.conversation.tools.servers[0].allowed == ("look", "wipe"), "taken out and put in again"
        tree.itemActivated.emit(row, 0)
        dialog = await opened()
        assert (dialog.address.text(), dialog.tools.text()) == ("mcp/playwright", "look, wipe")
        dialog.tools.clear()
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers[0].allowed is None)


async def test_a_server_that_does_not_run_yet_keeps_the_tools_that_were_chosen() -> None:
    servers = {"files": program("files", state="off").model_copy(update={"tools": None})}
    async with desk_with([], choose=False, servers=servers) as (desk, _):
        chosen = ChosenServer(id="mcp/files", allowed=("look",))
        desk.presenter.tooling.choose(ToolChoice(servers=(chosen,)))
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        await until(lambda: tree.topLevelItemCount() == 1)
        for state in (Qt.CheckState.Unchecked, Qt.CheckState.Checked):
            row = tree.topLevelItem(0)
            assert row
            row.setCheckState(0, state)
        assert desk.conversation.tools.servers == (chosen,)
        desk.composer.tool_picker.close()


async def test_a_key_that_an_older_version_kept_in_the_history_is_taken_out_of_it(ring: Ring) -> None:
    plain = ChosenServer(id="example.com", url=KEYED)
    async with desk_with([], choose=False) as (desk, api):
        address = api.address
        await desk.ask("Hello.")
        number = await desk.latest()
        with_headers = await HeaderStore(app_paths().config).keep(address, KEYED, {"X-Team": "owls"})
        both = ToolChoice(
            server=address,
            servers=(plain, ChosenServer(id="b", url=KEYED, headers=("X-Team",), secret=with_headers)),
        )
        await desk.history.do(Database.set_settings, number, both.kept)
    assert await asyncio.to_thread(files_with, SECRET)
    async with desk_with([], choose=False) as (desk, _):

        async def tidied() -> ToolChoice | None:
            choice = ToolChoice.read(await desk.history.do(Database.settings, number))
            return choice if all("…" in one.url for one in choice.servers) else None

        async with asyncio.timeout(20):
            while not (choice := await tidied()):
                await asyncio.sleep(0.02)
        first, second = await choice.integrations(HeaderStore(app_paths().config))
        assert isinstance(first, EphemeralMcp)
        assert isinstance(second, EphemeralMcp)
        assert (first.server_url, first.headers) == (KEYED, None)
        assert (second.server_url, second.headers) == (KEYED, {"X-Team": "owls"})


async def test_a_plugin_in_the_place_of_a_keyed_address_has_nothing_of_it(ring: Ring) -> None:
    async with desk_with([], choose=False, capabilities=[]) as (desk, api):
        dialog = await dialog_of(desk)
        dialog.address.setText(KEYED)
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers)
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        tree.itemActivated.emit(tree.topLevelItem(0), 0)
        dialog = await opened()
        dialog.address.setText("mcp/playwright")
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers[0].id == "mcp/playwright")
        assert desk.conversation.tools.servers == (ChosenServer(id="mcp/playwright"),)
        await desk.ask("Hello.")
        assert api.asked[0]["integrations"] == [{"type": "plugin", "id": "mcp/playwright"}]


async def test_a_plugin_whose_name_is_deleted_is_not_saved(ring: Ring) -> None:
    async with desk_with(choose=False, capabilities=[]) as (desk, _):
        desk.presenter.tooling.choose(ToolChoice(servers=(ChosenServer(id="mcp/playwright"),)))
        desk.composer.tools.click()
        tree = desk.composer.tool_picker.tree
        tree.itemActivated.emit(tree.topLevelItem(0), 0)
        dialog = await opened()
        dialog.address.clear()
        dialog.save.click()
        assert dialog.problem.text()
        assert dialog.isVisible()
        dialog.reject()


async def test_addresses_that_differ_in_their_keys_alone_stand_side_by_side(ring: Ring) -> None:
    async with desk_with([], choose=False) as (desk, api):
        first, second = (f"https://example.com/s/{key}/mcp" for key in ("abc123abc123", "zzz987zzz987"))
        for url, count in ((first, 1), (second, 2), (first, 2)):
            dialog = await dialog_of(desk)
            dialog.address.setText(url)
            before = desk.conversation.tools
            dialog.save.click()
            while desk.conversation.tools == before:
                await asyncio.sleep(0.02)
            assert len(desk.conversation.tools.servers) == count
        await desk.ask("Hello.")
        sent = {one["server_label"]: one["server_url"] for one in api.asked[0]["integrations"]}
        assert sent == {"example.com": first, "example.com-2": second}


async def test_settings_that_change_while_keys_are_taken_out_stay(ring: Ring) -> None:
    async with desk_with([], choose=False) as (desk, api):
        await desk.ask("Hello.")
        number = await desk.latest()
        old = ToolChoice(server=api.address, servers=(ChosenServer(id="example.com", url=KEYED),))
        await desk.history.do(Database.set_settings, number, old.kept)
    ring.open.clear()
    async with desk_with([], choose=False) as (desk, _):
        await until(lambda: (app_paths().config / "tool_headers.json").exists(), "the keyring asks its owner")
        kept = await desk.history.do(Database.settings, number)
        await desk.history.do(Database.set_settings, number, kept | {"temperature": 0.25})
        ring.open.set()
        await until(lambda: ring.kept)

        async with asyncio.timeout(20):
            while SECRET in json.dumps(kept := await desk.history.do(Database.settings, number)):
                await asyncio.sleep(0.02)
        assert kept["temperature"] == 0.25
