"""Signing in from the page of tools to a real MCP server: our server asks, a browser answers, tools are listed."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studiolo.api.mcp import McpServerChange
from studiolo.client.client import Client
from studiolo.client.mcp import McpClient
from studiolo.desktop.mcp.model import ServerAction
from studiolo.paths import app_paths
from tests.desktop.mcp.conftest import McpDesk
from tests.stands.mcp_servers.oauth import TOOL, Authority, vault
from tests.stands.ring import Ring, ring_in_use
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import LIMIT_SECONDS, until

Desk = Callable[..., AbstractAsyncContextManager[McpDesk]]


@asynccontextmanager
async def locked(desk_at: Desk) -> AsyncIterator[tuple[McpDesk, Authority, Ring]]:
    """The page, where an MCP server behind a sign-in is set up; who may do what there; the keyring."""
    with ring_in_use() as ring:
        async with vault() as made, serving() as server:
            async with Client(server.address, LOCAL_KEY) as client:
                await McpClient(client).put("vault", McpServerChange(entry={"url": made.url}))
            async with desk_at(server.address, LOCAL_KEY) as desk:
                yield desk, made.authority, ring


async def browse(url: str) -> httpx.Response:
    """As a browser does whose person is signed in there already."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=LIMIT_SECONDS) as browser:
        return await browser.get(url)


async def begin(desk: McpDesk) -> str:
    """By keyboard; the page that a browser was asked to open."""
    panel = desk.page.panel
    await until(lambda: panel.sign_in.isVisible(), "that a sign-in is needed")
    assert panel.sign_in.accessibleName() or panel.sign_in.text()
    before = len(desk.opened)
    panel.sign_in.setFocus()
    QTest.keyClick(panel.sign_in, Qt.Key.Key_Space)
    await until(lambda: len(desk.opened) > before, "the browser")
    await until(lambda: panel.cancel.isVisible())
    return desk.opened[-1]


async def test_a_person_signs_in_and_out_on_the_page(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, ring):
        panel = desk.page.panel
        url = await begin(desk)
        asked = parse_qs(urlsplit(url).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert urlsplit(asked["redirect_uri"][0]).hostname == "127.0.0.1"
        assert "You can close this tab." in (await browse(url)).text
        await until(lambda: panel.badge.text() == "Connected")
        await until(lambda: (one := desk.page.server("vault")) and one.tools)
        server = desk.page.server("vault")
        assert server
        assert [tool.name for tool in server.tools or ()] == [TOOL]
        assert server.signed_in
        assert not panel.cancel.isVisible()
        tokens = set(authority.access)
        assert any(token in kept for token in tokens for kept in ring.kept.values())
        paths = app_paths()
        folders = (paths.data, paths.config, paths.cache, paths.logs)
        files = [file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()]
        assert not [text for text in authority.texts if any(text.encode() in content for content in files)]
        menu = panel.open_menu()
        next(action for action in menu.actions() if action.text() == "Sign out").trigger()
        menu.close()
        await until(lambda: not (one := desk.page.server("vault")) or not one.signed_in)
        # What is kept here is deleted first, so that a server that can't be reached keeps nobody signed in.
        await until(lambda: not authority.access, "that the token was revoked")
        assert not any(token in kept for token in tokens for kept in ring.kept.values())
    assert desk.reported == []


async def test_a_person_who_says_no_there_is_told_and_can_begin_again(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, _):
        authority.denies = True
        await browse(await begin(desk))
        await until(lambda: desk.reported)
        assert "the sign-in was refused" in str(desk.reported[0])
        authority.denies = False
        await browse(await begin(desk))
        await until(lambda: desk.page.panel.badge.text() == "Connected")
    assert len(desk.reported) == 1


async def test_a_late_answer_to_a_sign_in_that_was_cancelled_finds_nobody(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, _):
        panel = desk.page.panel
        url = await begin(desk)
        panel.cancel.click()
        await until(lambda: panel.sign_in.isVisible())
        with pytest.raises(httpx.TransportError):
            await browse(url)
        assert authority.access == {}
        assert not panel.cancel.isVisible()
        await browse(await begin(desk))
        await until(lambda: panel.badge.text() == "Connected")
    assert desk.reported == []


async def test_a_page_that_is_closed_in_the_middle_leaves_no_task_and_another_can_begin(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, _):
        url = await begin(desk)
        desk.page.hide()
        desk.page.show()
        await until(lambda: desk.page.panel.cancel.isVisible(), "it is still waited for")
        await browse(url)
        await until(lambda: desk.page.panel.badge.text() == "Connected")
        assert authority.access
    assert desk.reported == []


async def test_the_window_may_be_closed_while_somebody_signs_in(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, _):
        url = await begin(desk)
        await desk.presenter.aclose()
        assert "You can close this tab." in (await browse(url)).text, "our server waits on"
        assert authority.access
    assert desk.reported == []


async def test_a_sign_in_that_is_begun_twice_is_the_second_alone(mcp_desk: Desk) -> None:
    async with locked(mcp_desk) as (desk, authority, _):
        first = await begin(desk)
        desk.page.action_requested.emit(ServerAction.SIGN_IN, "vault")
        await until(lambda: len(desk.opened) == 2, "the browser again")
        with suppress(httpx.TransportError):
            await browse(first)
        assert authority.access == {}, "the first is given up"
        await browse(desk.opened[1])
        await until(lambda: desk.page.panel.badge.text() == "Connected")
        assert not desk.page.panel.cancel.isVisible()
    assert desk.reported == []
