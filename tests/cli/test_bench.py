import re

from tests.cli.conftest import STARTER, Shell

_SHORT = ("--prompt", "16", "--generate", "4", "--runs", "1")


def test_a_model_is_measured_and_the_result_printed(module_shell: Shell) -> None:
    done = module_shell.run("bench", STARTER, *_SHORT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{STARTER} on ")
    assert re.search(r"^reads +\d+\.\d tokens/s$", done.stdout, re.MULTILINE)
    assert re.search(r"^writes +\d+\.\d tokens/s$", done.stdout, re.MULTILINE)
    result = module_shell.json("bench", STARTER, *_SHORT)
    assert (result["model"], result["prompt_tokens"], result["generated_tokens"]) == (STARTER, 16, 4)


def test_what_can_not_be_measured_is_said(module_shell: Shell) -> None:
    done = module_shell.run("bench", "no/body")
    assert done.returncode == 1
    assert "no/body" in done.stderr
    assert module_shell.run("bench", STARTER, "--prompt", "5").returncode == 2
