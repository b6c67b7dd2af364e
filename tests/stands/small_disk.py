"""A server that has a small disk of its own: a tmpfs in a mount namespace, reached from outside through /proc."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.paths import HOME_VARIABLE
from tests.stands.waiting import wait_until

# It starts the server again whenever that ends: the disk is there for as long as somebody is in the namespace.
_SCRIPT = """
mount -t tmpfs -o size={size} tmpfs "$STUDIOLO_HOME" && mkdir "$STUDIOLO_HOME/config" &&
cp "$SETTINGS" "$STUDIOLO_HOME/config/server.json" && while :; do "$@"; sleep 0.1; done
"""


# It looks for room so often that nobody has to wait for that.
_PROGRAM = """
import sys
{prelude}
from studiolo.__main__ import main
from studiolo.server.downloads.jobs.queue import DownloadQueue
DownloadQueue.waiting_seconds = 0.1
sys.exit(main(sys.argv[1:]))
"""


@dataclass
class SmallDisk:
    process: "subprocess.Popen[bytes]"
    home: Path
    """As it is seen from outside."""

    @property
    def state(self) -> dict[str, Any]:
        """What the server that runs says of itself."""

        def read() -> dict[str, Any] | None:
            try:
                state: dict[str, Any] = json.loads((self.home / "run" / "server.json").read_text())
            except (OSError, ValueError):
                return None
            return state if psutil.pid_exists(state["pid"]) else None

        state = wait_until(read, "a server on the small disk", process=self.process)
        assert state
        return state

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.state['port']}"

    def fill(self, *, leave: int) -> None:
        """Have another program take all room but for `leave` bytes."""
        free = shutil.disk_usage(self.home).free
        filler = self.home / "filler"
        # Whoever downloads takes room, too.
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            if free > leave:
                file.write(b"x" * (free - leave))
        if leave == 0:
            with pytest.raises(OSError, match="No space"), (self.home / "filler").open("ab") as file:
                file.write(b"x" * 65536)

    def free(self) -> None:
        (self.home / "filler").unlink()

    def kill(self) -> None:
        """SIGKILL the server; another one starts."""
        before = self.state["pid"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.state["pid"] != before, "another server")


@contextmanager
def small_disk(home: Path, size: str, *, prelude: str = "", **settings: Any) -> Iterator[SmallDisk]:
    """A server whose folders are all on a disk of so many bytes ("16m"). prelude: what it does before all else."""
    home.mkdir(parents=True, exist_ok=True)
    kept = home.parent / "settings.json"
    kept.write_text(json.dumps({"port": 0, **settings}))
    shell = ["unshare", "-Urm", "sh", "-c", _SCRIPT.format(size=size), "sh"]
    command = [sys.executable, "-c", _PROGRAM.format(prelude=prelude), "server", "start", "--foreground", "--port", "0"]
    variables = {**os.environ, HOME_VARIABLE: str(home), "SETTINGS": str(kept)}
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], check=False).returncode:
        pytest.skip("a process may not have mounts of its own here")
    process = subprocess.Popen([*shell, *command], env=variables, start_new_session=True, stderr=subprocess.PIPE)
    disk = SmallDisk(process, Path(f"/proc/{process.pid}/root{home}"))
    try:
        yield disk
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()
