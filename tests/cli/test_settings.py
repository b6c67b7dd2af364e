import json

import pytest

from tests.cli.conftest import Shell


def test_settings_are_listed_read_changed_and_reset(module_shell: Shell) -> None:
    shell = module_shell
    table = shell.run("server", "settings").stdout
    assert "idle_minutes" in table
    assert "Minutes until idle" in table
    assert shell.run("server", "settings", "idle_minutes").stdout == "60\n"

    assert shell.run("server", "settings", "idle_minutes", "5").returncode == 0
    assert shell.json("server", "settings", "idle_minutes") == {"idle_minutes": 5.0}
    changed = shell.json("server", "settings", "cors=on", "allowed_hosts=a.example, b.example")
    assert changed == {"cors": True, "allowed_hosts": ["a.example", "b.example"]}
    kept = json.loads((shell.paths.config / "server.json").read_text())
    assert kept["allowed_hosts"] == ["a.example", "b.example"]
    assert "changed" in shell.run("server", "settings").stdout

    done = shell.run("server", "settings", "--reset", "cors", "--reset", "idle_minutes", "--reset", "allowed_hosts")
    assert done.returncode == 0, done.stderr
    assert json.loads((shell.paths.config / "server.json").read_text()) == {"port": 0}
    assert "next start" in shell.run("server", "settings", "port", "0").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("idle_minute", "5"), "idle_minutes"),
        (("idle_minutes", "long"), "a number"),
        (("cors", "perhaps"), "on or off"),
        (("cors=on", "idle_minutes=-1"), "idle_minutes"),
        (("serve_on_network", "on"), "require_authentication"),
        (("cors=on", "port"), "port=VALUE"),
        (("model_defaults", "[" * 100_000), "a JSON object"),
    ],
)
def test_what_can_not_be_changes_nothing(module_shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    before = module_shell.json("server", "settings")
    done = module_shell.run("server", "settings", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert module_shell.json("server", "settings") == before
