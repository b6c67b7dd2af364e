import re
from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Shell


def test_a_token_s_life(module_shell: Shell) -> None:
    shell = module_shell
    assert shell.run("token", "list").stdout == ""
    made = shell.run("token", "create", "My laptop")
    assert re.fullmatch(r"sk-lm-[A-Za-z0-9]{8}:[A-Za-z0-9]{20}\n", made.stdout), "the token alone, for scripts"
    assert "shown only now" in made.stderr
    token = made.stdout.strip()

    [listed] = shell.json("token", "list")
    assert listed["name"] == "My laptop"
    assert listed["permissions"] == ["chat", "models", "downloads"]
    assert token not in shell.run("token", "list").stdout
    assert token[:10] in shell.run("token", "list").stdout

    assert shell.run("server", "settings", "require_authentication", "on").returncode == 0
    address = f"127.0.0.1:{shell.json('server', 'status')['port']}"
    assert shell.run("ls", "--host", address).returncode == 1
    assert shell.run("ls", "--host", address, "--token", token).returncode == 0
    assert shell.run("token", "list", "--host", address, "--token", token).returncode == 1, "it is no admin's"

    edited = shell.json("token", "edit", "My laptop", "--name", "Desk", "-p", "chat", "--expires", "30d")
    assert (edited["name"], edited["permissions"]) == ("Desk", ["chat"])
    ends = datetime.fromisoformat(edited["expires_at"])
    assert timedelta(days=29) < ends - datetime.now(UTC) < timedelta(days=31)
    assert shell.json("token", "edit", listed["id"][:8], "--never-expires")["expires_at"] is None

    assert shell.run("token", "revoke", "Desk").stdout == f"Revoked Desk ({listed['id']}).\n"
    assert shell.run("ls", "--host", address, "--token", token).returncode == 1
    assert shell.run("server", "settings", "--reset", "require_authentication").returncode == 0


def test_what_can_not_be_is_refused_with_what_could(module_shell: Shell) -> None:
    for arguments, words in (
        (("create", "x", "-p", "everything"), "Permissions are chat, models"),
        (("create", "x", "--expires", "soon"), "2027-01-31"),
        (("create", "x", "--expires", "0001-01-01"), "2027-01-31"),
        (("create", ""), "1 to 100 characters"),
        (("revoke", "nobody"), "studiolo token list"),
    ):
        done = module_shell.run("token", *arguments)
        assert done.returncode in (1, 2)
        assert words in done.stderr
    for _ in range(2):
        before = module_shell.json("token", "list")
        assert module_shell.run("token", "revoke", "").returncode == 1
        assert module_shell.json("token", "list") == before
        module_shell.run("token", "create", "twin")
    done = module_shell.run("token", "revoke", "twin")
    assert done.returncode == 1
    assert "Name its id" in done.stderr
