"""What sets up a machine: which packages it names, and that it installs nothing that it may not."""

import itertools
import os
import pty
import subprocess
import sys
from pathlib import Path

import dev
import pytest

_ROOT = Path(__file__).parents[1]
_UNSHARE = "/usr/bin/unshare"
_COMMAND = "apt-get install -y --no-install-recommends thing-package"

_INSTALL = f"""
import sys
sys.path.insert(0, {str(_ROOT)!r})
import dev
from pathlib import Path

dev.package_manager = lambda: "apt-get"
wanted = [
    dev.Requirement("a thing", Path(sys.argv[1]).exists, {{"apt-get": "thing-package"}}),
    dev.Requirement("what is there", lambda: True, {{"apt-get": "another-package"}}),
]
try:
    dev.install_packages(wanted, may_install="--yes" in sys.argv)
except dev.SetupError as error:
    print(error)
    sys.exit(1)
"""

_OTHER_PYTHON = f"""
import sys
sys.path.insert(0, {str(_ROOT)!r})
import dev

dev.OLDEST, dev.NEWEST = (3, 98), (3, 99)
try:
    dev.check_python()
except dev.SetupError as error:
    print(error)
"""


class System:
    """A folder for PATH with a package manager that notes what it is told, and installs by making a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.thing = folder / "thing"
        self.add("apt-get", f"case $1 in install) : > {self.thing};; esac")

    def add(self, name: str, script: str) -> None:
        """Put a program into the folder."""
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/log\n{script}\n')
        file.chmod(0o755)

    @property
    def log(self) -> list[str]:
        """The commands that were run, in their order."""
        file = self.folder / "log"
        return file.read_text().splitlines() if file.exists() else []

    def install(
        self, *arguments: str, root: bool = False, answer: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Install the thing as root, or as somebody who is not; with an answer, somebody sits at a terminal."""
        is_root = os.geteuid() == 0
        command = [sys.executable, "-c", _INSTALL, str(self.thing), *arguments]
        if root and not is_root:
            command = [_UNSHARE, "--user", "--map-root-user", *command]
        elif is_root and not root:
            command = [_UNSHARE, "--user", "--map-user=1000", "--map-group=1000", *command]
        environment = {"PATH": str(self.folder), "HOME": str(self.folder)}
        if answer is None:
            return subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        ours, theirs = pty.openpty()
        with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            os.write(ours, answer.encode())
            status = process.wait(30)
            said = os.read(ours, 10_000).decode()
            os.close(ours)
        return subprocess.CompletedProcess(command, status, said, "")


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    return System(tmp_path_factory.mktemp("system"))


@pytest.mark.parametrize(
    ("os_release", "manager"),
    [
        ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', "apt-get"),
        ("ID=ubuntu\nID_LIKE=debian\n", "apt-get"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get"),
        ("ID=fedora\nVARIANT_ID=workstation\n", "dnf"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf"),
        ("ID=arch\n", "pacman"),
        ('ID="manjaro"\nID_LIKE=arch\n', "pacman"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper"),
        ("ID=nixos\n", None),
        ("", None),
    ],
)
def test_a_distribution_s_package_manager(os_release: str, manager: str | None) -> None:
    assert dev.manager_of(os_release) == manager


@pytest.mark.parametrize("purpose", dev.PURPOSES)
def test_each_thing_that_is_needed_has_a_package_everywhere(purpose: str) -> None:
    for requirement in dev.requirements(purpose):
        assert set(requirement.packages) == set(dev.MANAGERS), requirement.name
        assert all(requirement.packages.values())


def test_each_purpose_needs_all_that_the_one_before_needs() -> None:
    names = [{requirement.name for requirement in dev.requirements(purpose)} for purpose in dev.PURPOSES]
    for less, more in itertools.pairwise(names):
        assert less < more


@pytest.mark.parametrize(
    ("manager", "packages"),
    [
        ("apt-get", {"nodejs", "npm"}),
        ("dnf", {"nodejs", "nodejs-npm"}),
        ("pacman", {"nodejs", "npm"}),
        ("zypper", {"nodejs-default", "npm-default"}),
    ],
)
def test_node_and_npm_come_for_the_proofs_alone(manager: str, packages: set[str]) -> None:
    named = {one.packages[manager] for one in dev.requirements("prove") if one.name in ("node", "npm")}
    assert named == packages
    for purpose in set(dev.PURPOSES) - {"prove"}:
        assert not {one.name for one in dev.requirements(purpose)} & {"node", "npm"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux needs packages of its system")
def test_nothing_is_missing_on_a_machine_that_runs_the_tests() -> None:
    assert [one.name for one in dev.requirements("test") if not one.present()] == []


def test_root_installs_just_what_is_missing(system: System) -> None:
    done = system.install(root=True)
    assert done.returncode == 0, done.stdout
    assert system.log == ["apt-get update -qq", _COMMAND]
    assert system.install(root=True).returncode == 0
    assert len(system.log) == 2, "what is there is not installed again"


def test_without_the_right_to_install_the_one_command_is_printed(system: System) -> None:
    done = system.install()
    assert done.returncode == 1
    assert "Missing: a thing\n" in done.stdout
    assert f"\n    sudo {_COMMAND}\n" in done.stdout
    assert system.log == []


def test_sudo_is_not_used_where_nobody_can_be_asked(system: System) -> None:
    system.add("sudo", '"$@"')
    assert system.install().returncode == 1
    assert system.log == []


def test_sudo_is_used_after_asking_once(system: System) -> None:
    system.add("sudo", '"$@"')
    done = system.install(answer="y\n")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("[Y/n]") == 1
    assert f"sudo {_COMMAND}" in system.log
    assert system.thing.exists()


def test_a_no_installs_nothing(system: System) -> None:
    system.add("sudo", '"$@"')
    done = system.install(answer="n\n")
    assert done.returncode == 1
    assert f"sudo {_COMMAND}" in done.stdout
    assert system.log == []


def test_with_yes_nobody_is_asked(system: System) -> None:
    system.add("sudo", '"$@"')
    assert system.install("--yes").returncode == 0
    assert system.thing.exists()


def test_what_is_still_missing_after_installing_is_named(system: System) -> None:
    system.add("apt-get", "")
    done = system.install(root=True)
    assert done.returncode == 1
    assert "still missing: a thing" in done.stdout


def test_another_python_goes_on_where_this_one_can_not(system: System) -> None:
    environment = {"PATH": str(system.folder), "HOME": str(system.folder)}
    command = [sys.executable, "-c", _OTHER_PYTHON, "test", "-x"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Studiolo needs 3.98 to 3.99" in done.stdout, done.stderr
    system.add("python3.99", "")
    subprocess.run(command, env=environment, check=True)
    assert system.log == [f"python3.99 {_ROOT / 'dev.py'} test -x"]


def test_an_environment_of_another_checkout_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, link = tmp_path / "other", tmp_path / "own"
    (other / "bin").mkdir(parents=True)
    ready = other / ".ready"
    ready.write_text("that of another pyproject.toml")
    link.symlink_to(other, target_is_directory=True)
    monkeypatch.setattr(dev, "VENV", link)
    monkeypatch.setattr(dev, "READY", link / ".ready")
    with pytest.raises(dev.SetupError, match="is a link"):
        dev.make_environment()
    assert ready.read_text() == "that of another pyproject.toml"
    assert {file.name for file in other.iterdir()} == {"bin", ".ready"}
