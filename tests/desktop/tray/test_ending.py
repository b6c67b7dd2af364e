"""What is asked before the program ends: one rule, whatever goes on."""

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.tray.ending import Ending


@pytest.mark.parametrize(
    ("ending", "ends"),
    [
        (Ending(), False),
        (Ending(elsewhere=2), False),
        (Ending(downloads=1), True),
        (Ending(replies=1), True),
        (Ending(waiting=1), True),
    ],
)
def test_it_is_asked_where_something_ends(ending: Ending, ends: bool) -> None:
    assert ending.ends is ends


@pytest.mark.parametrize("state", ["downloading", "verifying", "queued", "waiting", "no_space", "away"])
def test_a_download_that_goes_on_by_itself_ends_with_its_server(state: str) -> None:
    job = Download("", "here", "1", "birds/owl", "Q4_K_M", state, 4_000_000_000)
    assert Ending.of([job], ending_with="", replies=0, waiting=0) == Ending(downloads=1)
    assert Ending.of([job], ending_with=None, replies=0, waiting=0) == Ending(elsewhere=1)


@pytest.mark.parametrize("state", ["paused", "completed", "failed"])
def test_a_download_that_does_nothing_ends_nothing(state: str) -> None:
    job = Download("", "here", "1", "birds/owl", "Q4_K_M", state, 4_000_000_000)
    assert not Ending.of([job], ending_with="", replies=0, waiting=0).ends


def test_what_ends_is_told_with_what_goes_on(qapp: QApplication) -> None:
    lines = Ending(replies=1, waiting=2, downloads=3, elsewhere=4).text().splitlines()
    assert len(lines) == 4
    assert "kept" in lines[0]
    assert "draft" in lines[1]
    assert "next start" in lines[2]
    assert "elsewhere" in lines[3]
