import json
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from studiolo import __version__
from studiolo.cli import main
from studiolo.cli.main import COMMANDS, MODULES, run_cli
from studiolo.paths import HOME_VARIABLE
from tests.cli.conftest import PROGRAM, Shell


def test_help_names_every_command_and_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--help"]) == 0
    text = capsys.readouterr().out
    for name, summary in COMMANDS.items():
        assert re.search(rf"\b{name}\s+{re.escape(summary)}", text)
    assert 'cat notes.txt | studiolo chat -p "Summarise"' in text


@pytest.mark.parametrize("name", COMMANDS)
def test_summary_is_the_first_sentence_of_the_commands_own_help(name: str) -> None:
    help_text = import_module(f"studiolo.cli.{MODULES.get(name, name)}").command.help
    assert help_text.splitlines()[0].startswith(COMMANDS[name].rstrip("."))


@pytest.mark.parametrize("arguments", [[name] for name in COMMANDS] + [["server", "start"], ["server", "status"]])
def test_each_command_has_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli([*arguments, "-h"]) == 0
    assert f"studiolo {' '.join(arguments)}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["chat", "ls", "ps", "load", "unload", "server status"])
def test_takes_host_and_token(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert "--host" in text
    assert "--token" in text


def test_foreground_and_port_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["server", "start", "--help"]) == 0
    text = capsys.readouterr().out
    assert "--foreground" in text
    assert "--port" in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--version"]) == 0
    assert capsys.readouterr().out == f"studiolo {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["lst"], ["ls", "--wrong"], ["load"], ["chat", "--json"], ["unload", "x", "--all"]]
)
def test_a_wrong_command_line_is_status_2(arguments: list[str], shell: Shell) -> None:
    done = shell.run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_mistyped_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["serve"]) == 2
    assert "server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"httpx", "pydantic", "prompt_toolkit", "psutil"}),
        (["server", "status"], {"httpx", "prompt_toolkit"}),
        (["ps", "--help"], {"prompt_toolkit"}),
    ],
)
def test_imports_only_what_the_command_needs(arguments: list[str], unwanted: set[str], shell: Shell) -> None:
    code = (
        "import sys; from studiolo.cli.main import run_cli; "
        f"run_cli({arguments!r}); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=shell.variables, timeout=30, check=True
    )
    assert unwanted.isdisjoint(done.stderr.split())


def test_an_error_is_a_message_and_a_hint_on_stderr(shell: Shell) -> None:
    done = shell.run("ps", "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "No server is running.\nStart it with `studiolo server start`, or name another one's address with --host.\n"
    )


def test_nobody_at_the_address(shell: Shell) -> None:
    done = shell.run("ls", "--host", "127.0.0.1:9")
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert not shell.paths.logs.exists(), "--host must not start a server of ours"


def test_a_mistake_of_ours_is_reported_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setitem(main.COMMANDS, "broken", "A command that can't be imported.")
    assert run_cli(["broken"]) == 1
    log = tmp_path / "logs" / "cli.log"
    assert str(log) in capsys.readouterr().err
    assert "ModuleNotFoundError" in log.read_text()


def test_a_reader_that_leaves_early_is_no_error(shell: Shell) -> None:
    command = f"{shlex.join(PROGRAM)} --help | true"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=shell.variables, timeout=30, check=False
    )
    assert done.stderr == ""


def test_json_is_pure_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    from studiolo.cli.output import print_json

    print_json({"key": "模型"})
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"key": "模型"}
