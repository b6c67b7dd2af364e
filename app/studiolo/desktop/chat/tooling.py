"""Between the chat page and the servers of tools: which of them this chat uses, and what that takes of its context."""

from collections.abc import Callable
from contextlib import suppress

from studiolo.api.mcp import MCP, TOOL_APPROVAL, McpServerInfo, ToolPrice
from studiolo.api.mcp_entry import shown_address
from studiolo.client.mcp import McpClient
from studiolo.desktop.chat.composing.address_dialog import AddressDialog, Entered, ToolPlace
from studiolo.desktop.chat.composing.tool_picker import AddressTools
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.offering import Offering
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice, secrets_of, without_keys
from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.servers import Selected, host_of
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.errors import AppError


class Tooling:
    """headers: those for servers of tools. conversation: the one in sight.

    model: the one that answers. limit: tokens that it can hold, 0 if not known.
    offering: shows what else the servers have.
    changed: another share of the context is taken than before.
    """

    def __init__(
        self,
        page: ChatPage,
        connection: Connection | Selected,
        history: History,
        scope: TaskScope,
        report: Report,
        *,
        headers: HeaderStore,
        conversation: Callable[[], Conversation],
        model: Callable[[], ModelChoice | None],
        limit: Callable[[], int],
        offering: Offering,
        changed: Callable[[], object],
    ) -> None:
        self._page = page
        self._connection = connection
        self._history = history
        self._scope = scope
        self._report = report
        self._headers = headers
        self._conversation = conversation
        self._model = model
        self._limit = limit
        self._offering = offering
        self._changed = changed
        self._price: ToolPrice | None = None
        self._servers: list[McpServerInfo] | None = None
        self._addresses: dict[ChosenServer, AddressTools] = {}
        """What was found at a server of a chat, whichever tools of it are chosen."""
        self._priced: tuple[ToolChoice, str] | None = None
        picker, button = page.composer.tool_picker, page.composer.tools
        button.clicked.connect(self.open)
        picker.chosen.connect(self.choose)
        picker.add_requested.connect(lambda: scope.start(self._enter(), replace="add a tool"))
        picker.edit_requested.connect(lambda server: scope.start(self._enter(server), replace="add a tool"))

    def begin(self) -> None:
        """Begin to follow the server."""
        self._connection.changed.connect(self._server_changed)
        self._server_changed()
        self._scope.start(self._tidy_headers())

    @property
    def choice(self) -> ToolChoice:
        """Return what the conversation in sight uses of the server that is talked to."""
        return self._conversation().tools.at(self._connection.current)

    @property
    def tokens(self) -> int:
        """Return the tokens that the definitions take of the context, as far as the server told."""
        return self._price.total if self._price and self.choice.servers else 0

    @property
    def lists(self) -> bool:
        """Return whether the server tells which servers of tools it has."""
        return MCP in self._connection.capabilities

    def open(self) -> None:
        """Show what can be chosen."""
        picker, button = self._page.composer.tool_picker, self._page.composer.tools
        if not self.lists:
            picker.show_named(self.choice)
        elif self._servers is None:
            picker.show_servers([], self.choice)
            picker.show_waiting()
        else:
            picker.show_servers(self._servers, self.choice, self._found)
        self._show()
        picker.open_above(button)
        if self.lists:
            self._scope.start(self._look(), replace="tools")

    def enter(self) -> None:
        """Another conversation is in sight, or another model answers."""
        self._show()
        self._ask_for_price()

    def choose(self, choice: ToolChoice) -> None:
        """Set what the conversation in sight uses from its next message on."""
        self._keep_choice(self._conversation(), choice, self._connection.current.address or "")

    def _keep_choice(self, conversation: Conversation, choice: ToolChoice, server: str) -> None:
        conversation.tools = choice.model_copy(update={"server": server})
        if chat := conversation.chat:
            self._history.soon(self._report, Database.set_settings, chat.id, conversation.kept)
        self._show()
        self._ask_for_price()

    async def _enter(self, before: ChosenServer | None = None) -> None:
        """A server for this chat alone. Where nobody will ask before a tool runs, the person agrees to it here."""
        current, conversation = self._connection.current, self._conversation()
        asks = TOOL_APPROVAL in current.capabilities
        place = ToolPlace(host_of(current.address or ""), lists=self.lists, asks=asks)
        dialog = AddressDialog(place, before, self._page)
        if not await finished(dialog) or not (entered := dialog.entered):
            return
        asked = current.address or ""
        server = await self._confided(entered, before, asked)
        alike = [one for one in conversation.tools.at(current).servers if server.confides and one.url == server.url]
        whole = await self._whole_address(server, asked)
        others = {one.id for one in alike if await self._whole_address(one, asked) != whole}
        choice = conversation.tools.at(current)
        if before:
            choice = choice.without(before.id)
        self._keep_choice(conversation, choice.with_server(choice.free(server, others)), asked)

    async def _whole_address(self, server: ChosenServer, asked: str) -> str:
        """With what the HeaderStore has of it; empty where that can't be told."""
        try:
            return (
                (await self._headers.read(server.secret, asked, server.url)).address if server.confides else server.url
            )
        except AppError:
            return ""

    async def _confided(self, entered: Entered, before: ChosenServer | None, asked: str) -> ChosenServer:
        """The server that was entered, with what it needs in the HeaderStore. Raises AppError."""
        server, values, address = entered.server, dict(entered.headers), entered.address
        if not server.url:
            return server
        if before and before.confides and (entered.kept or not address):
            kept = await self._headers.read(before.secret, asked, before.url)
            values |= {name: kept.headers[name] for name in entered.kept if name in kept.headers}
            address = address or kept.address
        address = address or server.url
        url, secret = shown_address(address), ""
        if values or address != url:
            secret = await self._headers.keep(asked, url, values, address)
        return server.model_copy(update={"url": url, "headers": tuple(values), "secret": secret})

    async def _tidy_headers(self) -> None:
        """Keep the keys in addresses of older versions apart, and forget what belongs to chats that are gone."""
        for chat, settings in (await self._history.do(Database.settings_by_chat)).items():
            choice = ToolChoice.read(settings)
            if (bare := await without_keys(choice, self._headers)) != choice:
                with suppress(LookupError):  # It may have been deleted by now.
                    await self._history.do(_replace_choice, chat, choice, bare)
                conversation = self._conversation()
                if conversation.chat and conversation.chat.id == chat and conversation.tools == choice:
                    conversation.tools = bare
        kept = await self._history.do(Database.settings_by_chat)
        await self._headers.forget_others(name for one in kept.values() for name in secrets_of(one))

    async def _look(self) -> None:
        """What there is now. A server that is not connected yet is, so that its tools can be seen."""
        picker, button = self._page.composer.tool_picker, self._page.composer.tools
        try:
            mcp = McpClient(self._connection.client)
            listed = (await mcp.servers()).servers
            self._take(listed)
            for server in listed:
                if server.tools is None and server.state in ("off", "ready") and not server.entry.disabled:
                    told = await mcp.server(server.label)
                    listed = [told if one.label == told.label else one for one in listed]
                    self._take(listed)
            await self._look_at_addresses(mcp)
        except AppError as error:
            picker.show_problem(str(error))
        if picker.isVisible():
            picker.fit(button)

    async def _look_at_addresses(self, mcp: McpClient) -> None:
        """Servers that the chat alone has: they are connected, so that their tools can be chosen among."""
        model = self._model()
        for one in [one for one in self.choice.servers if one.url]:
            whole = _unrestricted(one)
            try:
                kept = await self._headers.read(one.secret, self.choice.server, one.url) if one.confides else None
                price = await mcp.price(model.key if model else "", [whole.integration(kept)])
                found = AddressTools(tuple(price.offered.get(one.id, ())))
            except AppError as error:
                found = AddressTools(problem=str(error))
            self._addresses[whole] = found
            if self._servers is not None:
                self._take(self._servers)

    @property
    def _found(self) -> dict[str, AddressTools]:
        """What is known of the servers of the chat in sight."""
        chosen = [(one.id, _unrestricted(one)) for one in self.choice.servers]
        return {server_id: self._addresses[whole] for server_id, whole in chosen if whole in self._addresses}

    def _take(self, servers: list[McpServerInfo]) -> None:
        self._servers = servers
        picker = self._page.composer.tool_picker
        picker.show_servers(servers, self.choice, self._found)
        if picker.isVisible():
            picker.fit(self._page.composer.tools)
        self._show()

    def _server_changed(self) -> None:
        self._servers = self._price = self._priced = None
        self._addresses = {}
        self._page.composer.tools.setVisible(isinstance(self._connection.state, Ready))
        self.enter()

    def _show(self) -> None:
        choice, model = self.choice, self._model()
        plugins = [one.label for one in choice.servers if not one.url] if self.lists else []
        self._offering.show(tuple(plugins) if isinstance(self._connection.state, Ready) else ())
        price = self._price if choice.servers else None
        count = price.tools if price else 0
        self._page.composer.tools.show_chosen(len(choice.servers), count, price.total if price else 0)
        trained = model is None or model.tools or not choice.servers
        self._page.composer.tool_picker.show_price(price, self._limit(), trained=trained)

    def _ask_for_price(self) -> None:
        choice, model = self.choice, self._model()
        asked = (choice, model.key if model else "")
        if asked == self._priced:
            return
        self._priced, self._price = asked, None
        if choice.servers and model and self.lists and isinstance(self._connection.state, Ready):
            self._scope.start(self._find_price(choice, model.key), replace="price")
        self._changed()

    async def _find_price(self, choice: ToolChoice, model: str) -> None:
        try:
            price = await McpClient(self._connection.client).price(model, await choice.integrations(self._headers))
        except AppError:
            return  # The picker says of a server that can't be reached why, and the reply will.
        if self._priced == (choice, model):
            self._price = price
            self._show()
            self._changed()


def _replace_choice(database: Database, chat: int, known: ToolChoice, bare: ToolChoice) -> None:
    """Put one choice in the place of another, unless the chat has yet another by now. What else it has stays."""
    with database.transaction():
        settings = database.settings(chat)
        if ToolChoice.read(settings) == known:
            database.set_settings(chat, settings | bare.kept)


def _unrestricted(server: ChosenServer) -> ChosenServer:
    return server.model_copy(update={"allowed": None})
