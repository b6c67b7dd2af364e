"""The order of tests that several processes share."""

import pytest

from tests.dealing import LONG, dealt

FILES = ["cli/test_a.py"] * 50 + [f"{LONG[1]}test_b.py"] * 3 + ["desktop/test_c.py"] * 90 + [LONG[0]] * 20
ITEMS = [(file, number) for number, file in enumerate(FILES)]


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_every_test_is_there_once_and_the_first_shares_begin_with_the_long_ones(workers: int) -> None:
    order = dealt(ITEMS, workers, lambda item: item[0])
    assert sorted(order, key=lambda item: item[1]) == ITEMS
    shares = [order[len(order) * one // workers :] for one in range(workers)]
    assert [share[0][0] for share in shares[:2]] == [LONG[0], f"{LONG[1]}test_b.py"]


def test_the_tests_of_a_file_stay_in_their_order() -> None:
    order = dealt(ITEMS, 3, lambda item: item[0])
    for file in set(FILES):
        numbers = [number for name, number in order if name == file]
        assert numbers == sorted(numbers)
