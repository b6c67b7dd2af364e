"""Each command once as a program of its own; the other tests call most of them within their process."""

import pytest

from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("ls", 0),
        ("ps", 0),
        ("downloads", 0),
        ("pause --all", 0),
        ("resume --all", 0),
        ("cancel --finished", 0),
        ("get --search qwen3-8b", 0),
        ("import /nowhere.gguf", 1),
        ("rm no/body --yes", 1),
        ("load no/body", 1),
        ("unload --all", 0),
        ("token list", 0),
        ("log --source model", 0),
        ("server settings idle_minutes", 0),
        ("server status", 0),
        ("chat no/body -p Hi", 1),
        ("ls --wrong", 2),
    ],
)
def test_a_program_says_what_is_said_within_this_process(command: str, status: int, module_shell: Shell) -> None:
    arguments = command.split()
    done, within = module_shell.run_process(*arguments), module_shell.run(*arguments)
    assert done.returncode == within.returncode == status
    assert (done.stdout, done.stderr) == (within.stdout, within.stderr)
