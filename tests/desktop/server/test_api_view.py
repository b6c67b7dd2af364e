"""The API in the window: every example works, answers come as they are sent, and the code is the same request."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from shutil import which

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studiolo.desktop.server.answer_view import MOST_SHOWN, AnswerView
from studiolo.desktop.server.endpoints import DOCUMENTED, ExampleModels, documented_endpoints, read_endpoints
from studiolo.desktop.server.request_code import (
    CURL,
    PYTHON,
    TYPESCRIPT,
    WrittenRequest,
    code_for,
    fill_path,
)
from studiolo.errors import ProtocolError
from studiolo.paths import app_paths
from tests.desktop.server.conftest import ServerDesk, opened
from tests.desktop.server.test_overview import press
from tests.stands.hub import StandHub
from tests.stands.minilm import write_minilm
from tests.stands.on_a_port import on_a_port
from tests.stands.plain_server import plain_server
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[ServerDesk]]

KEY, EMBEDDER = "acme/babbler", "acme/minilm"


@pytest.fixture
def models() -> None:
    write_tiny_llama(app_paths().models / "acme/babbler/babbler-Q4_K_M.gguf")
    write_minilm(app_paths().models / EMBEDDER / "minilm-F16.gguf")


async def listed(desk: ServerDesk) -> None:
    desk.page.show_view("api")
    shown = desk.presenter.shown
    await until(lambda: shown.models_known and desk.api.shown_endpoints)
    shown.choose_model(KEY)
    await until(lambda: f'"{KEY}"' in desk.api.panel.body.text)


async def test_every_example_that_changes_nothing_works(server_desk: Desk, models: None, stand: StandHub) -> None:
    file = app_paths().models / "acme/babbler/babbler-Q4_K_M.gguf"
    stand.add("lmstudio-community/Qwen3-8B-GGUF", {"Qwen3-8B-Q4_K_M.gguf": file})
    async with (
        serving(hub_endpoint=stand.endpoint, keep_last_only=False) as server,
        server_desk(server.address) as desk,
    ):
        await listed(desk)
        panel, sent = desk.api.panel, []
        (presenter,) = [one for one in desk.api.children() if type(one).__name__ == "ApiPresenter"]
        for endpoint in presenter.endpoints:  # type: ignore[attr-defined]
            if endpoint.asks_first or any(one.required and not one.example for one in endpoint.parameters):
                continue
            desk.api.choose(endpoint.key)
            assert panel.send.isEnabled(), f"{endpoint.key}: {panel.missing.text()}"
            panel.send.click()
            if endpoint.path.endswith(("/events", "/log/stream")):
                await until(panel.answer.badge.isVisible, endpoint.key)
                panel.cancel.click()
            await until(panel.send.isVisible, endpoint.key)
            assert panel.answer.badge.text() in ("200 OK", "204 No Content"), f"{endpoint.key}: {panel.answer.text}"
            sent.append(endpoint.key)
    assert len(sent) > 30
    assert {f"{method} {path}" for method, path, _ in DOCUMENTED if "{" not in path} - set(sent) == {
        "POST /api/v1/models/unload",
        "POST /api/v1/models/download",
    }
    assert desk.reported == []


async def test_a_reply_is_shown_as_it_comes_and_can_be_cancelled(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        panel = desk.api.panel
        desk.api.choose("POST /api/v1/chat")
        body = json.loads(panel.body.text) | {"max_output_tokens": 3000, "temperature": 1}
        panel.body.field.setPlainText(json.dumps(body))
        panel.send.click()
        await until(lambda: panel.answer.text.count("message.delta") > 4)
        assert panel.cancel.isVisible()
        assert not panel.send.isVisible()
        panel.cancel.click()
        await until(panel.send.isVisible)
        assert "cancelled" in panel.answer.facts.text()
        assert "chat.end" not in panel.answer.text
        panel.answer.headers.click()
        assert "content-type: text/event-stream" in panel.answer.header_text.text()


async def test_a_mistake_is_told_with_its_line_and_nothing_is_sent(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        panel = desk.api.panel
        desk.api.choose("POST /v1/completions")
        panel.body.field.setPlainText('{\n  "model": "x",\n  oops\n}')
        await until(panel.body.problem_label.isVisible)
        assert panel.body.problem_label.text().startswith("Line 3, column 3")
        assert not panel.send.isEnabled()
        panel.body.field.setPlainText("[" * 100_000)
        await until(lambda: "nested too deep" in panel.body.problem_label.text())
        panel.reset.click()
        await until(lambda: not panel.body.problem_label.isVisible())
        assert json.loads(panel.body.text)["model"] == KEY
        assert panel.send.isEnabled()


async def test_a_refusal_is_an_answer_like_any_other(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        panel = desk.api.panel
        desk.api.choose("POST /api/v1/chat")
        panel.body.field.setPlainText('{"model": "nobody/knows", "input": "Hi"}')
        panel.send.click()
        await until(lambda: panel.answer.badge.text() == "404 Not Found")
        await until(panel.send.isVisible)
        assert '"model_not_found"' in panel.answer.text
        assert panel.answer.text.startswith("{\n  "), "it is set out in lines"
        assert desk.reported == []


async def test_what_takes_something_away_asks_first(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        panel = desk.api.panel
        desk.api.choose("DELETE /api/v1/models/{key}")
        assert panel.fields["key"].text() == KEY
        panel.send.click()
        box = await opened(desk.page, QMessageBox)
        assert box.text() == f"Send DELETE /api/v1/models/{KEY}?"
        press(box, "Cancel")
        await until(lambda: not box.isVisible())
        assert not panel.answer.isVisible()
        panel.send.click()
        press(await opened(desk.page, QMessageBox), "Send")
        await until(lambda: panel.answer.badge.text().startswith("20"))
        assert not (app_paths().models / "acme/babbler/babbler-Q4_K_M.gguf").exists()


async def test_what_only_a_person_knows_has_to_be_filled_in(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        panel = desk.api.panel
        desk.api.choose("GET /api/v1/models/download/status/{job_id}")
        assert not panel.send.isEnabled()
        assert panel.missing.text() == "Fill in job_id."
        panel.fields["job_id"].setFocus()
        QTest.keyClicks(panel.fields["job_id"], "job 1/2")
        assert panel.send.isEnabled()
        assert "/status/job%201/2" in panel.code.text
        desk.api.choose("POST /api/v1/chat")
        desk.api.choose("GET /api/v1/models/download/status/{job_id}")
        assert panel.fields["job_id"].text() == "job 1/2", "what was written is there still"


async def test_the_filter_narrows_the_list_and_says_when_nothing_is_left(server_desk: Desk, models: None) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        await listed(desk)
        desk.page.lead_to_search()
        assert desk.api.filter.hasFocus()
        QTest.keyClicks(desk.api.filter, "embeddings post")
        assert desk.api.shown_endpoints == ["POST /v1/embeddings", "POST /api/v0/embeddings"]
        QTest.keyClicks(desk.api.filter, " nonsense")
        assert desk.api.nothing.isVisible()
        desk.api.filter.clear()
        assert not desk.api.nothing.isVisible()
        desk.api.choose("GET /api/v1/models")
        desk.api.tree.setFocus()
        QTest.keyClick(desk.api.tree, Qt.Key.Key_Down)
        assert desk.api.chosen == "POST /api/v1/models/load"


async def test_a_plain_server_has_the_documented_endpoints(server_desk: Desk, models: None) -> None:
    async with plain_server() as address, server_desk(address) as desk:
        await listed(desk)
        assert len(desk.api.shown_endpoints) == len(DOCUMENTED)
        assert desk.api.note.isVisible()
        desk.api.choose("GET /api/v1/models")
        desk.api.panel.send.click()
        await until(lambda: desk.api.panel.answer.badge.text() == "200 OK")
        assert desk.reported == []


async def test_a_file_is_not_read_as_a_text(server_desk: Desk) -> None:
    async def answer(request: Request) -> Response:
        document = {"openapi": "3.1.0", "paths": {"/file": {"get": {"description": "A file."}}}}
        answers: dict[str, Response] = {
            "/openapi.json": JSONResponse(document),
            "/api/v1/models": JSONResponse({"models": []}),
            "/file": Response(b"\0" * 1000, media_type="application/octet-stream"),
        }
        return answers.get(request.url.path, JSONResponse({"error": "Unexpected endpoint or method."}, 404))

    app = Starlette(routes=[Route("/{path:path}", answer)])
    async with on_a_port(app) as address, server_desk(address) as desk:
        await until(lambda: desk.api.shown_endpoints == ["GET /file"])
        panel = desk.api.panel
        panel.send.click()
        await until(panel.send.isVisible)
        assert panel.answer.badge.text() == "200 OK"
        assert "is no text (application/octet-stream)" in panel.answer.facts.text()
        assert panel.answer.text == ""


def test_long_lines_are_shown_short_and_copied_whole(qapp: QApplication) -> None:
    parent = QWidget()
    view = AnswerView(parent)
    text = json.dumps({"data": "x" * 500_000})
    view.show_json(text)
    assert view.text == text
    assert len(view.field.toPlainText()) < 11_000
    view.copy.click()
    assert QApplication.clipboard().text() == text
    view.show_waiting()
    for _ in range(5):
        view.add_text("y" * 600_000)
    view.show_end(1, 3_000_000)
    assert "shortened" in view.facts.text()
    assert len(view.text) == MOST_SHOWN
    parent.deleteLater()


@pytest.mark.parametrize("language", [CURL, PYTHON, TYPESCRIPT])
async def test_the_code_sends_the_same_request(language: str, models: None, tmp_path: Path) -> None:
    program = {CURL: "sh", PYTHON: sys.executable, TYPESCRIPT: "node"}[language]
    if not which(program):
        pytest.skip(f"{program} is not installed")
    endpoints = {one.key: one for one in documented_endpoints(ExampleModels(KEY, EMBEDDER))}
    async with serving(require_authentication=True) as server:
        for key in ("POST /v1/embeddings", "POST /api/v1/chat", "GET /api/v1/models"):
            endpoint = endpoints[key]
            request = WrittenRequest(endpoint.method, endpoint.path, endpoint.body or None)
            text = code_for(language, server.address, request)
            assert "LM_API_TOKEN" in text
            # What is typed with an exclamation mark in TypeScript is the same without it in what node runs.
            file = tmp_path / {CURL: "lines.sh", PYTHON: "lines.py", TYPESCRIPT: "lines.mjs"}[language]
            file.write_text(text.replace("body!", "body"), encoding="utf-8")
            environment = {**os.environ, "LM_API_TOKEN": LOCAL_KEY}
            ran = await asyncio.to_thread(
                subprocess.run, [program, str(file)], env=environment, capture_output=True, text=True, timeout=60
            )
            assert ran.returncode == 0, ran.stderr
            expected = {"POST /v1/embeddings": "embedding", "POST /api/v1/chat": "chat.end", "GET /api/v1/models": KEY}
            assert expected[key] in ran.stdout


def test_quotes_and_odd_letters_stay_what_they_are_in_code() -> None:
    body = json.dumps({"input": "It's “odd”: $HOME `x` \\ ${y}", "none": None, "list": [{"a": True}]}, indent=2)
    request = WrittenRequest("POST", "/v1/responses", body)
    code = code_for(PYTHON, "http://x", request)
    scope: dict[str, object] = {}
    exec(code.partition("body = ")[2].join(["body = ", ""]).partition("\nanswer")[0], scope)
    assert scope["body"] == json.loads(body)
    said = subprocess.run(
        ["sh", "-c", code_for(CURL, "http://x", request).replace("curl ", "printf '%s\\n' ", 1)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert body in said.stdout


def test_a_path_is_filled_in() -> None:
    endpoints = {one.key: one for one in documented_endpoints(ExampleModels(KEY, ""))}
    status = endpoints["GET /api/v1/models/download/status/{job_id}"]
    assert fill_path(status, {"job_id": "a?b"}) == "/api/v1/models/download/status/a%3Fb"


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"paths": []}', '{"paths": {"/x": 3}}', "[" * 100_000, '{"paths": {}}']
)
def test_a_list_of_endpoints_that_makes_no_sense_is_refused(document: str) -> None:
    with pytest.raises(ProtocolError):
        read_endpoints(document, ExampleModels())


def test_references_that_go_round_in_circles_end() -> None:
    schema = {"$ref": "#/components/schemas/A"}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    document = {"paths": {"/x": {"post": operation}}, "components": {"schemas": {"A": schema}}}
    (endpoint,) = read_endpoints(json.dumps(document), ExampleModels())
    assert json.loads(endpoint.body) == {}
