"""What goes on around a download: the machine sleeps, the network changes, the clock strikes the hour of a limit."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

import psutil
from wakepy import Mode, keep

from studiolo.api.settings import ServerSettings

logger = logging.getLogger(__name__)

_JUMP = 10.0
"""Seconds that the clocks may differ, or a step come late, before the machine must have slept."""


class SleepWatch:
    """Finds out that the machine slept. Linux's steady clock stands still meanwhile; that of others does not."""

    def __init__(self) -> None:
        self._wall, self._steady = time.time(), time.monotonic()

    def slept(self, expected: float) -> bool:
        """Return whether it did since the last call, which should have been `expected` seconds ago."""
        wall, steady = time.time(), time.monotonic()
        by_wall, by_steady = wall - self._wall, steady - self._steady
        self._wall, self._steady = wall, steady
        return by_wall - by_steady > _JUMP or by_steady - expected > _JUMP


def network_addresses() -> frozenset[tuple[str, str]]:
    """List the interfaces that are up, each with its addresses; none where the system does not tell."""
    try:
        up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
        addresses = psutil.net_if_addrs()
    except (OSError, psutil.Error):
        return frozenset()
    return frozenset((name, entry.address) for name in up for entry in addresses.get(name, ()))


class NetworkWatch:
    """Finds out that an interface or an address came or went."""

    def __init__(self) -> None:
        self._known = network_addresses()

    def changed(self) -> bool:
        """Return whether that was so since the last call. Blocks for some milliseconds."""
        found = network_addresses()
        changed, self._known = found != self._known, found
        return changed


class Surroundings:
    """Tells when connections may be dead without knowing it."""

    network_seconds = 2.0
    """Between two looks at the network."""

    def __init__(self) -> None:
        self._sleep = SleepWatch()
        self._network = NetworkWatch()
        self._looked = 0.0

    async def changed(self, expected: float | None, *, network: bool) -> str | None:
        """Return what happened since the last call, if anything.

        expected: seconds ago that it should have been; None: nobody knows. network: whether to look at that, too.
        """
        if expected is None:
            self._sleep = SleepWatch()
        elif self._sleep.slept(expected):
            return "the machine slept"
        now = time.monotonic()
        if network and now - self._looked >= self.network_seconds:
            self._looked = now
            if await asyncio.to_thread(self._network.changed):
                return "the network changed"
        return None


class KeepAwake:
    """Keeps the machine from sleeping while it should. Never blocks, never fails: where it can't, it does not."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep awake")
        self._held = ExitStack()
        self._wanted = False
        self._mode: Mode | None = None

    @property
    def active(self) -> bool:
        """Return whether the machine is being kept awake."""
        return self._mode is not None and bool(self._mode.active)

    def want(self, wanted: bool) -> None:
        """Say whether the machine should stay awake; the system is told in a thread, and only of a change."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._threads.submit(self._hold if wanted else self._held.close)

    def close(self) -> None:
        """Let the machine sleep again, and end the thread without waiting for it."""
        self.want(False)
        self._threads.shutdown(wait=False)

    def _hold(self) -> None:
        try:
            self._mode = self._held.enter_context(keep.running(on_fail="pass"))
            if not self.active:
                logger.info("this machine can't be kept awake during downloads: %s", self._mode.result)
        except Exception:
            # A desktop's session bus may fail in any way; the download goes on.
            logger.warning("this machine can't be kept awake during downloads", exc_info=True)


def limit_in_force(settings: ServerSettings, now: datetime) -> int:
    """Return bytes a second for all downloads together at `now`, local time; 0 for as many as come."""
    begin, end = settings.download_limit_from, settings.download_limit_to
    if not begin or not end or begin == end:
        return settings.download_limit
    clock = now.strftime("%H:%M")
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    return settings.download_limit if inside else 0
