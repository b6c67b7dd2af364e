import re
import stat
from collections.abc import Iterator

import pytest

from tests.cli.conftest import PROGRAM, STARTER, Shell, assert_idle
from tests.stands.terminal import Terminal

CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"
PROMPT = "›"  # The space behind it is a movement of the cursor.
LONG = "Count from one to ten thousand, in words."


@pytest.fixture
def terminal(module_shell: Shell) -> Iterator[Terminal]:
    command = [*PROGRAM, "chat", STARTER, "--stats", "--temperature", "0"]
    with Terminal(command, module_shell.variables) as terminal:
        terminal.expect(PROMPT)
        yield terminal


def test_question_reply_and_leave(terminal: Terminal) -> None:
    terminal.keys("Say hello.\r")
    end = terminal.expect(r"Hello")
    end = terminal.expect(r"tokens/s", after=end)
    terminal.expect(PROMPT, after=end)
    terminal.keys(CTRL_D)
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.text


def test_the_model_sees_what_was_said_before(terminal: Terminal) -> None:
    counts: list[int] = []
    end = 0
    for _ in range(2):
        terminal.keys("Say hello.\r")
        end = terminal.expect(r"(\d+) prompt tokens", after=end)
        counts.append(int(re.findall(r"(\d+) prompt tokens", terminal.text[:end])[-1]))
        end = terminal.expect(PROMPT, after=end)
    assert counts[1] > counts[0] + 20


def test_ctrl_c_stops_the_reply_and_the_conversation_goes_on(terminal: Terminal, module_shell: Shell) -> None:
    terminal.keys(f"{LONG}\r")
    start = terminal.expect(r"words\.\s+\n?.*\w+ \w+ \w+")
    terminal.keys(CTRL_C)
    end = terminal.expect(r"Stopped\.", after=start)
    terminal.expect(PROMPT, after=end)
    assert_idle(module_shell)
    assert "tokens/s" not in terminal.text, "it was not the end of the reply"

    terminal.keys("Say hello.\r")
    end = terminal.expect(r"tokens/s", after=end)
    terminal.expect(PROMPT, after=end)
    terminal.keys(CTRL_C)
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.text


def test_what_was_typed_is_there_the_next_time(terminal: Terminal, module_shell: Shell) -> None:
    terminal.keys("Say hello to Italy.\r")
    terminal.expect(PROMPT, after=terminal.expect(r"tokens/s"))
    terminal.keys(CTRL_D)
    assert terminal.wait() == 0
    file = module_shell.paths.data / "chat-history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Terminal([*PROGRAM, "chat", STARTER], module_shell.variables) as second:
        second.expect(PROMPT)
        second.keys(UP)
        second.expect(r"Say hello to Italy\.")
        second.keys(CTRL_C)
        assert second.wait() == 0


def test_goes_on_where_nothing_can_be_remembered(module_shell: Shell) -> None:
    file = module_shell.paths.data / "chat-history"
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    try:
        with Terminal([*PROGRAM, "chat", STARTER, "--max-tokens", "4", "--stats"], module_shell.variables) as terminal:
            terminal.expect("What you type is not remembered")
            terminal.expect(PROMPT)
            terminal.keys("Hi\r")
            terminal.expect(PROMPT, after=terminal.expect(r"tokens/s"))
            terminal.keys(CTRL_D)
            assert terminal.wait() == 0
    finally:
        file.rmdir()


def test_a_failed_turn_does_not_end_the_conversation(module_shell: Shell) -> None:
    with Terminal([*PROGRAM, "chat", "no/such-model"], module_shell.variables) as terminal:
        terminal.expect(PROMPT)
        terminal.keys("Hi\r")
        end = terminal.expect(r"no/such-model.*\n", after=terminal.expect("Hi"))
        terminal.expect(PROMPT, after=end)
        terminal.keys(CTRL_D)
        assert terminal.wait() == 0


def test_asks_which_of_several(two_models: Shell) -> None:
    command = [*PROGRAM, "chat", "-p", "Hi", "--max-tokens", "4", "--stats"]
    with Terminal(command, two_models.variables) as terminal:
        terminal.expect(r"Which model\?")
        number = next(line.split()[0] for line in terminal.text.splitlines() if "someone/two" in line)
        terminal.keys(f"{number}\n")
        terminal.expect(r"tokens/s")
        assert terminal.wait() == 0
    assert [instance["model"] for instance in two_models.json("ps")] == ["someone/two"]
