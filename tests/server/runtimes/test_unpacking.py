"""What comes out of an archive: the files that belong into a runtime's folder, or nothing at all."""

import errno
import io
import json
import os
import stat
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studiolo.errors import NotFoundError, ProtocolError
from studiolo.server.runtimes import install, unpacking
from studiolo.server.runtimes.install import RuntimeInstaller
from tests.stands.runtime_list import EXECUTABLE, asset, entry, tar_of, zip_of

MIB = 2**20
SERVER = {"llama-server": EXECUTABLE}


class Disk:
    """A folder of runtimes, with archives that came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reserve = 0
        self.installer = RuntimeInstaller(folder, lambda: self.reserve)

    def came(self, **archives: bytes) -> str:
        """The entry of a runtime whose archives are these, and came; `tgz` and `zip` are what their names end in."""
        names = {name: name.replace("__", ".").replace("_", "-") for name in archives}
        text = json.dumps(entry(*(asset(names[name], content) for name, content in archives.items())))
        place = self.folder / ".cpu-b1.download"
        place.mkdir(parents=True)
        for name, content in archives.items():
            (place / names[name]).write_bytes(content)
        return text

    def install(self, **archives: bytes) -> Path:
        self.installer.install(self.came(**archives), lambda: None)
        return self.folder / "cpu-b1"

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "runtimes")


def test_a_release_becomes_a_runtime(disk: Disk) -> None:
    links = {"libggml.so": "libggml.so.0", "libggml.so.0": "libggml.so.0.1"}
    place = disk.install(
        llama__tar__gz=tar_of({**SERVER, "libggml.so.0.1": b"ggml", "LICENSE": b"MIT"}, links=links),
        cudart__tar__gz=tar_of({"libcudart.so.12": b"cuda", "LICENSE": b"EULA"}, top="cudart-b1/"),
    )
    assert disk.names == ["cpu-b1"]
    assert {path.name: path.read_bytes() for path in place.iterdir() if path.name != "runtime.json"} == {
        "llama-server": EXECUTABLE,
        "libggml.so": b"ggml",
        "libggml.so.0": b"ggml",
        "libggml.so.0.1": b"ggml",
        "libcudart.so.12": b"cuda",
        "LICENSE": b"MIT",
        "LICENSE.2": b"EULA",
    }
    assert os.access(place / "llama-server", os.X_OK)
    assert not os.access(place / "LICENSE", os.X_OK)
    kept = json.loads((place / "runtime.json").read_bytes())
    assert (kept["id"], kept["kind"], kept["backend"]) == ("cpu-b1", "llama-server", "cpu")
    assert (kept["executable"], kept["build"], kept["licence"]) == ("llama-server", "b1", "MIT")


@pytest.mark.parametrize(
    "archive",
    [
        {"llama__zip": zip_of(SERVER)},
        {"llama__zip": zip_of({"a/llama-server": EXECUTABLE, "a/b.dll": b""})},
        {"llama__zip": zip_of(SERVER, mode=0)},
        {"llama__tar__gz": tar_of(SERVER, top="")},
        {"llama__tar__gz": tar_of(SERVER, top="./")},
        {"llama__tar__gz": tar_of({"llama-server": EXECUTABLE, "backends/cpu.so": b"1"})},
    ],
)
def test_each_shape_of_an_archive(disk: Disk, archive: dict[str, bytes]) -> None:
    place = disk.install(**archive)
    assert (place / "llama-server").read_bytes() == EXECUTABLE
    assert os.access(place / "llama-server", os.X_OK)


def _tar_with(**fields: Any) -> bytes:
    """An archive that has a server, and an entry with these fields."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        server = tarfile.TarInfo("llama-server")
        server.size = len(EXECUTABLE)
        archive.addfile(server, io.BytesIO(EXECUTABLE))
        one = tarfile.TarInfo("odd")
        for name, value in fields.items():
            setattr(one, name, value)
        archive.addfile(one, io.BytesIO(b"x" * one.size) if one.isreg() else None)
    return made.getvalue()


BAD: dict[str, dict[str, bytes]] = {
    "zip slip": {"a__zip": zip_of({**SERVER, "../../escaped": b"x"})},
    "zip absolute": {"a__zip": zip_of({**SERVER, "/tmp/escaped": b"x"})},
    "zip of Windows": {"a__zip": zip_of({**SERVER, "..\\escaped": b"x"})},
    "zip drive": {"a__zip": zip_of({**SERVER, "C:escaped": b"x"})},
    "zip link": {"a__zip": zip_of(SERVER, mode=stat.S_IFLNK | 0o777)},
    "zip twice": {"a__zip": zip_of({**SERVER, "LLAMA-server": b"x"})},
    "zip deep": {"a__zip": zip_of({**SERVER, "/".join("abcdefghij"): b"x"})},
    "zip device name": {"a__zip": zip_of({**SERVER, "aux.txt": b"x"})},
    "zip damaged": {"a__zip": zip_of(SERVER)[:-30]},
    "no zip": {"a__zip": b"not an archive"},
    "tar slip": {"a__tar__gz": _tar_with(name="../escaped", size=1)},
    "tar absolute": {"a__tar__gz": _tar_with(name="/tmp/escaped", size=1)},
    "tar link out": {"a__tar__gz": _tar_with(type=tarfile.SYMTYPE, linkname="../../escaped")},
    "tar link to root": {"a__tar__gz": _tar_with(type=tarfile.SYMTYPE, linkname="/etc/passwd")},
    "tar link upwards": {"a__tar__gz": _tar_with(type=tarfile.SYMTYPE, linkname="b/../../../escaped")},
    "tar hard link": {"a__tar__gz": _tar_with(type=tarfile.LNKTYPE, linkname="/etc/passwd")},
    "tar device": {"a__tar__gz": _tar_with(type=tarfile.CHRTYPE, devmajor=1, devminor=3)},
    "tar pipe": {"a__tar__gz": _tar_with(type=tarfile.FIFOTYPE)},
    "tar two tops": {"a__tar__gz": tar_of({"../b/odd": b"x", **SERVER})},
    "tar truncated": {"a__tar__gz": tar_of({**SERVER, "noise": os.urandom(5000)})[:-2000]},
    "no tar": {"a__tar__gz": b"not an archive"},
    "no server": {"a__tar__gz": tar_of({"llama-cli": EXECUTABLE})},
    "server is a link": {"a__tar__gz": tar_of({"llama-cli": EXECUTABLE}, links={"llama-server": "llama-cli"})},
    "Vulkan's loader": {"a__tar__gz": tar_of({**SERVER, "libvulkan.so.1": b"x"})},
    "Vulkan's loader for Windows": {"a__zip": zip_of({**SERVER, "Vulkan-1.dll": b"x"})},
    "too large": {"a__zip": zip_of({**SERVER, "zeros": bytes(2 * MIB)})},
    "too large a tar": {"a__tar__gz": tar_of({**SERVER, "zeros": bytes(2 * MIB)})},
    "too many": {"a__zip": zip_of({**SERVER, **{str(number): b"" for number in range(20)}})},
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_does_not_belong_into_an_archive_is_refused_whole(
    disk: Disk, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_MOST_MEMBERS", 20)
    monkeypatch.setattr(unpacking, "_MOST_BYTES", 100_000)
    text = disk.came(**BAD[name])
    with pytest.raises(ProtocolError) as refused:
        disk.installer.install(text, lambda: None)
    assert refused.value.hint
    assert disk.names == [".cpu-b1.download"], "nothing of it is kept but what came"
    assert not list(tmp_path.rglob("escaped*"))
    assert not disk.installer.is_there(text)


def test_a_file_is_never_written_through_a_link(disk: Disk, tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("lib")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
        for name in ("lib/x.so", "llama-server"):
            one = tarfile.TarInfo(name)
            one.size = 1
            archive.addfile(one, io.BytesIO(b"x"))
    with pytest.raises((ProtocolError, OSError)):
        disk.install(a__tar__gz=made.getvalue())
    assert disk.names == [".cpu-b1.download"]


def test_a_full_disk_leaves_what_came(disk: Disk) -> None:
    text = disk.came(a__tar__gz=tar_of({**SERVER, "lib.so": b"x" * 10_000}))
    disk.reserve = 2**60
    with pytest.raises(OSError) as full:
        disk.installer.install(text, lambda: None)
    assert full.value.errno == errno.ENOSPC
    assert disk.names == [".cpu-b1.download"]
    disk.reserve = 0
    disk.installer.install(text, lambda: None)
    assert disk.names == ["cpu-b1"]


def test_wherever_it_is_stopped_nothing_is_half_there(disk: Disk) -> None:
    """At each of the moments at which it asks; the next time it is made whole."""
    text = disk.came(a__tar__gz=tar_of({**SERVER, "a.so": b"a", "b.so": b"b"}, links={"c.so": "b.so"}))

    class Stopped(Exception):
        pass

    def stop_at(moment: int) -> Callable[[], None]:
        asked = iter(range(1000))

        def check() -> None:
            if next(asked) == moment:
                raise Stopped

        return check

    stopped = 0
    while True:
        try:
            disk.installer.install(text, stop_at(stopped))
        except Stopped:
            stopped += 1
            assert disk.names == [".cpu-b1.download"]
            assert not disk.installer.is_there(text)
        else:
            break
    assert stopped > 5
    assert disk.names == ["cpu-b1"]


def test_what_a_kill_left_is_cleared_and_another_s_archives_are_not(disk: Disk) -> None:
    place = disk.install(a__tar__gz=tar_of(SERVER))
    for name in (".cpu-b1.incoming", ".old.removed", ".lost.download", ".wanted.download", "mine", "x.download"):
        (disk.folder / name / "sub").mkdir(parents=True)
    disk.installer.clean_up(["wanted"])
    assert disk.names == [".wanted.download", "cpu-b1", "mine", "x.download"]
    assert (place / "llama-server").exists()
    RuntimeInstaller(disk.folder / "nothing", lambda: 0).clean_up([])


def test_it_is_removed_cleanly_and_nothing_else_can_be(disk: Disk) -> None:
    place = disk.install(a__tar__gz=tar_of({**SERVER, "lib.so": b"x" * 1000}))
    (disk.folder / "mine").mkdir()
    outside = disk.folder.parent / "outside"
    outside.mkdir()
    (outside / "runtime.json").write_text("{}")
    assert disk.installer.size_of("cpu-b1") > 1000
    for name in ("mine", "gone", "../outside", ".", "", "..", str(outside)):
        with pytest.raises(NotFoundError):
            disk.installer.remove(name)
    disk.installer.remove("cpu-b1")
    assert disk.names == ["mine"]
    assert not place.exists()
    assert (outside / "runtime.json").exists()


def test_wherever_it_is_killed_the_next_time_makes_it_whole(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kill does, the end leaves everything as it is: nothing is cleaned up behind it."""
    archive = tar_of({**SERVER, "a.so": b"a", "b.so": b"b"}, links={"c.so": "b.so"})
    text = disk.came(a__tar__gz=archive)
    killed = 0

    class Killed(BaseException):
        pass

    def die(function: Callable[..., Any], at: int, asked: list[str]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            if len(asked) == at:
                raise Killed
            asked.append(function.__name__)
            return function(*arguments, **options)

        return instead

    while True:
        with monkeypatch.context() as patched:
            asked: list[str] = []
            for owner, name in ((os, "open"), (os, "fsync"), (Path, "symlink_to"), (Path, "mkdir")):
                patched.setattr(owner, name, die(getattr(owner, name), killed, asked))
            for owner, name in ((Path, "replace"), (Path, "chmod"), (install, "remove_folder")):
                patched.setattr(owner, name, die(getattr(owner, name), killed, asked))
            patched.setattr(install, "_clear", lambda _: None)
            try:
                disk.installer.install(text, lambda: None)
            except Killed:
                killed += 1
            else:
                break
        is_there = disk.installer.is_there(text)
        assert is_there == ("cpu-b1" in disk.names)
        assert is_there or (disk.folder / ".cpu-b1.download" / "a.tar.gz").read_bytes() == archive
    assert killed > 20
    assert disk.names == ["cpu-b1"]
    assert (disk.folder / "cpu-b1" / "c.so").read_bytes() == b"b"


@pytest.mark.skipif(sys.platform == "win32", reason="a link there takes rights")
def test_a_folder_that_somebody_linked_is_not_followed(disk: Disk, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    disk.folder.mkdir()
    (disk.folder / ".a.incoming").symlink_to(precious)
    disk.installer.clean_up([])
    assert (precious / "file").exists()
    assert disk.names == []
