"""The server as a process: its beginning, its end, and its death."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from studiolo import local_server
from studiolo.errors import AppError
from studiolo.paths import app_paths, self_command
from tests.stands.openness import left_open, open_to_others
from tests.stands.server_process import engines_of, server_process
from tests.stands.starter import STARTER
from tests.stands.waiting import LIMIT_SECONDS, wait_until


def has_ended(process: psutil.Process) -> bool:
    """Whether it has, be it that nobody has taken notice yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextlib.contextmanager
def reply_under_way(address: str) -> Iterator[Iterator[str]]:
    """A streamed reply of which some text has come; yields the iterator over the rest of its lines."""
    body = {"model": STARTER, "input": "Tell a very long story.", "stream": True, "max_output_tokens": 3000}
    with httpx.Client(timeout=30) as http, http.stream("POST", f"{address}/api/v1/chat", json=body) as answer:
        lines = answer.iter_lines()
        for line in lines:
            if line == "event: message.delta":
                break
        yield lines


def test_it_starts_answers_and_ends_by_a_signal() -> None:
    with server_process() as (process, state):
        assert state.pid == process.pid
        answer = httpx.get(f"{state.address}/api/v1/server", timeout=LIMIT_SECONDS).json()
        assert answer["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert local_server.running_server(app_paths()) is None
    assert not local_server.state_path(app_paths()).exists()


@pytest.mark.skipif(os.name != "posix", reason="others are kept out otherwise there")
def test_nobody_else_can_look_at_what_a_server_keeps() -> None:
    with left_open("data/responses.sqlite", "data/downloads.sqlite", "logs/server.log"), server_process() as (_, state):
        body = {"model": STARTER, "input": "Hi", "max_output_tokens": 2}
        assert httpx.post(f"{state.address}/api/v1/chat", json=body, timeout=60).status_code == 200
        assert (app_paths().data / "responses.sqlite").stat().st_size
        assert open_to_others() == {}


def test_there_is_only_one_per_data_folder() -> None:
    with server_process():
        second = subprocess.run(
            self_command("server", "start", "--foreground", "--port", "0"), capture_output=True, timeout=30, check=False
        )
        assert second.returncode == local_server.EXIT_ALREADY_RUNNING
        assert b"running already" in second.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        yield port


def test_a_port_in_use_is_a_clear_error(taken_port: int) -> None:
    command = self_command("server", "start", "--foreground", "--port", str(taken_port))
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"Port {taken_port} is in use by " in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_port_steps_aside(taken_port: int) -> None:
    with server_process("--port", str(taken_port), "--any-port") as (_, state):
        assert state.port != taken_port


def test_it_ends_with_its_parent() -> None:
    with server_process("--port", "0", "--with-parent", stdin=subprocess.PIPE) as (process, _):
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def test_ending_it_ends_open_replies_properly() -> None:
    with server_process() as (process, state):
        with reply_under_way(state.address) as lines:
            [engine] = engines_of(process)
            process.send_signal(signal.SIGTERM)
            rest = list(lines)
        assert "event: error" in rest
        end = json.loads(next(line for line in reversed(rest) if line.startswith("data:"))[6:])
        assert end["type"] == "chat.end"
        assert end["result"]["output"][0]["content"]
        assert process.wait(10) == 0
        assert not engine.is_running()


def test_killing_it_in_mid_reply_leaves_no_engine_and_nothing_in_the_way() -> None:
    with server_process() as (process, state):
        with reply_under_way(state.address) as lines:
            [engine] = engines_of(process)
            process.send_signal(signal.SIGKILL)
            with pytest.raises(httpx.RemoteProtocolError):
                list(lines)
        wait_until(lambda: has_ended(engine))
        wait_until(lambda: local_server.running_server(app_paths()) is None)
    with server_process() as (_, state), reply_under_way(state.address) as lines:
        assert next(lines).startswith("data:")


def test_killing_it_while_a_model_loads_leaves_no_engine() -> None:
    with server_process() as (process, state), httpx.Client(timeout=LIMIT_SECONDS) as http:
        body = {"model": STARTER, "input": "x", "stream": True}
        with (
            contextlib.suppress(httpx.HTTPError),
            http.stream("POST", f"{state.address}/api/v1/chat", json=body) as answer,
        ):
            for line in answer.iter_lines():
                if line == "event: model_load.start":
                    engine = wait_until(lambda: engines_of(process), process=process)[0]
                    process.send_signal(signal.SIGKILL)
        wait_until(lambda: has_ended(engine))


def test_a_folder_that_can_not_be_used_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("STUDIOLO_HOME", str(blocked))
    done = subprocess.run(
        self_command("server", "start", "--foreground"), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "can't be used" in done.stderr
    assert "Traceback" not in done.stderr


class TestFromOutside:
    def test_an_owned_server_is_found_and_ended(self) -> None:
        owned = local_server.start_owned(app_paths())
        assert isinstance(owned, local_server.OwnedServer)
        assert local_server.start_owned(app_paths()) == owned.state, "the running one is found, not a second started"
        owned.stop()
        owned.stop()
        assert local_server.running_server(app_paths()) is None

    def test_a_background_server_is_ended_by_stop(self) -> None:
        program = (
            "from studiolo import local_server as s, paths; print(s.start_background(paths.app_paths(), port=0).pid)"
        )
        pid = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60).stdout)
        state = local_server.running_server(app_paths())
        assert state
        assert state.pid == pid, "it outlived who started it"
        assert local_server.stop(app_paths()) is True
        assert local_server.stop(app_paths()) is False
        wait_until(lambda: not psutil.pid_exists(pid))

    def test_what_it_says_when_it_can_not_start_is_the_hint(self, taken_port: int) -> None:
        with pytest.raises(AppError, match=f"Port {taken_port} is in use"):
            local_server.start_background(app_paths(), port=taken_port)

    def test_an_owned_server_ends_with_a_killed_owner(self) -> None:
        program = (
            "from studiolo import local_server, paths\n"
            "owned = local_server.start_owned(paths.app_paths())\n"
            "print(owned.state.pid, flush=True)\n"
            "import time; time.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout
            server = psutil.Process(int(owner.stdout.readline()))
            owner.kill()
        wait_until(lambda: not server.is_running())

    @pytest.mark.parametrize("content", ["", "{}", "[1]", '{"pid": 1}', "\x00"])
    def test_a_state_file_that_makes_no_sense_is_no_server(self, content: str) -> None:
        file = local_server.state_path(app_paths())
        file.parent.mkdir(parents=True)
        file.write_text(content)
        assert local_server.running_server(app_paths()) is None

    def test_a_reused_pid_is_not_taken_for_the_server(self) -> None:
        file = local_server.state_path(app_paths())
        file.parent.mkdir(parents=True)
        state = {"pid": os.getpid(), "host": "127.0.0.1", "port": 1, "version": "0", "created": 5.0}
        file.write_text(json.dumps(state))
        assert local_server.running_server(app_paths()) is None


def test_what_only_tools_need_is_not_loaded_when_a_server_starts() -> None:
    """The SDK of MCP takes half a second to import, and what reads schemas 50 ms."""
    script = "import sys, studiolo.server.run; print([name for name in %r if name in sys.modules])"
    names = ("mcp", "httpx2", "jsonschema", "referencing")
    done = subprocess.run([sys.executable, "-c", script % (names,)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
