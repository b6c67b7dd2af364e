"""Programs that must not outlive the server: noted where a watcher process, and the next start, find them.

A program whose stdin closes ends itself. One that does not is ended by whoever closes it; where the server itself was
killed, by a shell that waits for the end of its own stdin. What even that missed, the next start ends. On Windows a job
object does all of it.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from studiolo.files import read_small, write_atomically

logger = logging.getLogger(__name__)

_NOTES = "programs.json"
_MOST_BYTES = 2**20
_SHELL = "/bin/sh"
_SAME_START_SECONDS = 1.0
# The programs have two seconds to see that their stdin is closed, and one to heed SIGTERM.
_SCRIPT = """
trap '' INT TERM HUP
groups=" "
while read -r what group; do
    case "$what" in
        +) groups="$groups$group " ;;
        -) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
[ -z "${groups## }" ] && exit 0
sleep 2
for group in $groups; do kill -s TERM -- "-$group"; done
sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done
"""


class Warden:
    """Knows which programs run, by the number of their process group. `folder` is ours."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NOTES
        self._running: dict[int, float] = {}
        self._watcher: subprocess.Popen[bytes] | None = None

    def end_leftovers(self) -> None:
        """End what a server that was killed has left behind. Blocks for some milliseconds."""
        try:
            noted = json.loads(read_small(self._file, _MOST_BYTES))
            groups = {int(group): float(started) for group, started in noted.items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            logger.warning("what MCP programs ran last can't be read: %s", error)
            groups = {}
        for group, started in groups.items():
            runs_since = _runs_since(group) if group > 1 else None
            if runs_since is not None and abs(runs_since - started) < _SAME_START_SECONDS:
                logger.warning("ending an MCP program that was left behind (process %d)", group)
                kill_group(group, hard=True)
        self._write()

    def add(self, group: int) -> None:
        """Take a program into custody, as soon as it runs."""
        if sys.platform == "win32":
            return
        self._running[group] = _runs_since(group) or 0.0
        self._write()
        if not self._tell(f"+ {group}\n"):
            self._start_watcher()

    def remove(self, group: int) -> None:
        """Forget a program whose whole group has ended."""
        if self._running.pop(group, None) is None:
            return
        self._write()
        self._tell(f"- {group}\n")

    def close(self) -> None:
        """End the watcher, which is idle by now. Blocks for a few milliseconds."""
        watcher, self._watcher = self._watcher, None
        if watcher is None or watcher.stdin is None:
            return
        with contextlib.suppress(OSError):
            watcher.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            watcher.wait(1.0)

    def _start_watcher(self) -> None:
        self.close()
        try:
            self._watcher = subprocess.Popen(
                [_SHELL, "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env={"PATH": os.defpath},
            )
        except OSError as error:
            logger.warning("nobody watches over the MCP programs: %s", error)
            return
        self._tell("".join(f"+ {group}\n" for group in self._running))

    def _tell(self, text: str) -> bool:
        if self._watcher is None or self._watcher.stdin is None:
            return False
        try:
            self._watcher.stdin.write(text.encode())
            self._watcher.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _write(self) -> None:
        text = json.dumps({str(group): started for group, started in self._running.items()})
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._file, text.encode(), private=True, durable=False)
        except OSError as error:
            # A full disk stops no tool: the watcher knows them as well.
            logger.warning("which MCP programs run can't be noted: %s", error)


def kill_group(group: int, *, hard: bool) -> bool:
    """Signal a whole process group; False where it is gone. For systems other than Windows."""
    if sys.platform == "win32":
        return False
    try:
        os.killpg(group, signal.SIGKILL if hard else signal.SIGTERM)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def group_runs(group: int) -> bool:
    """Return whether any process of a group is left; one that has ended and was not fetched yet counts as well."""
    if sys.platform == "win32":
        return False
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runs_since(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except (psutil.Error, OverflowError):
        return None
