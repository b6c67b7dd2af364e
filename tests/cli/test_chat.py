import json
import re
import signal
import subprocess

import pytest

from tests.cli.conftest import PROGRAM, STARTER, Shell, assert_idle

DETERMINED = ("--temperature", "0", "--max-tokens", "24")
STATS = re.compile(
    r"\d+\.\d tokens/s · (?P<tokens>\d+) tokens · \d+\.\d\d s to the first · (?P<prompt>\d+) prompt tokens"
)


def prompt_tokens(stderr: str) -> int:
    found = STATS.search(stderr)
    assert found, stderr
    return int(found["prompt"])


def test_one_question(module_shell: Shell) -> None:
    done = module_shell.run("chat", STARTER, "-p", "Say hello.", *DETERMINED, "--stats")
    assert done.returncode == 0, done.stderr
    assert "Hello" in done.stdout
    assert done.stdout.endswith("\n")
    assert prompt_tokens(done.stderr) > 5


def test_json_is_the_whole_answer_and_the_same_as_the_stream(module_shell: Shell) -> None:
    question = ("chat", "-p", "What is the capital of France?", *DETERMINED)
    answer = module_shell.json(*question)
    assert answer["stats"]["total_output_tokens"] > 0
    text = "".join(item["content"] for item in answer["output"] if item["type"] == "message")
    assert text.strip() == module_shell.run(*question).stdout.strip()


def test_piped_text_goes_below_the_prompt(module_shell: Shell) -> None:
    question, text = "Summarise this in one line.", "The museum is closed on Mondays. " * 8
    alone = module_shell.run("chat", "-p", question, *DETERMINED, "--stats")
    piped = module_shell.run("chat", *DETERMINED, "--stats", stdin=text)
    both = module_shell.run("chat", "-p", question, *DETERMINED, "--stats", stdin=text)
    joined = module_shell.run("chat", "-p", f"{question}\n\n{text.strip()}", *DETERMINED)
    assert both.returncode == 0, both.stderr
    assert both.stdout == joined.stdout
    counts = [prompt_tokens(done.stderr) for done in (alone, piped, both)]
    assert counts[0] < counts[1] < counts[2]


def test_the_system_prompt_reaches_the_model(module_shell: Shell) -> None:
    plain = module_shell.run("chat", "-p", "Hi", *DETERMINED, "--stats")
    told = module_shell.run("chat", "-p", "Hi", "-s", "You are a pirate. " * 12, *DETERMINED, "--stats")
    assert prompt_tokens(told.stderr) > prompt_tokens(plain.stderr) + 20


def test_nothing_to_ask(module_shell: Shell) -> None:
    done = module_shell.run("chat", STARTER)
    assert done.returncode == 2
    assert "-p" in done.stderr


def test_without_a_model_the_loaded_one_else_they_are_named(two_models: Shell) -> None:
    done = two_models.run("chat", "-p", "Hi", *DETERMINED)
    assert done.returncode == 1
    assert "someone/one" in done.stderr
    assert "someone/two" in done.stderr
    assert two_models.run("load", "someone/two").returncode == 0
    answer = two_models.json("chat", "-p", "Hi", *DETERMINED)
    assert answer["model_instance_id"] == "someone/two"


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGKILL])
def test_ending_the_program_ends_the_generation(module_shell: Shell, stop_signal: int) -> None:
    command = [*PROGRAM, "chat", STARTER, "-p", "Count from one to ten thousand, in words.", "--temperature", "0"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=module_shell.variables
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(20), process.stderr.read()
        process.send_signal(stop_signal)
        assert process.wait(10) == (130 if stop_signal == signal.SIGINT else -stop_signal)
        assert b"Traceback" not in process.stderr.read()
    assert_idle(module_shell)


def test_an_unknown_token_is_harmless_where_none_is_needed(module_shell: Shell) -> None:
    done = module_shell.run("ls", "--token", "sk-lm-Ab12Cd34:Zz98Yy76Xx54Ww32Vv10", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
