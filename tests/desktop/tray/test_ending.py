"""What is asked before the program ends: one rule, whatever goes on."""

import pytest
from PySide6.QtWidgets import QApplication

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


def test_what_ends_is_told_with_what_goes_on(qapp: QApplication) -> None:
    lines = Ending(replies=1, waiting=2, downloads=3, elsewhere=4).text().splitlines()
    assert len(lines) == 4
    assert "kept" in lines[0]
    assert "draft" in lines[1]
    assert "next start" in lines[2]
    assert "elsewhere" in lines[3]
