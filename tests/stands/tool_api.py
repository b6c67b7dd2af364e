"""A server that speaks the API's extension for MCP servers, with a script in place of models and tools.

What a window does with states and events that a real server comes to only by accident is looked at here; the real one
answers in the tests that have it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from studiolo.api.mcp import MCP, TOOL_APPROVAL, McpServerInfo, ToolInfo
from tests.stands.on_a_port import on_a_port

MODEL = "tiny/tiny"
Wait = object()
"""In a script: go on once somebody has answered what was asked last."""
Script = list[Any]


@dataclass
class ToolApi:
    """servers: by label. script: the events of each reply, in turn, and Waits. asked: bodies of chats. completed:
    bodies of the OpenAI route, which answers with `says`. answered: ids of approvals and elicitations with what was
    answered. puts: what was kept."""

    servers: dict[str, McpServerInfo] = field(default_factory=dict)
    scripts: list[Script] = field(default_factory=list)
    capabilities: list[str] = field(default_factory=lambda: [MCP, TOOL_APPROVAL])
    asked: list[dict[str, Any]] = field(default_factory=list)
    completed: list[dict[str, Any]] = field(default_factory=list)
    says: str = " and more"
    answered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    puts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    policies: list[tuple[str, str, str]] = field(default_factory=list)
    called: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=lambda: {"content": [], "seconds": 0.25})
    calls: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    problem: str | None = None
    file: str = "{}\n"
    check_file: Callable[[str], str | None] = lambda _: None
    prompts: list[dict[str, Any]] = field(default_factory=list)
    prompted: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)
    sign_in: str = "https://id.example/authorize"
    closed: int = 0
    """Chats that were given up by who asked."""
    address: str = ""
    _answer: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        routes = {
            ("GET", "/api/v1/server"): self._server,
            ("GET", "/api/v1/models"): self._models,
            ("POST", "/api/v1/chat"): self._chat,
            ("POST", "/v1/chat/completions"): self._completion,
            ("GET", "/api/v1/mcp/servers"): self._list,
            ("GET", "/api/v1/mcp/servers/{label}"): self._one,
            ("PUT", "/api/v1/mcp/servers/{label}"): self._put,
            ("DELETE", "/api/v1/mcp/servers/{label}"): self._remove,
            ("POST", "/api/v1/mcp/servers/{label}/restart"): self._one,
            ("GET", "/api/v1/mcp/servers/{label}/log"): self._log,
            ("POST", "/api/v1/mcp/servers/{label}/sign-in"): self._sign_in,
            ("DELETE", "/api/v1/mcp/servers/{label}/sign-in"): self._done,
            ("POST", "/api/v1/mcp/servers/{label}/sign-out"): self._done,
            ("PUT", "/api/v1/mcp/servers/{label}/tools/{tool}/policy"): self._policy,
            ("POST", "/api/v1/mcp/servers/{label}/tools/{tool}/call"): self._call,
            ("GET", "/api/v1/mcp/servers/{label}/prompts"): self._prompts,
            ("POST", "/api/v1/mcp/servers/{label}/prompts/{name}"): self._prompt,
            ("GET", "/api/v1/mcp/servers/{label}/resources"): self._resources,
            ("POST", "/api/v1/mcp/servers/{label}/resources/read"): self._resource,
            ("GET", "/api/v1/mcp/file"): self._file,
            ("PUT", "/api/v1/mcp/file"): self._put_file,
            ("POST", "/api/v1/mcp/price"): self._price,
            ("GET", "/api/v1/mcp/calls"): self._calls,
            ("POST", "/api/v1/mcp/approvals/{id}"): self._answered,
            ("POST", "/api/v1/mcp/elicitations/{id}"): self._answered,
        }
        return Starlette(routes=[Route(path, answer, methods=[method]) for (method, path), answer in routes.items()])

    async def _server(self, _: Request) -> Response:
        return JSONResponse({"name": "studiolo", "version": "1", "capabilities": self.capabilities})

    async def _models(self, _: Request) -> Response:
        entry = {
            "type": "llm",
            "publisher": "tiny",
            "key": MODEL,
            "display_name": "Tiny",
            "size_bytes": 1000,
            "max_context_length": 8192,
            "format": "gguf",
            "capabilities": {"vision": False, "trained_for_tool_use": True},
            "loaded_instances": [{"id": MODEL, "config": {"context_length": 4096}}],
        }
        return JSONResponse({"models": [entry]})

    async def _chat(self, request: Request) -> Response:
        self.asked.append(await request.json())
        script = self.scripts.pop(0) if self.scripts else []
        return StreamingResponse(self._events(script), media_type="text/event-stream")

    async def _completion(self, request: Request) -> Response:
        self.completed.append(await request.json())
        chunk = {"choices": [{"delta": {"content": self.says}, "finish_reason": "stop"}]}
        return Response(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", media_type="text/event-stream")

    async def _events(self, script: Script) -> AsyncIterator[str]:
        over = False
        try:
            yield _sse({"type": "chat.start", "model_instance_id": MODEL})
            for event in script:
                if event is Wait:
                    await self._answer.wait()
                    self._answer.clear()
                elif callable(event):
                    yield _sse(event(self))
                else:
                    yield _sse(event)
            stats = {"input_tokens": 20, "total_output_tokens": 10}
            response_id = f"resp_{len(self.asked):048x}"
            result = {"model_instance_id": MODEL, "output": [], "stats": stats, "response_id": response_id}
            yield _sse({"type": "chat.end", "result": result})
            over = True
        finally:
            self.closed += not over

    async def _list(self, _: Request) -> Response:
        servers = [server.model_dump(mode="json", exclude_none=True) for server in self.servers.values()]
        told = {"servers": servers, "file": "/home/ada/.config/studiolo/mcp.json"}
        return JSONResponse(told | ({"problem": self.problem} if self.problem else {}))

    async def _one(self, request: Request) -> Response:
        return JSONResponse(self.servers[request.path_params["label"]].model_dump(mode="json", exclude_none=True))

    async def _put(self, request: Request) -> Response:
        label, body = request.path_params["label"], await request.json()
        self.puts.append((label, body))
        entry = body["entry"]
        before = self.servers.get(label)
        told = {"label": label, "id": f"mcp/{label}", "kind": "url" if "url" in entry else "program", "entry": entry}
        fresh = McpServerInfo.model_validate(told | {"state": "ready", "tools": []})
        if before:
            fresh = before.model_copy(update={"entry": fresh.entry, "kind": fresh.kind})
        self.servers[label] = fresh
        return await self._one(request)

    async def _remove(self, request: Request) -> Response:
        del self.servers[request.path_params["label"]]
        return JSONResponse({})

    async def _done(self, _: Request) -> Response:
        return JSONResponse({})

    async def _log(self, _: Request) -> Response:
        return JSONResponse({"lines": self.log})

    async def _sign_in(self, _: Request) -> Response:
        return JSONResponse({"url": self.sign_in})

    async def _policy(self, request: Request) -> Response:
        label, tool, body = request.path_params["label"], request.path_params["tool"], await request.json()
        self.policies.append((label, tool, body["policy"]))
        server = self.servers[label]
        tools = [
            one.model_copy(update={"policy": body["policy"]}) if one.name == tool else one for one in server.tools or ()
        ]
        self.servers[label] = server.model_copy(update={"tools": tools})
        return JSONResponse({})

    async def _call(self, request: Request) -> Response:
        body = await request.json()
        self.called.append((request.path_params["label"], request.path_params["tool"], body["arguments"]))
        return JSONResponse(self.result)

    async def _prompts(self, _: Request) -> Response:
        return JSONResponse({"prompts": self.prompts})

    async def _prompt(self, request: Request) -> Response:
        body = await request.json()
        self.prompted.append({"name": request.path_params["name"], **body})
        return JSONResponse({"text": f"Filled in: {json.dumps(body['arguments'])}"})

    async def _resources(self, _: Request) -> Response:
        return JSONResponse({"resources": self.resources})

    async def _resource(self, request: Request) -> Response:
        return JSONResponse(self.contents[(await request.json())["uri"]])

    async def _file(self, _: Request) -> Response:
        told = {"path": "/home/ada/.config/studiolo/mcp.json", "text": self.file}
        return JSONResponse(told | ({"problem": self.problem} if self.problem else {}))

    async def _put_file(self, request: Request) -> Response:
        text = (await request.json())["text"]
        if problem := self.check_file(text):
            error = {"message": problem, "type": "invalid_request", "param": "text", "code": "invalid_value"}
            return JSONResponse({"error": error}, 400)
        self.file, self.problem = text, None
        return await self._file(request)

    async def _price(self, request: Request) -> Response:
        wanted = (await request.json())["integrations"]
        chosen = [one if isinstance(one, str) else one["id"] for one in wanted if "server_url" not in one]
        tools = [tool for label in chosen for tool in self.servers[label.removeprefix("mcp/")].tools or ()]
        total = sum(tool.tokens for tool in tools)
        return JSONResponse({"total": total, "tools": len(tools), "exact": True})

    async def _calls(self, _: Request) -> Response:
        return JSONResponse({"calls": self.calls, "more": False})

    async def _answered(self, request: Request) -> Response:
        self.answered.append((request.path_params["id"], await request.json()))
        self._answer.set()
        return JSONResponse({})


def tool(name: str, description: str = "", **more: Any) -> ToolInfo:
    """A tool as a server tells of it."""
    schema = more.pop("schema", {"type": "object", "properties": {}})
    return ToolInfo(name=name, description=description, input_schema=schema, digest="d" * 64, **more)


def program(label: str, *tools: ToolInfo, state: str = "ready", **more: Any) -> McpServerInfo:
    """A server of mcp.json that is a program."""
    entry = more.pop("entry", {"command": "npx", "args": ["-y", f"@example/server-{label}"]})
    return McpServerInfo.model_validate(
        {"label": label, "id": f"mcp/{label}", "state": state, "entry": entry, "tools": list(tools), **more}
    )


@asynccontextmanager
async def tool_api(**made: Any) -> AsyncIterator[ToolApi]:
    """A server at an address of its own."""
    api = ToolApi(**made)
    async with on_a_port(api.app()) as address:
        api.address = address
        yield api


def _sse(data: dict[str, Any]) -> str:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n"
