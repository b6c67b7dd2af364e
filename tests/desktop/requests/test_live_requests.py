"""The requests of a real server, in a real table."""

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from studiolo.api.server import TokenRequest
from studiolo.api.settings import ServerSettings
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.requests.table import RequestColumn
from studiolo.paths import app_paths
from tests.desktop.requests.conftest import OpenDesk
from tests.stands.plain_http import http_client
from tests.stands.plain_server import plain_server
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import stays, until

MODEL = "acme/tiny"
QUESTION = {"model": MODEL, "messages": [{"role": "user", "content": "Don't say 'hello'."}], "max_tokens": 4}


@pytest.fixture(autouse=True)
def model() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)


async def test_requests_before_and_after_are_listed_with_their_figures(requests_desk: OpenDesk) -> None:
    async with serving(adopt_models=False) as server, http_client(server.address, timeout=60) as http:
        await http.get("/v1/models", headers={"User-Agent": "curl/8.1"})
        async with requests_desk(server.address) as desk:
            await until(lambda: desk.presenter.live)
            await until(lambda: "curl" in desk.cells(RequestColumn.SENDER))
            await http.post("/v1/chat/completions", json=QUESTION)
            row = await desk.row("/v1/chat/completions")
            entry = desk.view.table.rows[row]
            assert (entry.model, entry.status) == (MODEL, 200)
            assert entry.output_tokens
            assert desk.view.state_label.text() == "Live"
            desk.view.failed.setChecked(True)
            assert desk.view.table.rowCount() == 0
            await http.post("/v1/chat/completions", json={"model": "no/body", "messages": []})
            await until(lambda: desk.cells(RequestColumn.STATUS) == ["400"])
            assert not desk.reported


async def test_paused_it_keeps_what_comes_and_says_how_much(requests_desk: OpenDesk) -> None:
    async with serving() as server, http_client(server.address) as http, requests_desk(server.address) as desk:
        # The last thing that the window itself asks.
        await desk.row("/api/v1/server/settings")
        desk.view.pause.click()
        before = desk.view.table.total
        for _ in range(3):
            await http.get("/lmstudio-greeting")
        await until(lambda: "3 waiting" in desk.view.state_label.text())
        assert desk.view.table.total == before
        desk.view.pause.click()
        assert desk.view.table.total == before + 3
        assert desk.view.state_label.text() == "Live"
        # So that the end of the last one is not told after it was cleared away.
        await desk.row("/lmstudio-greeting")
        desk.view.clear.click()
        assert desk.view.table.total == 0
        await http.get("/lmstudio-greeting")
        await until(lambda: desk.view.table.total == 1)


async def test_what_is_kept_of_a_request_is_shown(requests_desk: OpenDesk) -> None:
    async with (
        serving(adopt_models=False) as server,
        http_client(server.address, timeout=60) as http,
        requests_desk(server.address) as desk,
    ):
        pane = desk.view.pane
        await http.get("/v1/models")
        desk.view.rows.choose(await desk.row("/v1/models"))
        await until(lambda: "were not kept" in pane.text.toPlainText())
        desk.view.in_full.click()
        async with Client(server.address) as client:

            async def switched() -> bool:
                return (await ServerApi(client).settings()).log_bodies

            await until(switched)
        await http.post("/v1/chat/completions", json=QUESTION | {"stream": True})
        desk.view.rows.choose(await desk.row("/v1/chat/completions"))
        await until(lambda: "Don't say 'hello'." in pane.text.toPlainText())
        assert "content-type: application/json" in pane.text.toPlainText()
        pane.tabs.setCurrentIndex(1)
        assert "text/event-stream" in pane.text.toPlainText()
        pane.tabs.setCurrentIndex(2)
        assert pane.text.toPlainText().count("+") >= 2
        assert "data: [DONE]" in pane.text.toPlainText()
        chosen = desk.view.chosen
        await http.get("/lmstudio-greeting")
        await desk.row("/lmstudio-greeting")
        assert desk.view.chosen == chosen, "what comes does not change what is looked at"
        desk.view.search.setText("completions")
        assert desk.view.chosen == chosen
        pane.close_button.click()
        assert not pane.isVisible()


@pytest.mark.skipif(
    which("curl") is None or os.name == "nt", reason="there is no curl, or no shell that it is written for"
)
async def test_the_copied_command_has_no_token_and_does_the_same(requests_desk: OpenDesk) -> None:
    async with serving(log_bodies=True, adopt_models=False) as server:
        async with Client(server.address) as client:
            chats = (await ServerApi(client).create_token(TokenRequest(name="laptop", permissions=["chat"]))).token
            reads = (await ServerApi(client).create_token(TokenRequest(name="desk", permissions=["admin"]))).token
            await ServerApi(client).change_settings({"require_authentication": True})
        assert chats
        assert reads
        key = {"Authorization": f"Bearer {chats}"}
        async with (
            http_client(server.address, timeout=60, headers=key) as http,
            requests_desk(server.address, reads) as desk,
        ):
            await http.post("/v1/chat/completions?note=it's", json=QUESTION)
            desk.view.rows.choose(await desk.row("/v1/chat/completions"))
            await until(lambda: desk.view.pane.resend.isEnabled())
            assert chats not in desk.view.pane.text.toPlainText()
            desk.view.pane.copy.click()
            command = QGuiApplication.clipboard().text()
            assert "$LM_API_TOKEN" in command
            assert not re.search(r"sk-lm-", command)
            before = desk.view.table.total
            done = await asyncio.to_thread(
                subprocess.run,
                ["sh", "-c", command],
                env=os.environ | {"LM_API_TOKEN": chats},
                capture_output=True,
                check=True,
            )
            assert json.loads(done.stdout)["choices"][0]["message"]
            await until(lambda: desk.view.table.total == before + 1 and desk.cells(RequestColumn.STATUS)[0] == "200")
            again = desk.view.table.rows[0]
            assert (again.program, again.token_name, again.route) == ("curl", "laptop", "/v1/chat/completions")


def answer(text: str) -> bool:
    """Press a button of the question that is open."""
    for box in QApplication.topLevelWidgets():
        if isinstance(box, QMessageBox) and box.isVisible():
            next(one for one in box.findChildren(QPushButton) if one.text().replace("&", "") == text).click()
            return True
    return False


async def test_a_request_is_sent_again(requests_desk: OpenDesk) -> None:
    async with (
        serving(log_bodies=True, adopt_models=False) as server,
        http_client(server.address, timeout=60) as http,
        requests_desk(server.address) as desk,
    ):
        await http.post("/v1/chat/completions", json=QUESTION)
        desk.view.rows.choose(await desk.row("/v1/chat/completions"))
        await until(lambda: desk.view.pane.resend.isEnabled())
        desk.view.pane.resend.click()
        await until(lambda: desk.cells(RequestColumn.REQUEST).count("POST /v1/chat/completions") == 2)
        await until(lambda: "Sent again: 200" in desk.view.foot.text())
        assert desk.view.table.rows[0].program == "Studiolo"


async def test_what_changes_something_is_sent_again_only_after_a_question(requests_desk: OpenDesk) -> None:
    async with (
        serving(log_bodies=True) as server,
        http_client(server.address) as http,
        requests_desk(server.address) as desk,
    ):

        async def minutes() -> float:
            return ServerSettings(**(await http.get("/api/v1/server/settings")).json()).idle_minutes

        for count in (7, 8):
            await http.patch("/api/v1/server/settings", json={"idle_minutes": count})
        await until(lambda: desk.cells(RequestColumn.REQUEST).count("PATCH /api/v1/server/settings") == 2)
        desk.view.rows.choose(max(row for row, one in enumerate(desk.view.table.rows) if one.method == "PATCH"))
        await until(lambda: desk.view.pane.resend.isEnabled())
        desk.view.pane.resend.click()
        await until(lambda: answer("Cancel"))
        assert await minutes() == 8
        desk.view.pane.resend.click()
        await until(lambda: answer("Send again"))
        await until(lambda: "Sent again: 200" in desk.view.foot.text())
        assert await minutes() == 7


async def test_what_was_not_kept_whole_can_not_be_sent_again(requests_desk: OpenDesk) -> None:
    async with (
        serving(log_bodies=True) as server,
        http_client(server.address) as http,
        requests_desk(server.address) as desk,
    ):
        await http.post(
            "/v1/chat/completions", json={"model": "no/body", "api_key": "sk-lm-abcdefgh:12345678901234567890"}
        )
        desk.view.rows.choose(await desk.row("/v1/chat/completions"))
        await until(lambda: "api_key" in desk.view.pane.text.toPlainText())
        assert not desk.view.pane.resend.isEnabled()
        assert "not kept" in desk.view.pane.resend.toolTip()


async def test_what_is_listed_is_exported(requests_desk: OpenDesk, tmp_path: Path) -> None:
    async with serving() as server, http_client(server.address) as http, requests_desk(server.address) as desk:
        await http.get("/lmstudio-greeting")
        await http.get("/v1/models")
        await desk.row("/v1/models")
        desk.view.search.setText("greeting")
        target = tmp_path / "requests.jsonl"
        desk.view.export.click()

        def chosen() -> bool:
            for dialog in desk.view.findChildren(QFileDialog):
                if dialog.isVisible():
                    dialog.selectFile(str(target))
                    dialog.accept()
                    return True
            return False

        await until(chosen)
        await until(target.exists)
        lines = [json.loads(line) for line in target.read_text().splitlines()]
        assert [line["route"] for line in lines] == ["/lmstudio-greeting"]
        assert "body" not in lines[0]


async def test_a_server_without_a_log_is_told_as_such(requests_desk: OpenDesk) -> None:
    async with plain_server() as address, requests_desk(address) as desk:
        await until(lambda: "keeps no log of requests" in desk.view.told)
        assert not desk.view.retry.isVisible()
        assert not desk.reported


async def test_a_token_that_may_not_read_it_is_told_what_is_missing(requests_desk: OpenDesk) -> None:
    async with serving() as server:
        async with Client(server.address) as client:
            token = (await ServerApi(client).create_token(TokenRequest(name="laptop", permissions=["chat"]))).token
            await ServerApi(client).change_settings({"require_authentication": True})
        async with requests_desk(server.address, token) as desk:
            # Who the server is takes no permission, its log does.
            await until(lambda: "“admin”" in desk.view.told)
            assert desk.view.retry.isVisible()
            assert not desk.reported


async def test_a_token_that_was_refused_is_not_sent_again_until_somebody_wants_it(requests_desk: OpenDesk) -> None:
    async with (
        raw_server(response(b"{}", status=401)) as server,
        requests_desk(server.address, "wrong", ready=False, back_off=(0.0,)) as desk,
    ):
        await until(desk.view.retry.isVisible)
        asked = len(server.requests)
        await stays(lambda: len(server.requests) == asked and not desk.presenter._scope._named)
        desk.view.retry.click()
        await until(lambda: len(server.requests) > asked)
        assert not desk.reported


async def test_it_comes_back_by_itself_with_a_server_that_begins_anew(requests_desk: OpenDesk) -> None:
    first = serving()
    server = await first.__aenter__()
    port = int(server.address.rpartition(":")[2])
    async with requests_desk(server.address, back_off=(0.05,)) as desk:
        async with http_client(server.address) as http:
            for _ in range(5):
                await http.get("/lmstudio-greeting")
        await until(lambda: desk.view.table.total >= 5)
        await first.__aexit__(None, None, None)
        await until(lambda: not desk.presenter.live)
        assert desk.view.table.total >= 5, "what was listed stays"
        assert desk.view.state_label.text() != "Live"
        async with serving(port=port) as server, http_client(server.address) as http:
            await until(lambda: desk.presenter.live)
            await http.get("/v1/models")
            await desk.row("/v1/models")
            assert desk.view.table.total < 5, "the list is that of the new server"
        assert not desk.reported


async def test_nothing_is_followed_out_of_sight(requests_desk: OpenDesk) -> None:
    async with serving() as server, http_client(server.address) as http, requests_desk(server.address) as desk:
        await until(lambda: desk.presenter.live)
        desk.view.hide()
        await until(lambda: not desk.presenter.live)
        await http.get("/v1/models")
        assert "/v1/models" not in [one.route for one in desk.view.table.rows]
        desk.view.show()
        await desk.row("/v1/models")


async def test_rows_are_as_high_as_their_letters_and_columns_as_many_as_there_is_room_for(
    requests_desk: OpenDesk,
) -> None:
    async with serving() as server, requests_desk(server.address) as desk:
        await desk.row("/api/v1/server/settings")
        rows = desk.view.rows
        height = rows.rowHeight(0)
        assert not rows.isColumnHidden(RequestColumn.MODEL)
        font = rows.font()
        font.setPointSizeF(font.pointSizeF() * 2)
        rows.setFont(font)
        assert rows.rowHeight(0) > 1.5 * height
        assert rows.isColumnHidden(RequestColumn.SPEED)
        desk.view.resize(560, 500)
        await until(lambda: rows.isColumnHidden(RequestColumn.MODEL))
        assert not rows.isColumnHidden(RequestColumn.STATUS)


async def test_tab_goes_from_the_search_to_the_rows_and_on_to_the_details(requests_desk: OpenDesk) -> None:
    async with serving() as server, requests_desk(server.address) as desk:
        await desk.row("/api/v1/server/settings")
        view = desk.view
        view.search.setFocus()
        passed = [view.focusWidget()]
        while passed[-1] is not view.rows and len(passed) < 20:
            QTest.keyClick(passed[-1], Qt.Key.Key_Tab)
            passed.append(view.focusWidget())
        assert passed == [
            *(view.search, view.failed, view.without_own),
            *(view.pause, view.clear, view.export, view.in_full, view.rows),
        ]
        assert view.chosen is not None, "whoever comes by keyboard can act at once"
        QTest.keyClick(view.rows, Qt.Key.Key_Tab)
        assert view.focusWidget() is view.pane.copy
        view.rows.setFocus()
        QTest.keyClick(view.rows, Qt.Key.Key_Escape)
        assert view.chosen is None
        assert not view.pane.isVisible()
