"""`studiolo chat` with MCP servers: a real model calls real tools, in a pipe and at a terminal."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PROGRAM, Shell, shell_at
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.terminal import Terminal

FRIENDLY = str(Path(__file__).parents[1] / "stands" / "mcp_servers" / "friendly.py")
CTRL_D = "\x04"
_ADD: dict[str, Any] = {"add": {"a": 3, "b": 4}}
_MODELS: dict[str, dict[str, Any]] = {
    "adder": {"calls": _ADD},
    "tireless": {"calls": _ADD, "tireless": True},
    "painter": {"calls": {"paint": {}}},
}
_ROUNDS = 4


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A running server with models that call a tool each, and a server of tools that is connected."""
    with shell_at(tmp_path_factory.mktemp("home")) as shell:
        for name, options in _MODELS.items():
            write_scripted_llama(shell.paths.models / "acme" / name / f"{name}-F32.gguf", **options)
        entry = {"command": sys.executable, "args": [FRIENDLY]}
        servers = {"friendly": entry, "away": {"command": "/no/such/program"}}
        (shell.paths.config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        settings = {"port": 0, "allow_private_mcp": True, "default_context_length": 8192, "mcp_rounds": _ROUNDS}
        (shell.paths.config / "server.json").write_text(json.dumps(settings))
        shell.start_server()
        yield shell


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server of tools over HTTP."""
    with subprocess.Popen([sys.executable, FRIENDLY, "--http"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.kill()


def _ask(shell: Shell, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return shell.run("chat", "acme/adder", "-p", "Please add.", *arguments)


def test_a_server_of_mcp_json_is_used_and_its_calls_are_told(shell: Shell) -> None:
    done = _ask(shell, "--mcp", "friendly")
    assert (done.returncode, done.stdout) == (0, f"{REPLY}\n"), done.stderr
    assert '→ add (mcp/friendly) {"a": 3, "b": 4}' in done.stderr
    assert "← add: 7" in done.stderr
    answer = json.loads(_ask(shell, "--mcp", "mcp/friendly", "--json").stdout)
    assert [item["type"] for item in answer["output"]] == ["tool_call", "message"]


def test_a_server_at_an_address_is_used(shell: Shell, address: str) -> None:
    done = _ask(shell, "--mcp-url", address)
    assert (done.returncode, done.stdout) == (0, f"{REPLY}\n"), done.stderr
    assert "→ add (127.0.0.1)" in done.stderr
    both = _ask(shell, "--mcp-url", address, "--mcp", "friendly", "--json")
    assert json.loads(both.stdout)["output"][-1]["content"] == REPLY, "tools of one name are told apart"


def test_what_can_t_be_used_is_named(shell: Shell) -> None:
    for arguments, words in (
        (("--mcp", "nobody"), "nobody"),
        (("--mcp", "away"), "/no/such/program"),
        (("--mcp-url", "http://127.0.0.1:9/mcp"), "127.0.0.1"),
        (("--mcp-url", "nothing"), "http"),
        (("--mcp-url", "ftp://[::1"), "http"),
    ):
        done = _ask(shell, *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert words in done.stderr.lower(), (arguments, done.stderr)
        assert "mistake in Studiolo" not in done.stderr


def test_a_denied_tool_is_not_run_where_nobody_is_there_to_ask(shell: Shell) -> None:
    assert shell.run("mcp", "policy", "deny", "friendly", "add").returncode == 0
    try:
        done = _ask(shell, "--mcp", "friendly")
    finally:
        assert shell.run("mcp", "policy", "ask", "friendly", "add").returncode == 0
    assert (done.returncode, done.stdout) == (0, f"{REPLY}\n")
    assert "✗ add: This tool is not allowed." in done.stderr


def test_who_is_at_the_terminal_decides_on_each_call(shell: Shell) -> None:
    with Terminal([*PROGRAM, "chat", "acme/tireless", "--mcp", "friendly"], shell.variables) as terminal:
        terminal.keys("Please add.\r")
        end = terminal.expect("›")
        for typed, shown in (
            ("what?\ro\r", "← add: 7"),
            ("d\r", "✗ add: The person did not allow this call"),
            (CTRL_D, "✗ add: The person did not allow this call"),
            ("chat\r", "← add: 7"),
        ):
            end = terminal.expect(r"add \(mcp/friendly\) asks to run", after=end)
            end = terminal.expect(r"never\?", after=end)
            terminal.keys(typed)
            end = terminal.expect(shown, after=end)
        end = terminal.expect("›", after=terminal.expect(f"Stopped after {_ROUNDS} rounds", after=end))
        terminal.keys("Please add.\r")
        again = terminal.expect(f"Stopped after {_ROUNDS} rounds", after=end)
        assert terminal.text[end:again].count("← add: 7") == _ROUNDS
        assert "asks to run" not in terminal.text[end:], "it was allowed for the chat"
        terminal.expect("›", after=again)
        terminal.keys(CTRL_D)
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.text


def test_a_question_of_a_tool_is_answered_at_the_terminal(shell: Shell) -> None:
    command = [*PROGRAM, "chat", "acme/painter", "-p", "Paint.", "--mcp", "friendly"]
    for typed, shown in ((("once\r", "y\r", "green\r"), "← paint: painted green"), (("once\r", "n\r"), "paint")):
        with Terminal(command, shell.variables) as terminal:
            end = 0
            for asked, keys in zip((r"never\?", r"\[y/n\]", "olour"), typed, strict=False):
                end = terminal.expect(asked, after=end)
                terminal.keys(keys)
            terminal.expect(shown, after=end)
            assert terminal.wait() == 0
            assert REPLY[-8:] in terminal.text
