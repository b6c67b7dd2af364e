"""The model of the table: newest first, bounded, filtered, and kind to what is selected."""

import pytest
from PySide6.QtCore import QLocale, QPersistentModelIndex
from PySide6.QtWidgets import QApplication

from studiolo.api.server import RequestEntry
from studiolo.desktop.requests.table import OWN_PROGRAM, RequestColumn, RequestFilter, RequestTable


@pytest.fixture
def table(qapp: QApplication) -> RequestTable:
    return RequestTable(most=100)


def entry(number: int, status: int | None = 200, **more: object) -> RequestEntry:
    facts = {"id": number, "method": "GET", "route": f"/v1/{number}", "status": status, "time": "2026-11-27T10:00:00Z"}
    return RequestEntry.model_validate(facts | more)


def numbers(table: RequestTable) -> list[int]:
    return [one.id for one in table.rows]


def test_the_newest_are_on_top_and_the_oldest_go(table: RequestTable) -> None:
    table.take([entry(number) for number in range(1, 61)])
    table.take([entry(number) for number in range(61, 131)])
    assert numbers(table) == list(range(130, 30, -1))
    assert table.total == table.rowCount() == 100
    assert table.row_of(130) == 0
    assert table.row_of(30) is None


def test_a_row_that_changes_stays_where_it_is(table: RequestTable) -> None:
    table.take([entry(1, None), entry(2, None), entry(3, None)])
    kept = QPersistentModelIndex(table.index(2, 0))
    changed: list[tuple[int, int]] = []
    table.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    table.take([entry(1, 200), entry(4)])
    assert changed == [(2, 2)]
    assert kept.row() == 3
    assert table.index(3, RequestColumn.STATUS).data() == "200"


def test_what_fails_later_comes_to_its_place_among_the_failed(table: RequestTable) -> None:
    table.take([entry(number, None) for number in range(1, 6)])
    table.filter(RequestFilter(failed=True))
    assert numbers(table) == []
    table.take([entry(5, 503)])
    table.take([entry(2, 404), entry(3, 200, error="It broke off."), entry(4, 200)])
    assert numbers(table) == [5, 3, 2]
    table.take([entry(number, 400) for number in range(6, 120)])
    assert len(numbers(table)) == 100
    assert numbers(table) == sorted(numbers(table), reverse=True)
    table.filter(RequestFilter())
    assert table.total == 100


def test_words_model_and_token_narrow_it_together(table: RequestTable) -> None:
    table.take(
        [
            entry(1, model="acme/owl", token_name="laptop", program="curl"),
            entry(2, model="acme/owl", token_name="phone"),
            entry(3, model="acme/tiny", token_name="laptop", error="No room.", program=OWN_PROGRAM),
        ]
    )
    assert list(table.models) == ["acme/owl", "acme/tiny"]
    assert list(table.tokens) == ["laptop", "phone"]
    for wanted, shown in (
        (RequestFilter(model="acme/owl"), [2, 1]),
        (RequestFilter(model="acme/owl", token="laptop"), [1]),
        (RequestFilter(without_own=True), [2, 1]),
        (RequestFilter("CURL owl"), [1]),
        (RequestFilter("room"), [3]),
        (RequestFilter("get /v1/2"), [2]),
        (RequestFilter("nothing"), []),
    ):
        table.filter(wanted)
        assert numbers(table) == shown, wanted


def test_cells_say_what_is_known_and_nothing_else(table: RequestTable) -> None:
    table.take([entry(1, None, method="POST", queue_position=2), entry(2, 499, seconds=75.4, input_tokens=3912)])
    table.take([entry(3, 200, seconds=0.0021, token_name="VS Code", program="curl", address="10.0.0.5")])
    cells = [[table.index(row, column).data() for column in RequestColumn] for row in range(3)]
    assert cells[0][1:] == ["VS Code", "GET /v1/3", "", "200", "", "", "", "2 ms"]
    assert cells[1][4:] == ["Cancelled", QLocale().toString(3912), "", "", "1 min 15 s"]
    assert cells[2][4:] == ["Waiting", "", "", "", ""]
