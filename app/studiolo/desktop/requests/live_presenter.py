"""Between the table of requests and the server that is asked."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from studiolo.api.server import REQUEST_DETAILS, REQUEST_LOG, RequestBatch, RequestDetails, RequestEntry
from studiolo.api.settings import SETTINGS
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.requests.curl import address_of, content_type_of, curl_of, path_of
from studiolo.desktop.requests.exporting import export_requests
from studiolo.desktop.requests.live_view import LiveRequests
from studiolo.desktop.requests.resending import can_be_sent, changes_something
from studiolo.desktop.requests.table import MOST_ROWS
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AccessError, AppError, NotFoundError

logger = logging.getLogger(__name__)

BACK_OFF = (1.0, 2.0, 5.0, 15.0, 30.0)
_SHOW_MS = 100
"""How often the table is changed at most."""
_MOST_AT_ONCE = 500
"""Requests that are shown in one go: the window has other things to do."""
_LOOK_SECONDS = 1.0
"""How often a request under way is asked for whose details are shown."""


class LivePresenter(QObject):
    """Follows the log of the selected server while the table is in sight, and never otherwise."""

    def __init__(
        self,
        view: LiveRequests,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        back_off: Sequence[float] = BACK_OFF,
    ) -> None:
        """Connect a view with the servers.

        Args:
            view: The table.
            servers: All that are known.
            report: Hears of what goes wrong.
            name_of: What a server is called, by its address.
            back_off: Seconds until a log that failed is asked for again, the first time, the second and so on.
        """
        super().__init__(view)
        self._view = view
        self._servers = servers
        self._name_of = name_of
        self._back_off = back_off
        self._scope = TaskScope(view, report)
        self._address = servers.selected_address
        self._visible = view.isVisible()
        self._attempts = 0
        self._live = False
        self._trouble = ""
        self._paused = False
        self._fresh: dict[int, RequestEntry] = {}
        """What has come and is not shown yet."""
        self._last = 0
        """The highest number that was seen."""
        self._cleared = 0
        """What has this number or a lower one was cleared away."""
        self._skipped = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOW_MS)
        self._timer.timeout.connect(self._show_fresh)
        view.seen.connect(self._seen)
        view.paused.connect(self._pause)
        view.entry_chosen.connect(self._choose)
        view.in_full_switched.connect(lambda on: self._scope.start(self._switch_full(on), replace="full"))
        view.copy_requested.connect(self.copy_as_curl)
        view.resend_requested.connect(lambda: self._scope.start(self._resend(), replace="resend"))
        view.export_requested.connect(
            lambda: self._scope.start(export_requests(view, view.table.rows), replace="export")
        )
        view.clear_requested.connect(self._clear)
        view.retried.connect(self._retry)
        servers.selected.changed.connect(self._server_changed)
        self._server_changed()

    @property
    def live(self) -> bool:
        """Return whether requests are told as they come."""
        return self._live

    @property
    def waiting(self) -> int:
        """Return how many requests have come and are not shown yet."""
        return len(self._fresh)

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        self._timer.stop()
        await self._scope.aclose()

    def copy_as_curl(self) -> None:
        """Leave the chosen request on the clipboard, as a command without a token."""
        entry = self._view.pane.entry
        state = self._servers.connection(self._address).state
        if entry is None or not isinstance(state, Ready):
            return
        QGuiApplication.clipboard().setText(curl_of(state.address, entry))
        if entry.method in ("GET", "HEAD") or (isinstance(entry, RequestDetails) and entry.body_complete):
            self._view.tell(translate("Requests", "Copied. The command reads the token from LM_API_TOKEN."))
        else:
            self._view.tell(translate("Requests", "Copied without the whole body, which was not kept."))

    def _seen(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self._server_changed()
        else:
            self._end()

    def _end(self) -> None:
        self._live = False
        for name in ("follow", "details"):
            self._scope.cancel(name)

    def _retry(self) -> None:
        self._servers.connection(self._address).retry()
        self._server_changed()

    def _server_changed(self) -> None:
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self._attempts = 0
            self._forget()
            self._end()
        if not self._visible:
            return
        state = self._servers.selected.state
        if isinstance(state, Ready):
            if REQUEST_LOG in self._servers.selected.capabilities:
                self._scope.start(self._follow(), replace="follow")
                self._scope.start(self._read_full(), replace="full")
            else:
                self._end()
                self._view.show_notice(
                    translate("Requests", "%1 keeps no log of requests.").replace("%1", self._name_of(self._address)),
                    translate("Requests", "Servers of Studiolo show here what programs ask them."),
                )
        else:
            self._end()
            self._show_away(state.error if isinstance(state, Lost) else None)

    def _show_away(self, error: AppError | None) -> None:
        """There is no server just now: what was listed stays, with the reason beside it."""
        away = translate("Requests", "Not connected")
        self._trouble = translate("Requests", "Connecting…") if error is None else away
        if self._view.table.total:
            self._tell_state()
        elif error is not None:
            self._view.show_notice(error.message, error.hint, retry=True)

    def _pause_seconds(self) -> float:
        seconds = self._back_off[min(self._attempts, len(self._back_off) - 1)]
        self._attempts += 1
        return seconds

    async def _follow(self) -> None:
        connection = self._servers.connection(self._address)
        while isinstance(connection.state, Ready):
            try:
                await self._follow_once(ServerApi(connection.client))
            except AccessError as error:
                self._live = False
                hint = translate("Requests", "Reading the log takes a token with the permission “admin”.")
                self._view.show_notice(error.message, hint, retry=True)
                return
            except NotFoundError as error:
                self._live = False
                self._view.show_notice(error.message, error.hint, retry=True)
                return
            except AppError as error:
                logger.info("the log of %s can't be followed just now: %s", self._address or "our server", error)
            self._live = False
            self._trouble = translate("Requests", "Connecting again…")
            self._tell_state()
            await asyncio.sleep(self._pause_seconds())
            if connection.address is not None:
                connection.retry()
                return

    async def _follow_once(self, api: ServerApi) -> None:
        first = True
        async with aclosing(api.follow_log_in_batches()) as batches:
            async for batch in batches:
                if first:
                    first = False
                    self._begin(batch)
                self._take(batch)

    def _begin(self, batch: RequestBatch) -> None:
        """The server tells again, from its oldest request on."""
        self._live, self._trouble, self._attempts = True, "", 0
        known = [entry for entry in batch.entries if self._view.table.entry(entry.id)]
        begun_anew = any(self._view.table.entry(entry.id).time != entry.time for entry in known)  # type: ignore[union-attr]
        highest = max((entry.id for entry in batch.entries), default=0)
        if begun_anew or highest < self._last:
            self._forget()
        elif batch.entries and self._last:
            self._skipped += max(0, min(entry.id for entry in batch.entries) - self._last - 1)
        self._view.show_rows()
        self._tell_state()

    def _take(self, batch: RequestBatch) -> None:
        self._skipped += batch.skipped
        for entry in batch.entries:
            self._last = max(self._last, entry.id)
            if entry.id > self._cleared:
                self._fresh[entry.id] = entry
        while len(self._fresh) > MOST_ROWS:
            # Only while it is paused: those that would not be in the table any more.
            del self._fresh[next(iter(self._fresh))]
            self._skipped += 1
        if not self._timer.isActive():
            self._timer.start()

    def _show_fresh(self) -> None:
        if self._paused:
            self._tell_state()
            return
        fresh = [self._fresh.pop(number) for number in list(self._fresh)[:_MOST_AT_ONCE]]
        if fresh:
            self._view.table.take(fresh)
            self._refresh_details(fresh)
        if self._fresh:
            self._timer.start()
        self._view.show_skipped(self._skipped)
        self._tell_state()

    def _refresh_details(self, fresh: Iterable[RequestEntry]) -> None:
        chosen = self._view.chosen
        if chosen is not None and any(entry.id == chosen for entry in fresh):
            self._choose(chosen)

    def _tell_state(self) -> None:
        waiting = self.waiting if self._paused else None
        self._view.show_state(live=self._live, waiting=waiting, trouble=self._trouble)

    def _pause(self, on: bool) -> None:
        self._paused = on
        self._show_fresh()

    def _clear(self) -> None:
        self._cleared, self._skipped = self._last, 0
        self._fresh.clear()
        self._view.table.clear()
        self._view.show_skipped(0)
        self._tell_state()

    def _forget(self) -> None:
        self._last = self._cleared = self._skipped = 0
        self._fresh.clear()
        self._view.table.clear()

    async def _read_full(self) -> None:
        if SETTINGS not in self._servers.selected.capabilities:
            self._view.show_full(None)
            return
        try:
            settings = await ServerApi(self._servers.client(self._address)).settings()
        except AppError as error:
            # Who may not read the settings may not read the log either, which is said there.
            logger.info("the settings of %s can't be read: %s", self._address or "our server", error)
            self._view.show_full(None)
        else:
            self._view.show_full(settings.log_bodies)

    async def _switch_full(self, on: bool) -> None:
        try:
            changed = await ServerApi(self._servers.client(self._address)).change_settings({"log_bodies": on})
        except AppError:
            self._view.show_full(not on)
            raise
        self._view.show_full(changed.log_bodies)

    def _choose(self, number: int | None) -> None:
        self._scope.cancel("details")
        entry = self._view.table.entry(number) if number is not None else None
        if entry is None:
            return
        shown = self._view.pane.entry
        if shown is None or shown.id != entry.id:
            self._show_entry(entry)
        if REQUEST_DETAILS in self._servers.selected.capabilities:
            self._scope.start(self._read_details(entry.id), replace="details")
        else:
            self._show_entry(entry)

    async def _read_details(self, number: int) -> None:
        while True:
            try:
                details = await ServerApi(self._servers.client(self._address)).request_details(number)
            except NotFoundError:
                self._view.tell(translate("Requests", "The server does not keep this request any more."))
                return
            except AppError as error:
                self._view.tell(error.message)
                return
            self._show_entry(details)
            if details.status is not None:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _show_entry(self, entry: RequestEntry) -> None:
        sendable = isinstance(entry, RequestDetails) and can_be_sent(entry)
        why_not = "" if sendable else translate("Requests", "Its body was not kept as it was sent.")
        self._view.pane.show_entry(entry, sendable=sendable, why_not=why_not)

    async def _resend(self) -> None:
        entry = self._view.pane.entry
        if not isinstance(entry, RequestDetails) or not can_be_sent(entry):
            return
        address = self._address
        if changes_something(entry) and not await ask(
            self._view,
            translate("Requests", "Send %1 again?").replace("%1", f"{entry.method} {entry.route}"),
            explanation=translate("Requests", "It may change something on %1 once more.").replace(
                "%1", self._name_of(address)
            ),
            yes=translate("Requests", "Send again"),
            destructive=True,
        ):
            return
        self._view.tell(translate("Requests", "Sending…"))
        path = address_of("", entry) if entry.query else path_of(entry)
        content = entry.body if isinstance(entry.body, str) else None
        client = self._servers.client(address)
        status = await client.send_written(entry.method, path, content or None, content_type_of(entry))
        self._view.tell(translate("Requests", "Sent again: %1").replace("%1", str(status)))
