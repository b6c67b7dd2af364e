"""A server as a process of its own, and what can be seen of it from outside."""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import Any

import psutil

from studiolo import local_server
from studiolo.local_server import ServerState
from studiolo.paths import app_paths, self_command
from tests.stands.waiting import wait_until as wait_until


@contextlib.contextmanager
def server_process(*arguments: str, **options: Any) -> Iterator[tuple["subprocess.Popen[bytes]", ServerState]]:
    """A server in the foreground; yields its process and its state. Ended by force if the test did not end it."""
    command = self_command("server", "start", "--foreground", *(arguments or ("--port", "0")))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, **options)
    try:
        state = wait_until(lambda: local_server.running_server(app_paths()), "the server", process=process)
        assert state
        yield process, state
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stderr):
            if stream:
                stream.close()


def engines_of(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The engines that a server runs."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "--engine-worker" in child.cmdline()]
