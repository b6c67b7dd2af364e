"""What a killed import or move left behind is removed when the next server starts; nothing else is."""

import os
from pathlib import Path

from studiolo.paths import app_paths
from studiolo.server.library.leftovers import remove_leftovers
from tests.stands.serving import serving
from tests.stands.waiting import until


def _written(path: Path, *, days: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 100)
    then = path.stat().st_mtime - days * 86400
    os.utime(path, (then, then))
    return path


async def test_an_unfinished_copy_is_removed_when_a_server_starts() -> None:
    left = _written(app_paths().models / "acme" / "big" / "big-Q4_K_M.gguf.import")
    model = _written(app_paths().models / "acme" / "big" / "other.gguf")
    async with serving():
        await until(lambda: not left.exists())
    assert model.exists()


def test_only_copies_of_models_are_removed_and_fresh_ones_of_others_stay(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    gone = {_written(own / "deep" / "er" / "a.gguf.import"), _written(other / "b.GGUF.import", days=2)}
    stays = {
        _written(own / "notes.import"),
        _written(own / "a.gguf"),
        _written(other / "c.gguf.import"),
        _written(tmp_path / "elsewhere" / "d.gguf.import", days=9),
    }
    link = own / "e.gguf.import"
    link.symlink_to(own / "a.gguf")
    assert set(remove_leftovers(own, [other, tmp_path / "none"])) == gone
    assert all(path.exists() for path in {*stays, link})
