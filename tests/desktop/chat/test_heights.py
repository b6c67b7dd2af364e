from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from studiolo.desktop.chat.transcript.heights import RowHeights

HEIGHTS = st.lists(st.integers(1, 2000), min_size=1, max_size=60)


@given(HEIGHTS, HEIGHTS, st.data())
def test_sums_and_rows_are_those_of_a_plain_list(first: list[int], later: list[int], data: st.DataObject) -> None:
    plain = list(first)
    heights = RowHeights(first)
    for height in later:
        plain.append(height)
        heights.append(height)
    for row, height in data.draw(st.lists(st.tuples(st.integers(0, len(plain) - 1), st.integers(1, 2000)))):
        plain[row] = height
        heights.set(row, height)
    tops = list(accumulate(plain, initial=0))
    assert [heights.top(row) for row in range(len(plain) + 1)] == tops
    assert heights.total == tops[-1]
    for row, top in enumerate(tops[:-1]):
        assert heights.row_at(top) == heights.row_at(tops[row + 1] - 1) == row
    assert heights.row_at(-5) == 0
    assert heights.row_at(tops[-1] + 5) == len(plain) - 1
