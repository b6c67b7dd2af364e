"""Model files taken in from elsewhere, and removed."""

import threading
from pathlib import Path

import pytest

from studiolo.errors import AppError, RequestError, StorageError
from studiolo.server.library import importing
from studiolo.server.library.byte_progress import Cancelled
from studiolo.server.library.importing import How, plan_import
from studiolo.server.library.removal import remove_model
from studiolo.server.library.scan import Library
from tests.stands.projector import write_projector
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tiny_llama(tmp_path / "elsewhere" / "Nice-Model-Q4_K_M.gguf")


def take_in(path: Path, folder: Path, how: How = "copy", name: str | None = None) -> tuple[str, list[float]]:
    heard: list[float] = []
    plan = plan_import(path, how, name, folder)
    plan.carry_out(heard.append, threading.Event())
    return plan.key, heard


def keys(folder: Path) -> list[str]:
    return [model.key for model in Library([folder], starter=False).scan()]


@pytest.mark.parametrize("how", ["copy", "move", "hardlink", "symlink"])
def test_a_file_is_taken_in(source: Path, folder: Path, how: How) -> None:
    content = source.read_bytes()
    key, heard = take_in(source, folder, how)
    assert [key] == keys(folder) == ["local/nice-model"]
    target = folder / "local" / "Nice-Model" / source.name
    assert target.read_bytes() == content
    assert source.exists() == (how != "move")
    assert target.is_symlink() == (how == "symlink")
    assert target.stat().st_ino == source.stat().st_ino if how in ("hardlink", "symlink") else True
    assert heard[-1:] == ([1.0] if how == "copy" else [])


def test_a_link_that_is_moved_leads_to_the_same_file(source: Path, folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / source.name
    link.parent.mkdir()
    link.symlink_to(f"../elsewhere/{source.name}")
    take_in(link, folder, "move")
    [target] = folder.rglob("*.gguf")
    assert target.samefile(source)
    assert not link.is_symlink()


def test_a_move_to_another_disk_is_a_copy(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "same_disk", lambda source, target: False)
    key, heard = take_in(source, folder, "move", "me/it")
    assert (key, heard[-1], source.exists()) == ("me/it", 1.0, False)
    assert keys(folder) == ["me/it"]


def test_all_parts_come_along(tmp_path: Path, folder: Path) -> None:
    parts = [write_tiny_llama(tmp_path / f"Big-Q8_0-0000{number}-of-00002.gguf") for number in (1, 2)]
    key, _ = take_in(parts[1], folder, "symlink")
    assert key == "local/big"
    assert len(list((folder / "local" / "Big").iterdir())) == 2
    parts[0].unlink()
    with pytest.raises(RequestError, match="1 are missing"):
        plan_import(parts[1], "copy", "me/again", folder)


def test_a_cancelled_import_leaves_nothing(source: Path, folder: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        plan_import(source, "copy", None, folder).carry_out(lambda _: None, stop)
    assert source.exists()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_what_can_not_be_taken_in(source: Path, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(source.read_bytes()[:100])
    text = tmp_path / "model.txt"
    text.write_text("GGUF")
    for path, name, words in (
        (broken, None, "can't be used"),
        (text, None, "no GGUF file"),
        (tmp_path / "none.gguf", None, "There is no file"),
        (tmp_path, None, "There is no file"),
        (source, "no slash", "publisher/name"),
        (source, "../../x", "publisher/name"),
        (source, "../x", "not accepted"),
    ):
        with pytest.raises(AppError, match=words):
            plan_import(path, "copy", name, folder)
    take_in(source, folder)
    with pytest.raises(RequestError, match="there already"):
        plan_import(source, "copy", None, folder)
    with pytest.raises(RequestError, match="among the models already"):
        plan_import(folder / "local" / "Nice-Model" / source.name, "copy", "me/again", folder)


def test_no_room_is_told_before(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        free = 10

    monkeypatch.setattr("shutil.disk_usage", lambda path: Nothing)
    with pytest.raises(StorageError, match="are free on the disk"):
        plan_import(source, "copy", None, folder)
    plan_import(source, "symlink", None, folder)


def test_removing_takes_what_nothing_else_needs(folder: Path) -> None:
    repository = folder / "acme" / "See-GGUF"
    first = write_tiny_llama(repository / "See-Q4_0.gguf")
    second = write_tiny_llama(repository / "See-Q8_0.gguf")
    projector = write_projector(repository / "mmproj-See.gguf", model_width=64)
    models = {model.path: model for model in Library([folder], starter=False).scan()}
    remove_model(models[first])
    assert (first.exists(), second.exists(), projector.exists()) == (False, True, True)
    remove_model(models[second])
    assert list(folder.iterdir()) == [], "the folders are gone with the last of it"
    [starter] = Library([folder]).scan()
    with pytest.raises(RequestError, match="comes with Studiolo"):
        remove_model(starter)
    assert starter.path.exists()
