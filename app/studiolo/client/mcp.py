"""MCP servers of one of our own servers: what is set up, what they offer, and what people answer."""

from typing import Any, Literal, TypeVar
from urllib.parse import quote

from studiolo.api.base import Answer, Request
from studiolo.api.chat import Integration
from studiolo.api.mcp import (
    ApprovalAnswer,
    Decision,
    ElicitationAnswer,
    Ledger,
    McpFile,
    McpFileChange,
    McpServerChange,
    McpServerInfo,
    McpServers,
    Policy,
    PolicyChange,
    PromptInfo,
    PromptList,
    PromptRequest,
    PromptText,
    ResourceContent,
    ResourceInfo,
    ResourceList,
    ResourceRequest,
    ServerLog,
    SignIn,
    ToolCallRequest,
    ToolCallResult,
    ToolPrice,
    ToolPriceRequest,
)
from studiolo.client.client import Client
from studiolo.client.transport import ENDLESS_TIMEOUT, LOAD_TIMEOUT

A = TypeVar("A", bound=Answer)

_MCP = "/api/v1/mcp"
_SERVERS = f"{_MCP}/servers"


class McpClient:
    """Over a Client of a server with the capability `mcp`. Raises what the Client raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def servers(self) -> McpServers:
        """Return those of mcp.json, with their states and the tools that are known of them."""
        return await self._client.request_json("GET", _SERVERS, McpServers)

    async def server(self, label: str) -> McpServerInfo:
        """Describe a server, connected by now, with its tools."""
        return await self._client.request_json("GET", _of(label), McpServerInfo, timeout=LOAD_TIMEOUT)

    async def put(self, label: str, change: McpServerChange) -> McpServerInfo:
        """Add a server, or set it up otherwise."""
        return await self._client.request_json("PUT", _of(label), McpServerInfo, change)

    async def remove(self, label: str) -> None:
        """Remove a server from mcp.json."""
        await self._client.request_json("DELETE", _of(label), Answer)

    async def restart(self, label: str) -> McpServerInfo:
        """End a server and connect it anew, and return how it is doing then."""
        return await self._client.request_json("POST", f"{_of(label)}/restart", McpServerInfo, timeout=LOAD_TIMEOUT)

    async def log(self, label: str) -> ServerLog:
        """Return the last lines that a server's program wrote to stderr."""
        return await self._client.request_json("GET", f"{_of(label)}/log", ServerLog)

    async def file(self) -> McpFile:
        """Return the text of mcp.json, and what is wrong with it, if anything is."""
        return await self._client.request_json("GET", f"{_MCP}/file", McpFile)

    async def put_file(self, text: str) -> McpFile:
        """Replace the whole text of mcp.json, and return the file as it is then."""
        return await self._client.request_json("PUT", f"{_MCP}/file", McpFile, McpFileChange(text=text))

    async def set_policy(self, label: str, tool: str, policy: Policy, digest: str | None) -> None:
        """Set whether calls of a tool are asked for, allowed or denied from now on.

        Args:
            label: The server's name in mcp.json.
            tool: The tool's name on its server.
            policy: What happens to its calls.
            digest: The definition of the tool that the person saw; None where it is not held against any.
        """
        change = PolicyChange(policy=policy, digest=digest)
        await self._client.request_json("PUT", f"{_of(label)}/tools/{_quoted(tool)}/policy", Answer, change)

    async def call(self, label: str, tool: str, arguments: dict[str, Any]) -> ToolCallResult:
        """Call a tool by hand."""
        path = f"{_of(label)}/tools/{_quoted(tool)}/call"
        return await self._ask_long("POST", path, ToolCallResult, ToolCallRequest(arguments=arguments))

    async def prompts(self, label: str) -> list[PromptInfo]:
        """Return the prompts that a server offers."""
        return (await self._ask_long("GET", f"{_of(label)}/prompts", PromptList)).prompts

    async def prompt(self, label: str, name: str, arguments: dict[str, str]) -> str:
        """Return a prompt filled in, as text."""
        path = f"{_of(label)}/prompts/{_quoted(name)}"
        return (await self._ask_long("POST", path, PromptText, PromptRequest(arguments=arguments))).text

    async def resources(self, label: str) -> list[ResourceInfo]:
        """Return the resources that a server offers."""
        return (await self._ask_long("GET", f"{_of(label)}/resources", ResourceList)).resources

    async def read(self, label: str, uri: str) -> ResourceContent:
        """Read one of a server's resources by its URI."""
        path = f"{_of(label)}/resources/read"
        return await self._ask_long("POST", path, ResourceContent, ResourceRequest(uri=uri))

    async def sign_in(self, label: str) -> SignIn:
        """Begin to sign in; the answer has the page to open."""
        return await self._client.request_json("POST", f"{_of(label)}/sign-in", SignIn, timeout=LOAD_TIMEOUT)

    async def cancel_sign_in(self, label: str) -> None:
        """Give up the sign-in to a server that is under way."""
        await self._client.request_json("DELETE", f"{_of(label)}/sign-in", Answer)

    async def sign_out(self, label: str) -> None:
        """Have the server forget what a sign-in left behind."""
        await self._client.request_json("POST", f"{_of(label)}/sign-out", Answer)

    async def price(self, model: str, integrations: list[Integration]) -> ToolPrice:
        """Return how many tokens of a model's context the definitions of some integrations take."""
        request = ToolPriceRequest(model=model, integrations=integrations)
        return await self._ask_long("POST", f"{_MCP}/price", ToolPrice, request)

    async def decide(self, approval_id: str, decision: Decision) -> None:
        """Answer whether a call may run."""
        path = f"{_MCP}/approvals/{_quoted(approval_id)}"
        await self._client.request_json("POST", path, Answer, ApprovalAnswer(decision=decision))

    async def respond(
        self,
        elicitation_id: str,
        action: Literal["accept", "decline", "cancel"],
        content: dict[str, Any] | None = None,
    ) -> None:
        """Answer what a tool asks."""
        path = f"{_MCP}/elicitations/{_quoted(elicitation_id)}"
        await self._client.request_json("POST", path, Answer, ElicitationAnswer(action=action, content=content))

    async def calls(self, before: int | None = None) -> Ledger:
        """Return the ledger, newest first; those before a number."""
        query = f"?before={before}" if before is not None else ""
        return await self._client.request_json("GET", f"{_MCP}/calls{query}", Ledger)

    async def _ask_long(self, method: str, path: str, kind: type[A], body: Request | None = None) -> A:
        """Return what a program of somebody else has to answer first: how long that may take is the server's to say."""
        return await self._client.request_json(method, path, kind, body, timeout=ENDLESS_TIMEOUT)


def _of(label: str) -> str:
    return f"{_SERVERS}/{_quoted(label)}"


def _quoted(name: str) -> str:
    return quote(name, safe="")
