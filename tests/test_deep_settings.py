"""Settings of a later version may hold anything, however deep: it is kept, on the server and in the window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.server.settings import ServerSettingsStore


def open_server(file: Path) -> tuple[Callable[[], object], bool]:
    """Return what changes a setting, and whether it was changed before."""
    store = ServerSettingsStore(file)
    return lambda: store.change({"download_jobs": 3}), store.current.download_jobs == 3


def open_desktop(file: Path) -> tuple[Callable[[], object], bool]:
    store = DesktopSettingsStore(file)
    return lambda: store.change(closing="keep"), store.current.closing == "keep"


@pytest.mark.parametrize("depth", [100, 300, 900, 100_000])
@pytest.mark.parametrize("open_store", [open_server, open_desktop])
def test_what_is_nested_however_deep_is_kept_and_settings_can_be_changed_where_the_stack_is_deep(
    tmp_path: Path, open_store: Callable[[Path], tuple[Callable[[], object], bool]], depth: int
) -> None:
    unknown = "[" * depth + "]" * depth
    file = tmp_path / "settings.json"
    file.write_text(f'{{"from_the_future": {unknown}}}')
    # Read where the stack is not deep yet.
    change, _ = open_store(file)

    def descend(deeper: int) -> None:
        if deeper:
            descend(deeper - 1)
        else:
            change()

    descend(500)
    assert unknown in "".join("".join(kept.read_text().split()) for kept in tmp_path.iterdir())
    assert open_store(file)[1]
