"""The lines that connect a program: right for its server, the same as what tests/programs tries, without a token."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from shutil import which

import pytest
from PySide6.QtGui import QGuiApplication

from studiolo.desktop.server.programs import PROGRAMS, ConnectableProgram, Platform, filled, platform_here, token_line
from studiolo.desktop.server.token_dialogs import TokenDialog
from studiolo.paths import app_paths
from tests.desktop.server.conftest import ServerDesk, opened
from tests.stands.plain_server import plain_server
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[ServerDesk]]

KEY = "acme/babbler"
_TRIED = Path(__file__).parents[2] / "programs"
_ADDRESS = "http://localhost:4321"
_PLATFORMS: tuple[Platform, ...] = ("linux", "mac", "windows")


def lines(program: str, platform: Platform = "linux", *, address: str = _ADDRESS, model: str = KEY) -> list[str]:
    return [
        filled(one, address=address, model=model, context=8192, platform=platform)
        for one in next(one for one in PROGRAMS if one.id == program).snippets
    ]


@pytest.fixture
def babbler() -> None:
    write_tiny_llama(app_paths().models / "acme/babbler/babbler-Q4_K_M.gguf")


@pytest.mark.parametrize("platform", _PLATFORMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.id)
def test_every_program_is_told_the_address_the_model_and_where_the_token_is(
    program: ConnectableProgram, platform: Platform
) -> None:
    text = "\n".join(lines(program.id, platform))
    base = f"{_ADDRESS}/v1" if program.dialect == "openai" else _ADDRESS
    assert re.search(rf"{re.escape(base)}(?![\w:]|/v1)", text)
    assert KEY in text or program.id == "open-webui", "Open WebUI asks for the list of models itself"
    assert "LM_API_TOKEN" in text
    assert "sk-lm" not in text
    assert "{address}" not in text
    assert all(one.file is None or one.file[platform] for one in program.snippets)
    assert all(one.powershell for one in program.snippets if one.language == "bash")


@pytest.mark.parametrize(
    ("program", "file", "test"),
    [
        ("codex", "test_agents.py", "codex"),
        ("claude-code", "test_agents.py", "claude_code"),
        ("opencode", "test_agents.py", "opencode"),
        ("continue", "test_agents.py", "continue"),
        ("aider", "test_agents.py", "aider"),
        ("langchain", "langchain_client.py", ""),
        ("openai-node", "openai_for_node.mjs", ""),
    ],
)
def test_what_is_shown_is_what_was_tried(program: str, file: str, test: str) -> None:
    """The names of variables, keys of files, and which of both base addresses."""
    source = (_TRIED / file).read_text(encoding="utf-8")
    tried = source if not test else _body_of(source, test)
    shown = "\n".join(lines(program))
    names = {
        "codex": ["model_provider", "model_providers", "base_url", 'wire_api = "responses"'],
        "claude-code": [
            "ANTHROPIC_BASE_URL",
            "ANTHROPIC_AUTH_TOKEN",
            "ANTHROPIC_MODEL",
            "ANTHROPIC_SMALL_FAST_MODEL",
        ],
        "opencode": ["@ai-sdk/openai-compatible", "baseURL", "apiKey", "limit", "small_model", "provider"],
        "continue": ["provider: openai", "apiBase:", "apiKey:", "capabilities: [tool_use]", "schema: v1"],
        "aider": ["OPENAI_API_BASE", "OPENAI_API_KEY", "openai/"],
        "langchain": ["ChatOpenAI", "base_url", "api_key", "model"],
        "openai-node": ["OpenAI", "baseURL", "apiKey"],
    }[program]
    whole = tried + (_constants_of(source) if test else "")
    for name in names:
        assert name in shown, "it is not shown"
        assert name in whole, "nobody has tried it"
    if test:
        assert ("service.openai" in tried) == (f"{_ADDRESS}/v1" in shown)


def _body_of(source: str, test: str) -> str:
    return next(part for part in source.split("\ndef ") if part.startswith(f"test_{test}"))


def _constants_of(source: str) -> str:
    return source.partition("\ndef ")[0]


def test_the_files_are_what_their_programs_read() -> None:
    config = tomllib.loads(lines("codex")[0])
    provider = config["model_providers"][config["model_provider"]]
    assert (config["model"], provider["base_url"], provider["env_key"]) == (KEY, f"{_ADDRESS}/v1", "LM_API_TOKEN")
    opencode = json.loads(lines("opencode")[0])
    assert opencode["model"] == f"studiolo/{KEY}"
    own = opencode["provider"]["studiolo"]
    assert own["options"] == {"baseURL": f"{_ADDRESS}/v1", "apiKey": "{env:LM_API_TOKEN}"}
    assert own["models"][KEY]["limit"]["context"] == 8192
    zed = json.loads(lines("zed")[0])["language_models"]["openai_compatible"]["Studiolo"]
    assert (zed["api_url"], zed["available_models"][0]["name"]) == (f"{_ADDRESS}/v1", KEY)
    assert "apiKey: ${{ secrets.LM_API_TOKEN }}" in lines("continue")[0]


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_the_line_for_the_token_has_none_in_it(platform: Platform) -> None:
    assert "LM_API_TOKEN" in token_line(platform)
    assert not re.search(r"sk-lm-\w", token_line(platform))


_ODD = 'it\'s "odd"; $(touch pwned) `touch pwned` \\ ${HOME} {x} #: - é'


def test_a_key_that_a_stranger_chose_is_text_and_nothing_else(tmp_path: Path) -> None:
    assert tomllib.loads(lines("codex", model=_ODD)[0])["model"] == _ODD
    assert json.loads(lines("opencode", model=_ODD)[0])["model"] == f"studiolo/{_ODD}"
    assert _ODD in [
        node.value
        for node in ast.walk(ast.parse(lines("openai", model=_ODD)[0]))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    (continued,) = lines("continue", model=_ODD)
    (named,) = [line for line in continued.splitlines() if line.startswith("    model: ")]
    assert json.loads(named.partition(": ")[2]) == _ODD, "a string of JSON is one of YAML"
    for program, command, shown in (
        ("claude-code", "\nclaude\n", '\nprintf %s "$ANTHROPIC_MODEL"\n'),
        ("aider", "\naider --model ", "\nprintf %s "),
    ):
        text = lines(program, model=_ODD)[0].replace(command, shown)
        ran = subprocess.run(["sh", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert ran.stdout == (f"openai/{_ODD}" if program == "aider" else _ODD)
    sent = lines("curl", model=_ODD)[0].replace("curl ", "printf '%s\\n' ", 1)
    ran = subprocess.run(["sh", "-c", sent], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.partition("\n-d\n")[2])["model"] == _ODD
    assert not list(tmp_path.iterdir()), "something in the key was run"


def test_a_key_that_a_stranger_chose_ends_no_string_of_powershell() -> None:
    for program in ("claude-code", "aider"):
        (text,) = lines(program, "windows", model=_ODD)
        assert '`"odd`"' in text
        assert not re.search(r"(?<!`)\$\((?=touch)", text)
        assert "`$(touch" in text
    assert "it''s" in lines("curl", "windows", model=_ODD)[0]


@pytest.mark.parametrize("program", ["openai", "anthropic", "curl"])
async def test_the_lines_work_as_they_are_copied(program: str, babbler: None, tmp_path: Path) -> None:
    async with serving(require_authentication=True) as server:
        (text,) = lines(program, platform_here(), address=server.address)
        file = tmp_path / ("lines.py" if program != "curl" else "lines.sh")
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, str(file)] if program != "curl" else [which("sh") or "sh", str(file)]
        environment = {**os.environ, "LM_API_TOKEN": LOCAL_KEY}
        ran = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout
    if program == "curl":
        assert json.loads(ran.stdout)["choices"][0]["message"]["role"] == "assistant"


async def test_the_window_shows_them_for_its_server_and_the_chosen_model(server_desk: Desk, babbler: None) -> None:
    write_tiny_llama(app_paths().models / "acme/other/other-Q4_K_M.gguf", brief=True)
    async with serving() as server, server_desk(server.address) as desk:
        view = desk.connect
        await until(lambda: view.models.findData("acme/other") >= 0)
        assert f'base_url="{server.address}/v1"' in view.boxes[0].text
        view.choose("claude-code")
        assert f"ANTHROPIC_BASE_URL={server.address}\n" in view.boxes[0].text
        view.models.setCurrentIndex(view.models.findData("acme/other"))
        view.models.activated.emit(view.models.currentIndex())
        await until(lambda: "ANTHROPIC_MODEL=acme/other" in view.boxes[0].text)
        view.boxes[0].copy.click()
        assert QGuiApplication.clipboard().text() == view.boxes[0].text
        view.choose("zed")
        assert [box.isVisible() for box in view.boxes] == [True, True]
        view.choose("codex")
        assert [box.isVisible() for box in view.boxes] == [True, False]
        assert view.boxes[0].title.text().endswith(".codex/config.toml")
        assert "asks for no token" in view.token_told.text()
        await desk.presenter.shown.api.change_settings({"require_authentication": True})
        await until(lambda: "token" in view.token_told.text())


async def test_a_token_is_made_for_the_program(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        view = desk.connect
        await until(view.token.isVisible)
        view.choose("codex")
        view.token.click()
        dialog = await opened(desk.page, TokenDialog)
        assert dialog.name == "Codex"
        assert desk.page.shown_view == "tokens"
        dialog.reject()


async def test_without_a_model_that_is_said(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        view = desk.connect
        await until(lambda: desk.presenter.shown.models_known)
        # The starter model is there in every installation.
        desk.presenter.shown.models = []
        desk.presenter.shown.refreshed.emit()
        assert "your-model" in view.boxes[0].text
        assert "no model" in view.away.text()


async def test_a_plain_server_is_connected_in_the_same_way(server_desk: Desk, babbler: None) -> None:
    async with plain_server() as address, server_desk(address) as desk:
        await until(lambda: desk.connect.models.count())
        assert f"{address}/v1" in desk.connect.boxes[0].text
        assert not desk.connect.token.isVisible()
        assert desk.reported == []
