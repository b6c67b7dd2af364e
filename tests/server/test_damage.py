"""Whatever becomes of a file that a server keeps: it begins, says what is wrong, loses nothing, and stays shut."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from studiolo.paths import HOME_VARIABLE
from tests.server.damage import FILES, SECRET, STATES, Outcome, make_home, walk
from tests.stands.server_process import server_process

# Whoever needs it first waits for all of it: a minute, or some where others keep the machine busy.
pytestmark = pytest.mark.timeout(900)

_ALONE = ["unshare", "--user", "--map-user=1000"]
_TRANSIENT = ("run/", "logs/", "data/server_connections.jsonl")
"""What lies there says what runs now, or what was done, for people to read."""
_SOUND = ("missing", "unwritable")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Outcome]:
    """What became of every file in every state, found out once for all processes that run these tests."""
    together = tmp_path_factory.getbasetemp()
    together = together.parent if os.environ.get("PYTEST_XDIST_WORKER") else together
    found = together / "damage.jsonl"
    with FileLock(together / "damage.lock"):
        if not found.exists():
            found.write_text(_walked(tmp_path_factory.mktemp("home")))
    outcomes = [Outcome(**json.loads(line)) for line in found.read_text().splitlines()]
    return {(outcome.file, outcome.state): outcome for outcome in outcomes}


def _walked(home: Path) -> str:
    """An outcome in each line. As root nothing is unreadable: so it is found out as somebody else."""
    command = [sys.executable, "-m", "tests.server.damage"]
    if os.name == "posix" and os.geteuid() == 0:
        if shutil.which("unshare") is None or subprocess.run([*_ALONE, "true"], check=False).returncode:
            pytest.skip("root can't be somebody else here")
        command = [*_ALONE, *command]
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root / "app"), str(root)])
    environment = os.environ | {"PYTHONPATH": paths, "HOME": str(home), "TMPDIR": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _told(outcome: Outcome) -> set[str]:
    """What is said of the file. That secrets are in a file at all is said of a sound one as well."""
    name = outcome.file.rpartition("/")[2]
    return {text for text in outcome.said if name in text and "no keyring" not in text}


def test_every_file_was_damaged_in_every_way(outcomes: dict[tuple[str, str], Outcome]) -> None:
    assert set(outcomes) == set(walk())
    assert len(outcomes) == len(FILES) * len(STATES) > 120


@pytest.mark.parametrize(("file", "state"), list(walk()))
def test_a_server_begins_with_a_file_that_is(outcomes: dict[tuple[str, str], Outcome], file: str, state: str) -> None:
    outcome = outcomes[file, state]
    assert outcome.mistake == ""
    if state == "unwritable" and file.startswith("run/"):
        # Without a place to say where it is nobody would find it; but why it does not begin is said.
        assert outcome.begun or "/run can't be" in outcome.refused
        return
    assert outcome.begun, outcome.refused
    assert outcome.closed
    assert all(outcome.closed), "nobody gets in without a token, nor after the next start"
    assert outcome.kept or file.startswith(_TRANSIENT), "what was in it is still there"
    told = _told(outcome)
    if not file.startswith(_TRANSIENT) and state not in (*_SOUND, "newer"):
        assert told, "a person can know"
    failed = {name for name, problem in outcome.failed.items() if "went wrong" in problem}
    assert not failed, "none of it is a mistake of ours"
    assert {"models", "downloads", "catalog", "inventory", "MCP servers", "runtimes"} <= set(outcome.works)
    if state != "unwritable":
        assert {"settings", "tokens"} <= set(outcome.works)


@pytest.mark.parametrize("file", FILES)
def test_what_is_told_says_where_the_file_went(outcomes: dict[tuple[str, str], Outcome], file: str) -> None:
    # A catalog stays where it is until another comes, and so does mcp.json, which a person mends.
    if file.startswith(_TRANSIENT) or file in ("data/catalog.json", "config/mcp.json"):
        return
    for state in ("noise", "nested", "a folder"):
        [text] = _told(outcomes[file, state])
        assert ".broken-" in text


@pytest.mark.parametrize("state", STATES)
def test_a_token_is_never_valid_that_is_not_understood(outcomes: dict[tuple[str, str], Outcome], state: str) -> None:
    assert outcomes["data/tokens.json", state].token == (state == "unwritable")
    assert outcomes["config/server.json", state].token
    assert outcomes["config/server_secrets.json", state].token


@pytest.mark.parametrize("file", ["data/downloads.sqlite", "data/responses.sqlite"])
def test_what_can_not_be_written_can_be_read(outcomes: dict[tuple[str, str], Outcome], file: str) -> None:
    outcome = outcomes[file, "unwritable"]
    assert outcome.jobs == 1
    assert "chats" in outcome.works


@pytest.mark.parametrize("state", STATES)
def test_a_secret_is_kept_whatever_became_of_the_file_and_shown_to_nobody(
    outcomes: dict[tuple[str, str], Outcome], state: str
) -> None:
    outcome = outcomes["data/mcp_secrets.json", state]
    assert ("a secret" in outcome.works) == (state != "unwritable"), outcome.failed
    assert SECRET not in json.dumps([outcome.said, outcome.failed])


def test_a_server_whose_files_are_all_noise_comes_up(application_home: Path) -> None:
    token = make_home(application_home)
    for file in FILES:
        path = application_home / file
        if path.is_dir():
            path.rmdir()
        path.write_bytes(os.urandom(256))
    assert os.environ[HOME_VARIABLE] == str(application_home)
    with server_process() as (_, state):
        assert len(state.notices) >= 3
        assert httpx.get(f"{state.address}/api/v1/models").status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{state.address}/api/v1/models", headers=headers).status_code == 401
        headers = {"Authorization": f"Bearer {state.key}"}
        assert httpx.get(f"{state.address}/api/v1/models", headers=headers).status_code == 200
