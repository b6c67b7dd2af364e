"""Models moved from one folder to another, on one disk and on two."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiolo.errors import RequestError, StorageError
from studiolo.server.library import moving
from studiolo.server.library.byte_progress import Cancelled
from studiolo.server.library.moving import plan_move
from studiolo.server.library.removal import remove_model
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.projector import write_projector
from tests.stands.tiny_model import write_tiny_llama

PLACE = Path("acme") / "See-GGUF"
Q4, Q8, EYES = "See-Q4_0.gguf", "See-Q8_0.gguf", "mmproj-See.gguf"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Alone in a folder, that may not go with it."""
    folder = tmp_path / "disk" / "other"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def seeing(home: Path) -> Path:
    """Two quantizations and the projector of both."""
    write_tiny_llama(home / PLACE / Q4)
    write_tiny_llama(home / PLACE / Q8)
    return write_projector(home / PLACE / EYES, model_width=64)


@pytest.fixture(params=[True, False], ids=["one disk", "two disks"])
def disks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(moving, "same_disk", lambda *_: False)


@pytest.fixture
def another_disk(home: Path) -> Iterator[Path]:
    """A folder on another disk than the models."""
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no second disk is known here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if os.stat(folder).st_dev == home.parent.stat().st_dev:
            pytest.skip("the second disk is the first one")
        yield Path(folder)


def the_model(path: Path, *folders: Path) -> LibraryModel:
    return next(model for model in Library(folders, starter=False).scan() if path in model.files)


def move(
    path: Path,
    home: Path,
    other: Path,
    check_unused: Callable[[], None] = lambda: None,
    incoming: frozenset[Path] = frozenset(),
) -> None:
    heard: list[float] = []
    plan = plan_move(the_model(path, home), home, other, incoming)
    plan.carry_out(heard.append, threading.Event(), check_unused)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def content(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("disks")
def test_each_quantization_takes_the_projector_along(seeing: Path, home: Path, other: Path) -> None:
    before = {path.relative_to(home): data for path, data in content(home).items()}
    move(home / PLACE / Q4, home, other)
    assert seeing.exists(), "the other one needs it"
    move(home / PLACE / Q8, home, other)
    assert {path.relative_to(other): data for path, data in content(other).items()} == before
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("disks")
def test_another_projector_of_that_name_is_left_alone(seeing: Path, home: Path, other: Path) -> None:
    target = other / PLACE / EYES
    target.parent.mkdir(parents=True)
    for wrong in (seeing.read_bytes()[:-1], seeing.read_bytes()[:-1] + b"?"):
        target.write_bytes(wrong)
        before = content(home, other)
        for name in (Q4, Q8):
            with pytest.raises(RequestError, match="there already"):
                move(home / PLACE / name, home, other)
        (home / PLACE / Q4).rename(home / "away")
        with pytest.raises(RequestError, match="there already"):
            move(home / PLACE / Q8, home, other)
        (home / "away").rename(home / PLACE / Q4)
        assert content(home, other) == before


def test_a_projector_that_leads_back_here_is_none(seeing: Path, home: Path, other: Path) -> None:
    (home / PLACE / Q4).unlink()
    (other / PLACE).mkdir(parents=True)
    (other / PLACE / EYES).symlink_to(seeing)
    with pytest.raises(RequestError, match="there already"):
        move(home / PLACE / Q8, home, other)


def test_on_one_disk_only_a_shared_projector_is_copied(
    seeing: Path, home: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Room:
        free = seeing.stat().st_size - 1

    monkeypatch.setattr("shutil.disk_usage", lambda path: Room)
    inode = (home / PLACE / Q4).stat().st_ino
    with pytest.raises(StorageError, match="are free on the disk"):
        move(home / PLACE / Q4, home, other)
    Room.free += 1
    move(home / PLACE / Q4, home, other)
    assert (other / PLACE / Q4).stat().st_ino == inode
    assert (other / PLACE / EYES).stat().st_ino != seeing.stat().st_ino
    Room.free = 0
    move(home / PLACE / Q8, home, other)


@pytest.mark.parametrize("begun", [True, False])
def test_a_quantization_that_is_coming_keeps_its_projector(seeing: Path, home: Path, other: Path, begun: bool) -> None:
    (home / PLACE / Q8).unlink()
    incoming: frozenset[Path] = frozenset()
    if begun:
        (home / PLACE / f"{Q8}.part").write_bytes(b"GGUF")
    else:
        incoming = frozenset({home / PLACE / Q8})
    move(home / PLACE / Q4, home, other, incoming=incoming)
    assert seeing.exists()
    (other / PLACE / Q4).rename(home / PLACE / Q4)
    remove_model(the_model(home / PLACE / Q4, home), incoming)
    assert seeing.exists()


def test_what_is_left_of_an_earlier_download_of_a_model_is_no_other(seeing: Path, home: Path) -> None:
    (home / PLACE / Q8).rename(home / PLACE / f"{Q4}.part")
    remove_model(the_model(home / PLACE / Q4, home))
    assert not seeing.exists()


def refuse_to_remove(monkeypatch: pytest.MonkeyPatch, *refused: Path) -> None:
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self in refused:
            raise PermissionError(13, "Permission denied", str(self))
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)


def test_what_can_not_be_removed_is_not_moved(home: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: False)
    model = write_tiny_llama(home / PLACE / Q4)
    before = content(home, other)
    refuse_to_remove(monkeypatch, model)
    with pytest.raises(StorageError, match="can't be removed") as raised:
        move(model, home, other)
    assert "Nothing was changed" in raised.value.hint
    assert content(home, other) == before
    assert list(other.iterdir()) == []


def test_what_was_renamed_comes_back_when_the_rest_can_not(
    seeing: Path, home: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The projector is there, the model is renamed, and the projector can't be removed here."""
    move(home / PLACE / Q4, home, other)
    before = content(home, other)
    refuse_to_remove(monkeypatch, seeing)
    with pytest.raises(StorageError, match="can't be removed"):
        move(home / PLACE / Q8, home, other)
    assert content(home, other) == before


def test_what_is_half_removed_stays_where_it_is_whole(home: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: False)
    first, second, third = (write_tiny_llama(home / PLACE / f"See-0000{part}-of-00003.gguf") for part in (1, 2, 3))
    refuse_to_remove(monkeypatch, second)
    with pytest.raises(StorageError, match="not all could be removed") as raised:
        move(first, home, other)
    assert str(second) in raised.value.hint
    assert len(content(other)) == 3
    assert [path.exists() for path in (first, second, third)] == [False, True, False]


def test_a_folder_that_can_not_be_written_is_told_before(
    home: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = the_model(write_tiny_llama(home / PLACE / Q4), home)
    # Whoever may do everything may write there, too.
    monkeypatch.setattr("os.access", lambda path, mode: path != home / PLACE)
    with pytest.raises(StorageError, match="can't be written"):
        plan_move(model, home, other)


@pytest.mark.usefixtures("disks")
def test_a_model_that_was_loaded_meanwhile_stays(seeing: Path, home: Path, other: Path) -> None:
    def is_loaded() -> None:
        assert content(other), "the projector is there by now"
        raise RequestError("It is loaded.")

    before = content(home, other)
    with pytest.raises(RequestError, match="is loaded"):
        move(home / PLACE / Q4, home, other, is_loaded)
    assert content(home, other) == before
    assert list(other.iterdir()) == []


@pytest.mark.usefixtures("disks")
def test_a_model_that_is_gone_meanwhile_is_an_error_of_ours(home: Path, other: Path) -> None:
    model = the_model(write_tiny_llama(home / PLACE / Q4), home)
    plan = plan_move(model, home, other)
    model.path.unlink()
    with pytest.raises(StorageError, match="can't be moved"):
        plan.carry_out(lambda _: None, threading.Event())
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.usefixtures("disks")
def test_a_link_leads_to_the_same_file_from_there(home: Path, other: Path, tmp_path: Path, relative: bool) -> None:
    real = write_tiny_llama(tmp_path / "real" / "x.gguf")
    link = home / PLACE / Q4
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.relpath(real, link.parent) if relative else real)
    move(link, home, other)
    assert (other / PLACE / Q4).is_symlink()
    assert (other / PLACE / Q4).resolve() == real
    assert not os.path.lexists(link)
    assert real.exists()


def test_a_link_to_a_file_of_the_disk_that_it_goes_to(home: Path, another_disk: Path) -> None:
    real = write_tiny_llama(another_disk / "real" / "x.gguf")
    folder = another_disk / "models"
    folder.mkdir()
    link = home / PLACE / Q4
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    move(link, home, folder)
    assert (folder / PLACE / Q4).readlink() == real
    assert real.exists()


def test_a_model_goes_to_another_disk_with_its_projector(seeing: Path, home: Path, another_disk: Path) -> None:
    before = {path.relative_to(home): data for path, data in content(home).items()}
    move(home / PLACE / Q4, home, another_disk)
    move(home / PLACE / Q8, home, another_disk)
    assert {path.relative_to(another_disk): data for path, data in content(another_disk).items()} == before
    assert list(home.iterdir()) == []


def test_quantizations_that_share_a_linked_projector(seeing: Path, home: Path, other: Path, tmp_path: Path) -> None:
    real = seeing.rename(tmp_path / "eyes")
    seeing.symlink_to(real)
    move(home / PLACE / Q4, home, other)
    move(home / PLACE / Q8, home, other)
    assert (other / PLACE / EYES).resolve() == real
    assert list(home.iterdir()) == []


def test_giving_up_leaves_the_models_folder(home: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: False)
    model = the_model(write_tiny_llama(home / Q4), home)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        plan_move(model, home, other).carry_out(lambda _: None, stop)
    assert other.is_dir()
    assert list(other.iterdir()) == []


def test_the_last_model_leaves_the_models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without a folder above it, such as /models, has no name above it either."""
    monkeypatch.chdir(tmp_path)
    model = the_model(write_tiny_llama(Path("models") / Q4), Path("models"))
    remove_model(model)
    assert Path("models").is_dir()
