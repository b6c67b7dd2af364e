"""The counts of the usage: bounded, and kept whatever ends the server."""

import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from studiolo.server import request_usage
from studiolo.server.request_usage import RequestUsage

TODAY = date(2026, 11, 27)


@asynccontextmanager
async def counting(file: Path, today: Callable[[], date] = lambda: TODAY) -> AsyncIterator[RequestUsage]:
    usage = RequestUsage(file, today=today)
    try:
        yield usage
    finally:
        await usage.aclose()


def count(usage: RequestUsage, token: str = "", model: str = "m", *, failed: bool = False) -> None:
    usage.add(token=token, model=model, failed=failed, used=(10, 5, 2))


async def test_a_second_instance_counts_as_its_model(tmp_path: Path) -> None:
    async with counting(tmp_path / "usage.sqlite") as usage:
        for name in ("acme/owl", "acme/owl:2", "acme/owl"):
            count(usage, model=name, failed=name.endswith(":2"))
        [entry] = (await usage.report(1)).entries
    assert (entry.model, entry.requests, entry.errors) == ("acme/owl", 3, 1)
    assert (entry.input_tokens, entry.output_tokens, entry.cached_tokens) == (30, 15, 6)


async def test_days_are_told_apart_and_old_ones_go(tmp_path: Path) -> None:
    days = [TODAY - timedelta(days=back) for back in (500, 399, 8, 0)]
    passing = list(days)
    async with counting(tmp_path / "usage.sqlite", lambda: passing[0]) as usage:
        while True:
            count(usage)
            await usage.report(1)
            if len(passing) == 1:
                break
            del passing[0]
        assert [entry.day for entry in (await usage.report(400)).entries] == [day.isoformat() for day in days[1:]]
        assert [entry.day for entry in (await usage.report(7)).entries] == [TODAY.isoformat()]
        report = await usage.report(9)
        assert [entry.day for entry in report.entries] == [days[2].isoformat(), TODAY.isoformat()]
        assert report.today == TODAY.isoformat()


async def test_names_of_a_day_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_usage, "_MOST_NAMES", 10)
    async with counting(tmp_path / "usage.sqlite") as usage:
        for round_ in range(2):
            for number in range(30):
                count(usage, token=f"{round_} {number}" + "x" * 1000)
            await usage.report(1)
        entries = (await usage.report(1)).entries
    assert len(entries) == 11
    assert sum(entry.requests for entry in entries) == 60, "further ones are counted together"
    assert max(len(entry.token) for entry in entries) == 300


async def test_what_was_counted_outlives_a_disk_that_could_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.write_text("a file in the place of the folder")
    async with counting(folder / "usage.sqlite") as usage:
        count(usage)
        with pytest.raises(Exception, match="can't be used"):
            await usage.report(1)
        count(usage)
        folder.unlink()
        folder.mkdir()
        assert [entry.requests for entry in (await usage.report(1)).entries] == [2]


@pytest.mark.skipif(os.name == "nt", reason="the folder of the user is private there")
async def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "usage.sqlite"
    async with counting(file) as usage:
        count(usage)
        await usage.report(1)
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
