"""A thousand lines a second, in a real window: it does not hang, and does not grow."""

import asyncio
import gc
import os
from collections.abc import Callable

import psutil
import pytest

from studiolo.desktop.requests.table import MOST_ROWS
from tests.desktop.requests.conftest import OpenDesk
from tests.stalls import StallMonitor
from tests.stands.request_flood import request_flood
from tests.stands.waiting import until

_LINES = 1000
_PROVE = bool(os.environ.get("STUDIOLO_PROVE"))
_STALL_MS = 50.0 if _PROVE else 100.0
"""Where others keep the machine busy, the same work takes up to twice the processor's time."""
_GROWTH_BYTES = 24 * 2**20
_SECONDS = 60.0 if _PROVE else 5.0


@pytest.mark.alone
@pytest.mark.proof
@pytest.mark.timeout(180, method="thread")
async def test_a_thousand_lines_a_second_stall_nothing(
    requests_desk: OpenDesk, stalls: Callable[[], StallMonitor]
) -> None:
    with request_flood(_LINES) as address:
        async with requests_desk(address) as desk:
            view = desk.view
            # What the table holds at most is there before memory is looked at.
            await until(lambda: view.table.total == MOST_ROWS)
            gc.collect()
            before, first = psutil.Process().memory_info().rss, view.table.rows[0].id
            loop = asyncio.get_running_loop()
            began = loop.time()
            # Somebody is at work meanwhile: filters, looks at one, scrolls.
            acts: tuple[Callable[[], object], ...] = (
                lambda: view.search.setText("model-3"),
                lambda: view.failed.setChecked(True),
                lambda: view.rows.choose(min(5, view.table.rowCount() - 1)),
                lambda: view.failed.setChecked(False),
                view.search.clear,
                lambda: view.rows.verticalScrollBar().setValue(400),
                lambda: view.rows.verticalScrollBar().setValue(0),
            )
            with stalls() as watch:
                while loop.time() - began < _SECONDS:
                    for act in acts:
                        act()
                        await asyncio.sleep(_SECONDS / 70)
            seconds = loop.time() - began
            came = view.table.rows[0].id - first
            grown = psutil.Process().memory_info().rss - before
            print(
                f"\n{came / seconds:.0f} lines a second for {seconds:.0f} s: longest turn {watch.worst_cpu:.0f} ms of "
                f"processor ({watch.worst_wall:.0f} ms by the clock), busy {watch.busy:.0%}, {grown / 2**20:+.1f} MiB"
            )
            assert came > 0.8 * _LINES * seconds, "no line is late"
            assert "too fast" not in view.foot.text(), "and none was lost"
            assert view.table.total == MOST_ROWS
            assert watch.worst_cpu < _STALL_MS
            assert grown < _GROWTH_BYTES
            assert not desk.reported
