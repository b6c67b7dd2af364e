"""`studiolo runtime` against a real server, and a server that has files as llama.cpp's releases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.api.runtimes import RuntimeProof
from tests.cli.conftest import Shell
from tests.stands.hub import StandHub
from tests.stands.runtime_list import EXECUTABLE, asset, entry, list_of, ship, signed, tar_of
from tests.stands.runtime_trials import StandTrials, use_trials
from tests.stands.served_thread import ServedThread, served_in_a_thread

REPO = "ggml-org/release"


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> type[StandTrials]:
    return use_trials(monkeypatch)


@pytest.fixture
def server(
    stand: StandHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trials: type[StandTrials]
) -> Iterator[ServedThread]:
    content = tar_of({"llama-server": EXECUTABLE})
    stand.add(REPO, {"llama-b1.tar.gz": content})
    release = f"{stand.endpoint}/{REPO}/resolve/main/"
    listed = list_of(
        entry(asset("llama-b1.tar.gz", content), release=release),
        entry(id="new-b1", name="of tomorrow", glibc="99.1", release=release),
    )
    ship(monkeypatch, tmp_path / "resources", listed)
    with served_in_a_thread(disk_reserve_gb=0) as server:
        yield server


def test_from_the_list_to_the_use_and_back(server: ServedThread, tmp_path: Path, trials: type[StandTrials]) -> None:
    shell, at = Shell(tmp_path), ("--host", server.address)
    listed = shell.run("runtime", "ls", *at)
    assert listed.returncode == 0, listed.stderr
    assert "bundled" in listed.stdout
    assert "does not fit" in listed.stdout
    assert "glibc 99.1" in listed.stdout
    assert "as of 2030-01-01" in listed.stderr
    got = shell.run("runtime", "get", "cpu-b1", *at)
    assert got.returncode == 0, got.stderr
    assert "is there" in got.stdout
    refused = shell.run("runtime", "use", "cpu-b1", *at)
    assert (refused.returncode, "test" in refused.stderr.lower()) == (1, True)
    trials.proof = RuntimeProof(passed=False, problem="It dies of an illegal instruction.", hint="Get another.")
    failed = shell.run("runtime", "test", "cpu-b1", *at)
    assert failed.returncode == 1
    assert "illegal instruction" in failed.stderr
    trials.proof = RuntimeProof(passed=True, devices_used=["Vulkan0"], tokens_per_second=41.23)
    proved = shell.run("runtime", "test", "cpu-b1", *at)
    assert (proved.returncode, "Vulkan0, 41.2 tokens/s" in proved.stdout) == (0, True)
    assert shell.json("runtime", "use", "cpu-b1", *at)["in_use"]
    in_use = shell.run("runtime", "remove", "cpu-b1", *at)
    assert (in_use.returncode, "in use" in in_use.stderr) == (1, True)
    assert "Bundled" in shell.run("runtime", "use", "bundled", *at).stdout
    assert shell.run("runtime", "remove", "cpu-b1", *at).returncode == 0
    states = {one["id"]: one["state"] for one in shell.json("runtime", "ls", *at)["runtimes"]}
    assert states == {"bundled": "ready", "cpu-b1": "available", "new-b1": "available"}


def test_a_report_is_one_screen_without_anybody_s_name(
    server: ServedThread, tmp_path: Path, trials: type[StandTrials]
) -> None:
    shell, at = Shell(tmp_path), ("--host", server.address)
    assert shell.run("runtime", "get", "cpu-b1", *at).returncode == 0
    noise = "\n".join(f"E line {number} of /home/somebody/.local \x1b[31m" for number in range(50))
    trials.proof = RuntimeProof(passed=False, problem="It finds no card.", hint="Install a driver.", details=noise)
    done = shell.run("runtime", "test", "cpu-b1", "--report", *at)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert 10 < len(lines) <= 30
    assert all(len(line) <= 140 for line in lines)
    assert lines[0].startswith("Studiolo ")
    assert "cpu-b1" in lines[0]
    for word in ("system", "processor", "memory", "machine", "result     FAILED", "It finds no card.", "line 49 of ~/"):
        assert any(word in line for line in lines), word
    assert "somebody" not in done.stdout
    assert "\x1b" not in done.stdout


def test_devices_own_ones_and_a_newer_list(server: ServedThread, tmp_path: Path, stand: StandHub) -> None:
    shell, at = Shell(tmp_path), ("--host", server.address)
    mine = tmp_path / "mine" / "llama-server"
    mine.parent.mkdir()
    mine.write_bytes(EXECUTABLE)
    mine.chmod(0o755)
    added = shell.json("runtime", "add", str(mine), "--name", "mine", "--rpc", "10.0.0.2:50052", *at)
    assert (added["own"], added["rpc"]) == (True, ["10.0.0.2:50052"])
    devices = shell.run("runtime", "devices", *at)
    assert "Stand-in card" in devices.stdout
    assert f"{added['id']}: It does not begin." in devices.stderr
    assert shell.run("runtime", "remove", added["id"], *at).returncode == 0
    assert mine.exists()
    newer = list_of(entry(id="cpu-b2", name="newer"), date="2031-01-01")
    stand.pages |= {"/list.json": newer, "/list.json.sig": signed(newer).encode()}
    found = shell.run("runtime", "refresh", f"{stand.endpoint}/list.json", *at)
    assert (found.returncode, "cpu-b2" in found.stdout, "2031-01-01" in found.stderr) == (0, True, True)
    stand.pages["/list.json.sig"] = b"x"
    refused = shell.run("runtime", "refresh", f"{stand.endpoint}/list.json", *at)
    assert (refused.returncode, "not signed" in refused.stderr) == (1, True)


def test_what_suits_no_machine_is_said(server: ServedThread, tmp_path: Path) -> None:
    shell, at = Shell(tmp_path), ("--host", server.address)
    assert shell.run("runtime", "get", "new-b1", *at).returncode == 1
    gone = shell.run("runtime", "get", "nothing", *at)
    assert (gone.returncode, "nothing" in gone.stderr) == (1, True)
