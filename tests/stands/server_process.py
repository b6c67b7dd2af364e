"""A server as a process of its own, and what can be seen of it from outside."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from studiolo import local_server
from studiolo.local_server import ServerState
from studiolo.paths import app_paths, self_command


@contextlib.contextmanager
def server_process(*arguments: str, **options: Any) -> Iterator[tuple["subprocess.Popen[bytes]", ServerState]]:
    """A server in the foreground; yields its process and its state. Ended by force if the test did not end it."""
    command = self_command("server", "start", "--foreground", *(arguments or ("--port", "0")))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, **options)
    try:
        yield process, wait_until(lambda: local_server.running_server(app_paths()), process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stderr):
            if stream:
                stream.close()


def wait_until(condition: Callable[[], Any], process: Any = None, seconds: float = 20.0) -> Any:
    """What `condition` says as soon as it is true; the test fails if that takes too long, or `process` ends."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        assert process is None or process.poll() is None, process.stderr.read().decode()
        time.sleep(0.02)
    return pytest.fail("it did not happen in time")


def engines_of(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The engines that a server runs."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "--engine-worker" in child.cmdline()]
