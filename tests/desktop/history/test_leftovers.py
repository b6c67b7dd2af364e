"""A backup that was killed leaves no copy of all chats behind for good."""

import os
from pathlib import Path

from studiolo.desktop.history.leftovers import remove_leftovers


def _old(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
    return path


def test_what_is_left_of_a_backup_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left = _old(tmp_path / "tmpabcd" / "backup.sqlite", 3600)
    _old(tmp_path / "tmpabcd" / "backup.sqlite-wal", 3600)
    stays = [
        _old(tmp_path / "tmpefgh" / "backup.sqlite", 5),
        _old(tmp_path / "tmpijkl" / "mine.txt", 3600),
        _old(tmp_path / "tmpijkl" / "backup.sqlite", 3600),
        _old(tmp_path / "history.sqlite", 3600),
        _old(tmp_path / "tmpfile", 3600),
    ]
    assert remove_leftovers(tmp_path) == [left.parent]
    assert all(path.exists() for path in stays)
    assert remove_leftovers(tmp_path / "none") == []
