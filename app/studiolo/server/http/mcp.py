"""MCP servers, their tools and what they ask, as extensions under `/api/v1/mcp`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from studiolo.api.base import EXTENSION
from studiolo.api.mcp import (
    ApprovalAnswer,
    ElicitationAnswer,
    Ledger,
    McpFile,
    McpFileChange,
    McpServerChange,
    McpServerInfo,
    McpServers,
    PolicyChange,
    PromptList,
    PromptRequest,
    PromptText,
    ResourceContent,
    ResourceList,
    ResourceRequest,
    ServerLog,
    SignIn,
    ToolCallRequest,
    ToolCallResult,
    ToolInfo,
    ToolPrice,
    ToolPriceRequest,
)
from studiolo.server.chat.tool_price import price_tools
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.access import caller_of, may_administer
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import unless_gone
from studiolo.server.mcp.contract import ElicitationReply, ServerName, ServerSpec
from studiolo.server.mcp.ledger import MOST_PAGE
from studiolo.server.mcp.listing import describe_server, describe_tool, list_servers, no_server
from studiolo.server.mcp.manual import call_by_hand, connect, connected, set_policy
from studiolo.server.mcp.service import McpService


def mcp_routes(mcp: McpService, pool: InstancePool) -> APIRouter:
    """Return the routes of MCP: servers of mcp.json first, then what people answer and read."""
    router = APIRouter(prefix="/api/v1/mcp", responses=NATIVE_ERRORS, route_class=CheckedRoute)
    _server_routes(router, mcp)
    _use_routes(router, mcp)
    _sign_in_routes(router, mcp)
    _answer_routes(router, mcp)

    @router.post("/price", openapi_extra=EXTENSION)
    async def price(body: ToolPriceRequest, request: Request) -> ToolPrice:
        """What the definitions of integrations take of a model's context."""
        return await unless_gone(request, price_tools(mcp, pool, body, caller_of(request)))

    return router


def _server_routes(router: APIRouter, mcp: McpService) -> None:
    @router.get("/servers", openapi_extra=EXTENSION)
    async def servers(request: Request) -> McpServers:
        """The servers of mcp.json, as they are doing; none is connected by this."""
        return await list_servers(mcp, secrets=may_administer(request))

    @router.get("/servers/{label}", openapi_extra=EXTENSION)
    async def server(label: str, request: Request) -> McpServerInfo:
        """One server, connected where it was not; what goes wrong with that is told by its state."""
        await unless_gone(request, connect(mcp, label))
        return await describe_server(mcp, label, secrets=may_administer(request))

    @router.put("/servers/{label}", openapi_extra=EXTENSION)
    async def put_server(label: str, body: McpServerChange) -> McpServerInfo:
        """Add a server or replace it; nothing is begun by this."""
        await mcp.config.put(label, body.entry, body.secrets)
        return await describe_server(mcp, label, secrets=True)

    @router.delete("/servers/{label}", openapi_extra=EXTENSION, status_code=204)
    async def remove_server(label: str) -> Response:
        """Remove a server, with its secrets and its sign-in."""
        entry = mcp.config.entries.get(label)
        await mcp.config.remove(label)
        if entry is not None and entry.url:
            mcp.forget_sign_in(ServerSpec(ServerName(label), url=entry.url))
        return Response(status_code=204)

    @router.post("/servers/{label}/restart", openapi_extra=EXTENSION)
    async def restart(label: str, request: Request) -> McpServerInfo:
        """End the connection, and connect anew."""
        if label not in mcp.config.entries:
            raise no_server(label)
        await mcp.sessions.drop(ServerName(label))
        await unless_gone(request, connect(mcp, label))
        return await describe_server(mcp, label, secrets=True)

    @router.get("/servers/{label}/log", openapi_extra=EXTENSION)
    async def server_log(label: str) -> ServerLog:
        """What a program wrote to stderr lately, oldest first."""
        if label not in mcp.config.entries:
            raise no_server(label)
        return ServerLog(lines=mcp.sessions.log(ServerName(label)))

    @router.get("/file", openapi_extra=EXTENSION)
    async def file() -> McpFile:
        """The text of mcp.json."""
        return await _file(mcp)

    @router.put("/file", openapi_extra=EXTENSION)
    async def put_file(body: McpFileChange) -> McpFile:
        """Replace mcp.json as a whole; what can't be read is refused, and changes nothing."""
        await mcp.config.replace_text(body.text)
        return await _file(mcp)


def _use_routes(router: APIRouter, mcp: McpService) -> None:
    @router.put("/servers/{label}/tools/{tool:path}/policy", openapi_extra=EXTENSION)
    async def policy(label: str, tool: str, body: PolicyChange, request: Request) -> ToolInfo:
        """Whether a tool is allowed, denied or asked about, until its definition changes."""
        changed = await unless_gone(request, set_policy(mcp, label, tool, body.policy, body.digest))
        return describe_tool(changed, mcp.approvals.policies)

    @router.post("/servers/{label}/tools/{tool:path}/call", openapi_extra=EXTENSION)
    async def call(label: str, tool: str, body: ToolCallRequest, request: Request) -> ToolCallResult:
        """Call a tool by hand. Closing the connection cancels it."""
        return await unless_gone(request, call_by_hand(mcp, label, tool, body.arguments, caller_of(request)))

    @router.get("/servers/{label}/prompts", openapi_extra=EXTENSION)
    async def prompts(label: str, request: Request) -> PromptList:
        """The prompts that a server offers."""

        async def ask() -> PromptList:
            async with connected(mcp, label) as session:
                return PromptList(prompts=await session.prompts())

        return await unless_gone(request, ask())

    @router.post("/servers/{label}/prompts/{name:path}", openapi_extra=EXTENSION)
    async def prompt(label: str, name: str, body: PromptRequest, request: Request) -> PromptText:
        """A prompt, filled in."""

        async def ask() -> PromptText:
            async with connected(mcp, label) as session:
                return await session.prompt(name, body.arguments)

        return await unless_gone(request, ask())

    @router.get("/servers/{label}/resources", openapi_extra=EXTENSION)
    async def resources(label: str, request: Request) -> ResourceList:
        """The resources that a server offers."""

        async def ask() -> ResourceList:
            async with connected(mcp, label) as session:
                return ResourceList(resources=await session.resources())

        return await unless_gone(request, ask())

    @router.post("/servers/{label}/resources/read", openapi_extra=EXTENSION)
    async def read(label: str, body: ResourceRequest, request: Request) -> ResourceContent:
        """The content of a resource."""

        async def ask() -> ResourceContent:
            async with connected(mcp, label) as session:
                return await session.resource(body.uri)

        return await unless_gone(request, ask())


def _sign_in_routes(router: APIRouter, mcp: McpService) -> None:
    @router.post("/servers/{label}/sign-in", openapi_extra=EXTENSION)
    async def sign_in(label: str, request: Request) -> SignIn:
        """Begin to sign in; the answer has the page to open, and the rest happens in the background."""
        sign_ins = await mcp.sign_ins()
        return SignIn(url=await unless_gone(request, sign_ins.begin_sign_in(_spec(mcp, label))))

    @router.delete("/servers/{label}/sign-in", openapi_extra=EXTENSION, status_code=204)
    async def cancel_sign_in(label: str) -> Response:
        """Give up a sign-in that is under way."""
        if label not in mcp.config.entries:
            raise no_server(label)
        await (await mcp.sign_ins()).cancel(label)
        return Response(status_code=204)

    @router.post("/servers/{label}/sign-out", openapi_extra=EXTENSION, status_code=204)
    async def sign_out(label: str) -> Response:
        """Give up what a sign-in gave."""
        await (await mcp.sign_ins()).sign_out(_spec(mcp, label))
        mcp.changed(frozenset({label}))
        return Response(status_code=204)


def _answer_routes(router: APIRouter, mcp: McpService) -> None:
    @router.post("/approvals/{approval_id}", openapi_extra=EXTENSION, status_code=204)
    async def approve(approval_id: str, body: ApprovalAnswer, request: Request) -> Response:
        """Say whether a call that waits may run. Whoever asked may answer, and an administrator."""
        administers = may_administer(request)
        await mcp.approvals.settle(approval_id, body.decision, caller_of(request), administers=administers)
        return Response(status_code=204)

    @router.post("/elicitations/{elicitation_id}", openapi_extra=EXTENSION, status_code=204)
    async def elicit(elicitation_id: str, body: ElicitationAnswer, request: Request) -> Response:
        """Answer what a server asks. Whoever asked may answer, and an administrator."""
        reply = ElicitationReply(body.action, body.content)
        mcp.approvals.reply(elicitation_id, reply, caller_of(request), administers=may_administer(request))
        return Response(status_code=204)

    @router.get("/calls", openapi_extra=EXTENSION)
    async def calls(
        request: Request,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_PAGE)] = 100,
    ) -> Ledger:
        """The calls of tools, newest first; to a token that is no administrator's, those that it asked for."""
        caller = caller_of(request)
        only = caller.token.id if caller.token and not may_administer(request) else None
        return await mcp.ledger.page(before=before, limit=limit, token=only)


def _spec(mcp: McpService, label: str) -> ServerSpec:
    if label not in mcp.config.entries:
        raise no_server(label)
    return mcp.config.spec(label)


async def _file(mcp: McpService) -> McpFile:
    return McpFile(path=str(mcp.config.path), text=await mcp.config.text(), problem=mcp.config.problem)
