"""A server is found, and is the only one, whatever became of the files that say where it is."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from studiolo import local_server
from studiolo.errors import AppError
from studiolo.local_server import ServerState, UnresponsiveError
from studiolo.paths import HOME_VARIABLE, app_paths, self_command
from studiolo.server.presence import HeldError, Presence
from studiolo.server_lock import ServerLock, facts_in, is_process, process_start
from tests.stands.server_process import server_process
from tests.stands.waiting import wait_until


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ServerState]]:
    """A server for the tests that leave it as it is: its home and its state."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        patch.setenv("HOME", str(home))
        with server_process() as (_, state):
            yield home, state


@pytest.fixture
def running(shared: tuple[Path, ServerState], monkeypatch: pytest.MonkeyPatch) -> ServerState:
    home, state = shared
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    wait_until(lambda: local_server.state_path(app_paths()).exists(), "the server to tell where it is")
    return state


def start_another() -> "subprocess.CompletedProcess[str]":
    command = self_command("server", "start", "--foreground", "--port", "0")
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("content", [None, "", "{", "[" * 100_000, '{"pid": 1}', '{"pid": "x", "port": []}'])
def test_a_server_is_found_by_its_lock_when_its_state_file_is_lost(running: ServerState, content: str | None) -> None:
    file = local_server.state_path(app_paths())
    file.unlink()
    if content is not None:
        file.write_text(content)
    assert local_server.running_server(app_paths()) == running


def test_a_server_writes_its_files_again_when_they_were_deleted(running: ServerState) -> None:
    paths = app_paths()
    shutil.rmtree(paths.runtime)
    wait_until(lambda: local_server.running_server(paths) == running, "the state file")
    wait_until(lambda: local_server.lock_holder(paths) == running, "the lock file")


def test_a_second_server_says_at_once_who_is_there(running: ServerState) -> None:
    second = start_another()
    assert second.returncode == local_server.EXIT_ALREADY_RUNNING
    assert f"process {running.pid}, {running.address}" in second.stderr


def test_a_deleted_lock_file_lets_no_second_server_onto_the_data(running: ServerState) -> None:
    paths = app_paths()
    local_server.lock_path(paths).unlink()
    local_server.state_path(paths).unlink()
    second = start_another()
    assert second.returncode == local_server.EXIT_ALREADY_RUNNING
    assert str(running.pid) in second.stderr
    wait_until(lambda: local_server.running_server(paths) == running, "the first to tell again")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel keeps the start as it was")
def test_a_clock_that_was_set_hides_no_server(running: ServerState, monkeypatch: pytest.MonkeyPatch) -> None:
    """What psutil reckons moves with the wall clock; a test may not set that, so psutil is told another one."""
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) + 7200)
    assert local_server.running_server(app_paths()) == running


def test_a_state_of_a_newer_version_is_understood(running: ServerState) -> None:
    file = local_server.state_path(app_paths())
    file.write_text(json.dumps({**json.loads(file.read_text()), "from_the_future": {"a": 1}}))
    assert local_server.running_server(app_paths()) == running


def test_only_its_user_may_read_the_key(running: ServerState) -> None:
    for file in (local_server.state_path(app_paths()), local_server.lock_path(app_paths())):
        assert file.stat().st_mode & 0o077 == 0
    assert running.key


def test_a_process_of_an_earlier_version_s_state_is_known_by_its_wall_time() -> None:
    assert is_process(os.getpid(), psutil.Process().create_time())
    assert is_process(os.getpid(), process_start(os.getpid()))
    assert not is_process(os.getpid(), 5.0)
    for pid in (-1, 2**31 + 1, 2**70):
        assert not is_process(pid, 5.0)


def test_what_a_dead_server_left_is_no_server() -> None:
    with server_process() as (process, state):
        process.kill()
        process.wait()
        assert local_server.state_path(app_paths()).exists()
        assert local_server.running_server(app_paths()) is None
        assert local_server.lock_holder(app_paths()) is None
        assert not local_server.is_locked(app_paths())
        assert local_server.stop(app_paths()) is False
    facts = facts_in(local_server.lock_path(app_paths()))
    assert facts["pid"] == state.pid


def test_whoever_starts_waits_for_a_server_that_is_ending() -> None:
    former, later = Presence(app_paths()), Presence(app_paths())
    former.claim()
    former.announce(host="127.0.0.1", port=1, key="")
    with pytest.raises(HeldError, match=f"process {os.getpid()}"):
        later.claim()
    former.withdraw()
    assert local_server.running_server(app_paths()) is None
    holder = local_server.lock_holder(app_paths())
    assert holder
    assert holder.ending
    ending = threading.Timer(0.2, former.release)
    ending.start()
    later.claim()
    ending.join()
    later.release()


def test_somebody_who_holds_the_folder_without_a_word_is_told_of_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start used to wait for half a minute."""
    monkeypatch.setattr("studiolo.local_server._ANNOUNCE_SECONDS", 0.1)
    lock = ServerLock(local_server.lock_path(app_paths()), app_paths().data)
    assert lock.try_acquire()
    with contextlib.closing(_Released(lock)):
        began = time.monotonic()
        with pytest.raises(UnresponsiveError, match="does not say who it is"):
            local_server.start_owned(app_paths())
        assert time.monotonic() - began < 25
        with pytest.raises(AppError, match="Another server holds"):
            local_server.stop(app_paths())


class _Released:
    def __init__(self, lock: ServerLock) -> None:
        self.close = lock.release


def test_a_server_that_hangs_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.local_server._STOP_SECONDS", 0.2)
    with server_process() as (process, _):
        os.kill(process.pid, signal.SIGSTOP)
        assert local_server.stop(app_paths()) is True
        assert process.wait(10) == -signal.SIGKILL


def test_a_server_that_does_not_come_to_its_end_is_ended() -> None:
    program = (
        "import logging, sys, time; from studiolo.server.ending import EndWatch\n"
        "logging.basicConfig(stream=sys.stderr)\n"
        "watch = EndWatch(lambda: print('withdrawn', flush=True), 0.1)\n"
        "watch.begin(); watch.begin()\n"
        "time.sleep(60)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stdout == "withdrawn\n"
    assert "does not come to an end" in done.stderr
    assert 'File "<string>", line 5' in done.stderr, "what hangs is in the log"


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for() -> None:
    presence = Presence(app_paths())
    presence.claim()
    for name in ("room", "server.json"):
        file = app_paths().runtime / name
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    presence.announce(host="127.0.0.1", port=1, key="")
    found = local_server.running_server(app_paths())
    assert found
    assert found.port == 1
    presence.withdraw()
    presence.release()
    for file in (local_server.lock_path(app_paths()), local_server.state_path(app_paths())):
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    assert local_server.running_server(app_paths()) is None
    assert local_server.lock_holder(app_paths()) is None
    assert not local_server.is_locked(app_paths())


def test_the_state_file_goes_when_the_port_closes() -> None:
    with server_process() as (process, state):
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: not local_server.state_path(app_paths()).exists(), "the state file to go")
        assert process.wait(20) == 0
        assert local_server.lock_holder(app_paths()) is None
    assert state.port
