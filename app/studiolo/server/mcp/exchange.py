"""What is asked of a connected server: its tools and their calls, its prompts and its resources."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import mcp_types as types
from mcp.client.session import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    PARSE_ERROR,
    URL_ELICITATION_REQUIRED,
    CallToolResult,
    InputRequiredResult,
)
from pydantic import TypeAdapter, ValidationError

from studiolo.api.hints import ToolHints
from studiolo.api.mcp import PromptArgument, PromptInfo, PromptText, ResourceContent, ResourceInfo
from studiolo.errors import McpServerError, ToolError
from studiolo.server.mcp.calls import RunningCall
from studiolo.server.mcp.connection import McpConnection, server_error
from studiolo.server.mcp.contract import Body, McpTool, ToolResult, Watcher
from studiolo.server.mcp.failures import CallRefusedError, SessionLostError, sign_in_needed, unreachable
from studiolo.server.mcp.results import MOST_DATA, MOST_TEXT, error_result, make_result
from studiolo.server.mcp.web import Refusal, current_refusal

_MOST_PAGES = 100
_MOST_LISTED = 2000
_MOST_ROUNDS = 10
_LIST_SECONDS = 30.0
_WORDS = 2000
_NOTHING_YET_SECONDS = 0.2
_BROKEN = ("Connection closed", "SSE stream")
"""How the SDK begins where a connection broke: the code is one that servers use for errors of their own as well."""
_TERMINATED = "Session terminated"
_BODYLESS = ("Server returned an error response", _TERMINATED, "Not Found")
"""What the SDK says for an answer of HTTP that holds no error of MCP."""

_Result: TypeAdapter[Any] = TypeAdapter(CallToolResult | InputRequiredResult)
_Prompt: TypeAdapter[Any] = TypeAdapter(types.GetPromptResult | InputRequiredResult)
_Resource: TypeAdapter[Any] = TypeAdapter(types.ReadResourceResult | InputRequiredResult)
Send = Callable[[dict[str, Any]], Awaitable[Any]]


class _Page(Protocol):
    """One answer of a list, with where the next one begins."""

    @property
    def next_cursor(self) -> str | None: ...


Page = TypeVar("Page", bound=_Page)


class Exchange:
    """Asks one connection. Its tools are kept until the server says that they changed."""

    def __init__(self, connection: McpConnection) -> None:
        self.connection = connection
        self._tools: list[McpTool] | None = None
        self._until: float | None = None
        self._generation = 0
        self._listing = asyncio.Lock()

    def forget_tools(self) -> None:
        """Forget the tools: they changed."""
        self._generation += 1
        self._tools = None

    async def tools(self) -> list[McpTool]:
        """Return the server's tools. Raises McpServerError."""
        async with self._listing:
            if self._tools is not None and (self._until is None or time.monotonic() < self._until):
                return self._tools
            for _attempt in range(3):
                generation = self._generation
                tools = await self._list_tools()
                if generation == self._generation:
                    break
            self._tools = tools
            return tools

    async def _list_tools(self) -> list[McpTool]:
        client = self.connection.client
        found: dict[str, McpTool] = {}
        self._until = None
        if client.server_capabilities.tools is None:
            return []
        async for page in self._pages(client.session.list_tools):
            ttl = getattr(page, "ttl_ms", None)
            if self.connection.modern and ttl:
                self._until = time.monotonic() + ttl / 1000
            for tool in page.tools[: _MOST_LISTED - len(found)]:
                found.setdefault(tool.name, self._tool(tool))
        return list(found.values())

    def _tool(self, tool: types.Tool) -> McpTool:
        notes = tool.annotations
        hints = ToolHints(
            title=notes.title if notes else None,
            read_only=notes.read_only_hint if notes else None,
            destructive=notes.destructive_hint if notes else None,
            idempotent=notes.idempotent_hint if notes else None,
            open_world=notes.open_world_hint if notes else None,
        )
        return McpTool(
            self.connection.spec.name,
            tool.name,
            tool.description or "",
            tool.input_schema,
            hints,
            tool.title,
            self.connection.spec.source,
        )

    async def call(self, tool: str, arguments: Body, watcher: Watcher | None, owner: object = None) -> ToolResult:
        """Run a tool. Cancelling this cancels it there.

        Raises:
            ToolError: It could not be run to its end.
        """
        call = RunningCall(watcher, self.connection.spec.timeout, owner if owner is not None else object())

        async def send(more: dict[str, Any]) -> Any:
            params = types.CallToolRequestParams(name=tool, arguments=arguments, **more)
            return await self.connection.client.session.send_request(
                types.CallToolRequest(params=params), _Result, progress_callback=call.on_progress
            )

        token = current_refusal.set(call.refusal)
        try:
            with self.connection.calls.running(call):
                async with call:
                    result = await self._answered(send, call)
        except TimeoutError:
            self.connection.check_heeded()
            seconds = self.connection.spec.timeout
            raise ToolError(
                f'The tool "{tool}" did not answer within {seconds:g} seconds.',
                hint="`timeout` in mcp.json gives a server more time.",
                retryable=True,
            ) from None
        except asyncio.CancelledError:
            self.connection.check_heeded()
            raise
        except MCPError as error:
            return await self._failed(tool, call, error)
        except (ValidationError, RuntimeError):
            raise ToolError(f'The tool "{tool}" answered with something that is no result of MCP.') from None
        except McpServerError as error:
            raise ToolError(error.message, hint=error.hint, retryable=True) from None
        finally:
            current_refusal.reset(token)
        content = [item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in result.content]
        return make_result(content, result.structured_content, is_error=bool(result.is_error))

    async def _answered(self, send: Send, call: RunningCall | None) -> Any:
        """Send, ask what is asked on the way, and send again, until there is a result."""
        result = await self._sent(send, {}, call)
        for round_number in range(_MOST_ROUNDS):
            if not isinstance(result, InputRequiredResult):
                return result
            more: dict[str, Any] = {"request_state": result.request_state}
            if result.input_requests:
                more["input_responses"] = await self._responses(result.input_requests)
            else:
                await asyncio.sleep(_NOTHING_YET_SECONDS * (round_number + 1))
            result = await self._sent(send, more, call)
        if isinstance(result, InputRequiredResult):
            raise MCPError(PARSE_ERROR, "It asks again and again, and never answers.")
        return result

    async def _responses(self, requests: dict[str, Any]) -> dict[str, Any]:
        session = self.connection.client.session
        answers: dict[str, Any] = {}
        for key, request in requests.items():
            meta = request.params.meta if request.params else None
            context = ClientRequestContext(session=session, request_id=key, meta=meta)
            answer = await session.dispatch_input_request(context, request)
            if isinstance(answer, types.ErrorData):
                raise MCPError(PARSE_ERROR, f"It wants something that is not offered: {answer.message}.")
            answers[key] = answer
        return answers

    async def _sent(self, send: Send, more: dict[str, Any], call: RunningCall | None) -> Any:
        try:
            return await send(more)
        except MCPError as error:
            if error.code == HEADER_MISMATCH and self.connection.modern:
                self.forget_tools()
                await self.tools()
            elif error.code == URL_ELICITATION_REQUIRED and call is not None:
                if not await self._pages_opened(error):
                    raise
            else:
                raise
        return await send(more)

    async def _pages_opened(self, error: MCPError) -> bool:
        """Ask for each page that has to be opened first; False unless the person opened all."""
        wanted = error.data.get("elicitations", []) if isinstance(error.data, dict) else []
        for entry in wanted[:5]:
            try:
                params = types.ElicitRequestURLParams.model_validate(entry)
            except ValidationError:
                return False
            if (await self.connection.calls.elicit(params)).action != "accept":
                return False
        return bool(wanted)

    async def _failed(self, tool: str, call: RunningCall, error: MCPError) -> ToolResult:
        """An error of the server is a result; one of the connection is not. Raises ToolError."""
        connection, status = self.connection, call.refusal.status
        if _forgotten(error, status):
            connection.lost = True
            raise SessionLostError(f'The tool "{tool}" was not run: its server forgot the session.', retryable=True)
        if error.code == CONNECTION_CLOSED and not connection.usable:
            reason = await connection.end_reason()
            raise ToolError(f'The tool "{tool}" was not finished: {reason.message}', hint=reason.hint, retryable=True)
        if error.code == CONNECTION_CLOSED and error.message.startswith(_BROKEN):
            raise ToolError(f'The tool "{tool}" was not finished: its server broke the connection.', retryable=True)
        words = connection.mask(error.message)
        if error.code == PARSE_ERROR:
            raise ToolError(f'The tool "{tool}" has no usable result. {words}')
        if status and error.message in _BODYLESS:
            if call.refusal.wants_sign_in:
                failure = sign_in_needed(connection.spec.name, refused=connection.signed_in)
                raise CallRefusedError(failure.message, hint=failure.hint)
            raise ToolError(f'The tool "{tool}" was not run: its server answered with status {status}.', retryable=True)
        return error_result(words)

    async def prompts(self) -> list[PromptInfo]:
        """Return the server's prompts. Raises McpServerError."""
        client = self.connection.client
        if client.server_capabilities.prompts is None:
            return []
        found = []
        async for page in self._pages(client.session.list_prompts):
            found += [_prompt(prompt) for prompt in page.prompts]
        return found[:_MOST_LISTED]

    async def prompt(self, name: str, arguments: dict[str, str]) -> PromptText:
        """Return the text of a prompt. Raises McpServerError."""

        async def send(more: dict[str, Any]) -> Any:
            params = types.GetPromptRequestParams(name=name, arguments=arguments or None, **more)
            return await self.connection.client.session.send_request(types.GetPromptRequest(params=params), _Prompt)

        got = await self._asked(lambda: self._answered(send, None))
        texts = []
        for message in got.messages:
            item = message.content
            if isinstance(item, types.TextContent):
                texts.append(item.text)
            elif isinstance(item, types.EmbeddedResource) and isinstance(item.resource, types.TextResourceContents):
                texts.append(item.resource.text)
        return PromptText(text="\n\n".join(texts)[:MOST_TEXT])

    async def resources(self) -> list[ResourceInfo]:
        """Return the server's resources. Raises McpServerError."""
        client = self.connection.client
        if client.server_capabilities.resources is None:
            return []
        found = []
        async for page in self._pages(client.session.list_resources):
            found += [
                ResourceInfo(
                    uri=str(one.uri),
                    name=(one.title or one.name or "")[:_WORDS],
                    description=(one.description or "")[:_WORDS],
                    mime_type=one.mime_type,
                    size=one.size,
                )
                for one in page.resources
            ]
        return found[:_MOST_LISTED]

    async def resource(self, uri: str) -> ResourceContent:
        """Read a resource, up to a limit. Raises McpServerError."""

        async def send(more: dict[str, Any]) -> Any:
            params = types.ReadResourceRequestParams(uri=uri, **more)
            return await self.connection.client.session.send_request(
                types.ReadResourceRequest(params=params), _Resource
            )

        got = await self._asked(lambda: self._answered(send, None))
        texts = [one.text for one in got.contents if isinstance(one, types.TextResourceContents)]
        kind = next((one.mime_type for one in got.contents), None)
        if texts or not got.contents:
            text = "\n".join(texts)
            cut = f"{len(text) - MOST_TEXT:,} characters were left out." if len(text) > MOST_TEXT else None
            return ResourceContent(uri=uri, mime_type=kind, text=text[:MOST_TEXT], cut=cut)
        data = got.contents[0].blob
        if len(data) > MOST_DATA:
            return ResourceContent(uri=uri, mime_type=kind, cut="It is too large to be taken along.")
        return ResourceContent(uri=uri, mime_type=kind, data=data)

    async def _pages(self, ask: Callable[..., Awaitable[Page]]) -> Any:
        cursor: str | None = None
        for _number in range(_MOST_PAGES):
            params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            page: Page = await self._asked(partial(ask, params=params))
            yield page
            cursor = page.next_cursor
            if not cursor:
                return

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask for anything but a call. Raises McpServerError."""
        connection, refusal = self.connection, Refusal()
        token = current_refusal.set(refusal)
        try:
            async with asyncio.timeout(max(_LIST_SECONDS, connection.spec.timeout)):
                return await ask()
        except TimeoutError:
            raise unreachable(connection.spec.name, "does not answer") from None
        except MCPError as error:
            if error.code == CONNECTION_CLOSED and not connection.usable:
                reason = await connection.end_reason()
                raise reason from None
            if refusal.wants_sign_in and error.message in _BODYLESS:
                raise sign_in_needed(connection.spec.name, refused=connection.signed_in) from None
            connection.lost = connection.lost or error.message.startswith((_TERMINATED, *_BROKEN))
            raise server_error(connection, error) from None
        except (ValidationError, RuntimeError) as error:
            where = [str(one["loc"][:4]) for one in error.errors()[:3]] if isinstance(error, ValidationError) else []
            details = ", ".join(where)
            raise unreachable(
                connection.spec.name, "answers with something that is not MCP", retryable=False, details=details
            ) from None
        finally:
            current_refusal.reset(token)


def _forgotten(error: MCPError, status: int) -> bool:
    """Whether a server of the older revisions does not know the session any more; some say so with an error of MCP."""
    return status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND) and "session" in error.message.lower()


def _prompt(prompt: types.Prompt) -> PromptInfo:
    wanted = [
        PromptArgument(name=one.name, description=(one.description or "")[:_WORDS], required=bool(one.required))
        for one in prompt.arguments or []
    ]
    return PromptInfo(
        name=prompt.name,
        title=(prompt.title or "")[:_WORDS],
        description=(prompt.description or "")[:_WORDS],
        arguments=wanted,
    )
