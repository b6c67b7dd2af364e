"""What a turn knows of MCP: tools, who runs them, and who is asked in between."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from studiolo.api.chat import Provider
from studiolo.api.hints import ToolHints
from studiolo.server.tokens import Token

Body = dict[str, Any]


@dataclass(frozen=True)
class ServerName:
    """A server of mcp.json (`ephemeral` False) or one that a request named."""

    label: str
    ephemeral: bool = False

    @property
    def id(self) -> str:
        """As `integrations` names it: `mcp/<label>`, or the label."""
        return self.label if self.ephemeral else f"mcp/{self.label}"

    @property
    def provider(self) -> Provider:
        """As output items and events name it (spec section 2)."""
        if self.ephemeral:
            return Provider(type="ephemeral_mcp", server_label=self.label)
        return Provider(type="plugin", plugin_id=self.id)


@dataclass(frozen=True)
class McpTool:
    """A tool as its server defines it."""

    server: ServerName
    name: str
    description: str
    input_schema: Body
    hints: ToolHints = field(default_factory=ToolHints)
    title: str | None = None

    @property
    def digest(self) -> str:
        """Of the whole definition, in hex: what was allowed is this tool and no other."""
        parts = [self.name, self.title, self.description, self.input_schema, self.hints.model_dump(mode="json")]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ToolResult:
    """What a tool returned, bounded in size. `content` is MCP's list, as JSON; `cut` tells of what is left out."""

    content: list[Body]
    structured: Body | None = None
    is_error: bool = False
    cut: str | None = None

    @property
    def output(self) -> str:
        """As output items carry it: the content list as JSON text (spec section 2)."""
        return json.dumps(self.content, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Question:
    """A server asks the person (MCP's elicitation): by a form (`schema`) or by a page to open (`url`)."""

    server: ServerName
    message: str
    schema: Body | None = None
    url: str | None = None


@dataclass(frozen=True)
class Reply:
    """What the person said: "accept" (with `content` for a form), "decline" or "cancel"."""

    action: str
    content: Body | None = None


class Watcher(Protocol):
    """Who watches a call. A call that nobody watches declines each question."""

    async def answer(self, question: Question) -> Reply:
        """Ask the person; cancelled with the call."""
        ...

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """The tool says how far it is."""
        ...


@dataclass(frozen=True)
class Caller:
    """Who sends a request. local: a program of this machine's own user, with the key of this server."""

    token: Token | None = None
    local: bool = False

    @property
    def name(self) -> str:
        if self.token:
            return self.token.name
        return "this computer" if self.local else "nobody known"


NOBODY = Caller()


@dataclass(frozen=True)
class OfferedTool:
    """A tool under the name that the model sees: unique across servers, and one that templates and grammars take."""

    model_name: str
    tool: McpTool


class Toolset(Protocol):
    """The tools of one request, with their servers connected."""

    @property
    def tools(self) -> list[OfferedTool]: ...

    def find(self, model_name: str) -> OfferedTool | None:
        """The tool that a model called, by its name in the offer or by its own where that is unique."""
        ...

    async def call(self, offered: OfferedTool, arguments: Body, watcher: Watcher | None) -> ToolResult:
        """Run a tool; cancelling this cancels it there. What it answers with an error is a result.

        Raises:
            ToolError: It could not be run to its end: the server vanished, hung past its timeout, or broke the
                protocol. The message is for the model and the person.
        """
        ...
