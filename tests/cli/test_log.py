import json
import subprocess
import time
from collections.abc import Sequence

from tests.cli.conftest import PROGRAM, STARTER, Shell


def test_requests_are_printed_and_followed(module_shell: Shell) -> None:
    shell = module_shell
    question = ("chat", STARTER, "-p", "Say hello.", "--max-tokens", "4")
    assert shell.run(*question).returncode == 0
    assert f"POST /api/v1/chat 200  {STARTER}" in shell.run("log").stdout
    entries = [json.loads(line) for line in shell.run("log", "--json").stdout.splitlines()]
    assert [entry["output_tokens"] for entry in entries if entry["model"]] == [4]

    assert shell.run("server", "settings", "log_bodies", "on").returncode == 0
    with follow(shell, "--source", "model") as models, follow(shell, before=["--json"]) as everything:
        time.sleep(1.5)
        assert shell.run(*question).returncode == 0
        assert shell.run("load", "no/body").returncode == 1
        time.sleep(0.5)
        for process in (models, everything):
            process.terminate()
        model_text, lines = models.communicate()[0], everything.communicate()[0].splitlines()
    assert "asked: " in model_text
    assert "Say hello." in model_text
    assert "answered: " in model_text
    assert "no/body" not in model_text
    followed = [json.loads(line) for line in lines]
    chats = [entry for entry in followed if entry["route"] == "/api/v1/chat"]
    assert [entry["status"] for entry in chats] == [None, 200], "once when it begins and once when it ends"
    assert any("no/body" in (entry["error"] or "") for entry in followed)


def test_who_follows_models_hears_that_texts_are_not_kept(module_shell: Shell) -> None:
    assert module_shell.run("server", "settings", "--reset", "log_bodies").returncode == 0
    with follow(module_shell, "--source", "model") as process:
        assert "log_bodies" in process.stderr.readline()
        process.terminate()


def test_nobody_s_text_begins_a_line(module_shell: Shell) -> None:
    module_shell.run("load", "no\n12:00:00 GET /forged 200")
    assert "no 12:00:00 GET /forged" in module_shell.run("log").stdout


def follow(shell: Shell, *arguments: str, before: Sequence[str] = ()) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*PROGRAM, "log", *before, "stream", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=shell.variables,
    )
