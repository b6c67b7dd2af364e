"""MCP servers and their tools, as an extension: the routes under `/api/v1/mcp` and what a chat request may ask for.

The documented API has `integrations` and no more (spec sections 2 and 7): a server is used, but neither listed, set up
nor watched, and nobody is asked before a tool runs.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from studiolo.api.base import Answer, Request, absent
from studiolo.api.chat import Integration, Provider
from studiolo.api.hints import ToolHints

MCP = "mcp"
"""Capability: `integrations` work, and the routes under `/api/v1/mcp` are there."""
TOOL_APPROVAL = "tool_approval"
"""Capability: a streamed chat may carry `tool_approval`, and is then asked before a tool runs."""

SECRET_REFERENCE = "${keyring:"
"""How a value of mcp.json begins whose text is in the keyring: `${keyring:<name>}`."""

Decision = Literal["once", "chat", "always", "deny", "never"]
"""once, deny: this call. chat: the tool, in this chat. always, never: the tool, until its definition changes."""
Policy = Literal["ask", "allow", "deny"]
ServerState = Literal["off", "starting", "ready", "failed", "sign_in_needed"]
"""off: not connected, and connected as soon as it is used."""


class McpServerEntry(Answer):
    """One server of mcp.json, in the notation that Cursor made common; what is not known is kept as it is.

    Either `command`, a program that speaks on stdin and stdout, or `url`. `timeout` is in seconds, for one call. `auth`
    has a client of one's own, as LM Studio has it: `CLIENT_ID` and `CLIENT_SECRET`.
    """

    model_config = ConfigDict(extra="allow")

    command: str | None = absent()
    args: list[str] | None = absent()
    env: dict[str, str] | None = absent()
    cwd: str | None = absent()
    url: str | None = absent()
    headers: dict[str, str] | None = absent()
    timeout: float | None = absent()
    disabled: bool | None = absent()
    auth: dict[str, Any] | None = absent()


class ToolInfo(Answer):
    """A tool as its server defines it. `digest` is of the definition: a changed tool is another one.

    `policy` is what the person said of it ("ask" where nothing was said); `changed`: it was allowed or denied, and its
    definition is another since. `tokens`: what its definition takes of a context, by an estimate.
    """

    name: str = ""
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=dict)
    hints: ToolHints = Field(default_factory=ToolHints)
    digest: str = ""
    policy: Policy = "ask"
    changed: bool = False
    tokens: int = 0


class McpServerInfo(Answer):
    """This describes a server of mcp.json: how it is set up, how it is doing, and what tools it has.

    `id` is what `integrations` takes: `mcp/<label>`. `error` says what is wrong, `hint` what to do. `signed_in` is None
    where no sign-in is known to be needed; `signing_in`: a person is at it; `sign_in_error` says why the last sign-in
    failed, until another begins.
    """

    label: str = ""
    id: str = ""
    kind: Literal["program", "url"] = "program"
    entry: McpServerEntry = Field(default_factory=McpServerEntry)
    state: ServerState = "off"
    error: str | None = absent()
    hint: str | None = absent()
    revision: str | None = absent()
    """Of MCP, that is spoken with it."""
    name: str | None = absent()
    version: str | None = absent()
    instructions: str | None = absent()
    tools: list[ToolInfo] | None = absent()
    """None until they were asked for once."""
    signed_in: bool | None = absent()
    signing_in: bool | None = absent()
    sign_in_error: str | None = absent()


class McpServers(Answer):
    """`GET /api/v1/mcp/servers`. `problem` is what is wrong with mcp.json: the last good one stays in use."""

    servers: list[McpServerInfo] = Field(default_factory=list)
    file: str = ""
    problem: str | None = absent()


class McpServerChange(Request):
    """`PUT /api/v1/mcp/servers/{label}` takes this: the whole entry.

    `secrets`: names of values of `env`, `headers` and `auth` (`env.API_KEY`) that go to the keyring instead of the
    file.
    """

    entry: dict[str, Any]
    secrets: list[str] = Field(default_factory=list)


class McpFile(Answer):
    """`GET /api/v1/mcp/file`: the text of mcp.json. `problem` names the line of what can't be read."""

    path: str = ""
    text: str = ""
    problem: str | None = absent()


class McpFileChange(Request):
    """`PUT /api/v1/mcp/file`."""

    text: str = Field(max_length=1 << 20)


class ServerLog(Answer):
    """What a program wrote to stderr lately."""

    lines: list[str] = Field(default_factory=list)


class PolicyChange(Request):
    """`PUT /api/v1/mcp/servers/{label}/tools/{tool}/policy`. digest: of the definition that the person saw."""

    policy: Policy
    digest: str | None = None


class ToolCallRequest(Request):
    """`POST /api/v1/mcp/servers/{label}/tools/{tool}/call`: one call by hand."""

    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolCallResult(Answer):
    """`content` is MCP's list; `cut` says what of it was too large, in a sentence. `seconds` is how long it took."""

    content: list[dict[str, Any]] = Field(default_factory=list)
    structured: dict[str, Any] | None = absent()
    is_error: bool = False
    cut: str | None = absent()
    seconds: float = 0.0


class PromptArgument(Answer):
    """This describes one argument of a prompt, as its MCP server defines it."""

    name: str = ""
    description: str = ""
    required: bool = False


class PromptInfo(Answer):
    """A prompt that a server offers, with what it asks for."""

    name: str = ""
    title: str = ""
    description: str = ""
    arguments: list[PromptArgument] = Field(default_factory=list)


class PromptList(Answer):
    """`GET /api/v1/mcp/servers/{label}/prompts` answers with this."""

    prompts: list[PromptInfo] = Field(default_factory=list)


class PromptRequest(Request):
    """`POST /api/v1/mcp/servers/{label}/prompts/{name}`."""

    arguments: dict[str, str] = Field(default_factory=dict)


class PromptText(Answer):
    """A prompt filled in, as one text for a composer."""

    text: str = ""


class ResourceInfo(Answer):
    """A resource that a server offers. `size` is bytes, where it says so."""

    uri: str = ""
    name: str = ""
    description: str = ""
    mime_type: str | None = absent()
    size: int | None = absent()


class ResourceList(Answer):
    """`GET /api/v1/mcp/servers/{label}/resources` answers with this."""

    resources: list[ResourceInfo] = Field(default_factory=list)


class ResourceRequest(Request):
    """`POST /api/v1/mcp/servers/{label}/resources/read`."""

    uri: str


class ResourceContent(Answer):
    """`text` for what is text, else `data` in base64. `cut` as in ToolCallResult."""

    uri: str = ""
    mime_type: str | None = absent()
    text: str | None = absent()
    data: str | None = absent()
    cut: str | None = absent()


class SignIn(Answer):
    """`POST /api/v1/mcp/servers/{label}/sign-in`: the page to open. The server is ready once the person is through."""

    url: str = ""


class ToolPriceRequest(Request):
    """`POST /api/v1/mcp/price`: what the definitions of integrations take of a model's context."""

    model: str
    integrations: list[Integration]


class PricedTool(Answer):
    """A tool of an integration. `tokens`: what its definition takes of a context, by an estimate."""

    name: str = ""
    description: str = ""
    tokens: int = 0


class ToolPrice(Answer):
    """In tokens of the model, in all and by integration (`mcp/<label>` or the server's label).

    `offered` has the tools that a model would see, by integration as well.
    """

    total: int = 0
    by_server: dict[str, int] = Field(default_factory=dict)
    tools: int = 0
    offered: dict[str, list[PricedTool]] = Field(default_factory=dict)
    exact: bool = False
    """Whether the model counted them; else it is an estimate."""


class ApprovalAnswer(Request):
    """`POST /api/v1/mcp/approvals/{approval_id}`."""

    decision: Decision


ElicitationMode = Literal["form", "url"]


class ElicitationAnswer(Request):
    """`POST /api/v1/mcp/elicitations/{elicitation_id}`. `content` is what the form asks for, by its schema."""

    action: Literal["accept", "decline", "cancel"]
    content: dict[str, Any] | None = None


class LedgerEntry(Answer):
    """One call of a tool. `at`: ISO 8601 in UTC. `asked_by`: a token's name, "this computer", or "nobody known".

    `approved`: how it came to be permitted: "once", "chat", "always", "settings" (nobody was to be asked), "by hand",
    or "denied"; "" where it ended before anybody answered. `ended`: "succeeded", "failed", "cancelled", "denied".
    `arguments` and `result` are redacted unless the setting says otherwise; `seconds` is how long it took.
    """

    id: int = 0
    at: str = ""
    asked_by: str = ""
    server: str = ""
    tool: str = ""
    arguments: str = ""
    result: str = ""
    approved: str = ""
    ended: str = ""
    seconds: float = 0.0


class Ledger(Answer):
    """`GET /api/v1/mcp/calls`: newest first. `more`: there are older ones, before the last `id`."""

    calls: list[LedgerEntry] = Field(default_factory=list)
    more: bool = False


def provider_name(provider: Provider | None) -> str:
    """Return what a person calls where a tool comes from: `mcp/<label>`, or the label of an ephemeral server."""
    if provider is None:
        return ""
    return provider.plugin_id or provider.server_label or ""
