"""A machine on which nothing was installed by hand: a new Debian in a folder, which is the whole file system
for what runs in it. Needs root.

It knows no package registry of its own: apt and pip are given what this machine's are set to.
"""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_BASE = "ca-certificates,make,python3"
_MOUNTS = """
set -e
root=$1; shift
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t sysfs sys "$root/sys"
mount -t proc proc "$root/proc"
mkdir -p /tmp/.X11-unix "$root/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
for folder in $SHARED; do
    mkdir -p "$root$folder"
    mount --bind -o ro "$folder" "$root$folder"
done
# Not chroot: who is in one may make no user namespace.
cd "$root"
mkdir -p before
pivot_root . before
exec "$@"
"""
_PASSED_ON = re.compile(r"(PIP|UV|SSL|REQUESTS|CURL)_|(https?|no)_proxy$", re.IGNORECASE)


class FreshRoot:
    """A Debian with make and Python, and a copy of a checkout in /studiolo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(self, *command: str, **environment: str) -> list[str]:
        """What runs `command` in there, in /studiolo, with mounts that end with it."""
        passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.match(name)}
        variables = (
            {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"} | passed_on | environment
        )
        inside = ["/bin/sh", "-c", 'cd /studiolo && exec "$@"', "sh", *command]
        outside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _MOUNTS, "sh", str(self.folder)]
        shared = f"SHARED={' '.join(map(str, _local_registries()))}"
        words = [f"{name}={value}" for name, value in variables.items()]
        return ["env", shared, *outside, "/usr/bin/env", "-i", *words, *inside]

    def run(self, *command: str, log: Path, seconds: float, environment: Mapping[str, str] | None = None) -> int:
        """Run a command to its end, with what it prints in `log`; the result is its exit status."""
        with log.open("wb") as file:
            words = self.command(*command, **(environment or {}))
            return subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, timeout=seconds, check=False
            ).returncode


@contextlib.contextmanager
def fresh_root(release: str, folder: Path, checkout: Path) -> Iterator[FreshRoot]:
    """Make a root of a Debian release, with the committed state of a checkout; it is removed at the end."""
    root = folder / release
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={_BASE}", release, str(root), _debian_mirror()],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        _hand_on_settings(root)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(checkout), str(root / "studiolo")], check=True)
        yield FreshRoot(root)
    finally:
        shutil.rmtree(root)


def _debian_mirror() -> str:
    """Where this machine's apt has Debian's packages from."""
    sources = Path("/etc/apt")
    for file in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        for address in re.findall(r"^(?:URIs:|deb)\s+(?:\[[^\]]*\]\s+)?(\S+)", text, re.MULTILINE):
            if address.rstrip("/").endswith("/debian"):
                return str(address)
    raise LookupError("apt of this machine has no Debian mirror")


def _hand_on_settings(root: Path) -> None:
    """How apt, pip and TLS are set up on this machine."""
    for name in ("resolv.conf", "hosts", "pip.conf"):
        if (file := Path("/etc") / name).exists():
            shutil.copy(file, root / "etc" / name)
    if (settings := Path("/etc/xdg/pip")).is_dir():
        shutil.copytree(settings, root / "etc/xdg/pip", dirs_exist_ok=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")
    for file in Path("/etc/apt/apt.conf.d").glob("[0-9]*"):
        if "://" in file.read_text(encoding="utf-8") or "Acquire" in file.read_text(encoding="utf-8"):
            shutil.copy(file, root / "etc/apt/apt.conf.d")


def _local_registries() -> list[Path]:
    """Folders of packages that pip's settings name; an index links to files beside it."""
    done = subprocess.run(["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    text = done.stdout + os.environ.get("PIP_FIND_LINKS", "")
    folders = [Path(path) for path in re.findall(r"(?:file://)?(/[^\s'\"]+)", text) if Path(path).is_dir()]
    return sorted({folder.parent if folder.name == "simple" else folder for folder in folders})
