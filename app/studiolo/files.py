"""Files that are replaced as a whole, or stay as they were."""

import os
from pathlib import Path


def write_atomically(target: Path, data: bytes, *, private: bool = False) -> None:
    """Replace `target`; a reader sees the old file or the new one, after a power cut, too. Blocking. Raises OSError.

    private: only this user can read it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
