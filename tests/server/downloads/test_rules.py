"""What the queue goes by: room on the disk, speed, the hour, and what goes on around."""

from datetime import datetime
from pathlib import Path

import pytest

from studiolo.api.settings import ServerSettings
from studiolo.server.downloads.jobs.disk_budget import DiskBudget, DiskSpace, look_at_disks
from studiolo.server.downloads.jobs.host_events import (
    KeepAwake,
    NetworkWatch,
    SleepWatch,
    limit_in_force,
    network_addresses,
)
from studiolo.server.downloads.jobs.meter import Meter
from tests.server.downloads.conftest import MakeDesk, id_of
from tests.stands.hub import StandHub
from tests.stands.waiting import until, wait_until

GB = 10**9
HERE, THERE, AWAY = Path("/a"), Path("/b"), Path("/c")


def test_room_counts_what_is_promised_and_what_stays_free() -> None:
    room = DiskBudget({HERE: DiskSpace(1, 10 * GB), THERE: DiskSpace(1, 10 * GB), AWAY: DiskSpace(2, 5 * GB)}, 2 * GB)
    assert room.has(HERE, 8 * GB)
    assert not room.has(HERE, 8 * GB + 1)
    room.reserve(THERE, 5 * GB)
    assert room.has(HERE, 3 * GB)
    assert not room.has(HERE, 4 * GB), "the same disk"
    assert room.has(AWAY, 3 * GB)
    assert room.problem(HERE, 4 * GB) == (
        "It needs 4.0 GB more, and 10.0 GB are free on the disk, of which other downloads take 5.0 GB; "
        "2.0 GB are to stay free."
    )
    assert not room.is_low(HERE)
    assert DiskBudget({HERE: DiskSpace(1, GB)}, 2 * GB).is_low(HERE)
    assert room.has(Path("/unknown"), 10**15), "who writes there will hear"


def test_a_folder_that_is_still_to_be_made_has_a_disk(tmp_path: Path) -> None:
    found = look_at_disks([tmp_path / "a" / "b", Path("/nowhere/at/all")])
    assert found[tmp_path / "a" / "b"].free > 0
    assert found[tmp_path / "a" / "b"].number == tmp_path.stat().st_dev


def test_speed_is_that_of_the_last_seconds() -> None:
    meter = Meter()
    assert (meter.bytes_per_second, meter.seconds_left(100)) == (0.0, None)
    began = 1000.0
    for second in range(21):
        meter.sample(second * 100 if second <= 10 else 1000 + (second - 10) * 300, began + second)
    assert meter.bytes_per_second == pytest.approx(300)
    assert meter.seconds_left(3000) == pytest.approx(10)
    for second in range(21, 28):
        meter.sample(4000, began + second)
    assert meter.seconds_left(3000) is None, "stalled: nobody knows"


@pytest.mark.parametrize(
    ("begin", "end", "clock", "limit"),
    [
        ("", "", "12:00", 5),
        ("08:00", "08:00", "12:00", 5),
        ("08:00", "18:00", "08:00", 5),
        ("08:00", "18:00", "18:00", 0),
        ("22:00", "06:00", "23:30", 5),
        ("22:00", "06:00", "05:59", 5),
        ("22:00", "06:00", "06:00", 0),
    ],
)
def test_the_limit_has_hours(begin: str, end: str, clock: str, limit: int) -> None:
    settings = ServerSettings(download_limit=5, download_limit_from=begin, download_limit_to=end)
    assert limit_in_force(settings, datetime.fromisoformat(f"2026-01-01T{clock}")) == limit


def test_sleep_is_noticed_by_either_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = {"wall": 0.0, "steady": 0.0}
    monkeypatch.setattr("time.time", lambda: now["wall"])
    monkeypatch.setattr("time.monotonic", lambda: now["steady"])
    watch = SleepWatch()
    now.update(wall=0.5, steady=0.5)
    assert not watch.slept(0.5)
    now.update(wall=3600.5, steady=1.0)
    assert watch.slept(0.5), "as on Linux"
    now.update(wall=7200.5, steady=3601.0)
    assert watch.slept(0.5), "as elsewhere"
    now.update(wall=7201.0, steady=3601.5)
    assert not watch.slept(0.5)


def test_a_network_that_stays_is_no_change() -> None:
    watch = NetworkWatch()
    assert network_addresses(), "there is at least the loopback"
    assert not watch.changed()


def test_staying_awake_never_fails_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here is no desktop that could be asked; wakepy has a way to pretend that one said yes."""
    awake = KeepAwake()
    awake.want(True)
    awake.want(False)
    awake.close()
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")
    awake = KeepAwake()
    awake.want(True)
    wait_until(lambda: awake.active)
    awake.want(False)
    wait_until(lambda: not awake.active)
    awake.close()


async def test_the_machine_is_kept_awake_while_something_runs(
    desk: MakeDesk, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[bool] = []
    monkeypatch.setattr(KeepAwake, "want", lambda self, want: wanted.append(want))
    stand.add("acme/m-GGUF", {"m-Q4_0.gguf": b"x" * 1000})
    async with desk() as one:
        job = await one.downloads.start("acme/m-GGUF")
        await one.state(id_of(job), "completed")
        await until(lambda: not wanted[-1])
    assert True in wanted
