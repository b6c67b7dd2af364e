"""A server that speaks the documented API alone (spec sections 1 to 5): a real one behind a front that drops the rest.

Checked by tests/desktop/test_plain_server.py with the client: it finds no capabilities.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from studiolo.api.base import EXTENSION
from studiolo.api.base import Request as Body
from studiolo.api.chat import ChatRequest
from studiolo.api.downloads import DownloadJob, DownloadRequest
from studiolo.api.models import LoadRequest
from tests.stands.on_a_port import on_a_port
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, serving

_ENTRY = {"origin", "variant_sizes", "error"}
_BODIES: dict[str, type[Body]] = {
    "/api/v1/chat": ChatRequest,
    "/api/v1/models/download": DownloadRequest,
    "/api/v1/models/load": LoadRequest,
}
_INSTANCE = {"memory_bytes", "slots", "slots_in_use", "waiting"}


@asynccontextmanager
async def plain_server(seen: list[str] | None = None, **changes: Any) -> AsyncIterator[str]:
    """Its address. seen: takes the paths that are asked for."""
    async with serving(**changes) as server, http_client(server.address, timeout=120) as behind:

        async def front(request: Request) -> Response:
            path = request.url.path
            if seen is not None:
                seen.append(path)
            known = {
                ("GET", "/api/v1/models"),
                ("POST", "/api/v1/models/load"),
                ("POST", "/api/v1/models/unload"),
                ("POST", "/api/v1/models/download"),
                ("POST", "/api/v1/chat"),
            }
            if (request.method, path) not in known and not path.startswith("/api/v1/models/download/status/"):
                return JSONResponse({"error": f"Unexpected endpoint or method. ({request.method} {path})"}, 404)
            body = await request.body()
            if unknown := _extensions(path) & (json.loads(body).keys() if body else set()):
                message = f"Unrecognized key(s) in the body: {', '.join(sorted(unknown))}."
                error = {"message": message, "type": "invalid_request", "code": "unrecognized_keys"}
                return JSONResponse({"error": error}, 400)
            asked = behind.build_request(
                request.method,
                path,
                content=body,
                headers={"content-type": "application/json", "authorization": f"Bearer {LOCAL_KEY}"},
            )
            if path == "/api/v1/chat":
                answer = await behind.send(asked, stream=True)
                return StreamingResponse(answer.aiter_raw(), answer.status_code, {"content-type": _kind(answer)})
            answer = await behind.send(asked)
            return JSONResponse(_documented(path, answer.json()), answer.status_code)

        app = Starlette(routes=[Route("/{path:path}", front, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])
        async with on_a_port(app) as address:
            yield address


def _extensions(path: str) -> set[str]:
    """Return the fields of a request that only servers of our own know."""
    fields = _BODIES[path].model_fields if path in _BODIES else {}
    return {name for name, field in fields.items() if field.json_schema_extra == EXTENSION}


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "application/json"))


def _documented(path: str, answer: Any) -> Any:
    if path.startswith("/api/v1/models/download"):
        return {name: value for name, value in answer.items() if name in {*DownloadJob.model_fields, "error"}}
    if path == "/api/v1/models":
        for entry in answer["models"]:
            for name in _ENTRY:
                entry.pop(name, None)
            for instance in entry.get("loaded_instances", ()):
                for name in _INSTANCE:
                    instance.pop(name, None)
    return json.loads(json.dumps(answer))
