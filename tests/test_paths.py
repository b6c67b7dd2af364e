"""Where things are kept."""

import subprocess
import sys
from pathlib import Path

import pytest

from studiolo import paths


def test_one_folder_holds_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    found = paths.app_paths()
    for folder in (found.data, found.config, found.cache, found.logs, found.runtime, found.models):
        assert folder.is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir()), "nothing is made before it is used"


def test_without_it_the_platforms_folders_are_used_and_nothing_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (paths.HOME_VARIABLE, "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = paths.app_paths()
    assert len({found.data, found.config, found.cache, found.runtime}) == 4
    assert all("studiolo" in str(folder) for folder in (found.data, found.config, found.cache, found.logs))


@pytest.mark.skipif(sys.platform != "linux", reason="the variable is Linux's")
def test_a_login_sessions_runtime_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert paths.app_paths().runtime.is_relative_to(tmp_path)


def test_resources_and_translations_are_found() -> None:
    assert paths.resource_path("studiolo.svg").is_file()
    assert (paths.translations_path() / "studiolo_en.qm").is_file()


def test_the_program_can_start_itself() -> None:
    done = subprocess.run([*paths.self_command("--version")], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.startswith("studiolo ")
    assert Path(sys.executable).exists()
