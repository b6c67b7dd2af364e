"""Who may look at what the program keeps: files and folders as a careless system or an earlier version left them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from studiolo.paths import app_paths


@contextmanager
def left_open(*files: str) -> Iterator[None]:
    """Begin with these files, and the folders that they are in, open to everybody; what is made would be so, too."""
    before = os.umask(0)
    try:
        for name in files:
            file = app_paths().data.parent / name
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            file.touch(0o644)
        yield
    finally:
        os.umask(before)


def open_to_others() -> dict[str, str]:
    """Folders of the program and private files that somebody else can look into, with their modes."""
    paths, home = app_paths(), app_paths().data.parent
    folders = [one for one in (paths.data, paths.config, paths.cache, paths.logs, paths.runtime) if one.exists()]
    private = [file for end in ("*.sqlite*", "*.log*", "*.json") for file in home.rglob(end) if _is_private(file.name)]
    modes = {str(one.relative_to(home)): one.stat().st_mode & 0o777 for one in (*folders, *private)}
    return {name: oct(mode) for name, mode in modes.items() if mode & 0o077}


def _is_private(name: str) -> bool:
    return name.endswith((".sqlite", ".sqlite-wal", ".sqlite-shm", ".log")) or name in ("tokens.json", "server.json")
