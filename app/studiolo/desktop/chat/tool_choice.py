"""Which servers and tools a chat lets its model use. Kept with the chat; none, unless somebody chose."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.api.chat import EphemeralMcp, Integration, PluginIntegration, ToolApproval
from studiolo.api.mcp import TOOL_APPROVAL
from studiolo.api.mcp_entry import HIDDEN, is_address, shown_address
from studiolo.desktop.history.records import Chat
from studiolo.desktop.language import translate
from studiolo.errors import AppError, RequestError

if TYPE_CHECKING:
    from studiolo.desktop.connections.connection import Connection
    from studiolo.desktop.connections.header_store import Confidence, HeaderStore

_KEPT = "tools"
PLUGIN = "mcp/"
"""How the id of a server of mcp.json begins (spec section 7)."""


class ChosenServer(BaseModel):
    """A server of mcp.json, whose `id` is `mcp/<label>`, or one at an address of its own, whose `id` is its label.

    url: without what may be a key in it. allowed: the names of the tools that the model may see; None for all of them.
    headers: the names of those that are sent to it; `secret` is the name under which the HeaderStore has their values
    and the whole address.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=300)
    url: str = ""
    allowed: tuple[str, ...] | None = None
    headers: tuple[str, ...] = ()
    secret: str = ""

    @property
    def label(self) -> str:
        """Return the server's name in mcp.json."""
        return self.id.removeprefix(PLUGIN)

    @property
    def confides(self) -> bool:
        """Return whether it can't be reached without what the HeaderStore has."""
        return bool(self.secret or self.headers or HIDDEN in self.url)

    def integration(self, kept: "Confidence | None" = None) -> Integration:
        """Return what a request names the server as. kept: of the HeaderStore."""
        allowed = None if self.allowed is None else list(self.allowed)
        if self.url:
            address, headers = (kept.address, kept.headers) if kept else (self.url, {})
            return EphemeralMcp(
                server_label=self.id, server_url=address, allowed_tools=allowed, headers=headers or None
            )
        return PluginIntegration(id=self.id, allowed_tools=allowed)


class ToolChoice(BaseModel):
    """server: the address of the server that they were chosen at; empty for our own.

    At another one the same name may mean another program, so there they are not sent.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    server: str = ""
    servers: tuple[ChosenServer, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """Return the choice as the history keeps it, beside the chat's settings."""
        return {_KEPT: self.model_dump(mode="json")} if self.servers else {}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "ToolChoice":
        """Return the choice as the history has it; what can't be read is no choice."""
        try:
            return cls.model_validate(kept.get(_KEPT) or {})
        except ValidationError:
            return cls()

    def at(self, connection: "Connection") -> "ToolChoice":
        """Return what of the choice holds at a server."""
        return self if self.server == (connection.address or "") else ToolChoice(server=connection.address or "")

    def find(self, server_id: str) -> ChosenServer | None:
        """Return a server that is chosen, by its id."""
        return next((one for one in self.servers if one.id == server_id), None)

    def with_server(self, server: ChosenServer) -> "ToolChoice":
        """Return the choice with `server`, in place of what was chosen of it before."""
        return self.without(server.id).model_copy(
            update={"servers": (*(one for one in self.servers if one.id != server.id), server)}
        )

    def without(self, server_id: str) -> "ToolChoice":
        """Return the choice without one of its servers."""
        return self.model_copy(update={"servers": tuple(one for one in self.servers if one.id != server_id)})

    def free(self, server: ChosenServer, others: Collection[str] = ()) -> ChosenServer:
        """Return the same server under a label that no other address has here.

        others: the labels of addresses that differ from it in nothing but their keys.
        """
        label, number = server.id, 1
        while (taken := self.find(server.id)) and (taken.url != server.url or taken.id in others):
            number += 1
            server = server.model_copy(update={"id": f"{label}-{number}"})
        return server

    async def integrations(self, headers: "HeaderStore") -> list[Integration]:
        """Return the integrations of a request, with the values of the headers.

        Raises AppError where those can't be had.
        """
        return [
            one.integration(await headers.read(one.secret, self.server, one.url) if one.confides else None)
            for one in self.servers
        ]


async def asked_for(
    choice: ToolChoice, chat: Chat | None, connection: "Connection", headers: "HeaderStore"
) -> dict[str, Any]:
    """Return the fields of a ChatRequest for the choice; none where nothing is chosen.

    A server that can ask before a tool runs is told to.

    Raises:
        AppError: The values of the headers of a server can't be had.
    """
    chosen = choice.at(connection)
    if not chosen.servers:
        return {}
    asked: dict[str, Any] = {"integrations": await chosen.integrations(headers)}
    if TOOL_APPROVAL in connection.capabilities:
        asked["tool_approval"] = ToolApproval(chat=_name_of(chat))
    return asked


def _name_of(chat: Chat | None) -> str:
    """The same for a chat at all times, and for no other: numbers begin anew with a new history."""
    return f"{chat.id}-{chat.created:.6f}" if chat else ""


def named(text: str, *, address: bool = False) -> ChosenServer:
    """Read a plugin's name, or the address of a server, of which the result has no key that is in it.

    Args:
        text: As a person writes it.
        address: Whether only an address will do.

    Raises:
        RequestError: It is neither.
    """
    spaced = any(sign.isspace() for sign in text)
    if "://" in text:
        if is_address(text) and "${" not in text and HIDDEN not in text and not spaced:
            parts = urlsplit(text)
            if parts.username is not None or parts.password is not None:
                raise RequestError(
                    translate("Tooling", "An address holds no password here."),
                    hint=translate("Tooling", "Put it into a header."),
                )
            return ChosenServer(id=parts.netloc, url=shown_address(text))
    elif text.removeprefix(PLUGIN) and not spaced and not address:
        return ChosenServer(id=PLUGIN + text.removeprefix(PLUGIN))
    if address:
        raise RequestError(translate("Tooling", "An address looks like https://example.com/mcp."))
    raise RequestError(
        translate("Tooling", "That is neither a plugin nor an address."),
        hint=translate("Tooling", "A plugin looks like mcp/playwright, an address like https://example.com/mcp."),
    )


def secrets_of(kept: Mapping[str, Any]) -> list[str]:
    """Return the names that a chat's kept choice has in the HeaderStore."""
    return [one.secret for one in ToolChoice.read(kept).servers if one.secret]


async def without_keys(choice: ToolChoice, headers: "HeaderStore") -> ToolChoice:
    """Return the choice with what may be a key in an address kept apart; it stays where that can't be done now."""
    servers = []
    for one in choice.servers:
        url = shown_address(one.url)
        if url != one.url:
            with suppress(AppError):
                kept = await headers.read(one.secret, choice.server, one.url) if one.confides else None
                secret = await headers.keep(choice.server, url, kept.headers if kept else {}, one.url)
                servers.append(one.model_copy(update={"url": url, "secret": secret}))
                continue
        servers.append(one)
    return choice.model_copy(update={"servers": tuple(servers)})
