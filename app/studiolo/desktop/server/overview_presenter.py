"""Between the overview and the server that is shown."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QDate, QDateTime, QLocale, QObject, QTime

from studiolo.api.server import SERVER_STATUS, ListeningStatus
from studiolo.api.settings import SETTINGS, ServerSettings
from studiolo.desktop.connections.connection import Lost, Ready, Starting
from studiolo.desktop.server.overview import ServerOverview
from studiolo.desktop.server.shown_server import ShownServer
from studiolo.desktop.server.state_card import ServerStanding
from studiolo.desktop.settings.fields import in_words
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AccessError, AppError, StoppedError


class OverviewPresenter(QObject):
    """downloads_at: how many downloads go on at a server, by its address."""

    def __init__(
        self, view: ServerOverview, shown: ShownServer, report: Report, *, downloads_at: Callable[[str], int]
    ) -> None:
        super().__init__(view)
        self._view = view
        self._shown = shown
        self._downloads_at = downloads_at
        self._scope = TaskScope(view, report)
        view.card.start_requested.connect(lambda: shown.connection.retry())
        view.card.end_requested.connect(lambda: shown.connection.replace_stuck())
        view.card.stop_requested.connect(lambda: self._scope.start(self._stop(), replace="ask"))
        for button in (view.card.restart_requested, view.pending.action.clicked):
            button.connect(lambda: self._scope.start(self._restart(), replace="ask"))
        view.trouble.action.clicked.connect(lambda: shown.connection.retry())
        view.port.action.clicked.connect(lambda: self._scope.start(self._take_port(), replace="port"))
        view.open.action.clicked.connect(lambda: self._change("require_authentication", True))
        view.setting_edited.connect(self._change)
        shown.changed.connect(self._show)
        shown.refreshed.connect(self._show)
        self._show()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def _show(self) -> None:
        shown, view = self._shown, self._view
        view.card.show_standing(self._standing())
        state = shown.state
        trouble = state.error if isinstance(state, Lost) and not isinstance(state.error, StoppedError) else None
        view.trouble.show_text(trouble.message if trouble else "", trouble.hint if trouble else "")
        # Our own is started again at once; another machine's is looked for at longer and longer intervals.
        helped = isinstance(state, Lost) and (state.stuck is not None or (state.again and shown.is_own))
        view.trouble.action.setVisible(not helped)
        ready = isinstance(state, Ready)
        settings = shown.settings
        view.set_usable(usable=ready)
        self._show_port(shown.status if ready else None)
        self._show_pending(shown.status if ready else None, settings)
        self._show_network(shown.status if ready else None, settings)
        if settings is not None:
            view.show_settings(settings)
        elif ready:
            view.show_no_settings(self._why_no_settings())
        else:
            view.show_no_settings("")

    def _standing(self) -> ServerStanding:
        shown, state = self._shown, self._shown.state
        if isinstance(state, Ready):
            return ServerStanding(
                "running",
                self.tr("Running"),
                since=self._since(shown.status),
                address=shown.base_address,
                busy=self._busy(shown.status),
                stoppable=shown.is_own,
            )
        if isinstance(state, Starting):
            return ServerStanding("starting", self.tr("Starting…") if shown.is_own else self.tr("Connecting…"))
        if isinstance(state, Lost):
            stopped = isinstance(state.error, StoppedError)
            if stopped and shown.is_own:
                since = self.tr("Programs can't use it until it is started.")
                return ServerStanding("stopped", self.tr("Stopped"), since=since, startable=True)
            return ServerStanding(
                "lost",
                self.tr("Not reachable"),
                address="" if shown.is_own else shown.address,
                startable=shown.is_own and state.stuck is None and not state.again,
                stuck=state.stuck is not None,
            )
        return ServerStanding("stopped", self.tr("Not connected"), startable=shown.is_own)

    def _since(self, status: ListeningStatus | None) -> str:
        try:
            began = datetime.fromisoformat(status.started_at).astimezone() if status and status.started_at else None
        except ValueError:
            began = None
        if began is None:
            return ""
        time = QDateTime(QDate(began.year, began.month, began.day), QTime(began.hour, began.minute))
        today = time.date() == QDate.currentDate()
        text = QLocale().toString(time.time() if today else time, QLocale.FormatType.ShortFormat)
        return self.tr("since %1").replace("%1", text)

    def _busy(self, status: ListeningStatus | None) -> str:
        if status is None:
            return ""
        if not status.requests_running:
            return self.tr("No requests running")
        running = self.tr("%n request(s) running", "", status.requests_running)
        if not status.requests_waiting:
            return running
        waiting = self.tr("%n waiting", "", status.requests_waiting)
        return self.tr("%1, %2").replace("%1", running).replace("%2", waiting)

    def _show_port(self, status: ListeningStatus | None) -> None:
        notice = self._view.port
        if status is None or not status.wanted_port or status.port in (None, status.wanted_port):
            notice.show_text("")
            return
        wanted, got = str(status.wanted_port), str(status.port)
        if status.port_holder:
            text = self.tr("Port %1 is used by %2, so the server answers at port %3.")
            text = text.replace("%2", status.port_holder)
        else:
            text = self.tr("Port %1 was taken when the server started, so it answers at port %3. It is free now.")
        hint = self.tr("The server takes port %1 as soon as it is free. Port %3 stays open until the server stops.")
        notice.show_text(
            text.replace("%1", wanted).replace("%3", got),
            hint.replace("%1", wanted).replace("%3", got) if status.takes_wanted_port else "",
        )
        use, stay = self.tr("Use %1 when it's free"), self.tr("Stay at %1")
        notice.action.setText(stay.replace("%1", got) if status.takes_wanted_port else use.replace("%1", wanted))

    def _show_pending(self, status: ListeningStatus | None, settings: ServerSettings | None) -> None:
        """What is in force from the next start only."""
        parts = []
        if status is not None and settings is not None:
            if (
                status.wanted_port is not None
                and settings.port
                and settings.port
                not in (
                    status.wanted_port,
                    status.port,
                )
            ):
                parts.append(self.tr("Port %1 is used after a restart.").replace("%1", str(settings.port)))
            if status.on_network is not None and settings.serve_on_network != status.on_network:
                parts.append(
                    self.tr("The local network is served after a restart.")
                    if settings.serve_on_network
                    else self.tr("The local network is served until a restart.")
                )
        elsewhere = "" if self._shown.is_own else self.tr("Restart it on its own machine.")
        self._view.pending.show_text(" ".join(parts), elsewhere if parts else "")
        self._view.pending.action.setVisible(self._shown.is_own)

    def _show_network(self, status: ListeningStatus | None, settings: ServerSettings | None) -> None:
        served = status is not None and bool(status.on_network)
        addresses = [f"http://{host}:{status.port}" for host in status.network_hosts] if status and served else []
        told = self.tr("On the network: %1").replace("%1", ", ".join(addresses)) if addresses else ""
        self._view.network.setText(told)
        self._view.network.setVisible(bool(told))
        anybody = served and settings is not None and not settings.require_authentication
        self._view.open.show_text(
            self.tr("Anybody on your network can use this server without a token.") if anybody else "",
            self.tr("Programs need a token once authentication is required.") if anybody else "",
        )

    def _why_no_settings(self) -> str:
        shown = self._shown
        if SETTINGS not in shown.capabilities:
            text = self.tr("%1 has settings of its own, which can't be changed from here.")
            return text.replace("%1", shown.name)
        trouble = shown.settings_trouble
        if trouble is None:
            return ""
        if isinstance(trouble, AccessError):
            text = self.tr("The settings of %1 need a token that may administer it. %2")
            return text.replace("%1", shown.name).replace("%2", trouble.message)
        return str(trouble)

    def _change(self, name: str, value: Any) -> None:
        self._scope.start(self._change_setting(name, value), replace=f"setting {name}")

    async def _change_setting(self, name: str, value: Any) -> None:
        row, address = self._view.rows[name], self._shown.address
        row.show_saving(True)
        settings, problem = self._shown.settings, ""
        try:
            settings = await self._shown.api.change_settings({name: value})
        except AppError as error:
            problem = in_words(str(error))
        finally:
            row.show_saving(False)
        if address == self._shown.address:
            row.show_problem(problem)
            if settings is not None:
                self._shown.take(settings=settings)

    async def _take_port(self) -> None:
        status = self._shown.status
        if status is not None and SERVER_STATUS in self._shown.capabilities:
            self._shown.take(status=await self._shown.api.take_port(when_free=not status.takes_wanted_port))

    async def _stop(self) -> None:
        connection = self._shown.connection
        lost = await self._losses()
        if not lost or await ask(
            self._view,
            self.tr("Stop the server?"),
            explanation=lost,
            yes=self.tr("Stop"),
            destructive=True,
        ):
            connection.stop()

    async def _restart(self) -> None:
        connection = self._shown.connection
        lost = await self._losses()
        if not lost or await ask(
            self._view,
            self.tr("Restart the server?"),
            explanation=lost,
            yes=self.tr("Restart"),
            destructive=True,
        ):
            connection.restart()

    async def _losses(self) -> str:
        """What ends when the server does; empty for nothing."""
        status = self._shown.status
        try:
            if SERVER_STATUS in self._shown.capabilities:
                status = await self._shown.api.status()
        except AppError:
            # One that does not answer has nothing to lose that is known.
            status = None
        replies = status.requests_running + status.requests_waiting if status else 0
        downloads = self._downloads_at(self._shown.address)
        lines = (
            (replies, self.tr("%n reply(ies) end(s); what there is by now is kept.", "", replies)),
            (downloads, self.tr("%n download(s) stop(s) until the server runs again.", "", downloads)),
        )
        return "\n".join(line for count, line in lines if count)
