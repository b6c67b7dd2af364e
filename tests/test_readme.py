"""What the README says there is, and what there is."""

import re
from importlib import import_module
from pathlib import Path

from studiolo.cli.main import COMMANDS, MODULES

README = Path(__file__).parents[1] / "README.md"


def listed_commands() -> dict[str, set[str]]:
    """The commands of the README's list, each with those below it that are named."""
    found: dict[str, set[str]] = {}
    lines = [line.split("  #")[0] for line in README.read_text(encoding="utf-8").splitlines()]
    for line in [line for line in lines if line.startswith("      studiolo ")]:
        names: list[str] = []
        for part in line.split(","):
            names, rest = re.findall(r"studiolo ([a-z|]+)|$", part)[0].split("|") or names, part
            below = re.findall(r"studiolo [a-z|]+ ([a-z-]+(?:\|[a-z-]+)*)", rest)
            for name in filter(None, names):
                found.setdefault(name, set()).update(*(word.split("|") for word in below))
    return found


def commands_below(name: str) -> set[str]:
    """The names of a command's own commands."""
    command = import_module(f"studiolo.cli.{MODULES.get(name, name)}").command
    return set(getattr(command, "commands", ()))


def test_the_list_of_commands_is_that_of_the_program() -> None:
    listed = listed_commands()
    assert set(listed) == set(COMMANDS), "README.md lists the commands on the left"
    for name, below in listed.items():
        assert below <= commands_below(name), f"README.md lists these below {name}"
        if below and name != "log":
            assert below == commands_below(name), f"README.md lists these below {name}"


def test_every_target_that_is_named_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z]+):", (README.parent / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", README.read_text(encoding="utf-8")))
    assert named <= targets
    assert named >= {"shot", "prove", "bench"}
