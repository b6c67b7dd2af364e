"""What a turn knows of MCP: tools, who runs them, and who is asked in between."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from studiolo.api.chat import Integration, Provider
from studiolo.api.hints import ToolHints
from studiolo.api.mcp import Decision
from studiolo.errors import McpServerError
from studiolo.server.tokens import Token

Body = dict[str, Any]


@dataclass(frozen=True)
class ServerName:
    """A server of mcp.json (`ephemeral` False) or one that a request named."""

    label: str
    ephemeral: bool = False

    @property
    def id(self) -> str:
        """Return the name as `integrations` has it: `mcp/<label>`, or the label."""
        return self.label if self.ephemeral else f"mcp/{self.label}"

    @property
    def provider(self) -> Provider:
        """Return the server as output items and events name it (spec section 2)."""
        if self.ephemeral:
            return Provider(type="ephemeral_mcp", server_label=self.label)
        return Provider(type="plugin", plugin_id=self.id)


CALL_SECONDS = 60.0
"""So long a call may take where mcp.json says nothing else (`timeout`)."""


@dataclass(frozen=True)
class ServerSpec:
    """How a server is reached, with every variable and secret filled in: either `command` or `url`.

    timeout: seconds for one call. private: whether its address may be on this machine or on the local network.
    auth: a client of one's own for OAuth, as mcp.json has it. transport: of HTTP, where mcp.json names one. source: see
    `source_of`.
    """

    name: ServerName
    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = CALL_SECONDS
    private: bool = True
    auth: Mapping[str, Any] | None = None
    transport: Literal["http", "sse"] | None = None
    source: str = ""


def source_of(
    *,
    command: str | None = None,
    args: Sequence[str] | None = None,
    url: str | None = None,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Return a digest, in hex, of the program with its variables, or of the address.

    A permission is for what runs, not for what it is called, and a variable may make another program of it. The digest
    is of what mcp.json says, with no variable or secret filled in.
    """
    parts = [command, args, url, *([cwd] if cwd else []), *([dict(env)] if env else [])]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class McpTool:
    """A tool as its server defines it. source: of its server, as ServerSpec has it."""

    server: ServerName
    name: str
    description: str
    input_schema: Body
    hints: ToolHints = field(default_factory=ToolHints)
    title: str | None = None
    source: str = ""

    @property
    def digest(self) -> str:
        """Return the digest of the whole definition, in hex: what was allowed is this tool and no other."""
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
        """Return the result as output items carry it: the content list as JSON text (spec section 2)."""
        return json.dumps(self.content, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Question:
    """A server asks the person (MCP's elicitation): by a form (`schema`) or by a page to open (`url`)."""

    server: ServerName
    message: str
    schema: Body | None = None
    url: str | None = None


@dataclass(frozen=True)
class ElicitationReply:
    """What the person said: "accept" (with `content` for a form), "decline" or "cancel"."""

    action: str
    content: Body | None = None


class Watcher(Protocol):
    """Who watches a call. A call that nobody watches declines each question."""

    async def answer(self, question: Question) -> ElicitationReply:
        """Ask the person; cancelled with the call."""
        ...

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Hear how far a tool is."""
        ...


@dataclass(frozen=True)
class Caller:
    """Who sends a request. local: a program of this machine's own user, with the key of this server."""

    token: Token | None = None
    local: bool = False

    @property
    def name(self) -> str:
        """Return what the log calls whoever sends the request: the token's name, or whether it is this computer."""
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
    def tools(self) -> list[OfferedTool]:
        """Return the tools that the model is offered, in the order of the offer."""
        ...

    @property
    def failed(self) -> Mapping[ServerName, McpServerError]:
        """Return the servers that it goes on without, and why."""
        ...

    def find(self, model_name: str) -> OfferedTool | None:
        """Return the tool that a model called, by its name in the offer or by its own where that is unique."""
        ...

    async def call(self, offered: OfferedTool, arguments: Body, watcher: Watcher | None) -> ToolResult:
        """Run a tool; cancelling this cancels it there. What it answers with an error is a result.

        Raises:
            ToolError: It could not be run to its end: the server vanished, hung past its timeout, or broke the
                protocol. The message is for the model and the person.
        """
        ...


@dataclass(frozen=True)
class Wanted:
    """A server of a request. allowed: the names of its tools that the model may see, None for all."""

    spec: ServerSpec
    allowed: frozenset[str] | None = None


@dataclass(frozen=True)
class ApprovalVerdict:
    """What becomes of a call: it runs, is refused, or the person is asked.

    how: what the ledger says of it ("once", "chat", "always", "settings", "by hand", "denied"). changed: it was allowed
    or denied once, with another definition.
    """

    action: Literal["run", "ask", "refuse"]
    how: str = ""
    changed: bool = False


class Pending(Protocol):
    """An approval that is waited for; leaving it unanswered is a denial."""

    id: str

    async def decision(self) -> Decision:
        """Wait for the decision, which is "deny" where nobody answers."""
        ...


class PendingQuestion(Protocol):
    """A question of a server that is waited for."""

    id: str

    async def reply(self) -> ElicitationReply:
        """Wait for the person's reply, which is a cancel where nobody answers."""
        ...


class Approvals(Protocol):
    """Whether calls run, and the questions that are open. Decisions that last are kept on the disk."""

    def verdict(self, tool: McpTool, *, ask: bool, chat: str, caller: Caller = NOBODY) -> ApprovalVerdict:
        """Return what becomes of a call.

        ask: whether the request is one that is asked (`tool_approval`); chat: its caller's name of the chat.
        """
        ...

    def ask(self, tool: McpTool, *, chat: str, caller: Caller = NOBODY) -> AbstractAsyncContextManager[Pending]:
        """Open an approval, which `caller` may answer; a decision that lasts is kept before `decision` returns."""
        ...

    def question(self, question: Question, *, caller: Caller = NOBODY) -> AbstractAsyncContextManager[PendingQuestion]:
        """Open a question of a server, which `caller` may answer for as long as the context lasts."""
        ...


class CallLedger(Protocol):
    """Every call, bounded and on the disk."""

    async def note(
        self,
        *,
        caller: Caller,
        tool: McpTool,
        arguments: Body,
        result: ToolResult | None,
        approved: str,
        ended: Literal["succeeded", "failed", "cancelled", "denied"],
        seconds: float,
    ) -> None:
        """Note a call. Never raises: a ledger that can't be written ends no chat, but is told of in the log."""
        ...


class Mcp(Protocol):
    """All of it, for whoever carries out requests."""

    @property
    def approvals(self) -> Approvals:
        """Return what decides about calls; it is the same for all requests."""
        ...

    @property
    def ledger(self) -> CallLedger:
        """Return where calls are noted; it is the same for all requests."""
        ...

    @property
    def rounds(self) -> int:
        """Return how often a model may call tools in one turn."""
        ...

    def check(self, integrations: Sequence[Integration] | None, caller: Caller) -> list[Wanted]:
        """Return the servers that a request asks for, before anything is answered.

        Raises:
            AccessError: 403, param `integrations`, code None; it names the plugin or the label (spec section 5).
            RequestError: An id that is not in mcp.json, a label used twice, an address that is none.
            McpServerError: An ephemeral server's address is a private one.
        """
        ...

    def toolset(self, wanted: Sequence[Wanted], *, tolerant: bool = False) -> AbstractAsyncContextManager[Toolset]:
        """Connect the servers, or use connections that are warm, and list their tools.

        Raises:
            McpServerError: One can't be reached, or wants a sign-in; it is named. tolerant: it is only left out.
        """
        ...
