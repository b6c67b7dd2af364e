"""Between the panel of the network, the window's settings, and the server that is selected."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from PySide6.QtCore import QObject

from studiolo.api.network import NETWORK, NetworkHop
from studiolo.client.network import NetworkApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.network.network_panel import NetworkPanel
from studiolo.desktop.network.window_network import NETWORK_FIELDS, ServerFollower, WindowNetwork
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask_for_files
from studiolo.errors import AppError
from studiolo.hub.huggingface import endpoint_in_force, token_in_force
from studiolo.network.addresses import is_exception
from studiolo.network.certificates import check_certificates
from studiolo.network.diagnosis import diagnose
from studiolo.network.proxies import is_proxy

_NEEDED = {"manual": "proxy_address", "script": "proxy_script"}
"""Without it the mode would mean nothing, and is not in force."""


class NetworkPresenter(QObject):
    """Made with its panel, when the section is looked at first."""

    def __init__(
        self,
        panel: NetworkPanel,
        settings: DesktopSettingsStore,
        servers: Servers,
        window: WindowNetwork,
        follower: ServerFollower,
        report: Report,
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._settings = settings
        self._servers = servers
        self._window = window
        self._follower = follower
        self._scope = TaskScope(panel, report)
        self._mode = settings.current.proxy_mode
        self.hops: list[NetworkHop] = []
        panel.mode_chosen.connect(self._choose_mode)
        panel.field_edited.connect(self._edit)
        panel.password_edited.connect(lambda text: self._start(self._keep_password(text), "proxy_password"))
        panel.file_requested.connect(lambda name: self._scope.start(self._choose_file(name), replace="file"))
        panel.test_requested.connect(self._test)
        panel.test_cancelled.connect(self._cancel_test)
        settings.changed.connect(self._settings_changed)
        window.password_changed.connect(self._show)
        follower.changed.connect(self._show_follower)
        servers.selected.changed.connect(self._show_server)
        self._show()
        self._look_at_certificates()
        follower.look()

    async def aclose(self) -> None:
        """End what goes on."""
        await self._scope.aclose()

    def _settings_changed(self, names: frozenset[str]) -> None:
        if names & NETWORK_FIELDS:
            if "proxy_mode" in names:
                self._mode = self._settings.current.proxy_mode
            self._show()
        if "extra_certificates" in names:
            self._look_at_certificates()

    def _show(self) -> None:
        self._panel.show_settings(self._settings.current, self._mode)
        self._panel.show_password(bool(self._window.password))
        self._show_follower()
        self._show_server()

    def _show_follower(self) -> None:
        server, failure = self._follower.server, self._follower.failure
        if failure is not None:
            told = translate("Network", "The server of this computer does not follow: %1").replace("%1", str(failure))
        elif server is not None and not self._follower.differs:
            told = translate("Network", "In force for this window and for the server of this computer.")
        elif server is not None:
            told = translate(
                "Network", "In force for this window. The server of this computer has other settings, below."
            )
        else:
            told = translate("Network", "In force for this window. The server of this computer follows when it runs.")
        self._panel.show_follower(told)

    def _show_server(self) -> None:
        connection = self._servers.selected.current
        able = isinstance(connection.state, Ready) and NETWORK in connection.capabilities
        address = self._servers.selected_address
        own = translate("Network", "the server of this computer")
        self._panel.show_server((own if address == OWN else self._servers.name_of(address)) if able else "")

    def _choose_mode(self, mode: str) -> None:
        self._mode = mode  # type: ignore[assignment]
        needed = _NEEDED.get(mode)
        if needed is None or getattr(self._settings.current, needed):
            self._change("proxy_mode", proxy_mode=mode)
        self._panel.show_settings(self._settings.current, mode)

    def _edit(self, name: str, value: object) -> None:
        problem = self._problem(name, value)
        self._panel.show_problem(name, problem)
        if problem or value == getattr(self._settings.current, name):
            return
        if name == "extra_certificates":
            self._start(self._take_certificates(str(value)), name)
            return
        changes: dict[str, object] = {name: value}
        if name == _NEEDED.get(self._mode):
            # With its address the proxy comes into force, and goes with it.
            changes["proxy_mode"] = self._mode if value else "system"
            self._mode = self._mode if value else "system"
        self._change(name, **changes)

    def _problem(self, name: str, value: object) -> str:
        if name == "proxy_address" and value and not is_proxy(str(value)):
            return translate(
                "Network", "This is not the address of a proxy. It begins with http://, and has no name or password."
            )
        if name == "proxy_exceptions" and isinstance(value, list):
            bad = [entry for entry in value if not is_exception(entry)]
            told = translate("Network", "“%1” is not a name, an address or a network.")
            return told.replace("%1", bad[0]) if bad else ""
        return ""

    def _change(self, name: str, **changes: object) -> None:
        try:
            self._settings.change(**changes)
        except (AppError, ValueError) as error:
            self._panel.show_problem(name, str(error))

    async def _take_certificates(self, path: str) -> None:
        if path:
            await asyncio.to_thread(check_certificates, path)
        self._settings.change(extra_certificates=path)

    def _look_at_certificates(self) -> None:
        self._start(self._count_certificates(), "extra_certificates")

    async def _count_certificates(self) -> None:
        path = self._settings.current.extra_certificates
        if not path:
            self._panel.show_certificates("")
            return
        count = await asyncio.to_thread(check_certificates, path)
        told = translate("Network", "Certificates in the file: %1. They are trusted beside those of the system.")
        self._panel.show_certificates(told.replace("%1", str(count)))

    async def _keep_password(self, text: str) -> None:
        await self._window.keep_password(text)

    async def _choose_file(self, name: str) -> None:
        title = translate("Network", "Choose a file")
        if files := await ask_for_files(self._panel, title, one=True):
            self._edit(name, str(files[0]))

    def _start(self, work: object, name: str) -> None:
        """Do something whose failure is told below a field."""

        def tell(error: BaseException) -> None:
            if not isinstance(error, AppError):
                raise error
            self._panel.show_problem(name, str(error))

        self._panel.show_problem(name, "")
        self._scope.start(work, replace=name, on_error=tell)  # type: ignore[arg-type]

    # -- the test

    def _test(self, by_server: bool) -> None:
        self.hops = []
        self._panel.show_hops([], "")
        self._panel.show_testing(True)
        self._scope.start(self._walk(by_server=by_server), replace="test", on_error=self._test_failed)

    async def _walk(self, *, by_server: bool) -> None:
        async with aclosing(self._hops(by_server=by_server)) as hops:
            async for hop in hops:
                if self.hops and self.hops[-1].state == "running":
                    self.hops[-1] = hop
                else:
                    self.hops.append(hop)
                self._panel.show_hops(self.hops, "")
        failed = bool(self.hops) and self.hops[-1].state == "failed"
        told = (
            translate("Network", "The hub can't be reached: the last step above failed.")
            if failed
            else translate("Network", "The hub can be reached.")
        )
        self._panel.show_testing(False)
        self._panel.show_hops(self.hops, told, failed=failed)

    def _hops(self, *, by_server: bool) -> AsyncGenerator[NetworkHop, None]:
        if by_server:
            return NetworkApi(self._servers.selected.client).test()
        return diagnose(self._window.network, endpoint_in_force(), token_in_force())

    def _test_failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        self._panel.show_testing(False)
        self._panel.show_hops(self.hops, str(error), failed=True)

    def _cancel_test(self) -> None:
        self._scope.cancel("test")
        self.hops = [hop for hop in self.hops if hop.state != "running"]
        self._panel.show_testing(False)
        self._panel.show_hops(self.hops, translate("Network", "The test was cancelled."))
