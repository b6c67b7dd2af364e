"""The one place that watches the downloads of all servers. Pages, sidebar and tray read it.

A server with our extensions tells by itself when a job changes; one that speaks the documented API alone is asked, and
only while a job runs there that was started from here: such a server can't list its jobs.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from studiolo.api.downloads import DOWNLOADS, DownloadEvent, DownloadInfo
from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting, Stopped
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.jobs import Download, JobKey, Totals, download_from, totals_of
from studiolo.desktop.downloads.speeds import SpeedLog
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AccessError, AppError, NotFoundError
from studiolo.files import write_atomically
from studiolo.kept_json import read_kept

logger = logging.getLogger(__name__)

TELL_MS = 500
"""How often changes are told."""
ASK_SECONDS = 1.0
BACK_OFF = (1.0, 2.0, 5.0, 15.0, 30.0)
_AT_A_TIME = 0.002
"""Seconds that events are read in one go: what else the window has to do comes in between."""


class Monitor(QObject):
    """`changed` tells which jobs did, came or went, at most twice a second.

    With none of them, that a server has told its jobs for the first time. `ended` tells of one that is complete or
    failed.

    file: where the jobs of servers are noted that can't list them. ask_seconds: how often those are asked for that go
    on. back_off: seconds until a server that failed is asked again, the first time, the second and so on.
    """

    changed = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        servers: Servers,
        file: Path,
        report: Report,
        *,
        name_of: Callable[[str], str],
        ask_seconds: float = ASK_SECONDS,
        back_off: Sequence[float] = BACK_OFF,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ask_seconds = ask_seconds
        self._back_off = back_off
        self._servers = servers
        self._file = file
        self._name_of = name_of
        self._scope = TaskScope(self, report)
        self._jobs: dict[JobKey, Download] = {}
        self._hidden: set[JobKey] = set()
        self._answered: set[str] = set()
        """Servers that have told what they download, or will not."""
        self._free: dict[str, int] = {}
        self._changed: set[JobKey] = set()
        self._watched: dict[str, Connection] = {}
        self._known: dict[JobKey, Download] = {}
        """Jobs of plain servers, noted on the disk."""
        self._totals: Totals | None = None
        self._looked = False
        self.speeds = SpeedLog()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TELL_MS)
        self._timer.timeout.connect(self._tell)
        self._read_notes()
        servers.changed.connect(self._servers_changed)
        self._servers_changed()

    @property
    def downloads(self) -> dict[JobKey, Download]:
        """Return the jobs as they are just now, without the hidden ones; not to be changed."""
        if not self._hidden:
            return self._jobs
        return {key: job for key, job in self._jobs.items() if key not in self._hidden}

    @property
    def totals(self) -> Totals:
        """Return the figures of all jobs together."""
        if self._totals is None:
            self._totals = totals_of(self.downloads.values())
        return self._totals

    @property
    def looking(self) -> bool:
        """Return whether a server is still to tell what it downloads."""
        return any(
            isinstance(connection.state, Starting)
            or (isinstance(connection.state, Ready) and DOWNLOADS in connection.capabilities)
            for address, connection in self._watched.items()
            if address not in self._answered
        )

    def hide(self, keys: Iterable[JobKey]) -> None:
        """Show jobs to nobody, as if they were gone."""
        for key in keys:
            self._hidden.add(key)
            self._mark(key)

    def unhide(self, keys: Iterable[JobKey]) -> None:
        """Show jobs again that were hidden."""
        for key in keys:
            if key in self._hidden:
                self._hidden.remove(key)
                self._mark(key)

    def hidden(self, key: JobKey) -> Download | None:
        """Return a job that is not shown, as it is just now; None if it is gone."""
        return self._jobs.get(key) if key in self._hidden else None

    def free_bytes(self, server: str) -> int | None:
        """Return the bytes that are free on the disk that the server downloads to; None where it does not say."""
        return self._free.get(server)

    def of_server(self, server: str) -> list[Download]:
        """Return a server's jobs, in the order of its queue."""
        return sorted((one for one in self.downloads.values() if one.server == server), key=lambda one: one.place)

    def note(self, server: str, info: DownloadInfo, *, model: str) -> None:
        """Hear that a download was begun. It is watched from now on, also where the server can't list it."""
        connection = self._servers.connections.get(server)
        if not info.job_id or connection is None or DOWNLOADS in connection.capabilities:
            return
        info = info.model_copy(update={"model": info.model or model})
        job = self._described(server, info, place=len(self._known), steerable=False)
        self._known[job.key] = job
        self._write_notes()
        self._put(job)
        self._watch(server)

    def forget(self, key: JobKey) -> None:
        """Watch a job of a plain server no longer; the server goes on with it."""
        if self._known.pop(key, None):
            self._write_notes()
            self._drop(key)

    def look_again(self) -> None:
        """Ask the servers that don't tell by themselves: what is paused there may have been gone on with there."""
        for address, connection in self._watched.items():
            if isinstance(connection.state, Ready) and self._pending(address):
                self._watch(address)

    async def aclose(self) -> None:
        """Watch nothing any more."""
        self._timer.stop()
        await self._scope.aclose()

    def _servers_changed(self) -> None:
        for address in self._watched.keys() - self._servers.connections.keys():
            del self._watched[address]
            self._scope.cancel(f"watch {address}")
            self._lose(address)
        for address, connection in self._servers.connections.items():
            if self._watched.get(address) is not connection:
                self._watched[address] = connection
                connection.changed.connect(lambda address=address: self._connection_changed(address))
                self._connection_changed(address)

    def _connection_changed(self, address: str) -> None:
        if address not in self._watched:
            return
        match self._watched[address].state:
            case Ready():
                self._watch(address)
            case Starting() | Stopped() | Lost():
                self._note_away(address)
                self._scope.cancel(f"watch {address}")

    def _note_away(self, address: str) -> None:
        """Nobody knows how the jobs go on at a server that does not answer now."""
        for job in [job for job in self._jobs.values() if job.server == address and job.active]:
            self._put(replace(job, state="away", speed=0.0, until=None))

    def _watch(self, address: str) -> None:
        self._scope.start(self._follow_or_ask(address), replace=f"watch {address}")

    async def _follow_or_ask(self, address: str) -> None:
        connection = self._watched[address]
        attempts = 0
        while isinstance(connection.state, Ready):
            began = time.monotonic()
            try:
                if DOWNLOADS in connection.capabilities:
                    await self._follow(address, connection)
                else:
                    await self._ask(address, connection)
                    return
            except (AccessError, NotFoundError) as error:
                logger.info("the downloads of %s are not told: %s", address or "our server", error)
                self._has_answered(address)
                return
            except AppError as error:
                self._has_answered(address)
                logger.info("the downloads of %s are not told just now: %s", address or "our server", error)
            attempts = 0 if time.monotonic() - began > self._back_off[-1] else attempts + 1
            await asyncio.sleep(self._back_off[min(attempts, len(self._back_off) - 1)])

    async def _follow(self, address: str, connection: Connection) -> None:
        async with aclosing(DownloadsApi(connection.client).follow()) as events:
            breath = time.perf_counter()
            async for event in events:
                self._take(address, event)
                if time.perf_counter() - breath > _AT_A_TIME:
                    await asyncio.sleep(0)
                    breath = time.perf_counter()

    def _take(self, address: str, event: DownloadEvent) -> None:
        if event.disk_free_bytes is not None:
            self._free[address] = event.disk_free_bytes
        if event.list is not None:
            self._free[address] = event.list.disk_free_bytes
            gone = {key for key in self._jobs if key[0] == address}
            for info in event.list.jobs:
                job = self._described(address, info, place=info.place, steerable=True)
                gone.discard(job.key)
                self._put(job)
            for key in gone:
                self._drop(key)
            self._has_answered(address)
        elif event.job is not None:
            self._put(self._described(address, event.job, place=event.job.place, steerable=True))
        elif event.job_id is not None:
            self._drop((address, event.job_id))

    async def _ask(self, address: str, connection: Connection) -> None:
        """Each job that is not over once, and those that go on until they are over."""
        pending = self._pending(address)
        while pending:
            for job in pending:
                try:
                    info = await DownloadsApi(connection.client).status(job.id)
                except NotFoundError:
                    self.forget(job.key)
                    continue
                fresh = self._described(address, info, place=job.place, steerable=False)
                if job.key in self._known:
                    self._known[job.key] = fresh
                    if fresh.state != job.state:
                        self._write_notes()
                    self._put(fresh)
            await asyncio.sleep(self._ask_seconds)
            pending = [job for job in self._pending(address) if job.active]

    def _pending(self, address: str) -> list[Download]:
        return [job for key, job in self._known.items() if key[0] == address and job.group not in ("done", "failed")]

    def _described(self, address: str, info: DownloadInfo, *, place: float, steerable: bool) -> Download:
        return download_from(
            info,
            server=address,
            server_name=self._name_of(address),
            place=place,
            steerable=steerable,
            before=self._jobs.get((address, info.job_id or "")) or self._known.get((address, info.job_id or "")),
        )

    def _put(self, job: Download) -> None:
        before = self._jobs.get(job.key)
        if before == job:
            return
        self._jobs[job.key] = job
        self._mark(job.key)
        over = before is not None and before.state != job.state and job.group in ("done", "failed")
        if over and job.key not in self._hidden:
            self.ended.emit(job)

    def _drop(self, key: JobKey) -> None:
        if self._jobs.pop(key, None):
            self._mark(key)
            self._hidden.discard(key)

    def _lose(self, address: str) -> None:
        """Nothing is known of a server any more."""
        self._free.pop(address, None)
        for key in [key for key in self._jobs if key[0] == address]:
            self._known.pop(key, None)
            self._drop(key)
        self._write_notes()

    def _has_answered(self, address: str) -> None:
        if address not in self._answered:
            self._answered.add(address)
            self._looked = True
            self._soon()

    def _mark(self, key: JobKey) -> None:
        self._changed.add(key)
        self._totals = None
        self._soon()

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        self.speeds.add(time.monotonic(), self.totals.speed)
        changed, self._changed = self._changed, set()
        looked, self._looked = self._looked, False
        if changed or looked:
            self.changed.emit(changed)

    def _read_notes(self) -> None:
        for number, entry in enumerate(read_kept(self._file, list)):
            try:
                job = Download(
                    str(entry["server"]),
                    self._name_of(str(entry["server"])),
                    str(entry["id"]),
                    str(entry["model"]),
                    state=str(entry["state"]),
                    total=int(entry["total"]),
                    place=number,
                    steerable=False,
                )
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                logger.warning("a download in %s is passed over: %r", self._file, error)
                continue
            if job.server in self._servers.connections:
                self._known[job.key] = self._jobs[job.key] = job

    def _write_notes(self) -> None:
        entries = [
            {"server": job.server, "id": job.id, "model": job.name, "state": job.state, "total": job.total}
            for job in _latest(self._known.values())
        ]
        try:
            write_atomically(self._file, json.dumps(entries, indent=1).encode())
        except OSError as error:
            logger.warning("%s can't be written: %s", self._file, error)


def _latest(jobs: Iterable[Download], most: int = 200) -> list[Download]:
    return list(jobs)[-most:]
