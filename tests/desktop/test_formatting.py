"""Sizes, times and counts as a person reads them."""

import pytest

from studiolo.desktop.widgets.formatting import duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (7.4, "7 s"),
        (12.4, "10 s"),
        (43, "45 s"),
        (58, "1 min"),
        (74, "1 min"),
        (92, "2 min"),
        (100, "2 min"),
        (3600, "60 min"),
        (12_000, "3 h 20 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_how_long_something_takes_is_told_roughly(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_an_estimate_that_wavers_does_not_flip_between_units() -> None:
    told = {duration_text(seconds) for seconds in range(75, 125)}
    assert told <= {"1 min", "2 min"}
