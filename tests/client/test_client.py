"""The client's methods, against a real socket: what they send, what they make of the answer, how they leave."""

import asyncio
import json
import socket
from collections.abc import AsyncIterable
from typing import Any

import httpx
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.events import (
    ChatEnd,
    ErrorEvent,
    Event,
    MessageDelta,
    ModelLoadProgress,
    ModelLoadResult,
    UnknownEvent,
)
from studiolo.api.models import EmbeddingEntry, LoadRequest
from studiolo.client import client as client_module
from studiolo.client import models as models_module
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.client.transport import keep_alive, open_client
from studiolo.errors import (
    AccessError,
    AppError,
    EngineError,
    NotFoundError,
    ProtocolError,
    RequestError,
    UnreachableError,
)
from tests.stands.raw_http import Answer, raw_server, response
from tests.stands.waiting import stays, until

CHAT = ChatRequest(model="m", input="x")
LOAD = LoadRequest(model="m")
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
CHUNKED_HEAD = STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")


def sent(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


END = sent("chat.end", result={"model_instance_id": "m", "output": [{"type": "message", "content": "yes"}]})
DELTA = sent("message.delta", content="ye")


async def all_events(stream: AsyncIterable[Event]) -> list[Event]:
    return [event async for event in stream]


async def asked(api: type, method: str, *arguments: Any, answer: bytes = b"{}") -> tuple[str, dict[str, str], bytes]:
    """The one request that `method` makes, as its first line, its headers and its body."""
    async with raw_server(response(answer)) as server, Client(server.address, "sk-lm-x") as client:
        result = getattr(api(client), method)(*arguments)
        await (all_events(result) if hasattr(result, "__aiter__") else result)
        [request] = server.received
    head, body = request.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


@pytest.mark.parametrize(
    ("api", "method", "arguments", "line", "body"),
    [
        (ServerApi, "greets", (), "GET /lmstudio-greeting HTTP/1.1", None),
        (ServerApi, "info", (), "GET /api/v1/server HTTP/1.1", None),
        (ModelsApi, "list_models", (), "GET /api/v1/models HTTP/1.1", None),
        (ModelsApi, "load", (LOAD,), "POST /api/v1/models/load HTTP/1.1", {"model": "m", "echo_load_config": False}),
        (
            ModelsApi,
            "stream_load",
            (LOAD,),
            "POST /api/v1/models/load HTTP/1.1",
            {"model": "m", "echo_load_config": False},
        ),
        (ModelsApi, "unload", ("m:2",), "POST /api/v1/models/unload HTTP/1.1", {"instance_id": "m:2"}),
        (
            ChatApi,
            "complete",
            (CHAT.model_copy(update={"stream": True}),),
            "POST /api/v1/chat HTTP/1.1",
            {"model": "m", "input": "x", "stream": False, "store": True},
        ),
        (
            ChatApi,
            "stream",
            (CHAT,),
            "POST /api/v1/chat HTTP/1.1",
            {"model": "m", "input": "x", "stream": True, "store": True},
        ),
        (DownloadsApi, "start", ("a/b",), "POST /api/v1/models/download HTTP/1.1", {"model": "a/b"}),
        (DownloadsApi, "status", ("job_1",), "GET /api/v1/models/download/status/job_1 HTTP/1.1", None),
        (DownloadsApi, "status", ("../../x?y",), "GET /api/v1/models/download/status/..%2F..%2Fx%3Fy HTTP/1.1", None),
    ],
)
async def test_what_is_sent(
    api: type, method: str, arguments: tuple[Any, ...], line: str, body: dict[str, Any] | None
) -> None:
    first, headers, content = await asked(api, method, *arguments)
    assert first == line
    assert headers["authorization"] == "Bearer sk-lm-x"
    assert headers["user-agent"].startswith("studiolo/")
    assert (json.loads(content) if content else None) == body
    assert ("content-type" in headers) == (body is not None)
    streams = method.startswith("stream")
    assert ("text/event-stream" in headers["accept"]) == streams
    # A proxy that compresses a stream holds it back.
    assert (headers["accept-encoding"] == "identity") == streams


async def test_a_token_is_stripped_of_what_copying_added() -> None:
    async with raw_server(response(b"{}")) as server, Client(server.address, " sk-lm-x\n") as client:
        await ModelsApi(client).list_models()
    assert b"Authorization: Bearer sk-lm-x\r\n" in server.received[0]


async def test_the_models() -> None:
    body = b'{"models": [{"type": "llm", "key": "a"}, {"type": "embedding", "key": "b"}, {"type": "new"}]}'
    async with raw_server(response(body)) as server, Client(server.address) as client:
        first, second, third = await ModelsApi(client).list_models()
    assert (first.key, second.key, third.type) == ("a", "b", "new")
    assert isinstance(second, EmbeddingEntry)


@pytest.mark.parametrize("status", [200, 404])
async def test_a_server_without_extensions(status: int) -> None:
    unknown = response(b'{"error": "Unexpected endpoint or method. (GET /api/v1/server)"}', status=status)
    async with raw_server(unknown) as server, Client(server.address) as client:
        assert await ServerApi(client).info() is None
        assert await ServerApi(client).greets() is False


async def test_what_is_not_there_is_what_was_asked_for() -> None:
    gone = response(b'{"error": {"message": "m is not loaded.", "type": "model_not_found"}}', status=404)
    async with raw_server(gone) as server, Client(server.address) as client:
        with pytest.raises(NotFoundError) as unloading:
            await ModelsApi(client).unload("m")
        with pytest.raises(NotFoundError) as loading:
            await ModelsApi(client).load(LOAD)
    assert (unloading.value.what, loading.value.what) == ("instance", "model")


async def test_a_reply_however_it_is_cut_into_packets() -> None:
    stream = sent("chat.start") + sent("message.delta", content="ü日😀").replace(b"\n", b"\r\n") + END
    for size in (1, 7, 50):
        body = stream if size > 1 else END
        pieces = [STREAM_HEAD, *(body[at : at + size] for at in range(0, len(body), size))]
        async with raw_server(pieces) as server, Client(server.address) as client:
            events = await all_events(ChatApi(client).stream(CHAT))
        assert isinstance(events[-1], ChatEnd)
        assert events[-1].result.text == "yes"


async def test_a_reply_with_an_image_of_twenty_megabytes() -> None:
    big = sent("message.delta", content="A" * 20 * 2**20)
    async with raw_server(STREAM_HEAD + big + END) as server, Client(server.address) as client:
        delta, end = await all_events(ChatApi(client).stream(CHAT))
    assert isinstance(delta, MessageDelta)
    assert len(delta.content) == 20 * 2**20
    assert isinstance(end, ChatEnd)


async def test_an_error_within_a_reply_does_not_end_it() -> None:
    failed = sent("error", error={"message": "It died.", "type": "internal_error"})
    async with raw_server(STREAM_HEAD + DELTA + failed + END) as server, Client(server.address) as client:
        _, error, end = await all_events(ChatApi(client).stream(CHAT))
    assert isinstance(error, ErrorEvent)
    assert error.error.message == "It died."
    assert isinstance(end, ChatEnd)


async def test_an_error_of_plain_text_is_not_lost() -> None:
    failed = sent("error", error="It died.")
    async with raw_server(STREAM_HEAD + failed + END) as server, Client(server.address) as client:
        error, _ = await all_events(ChatApi(client).stream(CHAT))
    assert isinstance(error, ErrorEvent)
    assert error.error.message == "It died."


async def test_what_follows_the_end_is_not_waited_for() -> None:
    async with raw_server(STREAM_HEAD + END, hang=True) as server, Client(server.address) as client:
        assert len(await all_events(ChatApi(client).stream(CHAT))) == 1
        await until(server.left.is_set)


async def test_a_server_that_does_not_stream_gives_the_end_alone() -> None:
    body = b'{"output": [{"type": "message", "content": "yes"}]}'
    async with raw_server(response(body)) as server, Client(server.address) as client:
        [end] = await all_events(ChatApi(client).stream(CHAT))
    assert isinstance(end, ChatEnd)
    assert end.result.text == "yes"


CHUNK = b"%x\r\n%b\r\n" % (len(DELTA), DELTA)


@pytest.mark.parametrize(
    ("answer", "reset"),
    [
        (STREAM_HEAD + DELTA, False),
        (STREAM_HEAD + DELTA + END[:-1], False),
        ([STREAM_HEAD + DELTA, b""], True),
        (CHUNKED_HEAD + CHUNK, False),
        (CHUNKED_HEAD + CHUNK + b"50\r\nevent: ", False),
        (CHUNKED_HEAD + CHUNK + b"0\r\n\r\n", False),
    ],
    ids=["closed", "inside the last event", "reset", "between chunks", "inside a chunk", "in good order"],
)
@pytest.mark.parametrize(
    ("api", "method", "request_", "what"),
    [(ChatApi, "stream", CHAT, "The reply"), (ModelsApi, "stream_load", LOAD, "The load")],
)
async def test_a_stream_without_its_last_event_was_cut_off(
    answer: Answer, reset: bool, api: type, method: str, request_: ChatRequest | LoadRequest, what: str
) -> None:
    async with raw_server(answer, reset=reset) as server, Client(server.address) as client:
        stream = getattr(api(client), method)(request_)
        assert isinstance(await anext(stream), MessageDelta)
        with pytest.raises(UnreachableError, match=f"^{what} was cut off") as caught:
            await anext(stream)
    assert caught.value.retryable
    assert server.address in caught.value.message


@pytest.mark.parametrize(
    "stream",
    [
        b"event: message.delta\ndata: {nonsense\n\n",
        b"data: nonsense\n\n",
        b"event: message.delta\ndata: " + b"[" * 100_000 + b"\n\n",
        sent("chat.end", result={"output": "text"}),
        sent("error", error=[]),
    ],
)
async def test_a_stream_that_is_not_understood(stream: bytes) -> None:
    async with raw_server(STREAM_HEAD + stream + END) as server, Client(server.address) as client:
        with pytest.raises(ProtocolError, match="not understood"):
            await all_events(ChatApi(client).stream(CHAT))


async def test_news_that_nobody_knows_need_not_be_json() -> None:
    async with raw_server(STREAM_HEAD + b"event: ping\ndata:\n\n" + END) as server, Client(server.address) as client:
        ping, _ = await all_events(ChatApi(client).stream(CHAT))
    assert isinstance(ping, UnknownEvent)


async def test_a_reply_that_is_refused() -> None:
    body = b'{"error": {"message": "no", "type": "invalid_request", "code": "invalid_api_key"}}'
    async with raw_server(response(body, status=401)) as server, Client(server.address) as client:
        with pytest.raises(AccessError):
            await all_events(ChatApi(client).stream(CHAT))


async def test_a_load_is_watched_to_its_result() -> None:
    stream = sent("model_load.start", model_instance_id="m") + sent("model_load.progress", progress=0.5)
    stream += sent("model_load.result", result={"instance_id": "m"})
    async with raw_server(STREAM_HEAD + stream, hang=True) as server, Client(server.address) as client:
        _, progress, result = await all_events(ModelsApi(client).stream_load(LOAD))
    assert isinstance(progress, ModelLoadProgress)
    assert progress.progress == 0.5
    assert isinstance(result, ModelLoadResult)
    assert result.result.instance_id == "m"


async def test_a_load_that_fails_raises_its_error() -> None:
    stream = sent("model_load.start") + sent("error", error={"message": "It died.", "type": "internal_error"})
    async with raw_server(STREAM_HEAD + stream) as server, Client(server.address) as client:
        with pytest.raises(EngineError, match="It died"):
            await all_events(ModelsApi(client).stream_load(LOAD))


@pytest.mark.parametrize("noun", ["chat", "models"])
@pytest.mark.parametrize("way", ["break", "aclose", "cancel", "error"])
async def test_to_leave_a_stream_closes_its_connection_at_once(noun: str, way: str) -> None:
    async with raw_server(STREAM_HEAD + DELTA, hang=True) as server, Client(server.address) as client:
        stream = ChatApi(client).stream(CHAT) if noun == "chat" else ModelsApi(client).stream_load(LOAD)
        if way == "break":
            async for _ in stream:
                break
            del stream
        elif way == "aclose":
            await anext(stream)
            await stream.aclose()
        elif way == "cancel":
            await anext(stream)
            waiting = asyncio.ensure_future(anext(stream))
            await stays(lambda: not waiting.done())
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        else:
            await anext(stream)
            with pytest.raises(ZeroDivisionError):
                await stream.athrow(ZeroDivisionError())
        await until(server.left.is_set)


async def test_the_client_is_as_good_as_new_after_a_stream_was_left() -> None:
    answers = (STREAM_HEAD + DELTA, response(b'{"models": []}'))
    async with raw_server(*answers, hang=True) as server, Client(server.address) as client:
        stream = ChatApi(client).stream(CHAT)
        await anext(stream)
        await stream.aclose()
        assert await ModelsApi(client).list_models() == []


@pytest.mark.parametrize(("endless", "status"), [(b"[1, 2, ", 200), (b"<p>", 500)])
async def test_an_answer_without_end_is_not_read_forever(
    monkeypatch: pytest.MonkeyPatch, endless: bytes, status: int
) -> None:
    monkeypatch.setattr(client_module, "_MAX_ANSWER_BYTES", 100_000)
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n\r\n" % status
    async with raw_server(head + endless * 100_000, hang=True) as server, Client(server.address) as client:
        with pytest.raises(ProtocolError, match="not understood"):
            await ModelsApi(client).list_models()


async def test_text_that_is_no_unicode_is_refused_before_it_is_sent() -> None:
    async with raw_server() as server, Client(server.address) as client:
        with pytest.raises(RequestError, match="can't be sent"):
            await ChatApi(client).complete(ChatRequest(model="m", input="\ud800"))
    assert server.requests == []


async def test_an_error_text_of_megabytes_is_no_message() -> None:
    body = json.dumps({"error": {"message": "A" * 10**6}}).encode()
    async with raw_server(response(body, status=400)) as server, Client(server.address) as client:
        with pytest.raises(AppError) as caught:
            await ModelsApi(client).list_models()
    assert len(caught.value.message) < 10_000


class Watching(httpx.AsyncHTTPTransport):
    """A real transport that keeps what it was given and got."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[dict[str, float | None]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.timeouts.append(request.extensions["timeout"])
        return await super().handle_async_request(request)


async def test_how_long_each_is_waited_for() -> None:
    watching = Watching()
    async with raw_server(response(b"{}")) as server, Client(server.address, transport=watching) as client:
        await ModelsApi(client).list_models()
        await ModelsApi(client).load(LOAD)
        await ChatApi(client).complete(CHAT)
        await all_events(ChatApi(client).stream(CHAT))
    assert [timeout["connect"] for timeout in watching.timeouts] == [5.0] * 4
    models, load, *chats = (timeout["read"] for timeout in watching.timeouts)
    assert models
    assert 10 <= models <= 120
    assert load
    assert load >= 1800
    assert chats == [None, None]


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    brief = httpx.Timeout(5.0, read=0.1)
    monkeypatch.setattr(models_module, "LOAD_TIMEOUT", brief)
    async with raw_server(hang=True) as server, Client(server.address) as client:
        with pytest.raises(UnreachableError, match="took too long to answer"):
            await ModelsApi(client).load(LOAD)


async def test_the_system_watches_silent_connections() -> None:
    async with (
        raw_server(response(b"{}")) as server,
        open_client(server.address) as http,
        http.stream("GET", "/", extensions={"trace": keep_alive}) as answer,
    ):
        connection = answer.extensions["network_stream"].get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


async def test_the_client_has_it_do_so(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def noted(event: str, info: dict[str, Any]) -> None:
        seen.append(event)
        await keep_alive(event, info)

    monkeypatch.setattr(client_module, "keep_alive", noted)
    async with raw_server(STREAM_HEAD + END) as server, Client(server.address) as client:
        await all_events(ChatApi(client).stream(CHAT))
    assert "connection.connect_tcp.complete" in seen


async def test_a_closed_client_is_an_unreachable_server() -> None:
    client = Client("http://127.0.0.1:9")
    await client.aclose()
    with pytest.raises(UnreachableError):
        await ModelsApi(client).list_models()
