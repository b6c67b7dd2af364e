"""Engines of other people in processes of their own: installed once for all sessions, and ended with all they began."""

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from filelock import FileLock

from tests.stands.plain_http import plain_get
from tests.stands.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "studiolo-proofs"
"""What is installed there takes gigabytes, and stays. A test has another home."""
_MARK = "STUDIOLO_PROOF"
_INSTALL_SECONDS = 1800
_PATIENT = 300.0
"""Seconds that an engine is given to come up, on a machine that others use."""


def kept_environment(name: str, *requirements: str, without: Sequence[str] = ()) -> Path:
    """The `bin` of an environment with these packages of PyPI, and not with those that they want beside them."""
    digest = hashlib.sha256(" ".join([*requirements, *without]).encode()).hexdigest()[:10]
    folder = _CACHE / f"{name}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            python = str(folder / "bin" / "python")
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
            if without:
                _run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *without])
            (folder / "complete").touch()
    return folder / "bin"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@dataclass
class Elsewhere:
    """A program that was started, and everything that it began: all of it has a mark in its environment."""

    address: str
    process: "subprocess.Popen[bytes]"
    mark: str
    log: Path

    def named(self, name: str) -> list[psutil.Process]:
        """Its processes with a name in their titles."""
        return [one for one in family(self.mark) if name in " ".join(_title(one))]

    def wait_up(self, route: str, headers: Mapping[str, str] | None = None) -> None:
        """Wait until it answers; what it said is in the failure where it ends instead."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            with suppress(httpx.HTTPError):
                return plain_get(self.address + route, headers=dict(headers or {}), timeout=5).status_code == 200
            return False

        wait_until(answers, f"{self.address}{route}", seconds=_PATIENT)


@contextmanager
def elsewhere(command: Sequence[str], variables: Mapping[str, str], *, port: int, folder: Path) -> Iterator[Elsewhere]:
    """Start a program, below a folder; end it, and whatever it began, by their ids."""
    mark = uuid.uuid4().hex
    # Ray makes sockets below it, whose paths have 107 characters at most.
    short = tempfile.mkdtemp(prefix="r", dir="/tmp")
    own = {"HOME": str(folder), "RAY_TMPDIR": short, "RAY_USAGE_STATS_ENABLED": "0", "DO_NOT_TRACK": "1", _MARK: mark}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    log = folder / f"{mark}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            env=kept | own | dict(variables),
            cwd=DEPLOY,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: os.nice(10),
        )
        try:
            yield Elsewhere(f"http://127.0.0.1:{port}", process, mark, log)
        finally:
            _end_all(process, mark)


def family(mark: str) -> list[psutil.Process]:
    """The processes with a mark in their environment, and theirs: who gives itself a title may write over that."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(_MARK) == mark:
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
    return sorted(found.values(), key=lambda one: one.pid)


def service_command(unit: str, values: Mapping[str, str]) -> list[str]:
    """The command of a unit of systemd's, as that would start it with these values: `$NAME` is several words."""
    lines = (DEPLOY / unit).read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("ExecStart=")]
    words: list[str] = []
    for word in line.removeprefix("ExecStart=").split():
        if word.startswith("$") and not word.startswith("${"):
            words += values.get(word[1:], "").split()
            continue
        for name, value in values.items():
            word = word.replace(f"${{{name}}}", value)
        assert "${" not in word, f"{word} has no value"
        words.append(word)
    return words


def service_values(file: str) -> dict[str, str]:
    """What an environment file of systemd's says."""
    lines = [line for line in (DEPLOY / file).read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _title(process: psutil.Process) -> list[str]:
    try:
        return [process.name(), *process.cmdline()]
    except psutil.Error:
        return []


def _end_all(process: "subprocess.Popen[bytes]", mark: str) -> None:
    # Ray's agents outlive a driver that is told to end, and by then nothing says whose they were.
    known = family(mark)
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    for _ in range(5):  # One may have begun another meanwhile.
        left = [one for one in {*known, *family(mark)} if one.is_running()]
        for one in left:
            with suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(left, 10)
        if not left:
            break
    process.wait(10)
