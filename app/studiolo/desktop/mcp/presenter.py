"""Between the page of MCP servers and the server that is selected."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, assert_never

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from studiolo.api.mcp import MCP, McpServerChange, McpServerEntry, McpServerInfo, Policy
from studiolo.api.mcp_links import is_link
from studiolo.api.mcp_notation import read_servers
from studiolo.client.mcp import McpClient
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.mcp.adding import Adding
from studiolo.desktop.mcp.entry_dialog import EntryDialog
from studiolo.desktop.mcp.model import ServerAction, has_secrets
from studiolo.desktop.mcp.page import McpPage
from studiolo.desktop.mcp.text_dialogs import CallsDialog, FileDialog, LogDialog
from studiolo.desktop.mcp.tool_dialog import ToolDialog
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError, NotFoundError, RequestError, UnreachableError

LOOK_SECONDS = 2.0
_SIGN_IN_SECONDS = 1.0
_REMOVE_SECONDS = 5.0


class McpPresenter(QObject):
    """The server is asked only while the page is in sight. look_seconds: how often it is asked then."""

    def __init__(
        self,
        page: McpPage,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
        open_url: Callable[[str], bool] = lambda url: QDesktopServices.openUrl(QUrl(url)),
    ) -> None:
        super().__init__(page)
        self._page = page
        self._servers = servers
        self._name_of = name_of
        self._look_seconds = look_seconds
        self._open_url = open_url
        self._scope = TaskScope(page, report)
        self._visible = page.isVisible()
        self._address = servers.selected_address
        self._signing_in: frozenset[str] = frozenset()
        self._gone: set[tuple[str, str]] = set()
        """Servers that are to be removed, by the address of ours and their label."""
        self._undo = Undo(page.toast)
        self._adding = Adding(page, put=self._put, known=lambda: {one.label for one in page.servers})
        page.undo_last = self._undo.undo
        page.seen.connect(self._seen)
        page.add_requested.connect(lambda: self._scope.start(self._adding.paste(self._elsewhere), replace="dialog"))
        page.file_requested.connect(lambda: self._scope.start(self._edit_file(), replace="dialog"))
        page.chosen.connect(lambda label: self._scope.start(self._open(label), replace="open"))
        page.action_requested.connect(self._do)
        page.decided.connect(lambda label, tool, policy: self._start(self._decide(label, [tool], policy)))
        page.all_decided.connect(self._decide_all)
        page.tool_opened.connect(lambda *which: self._scope.start(self._try(*which), replace="dialog"))
        servers.selected.changed.connect(self._server_changed)
        self._server_changed()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()
        with suppress(AppError, TimeoutError):  # What could not be removed is switched off.
            async with asyncio.timeout(_REMOVE_SECONDS):
                for address, label in self._gone:
                    await McpClient(self._servers.client(address)).remove(label)

    def add_from(self, link: str) -> None:
        """Show what a link would add, and add it if the person agrees. Raises RequestError."""
        if not is_link(link):
            raise RequestError(translate("Mcp", "This link does not add a server of tools."))
        found = read_servers(link)
        if isinstance(self._servers.selected.state, Ready) and MCP not in self._servers.selected.capabilities:
            what = translate("Mcp", "%1 can't be set up from here.").replace("%1", self._elsewhere)
            raise RequestError(
                what, hint=translate("Mcp", "Add the server to its own mcp.json, or choose another server.")
            )
        self._scope.start(self._adding.confirm(found, self._elsewhere), replace="dialog")

    @property
    def _mcp(self) -> McpClient:
        """Raises UnreachableError."""
        return McpClient(self._servers.client(self._address))

    @property
    def _elsewhere(self) -> str:
        return "" if self._address == OWN else self._name_of(self._address)

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        self._scope.start(work)

    def _seen(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self._look()
        else:
            self._scope.cancel("look")

    def _look(self) -> None:
        if self._visible and isinstance(self._servers.selected.state, Ready):
            self._scope.start(self._watch(), replace="look")

    def _server_changed(self) -> None:
        state = self._servers.selected.state
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self._signing_in = frozenset()
            self._scope.cancel("look")
            self._scope.cancel("open")
            self._page.show_waiting(translate("Mcp", "Looking…"))
        if isinstance(state, Lost):
            self._scope.cancel("look")
            if not self._page.shows_servers:
                # What is shown stays: it is said above the page that the server does not answer.
                self._page.show_waiting(f"{state.error.message} {state.error.hint}".strip())
        elif isinstance(state, Ready):
            self._look()

    async def _watch(self) -> None:
        if MCP not in self._servers.connection(self._address).capabilities:
            self._page.show_waiting(*_plain_words(self._elsewhere))
            return
        while True:
            try:
                await self._look_once()
            except AppError as error:
                if not (isinstance(error, UnreachableError) and self._page.shows_servers):
                    self._page.show_waiting(str(error))
            await asyncio.sleep(self._look_seconds)

    async def _look_once(self) -> None:
        mcp = self._mcp
        told = await mcp.servers()
        self._signing_in -= {one.label for one in told.servers if one.state == "ready"}
        there = [one for one in told.servers if (self._address, one.label) not in self._gone]
        self._page.show_servers(there, problem=told.problem or "", signing_in=self._signing_in)
        await self._show_calls(mcp)

    async def _show_calls(self, mcp: McpClient) -> None:
        if server := self._page.server(self._page.list.chosen):
            calls = (await mcp.calls()).calls
            self._page.show_calls([one for one in calls if one.server in (server.label, server.id)])

    async def _open(self, label: str) -> None:
        """Connect a server that somebody looks at, so that its tools can be seen; what fails is told by its state."""
        server = self._page.server(label)
        if server and not server.entry.disabled and server.state in ("off", "starting") and server.tools is None:
            with suppress(AppError):
                await self._mcp.server(label)
        await self._refresh()

    async def _refresh(self) -> None:
        try:
            await self._look_once()
        except AppError as error:
            self._page.show_waiting(str(error))

    def _do(self, what: ServerAction, label: str) -> None:
        match what:
            case ServerAction.RESTART:
                self._scope.start(self._restart(label), replace=f"restart {label}")
            case ServerAction.SWITCH_ON | ServerAction.SWITCH_OFF:
                self._start(self._switch(label, on=what is ServerAction.SWITCH_ON))
            case ServerAction.EDIT:
                self._scope.start(self._edit(label), replace="dialog")
            case ServerAction.REMOVE:
                self._start(self._remove(label))
            case ServerAction.SHOW_LOG:
                self._scope.start(self._show_log(label), replace="dialog")
            case ServerAction.SHOW_CALLS:
                self._scope.start(self._show_all_calls(label), replace="dialog")
            case ServerAction.SIGN_IN:
                self._scope.start(self._sign_in(label), replace=f"sign in {label}")
            case ServerAction.CANCEL_SIGN_IN:
                self._start(self._cancel_sign_in(label))
            case ServerAction.SIGN_OUT:
                self._start(self._sign_out(label))
            case _:
                assert_never(what)

    async def _put(self, label: str, change: McpServerChange) -> None:
        await self._mcp.put(label, change)
        self._gone.discard((self._address, label))
        await self._refresh()
        self._page.choose(label)

    async def _restart(self, label: str) -> None:
        try:
            await self._mcp.restart(label)
        finally:
            await self._refresh()

    async def _switch(self, label: str, *, on: bool) -> None:
        if server := self._page.server(label):
            entry = server.entry.model_copy(update={"disabled": None if on else True})
            await self._mcp.put(label, _whole(entry))
            await self._refresh()
            if on:
                await self._open(label)

    async def _edit(self, label: str) -> None:
        server = self._page.server(label)
        if server is None:
            return
        dialog = EntryDialog(server.entry, label, self._page, elsewhere=self._elsewhere)
        if await finished(dialog):
            await self._put(label, dialog.change)

    async def _remove(self, label: str) -> None:
        """With a way back, and without a question.

        Its secrets and its sign-in would be gone for good: a server that has any is switched off, and removed when the
        page is closed.
        """
        server = self._page.server(label)
        if server is None:
            return
        address = self._address
        if has_secrets(server.entry) or server.signed_in:
            await self._mcp.put(label, _whole(server.entry.model_copy(update={"disabled": True})))
            self._gone.add((address, label))
        else:
            await self._mcp.remove(label)

        def back() -> None:
            self._start(self._put_back(address, label, server))

        # Before the list is asked for anew: it may be shown without the server before that is answered.
        self._undo.add(translate("Mcp", "%1 was removed").replace("%1", label), back)
        await self._refresh()

    async def _put_back(self, address: str, label: str, server: McpServerInfo) -> None:
        self._gone.discard((address, label))
        await McpClient(self._servers.client(address)).put(label, _whole(server.entry))
        await self._refresh()

    async def _decide(self, label: str, tools: list[str], policy: Policy) -> None:
        server = self._page.server(label)
        try:
            for tool in server.tools or () if server else ():
                if tool.name in tools:
                    await self._mcp.set_policy(label, tool.name, policy, tool.digest)
        finally:
            await self._refresh()

    def _decide_all(self, label: str, policy: Policy) -> None:
        self._scope.start(self._ask_and_decide(label, policy), replace="dialog")

    async def _ask_and_decide(self, label: str, policy: Policy) -> None:
        """Allowing everything takes a second thought where something of it may be lost."""
        server = self._page.server(label)
        if server is None:
            return
        risky = [tool.name for tool in server.tools or () if not tool.hints.read_only]
        question = translate("Mcp", "Allow all tools of %1?").replace("%1", label)
        explanation = translate("Mcp", "They run without asking, among them: %1").replace("%1", ", ".join(risky[:8]))
        agreed = policy != "allow" or not risky
        if agreed or await ask(
            self._page, question, explanation=explanation, yes=translate("Mcp", "Allow all"), destructive=True
        ):
            await self._decide(label, [tool.name for tool in server.tools or ()], policy)

    async def _try(self, label: str, name: str) -> None:
        server = self._page.server(label)
        tool = next((one for one in server.tools or () if one.name == name), None) if server else None
        if tool is None:
            return
        dialog = ToolDialog(tool, label, self._page)
        dialog.call_requested.connect(
            lambda given: self._scope.start(self._call(dialog, label, name, given), replace="try")
        )
        dialog.stop_requested.connect(lambda: self._scope.cancel("try"))
        try:
            await finished(dialog)
        finally:
            self._scope.cancel("try")

    async def _call(self, dialog: ToolDialog, label: str, tool: str, arguments: dict[str, Any]) -> None:
        try:
            result = await self._mcp.call(label, tool, arguments)
        except AppError as error:
            dialog.show_error(error)
            return
        dialog.show_result(result)

    async def _edit_file(self) -> None:
        dialog = FileDialog(await self._mcp.file(), self._page)
        dialog.saved.connect(lambda text: self._scope.start(self._save_file(dialog, text), replace="save"))
        await finished(dialog)
        await self._refresh()

    async def _save_file(self, dialog: FileDialog, text: str) -> None:
        try:
            kept = await self._mcp.put_file(text)
        except AppError as error:
            dialog.show_problem(str(error))
            return
        if kept.problem:
            dialog.show_problem(kept.problem)
        else:
            dialog.accept()

    async def _show_log(self, label: str) -> None:
        dialog = LogDialog(label, self._page)

        async def fill() -> None:
            dialog.show_lines((await self._mcp.log(label)).lines)

        dialog.refreshed.connect(lambda: self._scope.start(fill(), replace="log"))
        await fill()
        await finished(dialog)

    async def _show_all_calls(self, label: str) -> None:
        dialog = CallsDialog(translate("Mcp", "Calls of %1").replace("%1", label), self._page)

        async def fill() -> None:
            ledger = await self._mcp.calls(dialog.before)
            own = [one for one in ledger.calls if one.server in (label, f"mcp/{label}")]
            dialog.before = ledger.calls[-1].id if ledger.calls else None
            dialog.add(own, more=ledger.more)

        dialog.more_requested.connect(lambda: self._scope.start(fill(), replace="calls"))
        await fill()
        await finished(dialog)

    async def _sign_in(self, label: str) -> None:
        """Open the page, and wait until the person is through."""
        url = (await self._mcp.sign_in(label)).url
        scheme = QUrl(url, QUrl.ParsingMode.StrictMode).scheme().lower()
        if url and scheme not in ("http", "https"):
            raise AppError(translate("Mcp", "The address of the sign-in page is not one for a browser."), details=url)
        self._signing_in |= {label}
        try:
            if url and not self._open_url(url):
                raise AppError(translate("Mcp", "No browser could be started."), hint=url)
            while label in self._signing_in:
                await self._refresh()
                server = self._page.server(label)
                if server is None or (server.state == "failed" and not url):
                    return
                if server.sign_in_error:
                    raise AppError(server.sign_in_error)
                # It may have been signed in to before.
                if server.signed_in and not server.signing_in:
                    break
                await asyncio.sleep(_SIGN_IN_SECONDS)
        finally:
            self._signing_in -= {label}
            await self._refresh()
        await self._open(label)

    async def _cancel_sign_in(self, label: str) -> None:
        self._scope.cancel(f"sign in {label}")
        self._signing_in -= {label}
        with suppress(NotFoundError):  # It may be over already.
            await self._mcp.cancel_sign_in(label)
        await self._refresh()

    async def _sign_out(self, label: str) -> None:
        await self._mcp.sign_out(label)
        await self._refresh()


def _whole(entry: McpServerEntry) -> McpServerChange:
    return McpServerChange(entry=entry.model_dump(exclude_none=True))


def _plain_words(name: str) -> tuple[str, str]:
    text = translate(
        "Mcp",
        "%1 does not say which MCP servers it has, and can't be set up from here: add them to its own mcp.json. In a "
        "chat, name one under Tools as mcp/ and its name in that file, such as mcp/playwright, or give the address of "
        "a server. Whether it may run is decided then, since this server asks nobody later.",
    )
    return text.replace("%1", name), translate("Mcp", "Tools of %1").replace("%1", name)
