import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import PROGRAM, STARTER, Shell
from tests.stands.waiting import wait_until

QUESTION = ("chat", STARTER, "--max-tokens", "4", "-p")


def test_requests_are_printed_and_followed(module_shell: Shell, tmp_path: Path) -> None:
    shell = module_shell
    assert shell.run(*QUESTION, "Say hello.").returncode == 0
    assert f"POST /api/v1/chat 200  {STARTER}" in shell.run("log").stdout
    entries = [json.loads(line) for line in shell.run("log", "--json").stdout.splitlines()]
    assert [entry["output_tokens"] for entry in entries if entry["model"]] == [4]

    assert shell.run("server", "settings", "log_bodies", "on").returncode == 0
    models, everything = tmp_path / "models", tmp_path / "everything"
    with follow(shell, models, "--source", "model"), follow(shell, everything, before=["--json"]):
        # What is asked before they follow they never hear of.
        wait_until(lambda: shell.run(*QUESTION, "Say nothing.") and models.read_text())
        wait_until(lambda: shell.run("ps") and everything.read_text())
        before = everything.read_text().count("\n")
        assert shell.run(*QUESTION, "Say hello.").returncode == 0
        assert shell.run("load", "no/body").returncode == 1
        wait_until(lambda: "no/body" in everything.read_text())
        wait_until(lambda: "answered: " in models.read_text().partition("Say hello.")[2])
    model_text, lines = models.read_text(), everything.read_text().splitlines()[before:]
    assert "asked: " in model_text
    assert "no/body" not in model_text
    followed = [json.loads(line) for line in lines]
    chats = [entry for entry in followed if entry["route"] == "/api/v1/chat"]
    # Of the chat before it, the end may come only now.
    statuses = [entry["status"] for entry in chats if entry["id"] == chats[-1]["id"]]
    assert statuses == [None, 200], "once when it begins and once when it ends"
    assert any("no/body" in (entry["error"] or "") for entry in followed)


def test_who_follows_models_hears_that_texts_are_not_kept(module_shell: Shell, tmp_path: Path) -> None:
    assert module_shell.run("server", "settings", "--reset", "log_bodies").returncode == 0
    with follow(module_shell, tmp_path / "printed", "--source", "model") as process:
        assert process.stderr
        assert b"log_bodies" in process.stderr.readline()


def test_nobody_s_text_begins_a_line(module_shell: Shell) -> None:
    module_shell.run("load", "no\n12:00:00 GET /forged 200")
    assert "no 12:00:00 GET /forged" in module_shell.run("log").stdout


@contextmanager
def follow(
    shell: Shell, printed: Path, *arguments: str, before: tuple[str, ...] | list[str] = ()
) -> Iterator["subprocess.Popen[bytes]"]:
    """`studiolo log stream`, as long as the context lasts; what it prints goes to a file."""
    command = [*PROGRAM, "log", *before, "stream", *arguments]
    with (
        printed.open("wb") as file,
        subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE, env=shell.variables) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
