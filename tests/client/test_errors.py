"""Every failure on the way is an AppError."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.errors import ErrorInfo
from studiolo.api.events import ChatEnd, ModelLoadResult
from studiolo.api.models import LoadRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.errors import HTTPX_ERRORS, error_from_info, map_httpx_error
from studiolo.client.models import ModelsApi
from studiolo.errors import (
    AccessError,
    AppError,
    ContextOverflowError,
    EngineError,
    McpServerError,
    NotFoundError,
    ProtocolError,
    RequestError,
    UnreachableError,
    UnsupportedError,
)
from tests.stands.raw_http import Answer, raw_server, response
from tests.stands.waiting import stays, until

ROOTS: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)


def tree(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(tree(child) for child in kind.__subclasses__() if child.__module__.startswith("httpx")))


def make(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://x")
        return kind("x", request=request, response=httpx.Response(500, request=request))
    try:
        return kind("x")
    except TypeError:
        return kind()


EXCEPTIONS = {kind for root in ROOTS for kind in tree(root)}


@pytest.mark.parametrize("kind", sorted(EXCEPTIONS, key=str))
def test_every_exception_of_httpx_is_mapped(kind: type[Exception]) -> None:
    if kind is httpx.HTTPError:
        with pytest.raises(httpx.HTTPError):
            map_httpx_error(kind("x"), "http://x")
        return
    error = map_httpx_error(make(kind), "http://x")
    assert isinstance(error, AppError)
    assert "http://x" in error.message
    assert error.hint
    assert kind.__name__ in error.details
    assert kind in HTTPX_ERRORS


@pytest.mark.parametrize(
    ("status", "info", "kind"),
    [
        (401, {"code": "invalid_api_key"}, AccessError),
        (403, {"param": "integrations"}, AccessError),
        (400, {"code": "invalid_value", "param": "previous_response_id"}, RequestError),
        (404, {"code": "model_not_found", "type": "invalid_request"}, NotFoundError),
        (404, {"type": "model_not_found"}, NotFoundError),
        (404, {"type": "job_not_found"}, NotFoundError),
        (400, {"code": "unrecognized_keys"}, RequestError),
        (400, {"type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 5}, ContextOverflowError),
        (400, {"type": "invalid_request_error", "code": "context_length_exceeded"}, ContextOverflowError),
        (400, {"type": "not_implemented"}, UnsupportedError),
        (500, {"type": "internal_error"}, EngineError),
        (None, {"type": "internal_error"}, EngineError),
        (502, {"type": "unknown"}, EngineError),
        (400, {"type": "mcp_connection_error"}, McpServerError),
        (502, {"type": "plugin_connection_error", "param": "integrations"}, McpServerError),
        (404, {"type": "invalid_request", "code": "approval_not_found"}, NotFoundError),
    ],
)
def test_the_errors_of_the_specification(status: int | None, info: dict[str, Any], kind: type[AppError]) -> None:
    error = error_from_info(ErrorInfo(message="Because.", **info), status)
    assert type(error) is kind
    assert error.message == "Because."


async def caught(
    *answers: Answer, act: Callable[[Client], Awaitable[object]] = lambda client: ModelsApi(client).list_models()
) -> AppError:
    async with raw_server(*answers) as server, Client(server.address) as client:
        with pytest.raises(AppError) as error:
            await act(client)
    return error.value


async def test_nobody_there() -> None:
    async with raw_server() as server:
        address = server.address
    async with Client(address) as client:
        with pytest.raises(UnreachableError, match="Nobody answers"):
            await ModelsApi(client).list_models()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", UnreachableError),
        (b"this is no HTTP\r\n\r\n", ProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", UnreachableError),
        (response(b"<html>A router</html>"), ProtocolError),
        (response(b""), ProtocolError),
        (response(b'{"models": 5}'), ProtocolError),
        (response(b"[]"), ProtocolError),
        (response(b"<html>", status=502), UnreachableError),
        (response(b"<html>", status=500), EngineError),
        (response(b"<html>", status=404), NotFoundError),
        (response(b'{"detail": "Not Found"}', status=404), NotFoundError),
        (response(b"<html>", status=401), AccessError),
        (response(b"<html>", status=418), ProtocolError),
        (response(b"[" * 100_000), ProtocolError),
        (response(b"\x1f\x8b garbage", headers="Content-Encoding: gzip\r\n"), ProtocolError),
        (response(b'{"error": "Unexpected endpoint or method. (GET /api/v1/models)"}'), NotFoundError),
        (response(b'{"error": "Unexpected endpoint or method. (GET /api/v1/models)"}', status=404), NotFoundError),
        (response(b'{"error": {"message": "no", "type": "x"}}', status=400), RequestError),
        (response(b"", status=302, headers="Location: /elsewhere\r\n"), ProtocolError),
    ],
)
async def test_answers_that_are_none(answer: bytes, kind: type[AppError]) -> None:
    assert type(await caught(answer)) is kind


@pytest.mark.parametrize("token", ["line\nbreak", "ünï", "\x00"])
async def test_a_token_that_no_header_can_hold(token: str) -> None:
    async with raw_server() as server:
        with pytest.raises(AppError):
            async with Client(server.address, token) as client:
                await ModelsApi(client).list_models()


async def test_a_stream_that_ends_too_early_is_cut_off() -> None:
    start = response(b'event: chat.start\ndata: {"type": "chat.start"}\n\n', kind="text/event-stream")
    seen = []

    async def act(client: Client) -> None:
        async for event in ChatApi(client).stream(ChatRequest(model="m", input="x")):
            seen.append(event.type)

    error = await caught(start, act=act)
    assert isinstance(error, UnreachableError)
    assert "cut off" in error.message
    assert seen == ["chat.start"]


async def test_events_that_nobody_knows_are_handed_on() -> None:
    body = (
        b': hello\n\nevent: new.thing\ndata: {"type": "new.thing", "x": 1}\n\n'
        b'event: chat.end\ndata: {"type": "chat.end", "result": {"output": null}}\n\n'
    )
    async with raw_server(response(body, kind="text/event-stream")) as server, Client(server.address) as client:
        events = [event async for event in ChatApi(client).stream(ChatRequest(model="m", input="x"))]
    assert [event.type for event in events] == ["new.thing", "chat.end"]
    assert isinstance(events[1], ChatEnd)
    assert events[1].result.output == []


@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_leaving_a_stream_closes_its_connection(way: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    answer = head + b"event: chat.start\ndata: {}\n\n"
    async with raw_server(answer, hang=True) as server, Client(server.address) as client:
        stream = ChatApi(client).stream(ChatRequest(model="m", input="x"))
        assert (await anext(stream)).type == "chat.start"
        if way == "close":
            await stream.aclose()
        else:
            waiting = asyncio.ensure_future(anext(stream))
            await stays(lambda: not waiting.done())
            waiting.cancel()
            await asyncio.wait([waiting])
        await until(server.left.is_set)


async def test_a_load_on_a_server_without_progress_gives_the_result() -> None:
    body = b'{"type": "llm", "instance_id": "m", "load_time_seconds": 1.5, "status": "loaded"}'
    async with raw_server(response(body)) as server, Client(server.address) as client:
        [event] = [event async for event in ModelsApi(client).stream_load(LoadRequest(model="m"))]
    assert isinstance(event, ModelLoadResult)
    assert event.result.instance_id == "m"
