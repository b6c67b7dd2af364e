"""`studiolo mcp sign-in` from end to end: our server, an MCP server behind a sign-in, where that is, and a person."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import PROGRAM, Shell, shell_at
from tests.stands.mcp_servers.oauth import TOOL, Vault, vault_in_a_thread
from tests.stands.waiting import LIMIT_SECONDS


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    # Without a message bus there is no keyring: what a sign-in gives goes to the private file.
    with shell_at(tmp_path_factory.mktemp("home"), DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere") as shell:
        shell.start_server()
        yield shell


@pytest.fixture
def vault(shell: Shell) -> Iterator[Vault]:
    """Set up, and not signed in to."""
    with vault_in_a_thread() as vault:
        assert shell.run("mcp", "add", "--yes", "--name", "vault", vault.url).returncode == 0
        yield vault
        assert shell.run("mcp", "remove", "vault", "--yes").returncode == 0


def _sign_in(shell: Shell) -> tuple[int, str, str]:
    """As a person does whose browser is elsewhere; status and output of the command, and the page seen last."""
    command = [*PROGRAM, "mcp", "sign-in", "vault", "--no-browser"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=shell.variables) as program:
        assert program.stdout
        page = httpx.get(
            program.stdout.readline().strip(), follow_redirects=True, trust_env=False, timeout=LIMIT_SECONDS
        )
        printed, said = program.communicate(timeout=30)
    return program.returncode, printed + said, page.text


def test_a_person_signs_in_uses_the_tool_and_signs_out(shell: Shell, vault: Vault) -> None:
    refused = shell.run("mcp", "test", "vault")
    assert refused.returncode == 1
    assert "studiolo mcp sign-in vault" in refused.stderr
    status, said, page = _sign_in(shell)
    assert (status, "Signed in to vault." in said) == (0, True), said
    assert "You can close this tab." in page
    assert shell.run("mcp", "test", "vault").stdout.startswith("vault is ready")
    assert shell.run("mcp", "call", "vault", TOOL).stdout == "gold\n"
    [listed] = shell.json("mcp", "list")["servers"]
    assert (listed["state"], listed["signed_in"]) == ("ready", True)
    # A server that is started anew has the sign-in, and renews what is over.
    vault.authority.forget_access()
    assert shell.run("server", "stop").returncode == 0
    shell.start_server()
    assert shell.run("mcp", "call", "vault", TOOL).stdout == "gold\n"
    kept = shell.paths.data / "mcp_secrets.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert shell.run("mcp", "sign-out", "vault").stdout == "Signed out of vault.\n"
    assert (vault.authority.access, vault.authority.refresh) == ({}, {}), "revoked"
    assert json.loads(kept.read_text()) == {}
    again = shell.run("mcp", "call", "vault", TOOL)
    assert again.returncode == 1
    assert "sign" in again.stderr.lower()
    _nothing_is_told(shell.home, vault)


def _nothing_is_told(home: Path, vault: Vault) -> None:
    """No token, code or secret of a client is in a log or in a store of ours."""
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(vault.authority.texts) >= 3
    assert not [text for text in vault.authority.texts if any(text.encode() in content for content in files)]


def test_a_person_who_says_no_is_told_so_at_once(shell: Shell, vault: Vault) -> None:
    vault.authority.denies = True
    status, said, _page = _sign_in(shell)
    assert status == 1
    assert "the sign-in was refused" in said
    [listed] = shell.json("mcp", "list")["servers"]
    assert "the sign-in was refused" in listed["sign_in_error"]
    vault.authority.denies = False
    assert _sign_in(shell)[0] == 0
    tokens = set(vault.authority.access)
    assert _sign_in(shell)[0] == 0, "a second time, perhaps as somebody else"
    assert set(vault.authority.access) > tokens, "it waits until the person is through"
    assert "sign_in_error" not in shell.json("mcp", "list")["servers"][0]
    assert shell.run("mcp", "call", "vault", TOOL).stdout == "gold\n"


def test_a_sign_in_that_is_not_there_is_told(shell: Shell) -> None:
    assert shell.run("mcp", "add", "--yes", "--name", "nobody", "http://127.0.0.1:9/mcp").returncode == 0
    done = shell.run("mcp", "sign-in", "nobody", "--no-browser")
    assert done.returncode == 1
    assert re.search(r"nobody.*can't be reached", done.stderr), done.stderr
    assert shell.run("mcp", "remove", "nobody", "--yes").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process alone")
def test_ctrl_c_gives_the_sign_in_up_at_once_and_leaves_nothing_open(shell: Shell, vault: Vault) -> None:
    command = [*PROGRAM, "mcp", "sign-in", "vault", "--no-browser"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=shell.variables) as program:
        assert program.stdout
        assert program.stderr
        page = httpx.URL(program.stdout.readline().strip())
        assert "Ctrl+C" in program.stderr.readline()
        assert shell.json("mcp", "list")["servers"][0]["signing_in"]
        begun = time.monotonic()
        program.send_signal(signal.SIGINT)
        printed, said = program.communicate(timeout=30)
        took = time.monotonic() - begun
    assert (program.returncode, printed) == (130, "")
    assert said.startswith("The sign-in to vault was given up.")
    assert "Traceback" not in said
    assert took < 4
    back = httpx.URL(page.params["redirect_uri"])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((back.host, back.port or 80), timeout=5).close()
    [listed] = shell.json("mcp", "list")["servers"]
    assert not listed.get("signing_in")
    assert _sign_in(shell)[0] == 0, "and it can be begun again"
