"""The tokens of a server in the window: made and shown once, edited, revoked, and never written down."""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from studiolo.api.server import TokenRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.server.token_dialogs import NewTokenDialog, TokenDialog
from studiolo.desktop.server.tokens_table import TokenColumn
from studiolo.errors import AccessError
from tests.desktop.server.conftest import ServerDesk, opened
from tests.desktop.server.test_overview import press
from tests.stands.plain_server import plain_server
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[ServerDesk]]


def names(desk: ServerDesk) -> list[str]:
    return [token.name for token in desk.tokens.table.rows]


async def test_a_token_is_made_shown_once_and_works(server_desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as server, server_desk(server.address) as desk:
        await until(lambda: desk.tokens.is_empty)
        desk.tokens.empty.action.click()
        dialog = await opened(desk.page, TokenDialog)
        assert not dialog.save.isEnabled(), "it has no name yet"
        dialog.name_field.setText("VS Code")
        assert dialog.permissions == ["chat", "models", "downloads"]
        dialog.boxes["downloads"].click()
        dialog.end_field.setCurrentIndex(dialog.end_field.findData(30))
        dialog.save.click()
        shown = await opened(desk.page, NewTokenDialog)
        text = shown.field.text()
        assert text.startswith("sk-lm-")
        shown.copy.click()
        assert QGuiApplication.clipboard().text() == text
        shown.accept()
        await until(lambda: names(desk) == ["VS Code"])
        table = desk.tokens.table
        row = {column: table.index(0, column).data() for column in TokenColumn}
        assert row[TokenColumn.PREFIX] == f"{text[:10]}…"
        assert row[TokenColumn.PERMISSIONS] == "Chat, Models"
        assert (row[TokenColumn.CREATED], row[TokenColumn.USED]) == ("Today", "Never")
        assert row[TokenColumn.EXPIRES] not in ("Never", "Expired", "")
        await until(desk.tokens.open.isVisible, "nobody is asked for it yet")
        await desk.presenter.shown.api.change_settings({"require_authentication": True})
        async with Client(server.address, text) as client:
            await ModelsApi(client).list_models()
        await until(lambda: True)
    assert text not in caplog.text


async def test_a_token_is_edited_and_keeps_what_is_not_touched(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        api = desk.presenter.shown.api
        asked = TokenRequest(name="Old", permissions=["chat"], expires_at="2099-01-01T00:00:00Z")
        end = (await api.create_token(asked)).expires_at
        desk.tokens.again_requested.emit()
        await until(lambda: names(desk) == ["Old"])
        desk.tokens.view.choose(0)
        assert desk.tokens.edit.isVisible()
        desk.tokens.view.setFocus()
        QTest.keyClick(desk.tokens.view, Qt.Key.Key_Return)
        dialog = await opened(desk.page, TokenDialog)
        assert dialog.expires_at == end
        dialog.name_field.setText("New")
        dialog.boxes["mcp"].click()
        dialog.save.click()
        await until(lambda: names(desk) == ["New"])
        (token,) = await api.tokens()
        assert (token.permissions, token.expires_at) == (["chat", "mcp"], end)
        desk.tokens.edit.click()
        dialog = await opened(desk.page, TokenDialog)
        dialog.end_field.setCurrentIndex(dialog.end_field.findData(0))
        dialog.save.click()

        async def endless() -> bool:
            return (await api.tokens())[0].expires_at is None

        await until(endless)


async def test_a_token_is_revoked_once_that_is_confirmed(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        api = desk.presenter.shown.api
        made = await api.create_token(TokenRequest(name="Guest"))
        desk.tokens.again_requested.emit()
        await until(lambda: names(desk) == ["Guest"])
        desk.tokens.view.choose(0)
        desk.tokens.view.setFocus()
        QTest.keyClick(desk.tokens.view, Qt.Key.Key_Delete)
        box = await opened(desk.page, QMessageBox)
        press(box, "Cancel")
        await until(lambda: not box.isVisible())
        assert len(await api.tokens()) == 1
        desk.tokens.revoke.click()
        press(await opened(desk.page, QMessageBox), "Revoke")
        await until(lambda: desk.tokens.is_empty)
        await api.change_settings({"require_authentication": True})
        async with Client(server.address, made.token) as client:
            with pytest.raises(AccessError):
                await ModelsApi(client).list_models()


async def test_the_token_that_this_program_uses_is_marked(server_desk: Desk) -> None:
    async with serving() as server, Client(server.address, LOCAL_KEY) as local:
        made = await ServerApi(local).create_token(TokenRequest(name="Mine", permissions=["chat", "models", "admin"]))
        await ServerApi(local).change_settings({"require_authentication": True})
        async with server_desk(server.address, made.token) as desk:
            await until(lambda: desk.tokens.table.rowCount() == 1)
            assert desk.tokens.table.index(0, TokenColumn.NAME).data() == "Mine (used by this app)"
            assert not desk.tokens.open.isVisible()
            desk.tokens.view.choose(0)
            desk.tokens.revoke.click()
            box = await opened(desk.page, QMessageBox)
            assert "This app uses it to reach Box" in box.informativeText()
            press(box, "Cancel")
            await until(lambda: not box.isVisible())


async def test_who_may_not_see_the_tokens_is_told_why(server_desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving())
        local = await stack.enter_async_context(Client(server.address, LOCAL_KEY))
        made = await ServerApi(local).create_token(TokenRequest(name="Small", permissions=["chat"]))
        await ServerApi(local).change_settings({"require_authentication": True})
        desk = await stack.enter_async_context(server_desk(server.address, made.token))
        away = desk.tokens.away
        await until(lambda: away.isVisible() and "admin" in away.text.text())
        assert away.title.text() == "The tokens of Box can't be seen from here"
        assert away.action.isVisible()


async def test_a_plain_server_makes_its_tokens_itself(server_desk: Desk) -> None:
    async with plain_server() as address, server_desk(address) as desk:
        await until(lambda: desk.tokens.away.title.text() == "Tokens are made on the server itself")
        assert not desk.tokens.away.action.isVisible()
        assert desk.reported == []
