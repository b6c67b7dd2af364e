from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.widgets import theme
from tests.stalls import StallMonitor
from tests.stands.desk import DownloadsDesk, desk_at
from tests.stands.hub import StandHub
from tests.stands.serving import serving

_LIMIT_SECONDS = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that hangs is ended from a thread: a signal's handler runs only when Qt's loop comes back to Python."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_LIMIT_SECONDS, method="thread"))


@pytest.fixture
def stalls(qapp: QApplication) -> Callable[[], StallMonitor]:
    """`with stalls() as watch: …` measures how long the GUI thread is kept busy at a time."""
    return StallMonitor


@pytest.fixture
async def desk(qapp: QApplication, stand: StandHub) -> AsyncIterator[DownloadsDesk]:
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, desk_at(server.address) as desk:
        yield desk
    assert desk.reported == []


@pytest.fixture
def large_text(qapp: QApplication) -> Iterator[None]:
    """Text twice as large as usual, from before the first widget is made."""
    theme.apply(qapp, "light", text_size=200)
    yield
    theme.apply(qapp, "light")
