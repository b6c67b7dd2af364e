import signal
import socket
import subprocess

import psutil

from studiolo import __version__
from studiolo.local_server import running_server
from tests.cli.conftest import PROGRAM, Shell
from tests.stands.waiting import wait_until

NOT_RUNNING = {"running": False, "port": None, "pid": None, "version": None}


def test_start_status_stop(shell: Shell) -> None:
    assert shell.json("server", "status") == NOT_RUNNING
    assert shell.run("server", "status").stdout == "Not running.\n"

    started = shell.run_process("server", "start")
    assert started.returncode == 0, started.stderr
    facts = shell.json("server", "status")
    assert facts == {"running": True, "port": facts["port"], "pid": facts["pid"], "version": __version__}
    assert f"http://127.0.0.1:{facts['port']}" in started.stdout
    assert psutil.pid_exists(facts["pid"])
    assert shell.json("server", "status", "--host", f"127.0.0.1:{facts['port']}") == facts

    assert shell.run("server", "stop").stdout == "Stopped.\n"
    wait_until(lambda: not psutil.pid_exists(facts["pid"]), "somebody to reap it")
    assert shell.json("server", "status") == NOT_RUNNING
    again = shell.run("server", "stop")
    assert (again.returncode, again.stdout) == (0, "No server was running.\n")


def test_starting_again_is_fine_unless_another_port_is_asked_for(shell: Shell) -> None:
    first = shell.start_server()
    assert shell.json("server", "start") == first
    assert shell.json("server", "start", "--port", str(first["port"])) == first
    other = shell.run("server", "start", "--port", "9")
    assert other.returncode == 3
    assert f"127.0.0.1:{first['port']}" in other.stderr
    assert "not on port 9" in other.stderr
    assert "--port 9 --restart" in other.stderr
    assert shell.json("server", "status") == first


def test_a_restart_moves_the_server_to_another_port(shell: Shell) -> None:
    first = shell.start_server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    moved = shell.run_process("server", "start", "--port", str(port), "--restart")
    assert moved.returncode == 0, moved.stderr
    second = shell.json("server", "status")
    assert second["port"] == port
    assert second["pid"] != first["pid"]


def test_a_port_in_use_is_named(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = shell.run("server", "start", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_foreground_ends_with_ctrl_c(shell: Shell) -> None:
    process = subprocess.Popen([*PROGRAM, "server", "start", "--foreground", "--port", "0"], env=shell.variables)
    try:
        state = wait_until(lambda: running_server(shell.paths), process=process)
        assert state
        assert state.pid == process.pid
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
    assert shell.json("server", "status") == NOT_RUNNING


def test_a_server_is_checked(shell: Shell) -> None:
    facts = shell.start_server()
    address = f"127.0.0.1:{facts['port']}"
    checked = shell.run("server", "check", address, "--no-load")
    assert checked.returncode == 0, checked.stderr
    assert "POST /api/v1/chat" in checked.stdout
    assert "wrong" not in checked.stdout
    rows = {row["step"]: row for row in shell.json("server", "check", "--no-load")["checks"]}
    assert rows["models"]["outcome"] == "ok"
    assert rows["chat"]["outcome"] == "skipped"
    gone = shell.run("server", "check", "--host", "127.0.0.1:9")
    assert gone.returncode == 1
    assert "Nobody answers" in gone.stderr
