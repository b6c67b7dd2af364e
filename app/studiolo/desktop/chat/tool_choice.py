"""Which servers and tools a chat lets its model use. Kept with the chat; none, unless somebody chose."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.api.chat import EphemeralMcp, Integration, PluginIntegration, ToolApproval
from studiolo.api.mcp import TOOL_APPROVAL
from studiolo.desktop.history.records import Chat

if TYPE_CHECKING:
    from studiolo.desktop.connections.connection import Connection

_KEPT = "tools"
PLUGIN = "mcp/"
"""How the id of a server of mcp.json begins (spec section 7)."""


class ChosenServer(BaseModel):
    """A server of mcp.json, whose `id` is `mcp/<label>`, or one at an address of its own, whose `id` is its label.

    allowed: the names of the tools that the model may see; None for all of them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=300)
    url: str = ""
    allowed: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """Return the server's name in mcp.json."""
        return self.id.removeprefix(PLUGIN)

    @property
    def integration(self) -> Integration:
        """Return what a request names the server as."""
        allowed = None if self.allowed is None else list(self.allowed)
        if self.url:
            return EphemeralMcp(server_label=self.id, server_url=self.url, allowed_tools=allowed)
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
        """For the history, beside the chat's settings."""
        return {_KEPT: self.model_dump(mode="json")} if self.servers else {}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "ToolChoice":
        """Return the choice as the history has it; what can't be read is no choice."""
        try:
            return cls.model_validate(kept.get(_KEPT) or {})
        except ValidationError:
            return cls()

    def at(self, connection: "Connection") -> "ToolChoice":
        """What of it holds at a server."""
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

    @property
    def integrations(self) -> list[Integration]:
        """For a request."""
        return [one.integration for one in self.servers]


def asked_for(choice: ToolChoice, chat: Chat | None, connection: "Connection") -> dict[str, Any]:
    """What a ChatRequest has of it; nothing where none are chosen. A server that can ask before a tool runs does."""
    integrations = choice.at(connection).integrations
    if not integrations:
        return {}
    asked: dict[str, Any] = {"integrations": integrations}
    if TOOL_APPROVAL in connection.capabilities:
        asked["tool_approval"] = ToolApproval(chat=_name_of(chat))
    return asked


def _name_of(chat: Chat | None) -> str:
    """The same for a chat at all times, and for no other: numbers begin anew with a new history."""
    return f"{chat.id}-{chat.created:.6f}" if chat else ""
