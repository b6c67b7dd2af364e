#!/usr/bin/env python3
"""Everything that a fresh machine needs to run and to test Studiolo from its source, in one step.

    python3 dev.py run             opens the window
    python3 dev.py test [ARGS]     runs every test, or pytest with ARGS
    python3 dev.py prepare [FOR]   sets up only: "lint" (the default), "run", "test", "package" or "prove"

The Makefile calls the same; where there is no make (Windows), these are the commands. With --yes, system packages are
installed without asking.

This file runs before anything is installed: it uses the standard library alone, and an older Python can read it, to be
told which one is needed.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if sys.platform == "win32" else "bin")
READY = VENV / ".ready"
TESTS = ROOT / "tests"
SOURCES = ROOT / "translations"
TRANSLATIONS = ROOT / "app" / "studiolo" / "translations"

OLDEST, NEWEST = (3, 11), (3, 13)
PURPOSES = ("lint", "run", "test", "package", "prove")


class Requirement(NamedTuple):
    """Something of the system's: what it is, whether it is there, and the packages that bring it.

    Attributes:
        name: For the person who reads what is missing.
        present: Looks for the thing itself, not for a package: it may have come by any way.
        packages: By the name of a package manager.
    """

    name: str
    present: Callable[[], bool]
    packages: dict[str, str]


class Manager(NamedTuple):
    """A package manager: the names of distributions (ID and ID_LIKE of os-release) that use it, and its commands."""

    distributions: tuple[str, ...]
    refresh: tuple[str, ...]
    install: tuple[str, ...]


MANAGERS = {
    "apt-get": Manager(
        ("debian", "ubuntu"), ("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "--no-install-recommends")
    ),
    "dnf": Manager(("fedora", "rhel"), (), ("dnf", "install", "-y")),
    "pacman": Manager(("arch",), (), ("pacman", "-Sy", "--needed", "--noconfirm")),
    "zypper": Manager(("suse", "opensuse"), (), ("zypper", "--non-interactive", "install", "--no-recommends")),
}

# What the window's libraries and its X11 and Wayland plugins load: the package of Debian and Ubuntu, that of Arch. RPM
# systems install by the library's own name.
LIBRARIES = {
    "libEGL.so.1": ("libegl1", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libx11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype2"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgssapi_krb5.so.2": ("libgssapi-krb5-2", "krb5"),
    "libwayland-client.so.0": ("libwayland-client0", "wayland"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "wayland"),
    "libwayland-egl.so.1": ("libwayland-egl1", "wayland"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
}

# Programs that tests start: the package of apt-get, dnf, pacman, zypper.
TEST_TOOLS = {
    "curl": ("curl",) * 4,
    "Xvfb": ("xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", "xorg-x11-server-Xvfb"),
    "dbus-daemon": ("dbus", "dbus-daemon", "dbus", "dbus-1-daemon"),
    "fc-list": ("fontconfig", "fontconfig", "fontconfig", "fontconfig"),
    "import": ("imagemagick", "ImageMagick", "imagemagick", "ImageMagick"),
    "openssl": ("openssl", "openssl", "openssl", "openssl"),
    "unshare": ("util-linux", "util-linux", "util-linux", "util-linux"),
    "xdotool": ("xdotool", "xdotool", "xdotool", "xdotool"),
}
PACKAGE_TOOLS = dict.fromkeys(("objdump", "strip"), ("binutils",) * 4)
# Node runs programs of other people, which npm installs for a session of proofs.
PROVE_TOOLS = {
    "debootstrap": ("debootstrap",) * 4,
    "node": ("nodejs", "nodejs", "nodejs", "nodejs-default"),
    "npm": ("npm", "nodejs-npm", "npm", "npm-default"),
}

# Scripts that tests write in, by fontconfig's name of a language.
TEST_FONTS = {
    "und-zsye": (
        "fonts-noto-color-emoji",
        "google-noto-color-emoji-fonts",
        "noto-fonts-emoji",
        "google-noto-coloremoji-fonts",
    ),
    "ar": ("fonts-noto-core", "google-noto-sans-arabic-fonts", "noto-fonts", "google-noto-sans-arabic-fonts"),
    "th": ("fonts-noto-core", "google-noto-sans-thai-fonts", "noto-fonts", "google-noto-sans-thai-fonts"),
    "zh-cn": ("fonts-wqy-microhei", "wqy-microhei-fonts", "wqy-microhei", "wqy-microhei-fonts"),
}
ANY_FONT = ("fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu", "dejavu-fonts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare what was asked for, then run it; the result is the exit status."""
    parser = argparse.ArgumentParser(description="Set up, run and test Studiolo from its source.")
    parser.add_argument("--yes", action="store_true", help="install system packages without asking")
    parser.add_argument("command", choices=["run", "test", "prepare"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the program, for pytest, or a purpose")
    chosen = parser.parse_args(arguments)
    purpose = chosen.command
    if purpose == "prepare":
        purpose = chosen.arguments[0] if chosen.arguments else "lint"
        if purpose not in PURPOSES:
            parser.error("prepare for what? One of: " + ", ".join(PURPOSES))
    try:
        prepare(purpose, may_install=chosen.yes)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print("\nThis failed: " + " ".join(map(str, error.cmd)), file=sys.stderr)
        return 1
    if chosen.command == "run":
        return subprocess.call([str(program("python")), "-m", "studiolo", *chosen.arguments], cwd=str(ROOT))
    if chosen.command == "test":
        return run_tests(chosen.arguments)
    return 0


class SetupError(Exception):
    """What is missing, and the command that brings it."""


def prepare(purpose: str, *, may_install: bool = False) -> None:
    """Set up system packages, the virtual environment and the translations, as far as they are not there yet.

    Args:
        purpose: One of PURPOSES.
        may_install: Install system packages without asking.

    Raises:
        SetupError: Something is missing that can't be installed from here; says which command does it.
    """
    check_python()
    if sys.platform.startswith("linux"):
        install_packages(requirements(purpose), may_install=may_install)
    make_environment()
    if purpose != "lint":
        make_translations()


def check_python() -> None:
    """Go on with a Python that can run the program, where this one can't.

    Raises:
        SetupError: There is none on this machine.
    """
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    names = [f"python{NEWEST[0]}.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    # The last folder is where uv puts the Pythons that it installs.
    folders = os.environ.get("PATH", os.defpath) + os.pathsep + str(Path.home() / ".local" / "bin")
    found = next((path for path in (shutil.which(name, path=folders) for name in names) if path), None)
    if found:
        os.execv(found, [found, str(ROOT / "dev.py"), *sys.argv[1:]])
    ways = {"dnf": "sudo dnf install python3.13", "zypper": "sudo zypper install python313"}
    way = ways.get(package_manager() or "", "pipx run uv python install 3.13")
    raise SetupError(
        f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; Studiolo needs {OLDEST[0]}.{OLDEST[1]} to "
        f"{NEWEST[0]}.{NEWEST[1]}.\nInstall one with this command, then try again:\n\n    {way}\n"
    )


def requirements(purpose: str) -> list[Requirement]:
    """What a purpose needs of a Linux system, beside Python."""
    wanted = [_environment_module()]
    if purpose == "lint":
        return wanted
    for soname, (debian, arch) in LIBRARIES.items():
        rpm = soname + "()(64bit)" if sys.maxsize > 2**32 else soname
        packages = {"apt-get": debian, "pacman": arch, "dnf": rpm, "zypper": rpm}
        wanted.append(Requirement(soname, lambda soname=soname: _loads(soname), packages))  # type: ignore[misc]
    wanted.append(Requirement("a font", _has_font, _by_manager(ANY_FONT)))
    if purpose == "run":
        return wanted
    tools = dict(TEST_TOOLS)
    if purpose in ("package", "prove"):
        tools.update(PACKAGE_TOOLS)
    if purpose == "prove":
        tools.update(PROVE_TOOLS)
    for tool, names in tools.items():
        wanted.append(Requirement(tool, lambda tool=tool: _finds(tool), _by_manager(names)))  # type: ignore[misc]
    for language, names in TEST_FONTS.items():
        present = lambda language=language: _has_font_for(language)  # noqa: E731
        wanted.append(Requirement("a font for " + language, present, _by_manager(names)))
    return wanted


def install_packages(wanted: Iterable[Requirement], *, may_install: bool) -> None:
    """Install what is missing of `wanted`, where that is allowed.

    Raises:
        SetupError: It may not, or could not.
    """
    missing = [one for one in wanted if not one.present()]
    if not missing:
        return
    manager = package_manager()
    names = ", ".join(one.name for one in missing)
    if manager is None:
        raise SetupError("These are missing on this system; install them by its own means:\n\n    " + names)
    packages = sorted({one.packages[manager] for one in missing})
    command = [*MANAGERS[manager].install, *packages]
    shown = "    sudo " + " ".join(f"'{word}'" if "(" in word else word for word in command)
    prefix = _right_to_install(names, shown, may_install=may_install)
    if prefix is None:
        raise SetupError(f"Missing: {names}\nInstall them with this command, then try again:\n\n{shown}\n")
    print("Installing system packages: " + " ".join(packages), flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    if MANAGERS[manager].refresh:
        # One source of packages that does not answer fails this, while all that is wanted may come from another.
        subprocess.run([*prefix, *MANAGERS[manager].refresh], check=False, env=environment)
    subprocess.run([*prefix, *command], check=True, env=environment)
    left = ", ".join(one.name for one in missing if not one.present())
    if left:
        raise SetupError("The packages were installed, and these are still missing: " + left)


def package_manager() -> str | None:
    """This system's, as its os-release tells; None for one that is not known here."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return None
    return manager_of(text)


def manager_of(os_release: str) -> str | None:
    """The package manager of a distribution, by the text of its os-release file."""
    values = dict(re.findall(r'^(ID|ID_LIKE)="?([^"\n]*)"?$', os_release, re.MULTILINE))
    for name in f"{values.get('ID', '')} {values.get('ID_LIKE', '')}".split():
        for manager, about in MANAGERS.items():
            if name.split("-")[0] in about.distributions:
                return manager
    return None


def make_environment() -> None:
    """Make .venv and put into it just what requirements.txt names, if it isn't so already.

    Raises:
        SetupError: It is a link, and what it leads to is another environment than this one's.
    """
    wanted = _environment_state()
    python = program("python")
    if READY.exists() and python.exists() and READY.read_text(encoding="utf-8") == wanted:
        return
    if VENV.is_symlink():
        # Making it anew would change another checkout's.
        raise SetupError(f"{VENV} is a link. Remove it, and the next try makes an environment for this checkout.")
    print("Setting up the virtual environment; the first time this takes a minute or two.", flush=True)
    READY.unlink(missing_ok=True)
    works = python.exists() and subprocess.call([str(python), "-c", ""]) == 0
    # Begun anew where Python itself was replaced; else completed, since the last try may have been cut off.
    subprocess.run([sys.executable, "-m", "venv", *([] if works else ["--clear"]), str(VENV)], check=True)
    _install_uv(python)
    uv = [str(program("uv")), "pip"]
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV))
    lock = str(ROOT / "requirements.txt")
    # Each process that a test starts would compile them anew where the environment forbids to keep what was compiled.
    sync = ["sync", "--quiet", "--require-hashes", "--compile-bytecode", lock]
    subprocess.run([*uv, *sync], check=True, env=environment)
    install = ["install", "--quiet", "--no-deps", "--editable", str(ROOT)]
    subprocess.run([*uv, *install], check=True, env=environment)
    READY.write_text(wanted, encoding="utf-8")


def make_translations() -> None:
    """Compile the translations that are newer than what was made of them."""
    TRANSLATIONS.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCES.glob("*.ts")):
        made = TRANSLATIONS / (source.stem + ".qm")
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            release = str(program("pyside6-lrelease"))
            subprocess.run([release, "-silent", str(source), "-qm", str(made)], check=True)


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest with arguments; without any, every test: in parallel, then those that run alone."""
    pytest = [str(program("python")), "-m", "pytest"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(*options: str) -> int:
        return subprocess.call([*pytest, *options], cwd=str(ROOT), env=environment)

    if arguments:
        return run(*arguments)
    # Two more than there are cores: tests of processes wait for these a third of their time.
    workers = str(2 + max(2, os.cpu_count() or 1))
    together = run("-n", workers, "--dist", "worksteal", "-m", "not alone", "--durations=25")
    # By their files: to read all the others takes longer than to run these.
    measuring = [path for path in sorted(TESTS.rglob("test_*.py")) if "mark.alone" in path.read_text(encoding="utf-8")]
    alone = run("-m", "alone", *map(str, measuring))
    return together or alone


def program(name: str) -> Path:
    """A program of the virtual environment."""
    return BIN / (name + ".exe" if sys.platform == "win32" else name)


def _right_to_install(names: str, command: str, *, may_install: bool) -> list[str] | None:
    """What stands before the command of the package manager; None if it may not be run."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if may_install:
        return ["sudo"]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    print(f"Missing: {names}\nThis command installs them:\n\n{command}\n")
    try:
        answer = input("Run it now? [Y/n] ").strip().lower()
    except (EOFError, KeyboardInterrupt):
        print()
        return None
    return ["sudo"] if answer in ("", "y", "yes") else None


def _environment_module() -> Requirement:
    """Python's own module for virtual environments, which Debian has in a package of its own."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    packages = {"apt-get": package, "dnf": "python3", "pacman": "python", "zypper": "python3"}

    def present() -> bool:
        importlib.invalidate_caches()
        return bool(importlib.util.find_spec("ensurepip")) and bool(importlib.util.find_spec("venv"))

    return Requirement("Python's venv", present, packages)


def _by_manager(names: Sequence[str]) -> dict[str, str]:
    return dict(zip(("apt-get", "dnf", "pacman", "zypper"), names, strict=True))


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _finds(tool: str) -> bool:
    return shutil.which(tool, path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin") is not None


def _has_font() -> bool:
    folders = ["/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"]
    return any(
        file.endswith((".ttf", ".otf", ".ttc"))
        for folder in folders
        for _, _, files in os.walk(os.path.expanduser(folder))
        for file in files
    )


def _has_font_for(language: str) -> bool:
    if not shutil.which("fc-list"):
        return False
    done = subprocess.run(["fc-list", ":lang=" + language, "family"], stdout=subprocess.PIPE, check=False)
    return bool(done.stdout.strip())


def _environment_state() -> str:
    """What the environment depends on, as one text to compare."""
    state = hashlib.sha256(sys.version.encode())
    for file in ("requirements.txt", "pyproject.toml"):
        state.update((ROOT / file).read_bytes())
    return state.hexdigest()


def _install_uv(python: Path) -> None:
    """Install uv, in the version and with the hashes that requirements.txt names."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entry = re.search(r"^uv==[^\n]*\n(?:    --hash=[^\n]*\n?)*", lock, re.MULTILINE)
    if entry is None:
        raise SetupError("requirements.txt names no uv.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "uv.txt"
        file.write_text(entry.group(), encoding="utf-8")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(file)], check=True)


if __name__ == "__main__":
    sys.exit(main())
