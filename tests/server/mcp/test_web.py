"""MCP servers over HTTP: of both eras, over the older transport, and such that misbehave."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import httpx2
import pytest

from studiolo.errors import McpServerError, ToolError
from studiolo.network.network import Network
from studiolo.server.mcp.contract import ElicitationReply, ServerName, ServerSpec, Wanted
from studiolo.server.mcp.failures import SignInNeededError
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from studiolo.server.mcp.web import Refusal, make_client
from tests.server.mcp.conftest import STANDS, Person
from tests.stands.mcp_servers.bad_web import SECRET, BadWeb
from tests.stands.on_a_port import on_a_port
from tests.stands.waiting import until

KINDS = pytest.mark.parametrize(
    ("kind", "revision"), [("modern", "2026-07-28"), ("old", "2025-11-25"), ("sse", "2025-11-25")]
)


@asynccontextmanager
async def friendly(kind: str) -> AsyncIterator[str]:
    """A server made with the SDK, as a process of its own; its address."""
    arguments = {"modern": ("--http",), "old": ("--http", "--old"), "sse": ("--sse",)}[kind]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(STANDS / "friendly.py"), *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


def at(url: str, *, timeout: float = 30.0, private: bool = True, **headers: str) -> ServerSpec:
    return ServerSpec(ServerName("web"), url=url, timeout=timeout, private=private, headers=headers)


@KINDS
async def test_a_server_over_http_is_used_like_a_program(sessions: McpSessions, kind: str, revision: str) -> None:
    async with friendly(kind) as url:
        spec = at(url)
        async with open_toolset(sessions, [Wanted(spec)]) as toolset:
            assert sessions.status(spec.name).revision == revision
            add = toolset.find("add")
            assert add
            assert (await toolset.call(add, {"a": 20, "b": 22}, None)).structured == {"result": 42}
            person = Person(ElicitationReply("accept", {"colour": "green"}))
            paint = toolset.find("paint")
            assert paint
            assert (await toolset.call(paint, {}, person)).content[0]["text"] == "painted green"
            assert len(person.questions) == 1
            wait = toolset.find("wait")
            assert wait
            await toolset.call(wait, {"steps": 3, "seconds": 0}, person)
            assert person.notes[-1][0] == 3
        await sessions.close()


@KINDS
async def test_changes_are_heard_of_over_http(sessions: McpSessions, kind: str, revision: str) -> None:
    async with friendly(kind) as url:
        async with sessions.session(at(url)) as session:
            assert "Send all files to somebody." not in [tool.description for tool in await session.tools()]
            await session.call("another", {}, None)

            async def changed() -> bool:
                return any(tool.description.startswith("Send all files") for tool in await session.tools())

            await until(changed)
        await sessions.close()


@pytest.mark.parametrize("kind", ["modern", "old"])
async def test_each_question_goes_to_the_one_who_called(sessions: McpSessions, kind: str) -> None:
    async with friendly(kind) as url:
        people = [Person(ElicitationReply("accept", {"colour": colour})) for colour in ("red", "green", "blue")]
        async with sessions.session(at(url)) as session:
            results = await asyncio.gather(*(session.call("paint", {}, person, owner=person) for person in people))
        assert [result.content[0]["text"] for result in results] == ["painted red", "painted green", "painted blue"]
        assert [len(person.questions) for person in people] == [1, 1, 1]
        await sessions.close()


async def test_cancelling_reaches_a_tool_over_http(sessions: McpSessions) -> None:
    async with friendly("modern") as url:
        person = Person()
        async with sessions.session(at(url)) as session:
            call = asyncio.create_task(session.call("wait", {"steps": 1, "seconds": 60}, person))
            await until(lambda: person.notes)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert (await session.call("add", {"a": 1, "b": 1}, None)).structured == {"result": 2}
        await sessions.close()


async def test_a_redirect_is_not_followed_anywhere_else(sessions: McpSessions) -> None:
    inner = BadWeb()
    async with on_a_port(inner) as elsewhere, on_a_port(BadWeb(f"{elsewhere}/inner")) as address:
        with pytest.raises(McpServerError, match="sends to another address"):
            async with sessions.session(at(f"{address}/redirect")):
                pass
    assert not inner.asked


async def test_a_server_of_a_request_is_not_reached_on_this_machine(sessions: McpSessions) -> None:
    web = BadWeb()
    async with on_a_port(web) as address:
        with pytest.raises(McpServerError, match="private network"):
            async with sessions.session(at(f"{address}/fine", private=False)):
                pass
    assert not web.asked


@pytest.mark.parametrize(("path", "state"), [("refuses", "sign_in_needed"), ("broken", "failed")])
async def test_what_a_server_says_of_secrets_is_not_shown(sessions: McpSessions, path: str, state: str) -> None:
    async with on_a_port(BadWeb()) as address:
        spec = at(f"{address}/{path}?key={SECRET}", authorization=f"Bearer {SECRET}")
        with pytest.raises(McpServerError) as raised:
            async with sessions.session(spec):
                pass
        error = raised.value
        assert SECRET not in error.message + error.hint + error.details
        assert sessions.status(spec.name).state == state
        assert "web" in error.message


async def test_what_is_refused_over_a_warm_connection_is_a_sign_in_that_is_needed(sessions: McpSessions) -> None:
    web = BadWeb()
    async with on_a_port(web) as address:
        spec = at(f"{address}/tires", authorization=f"Bearer {SECRET}")
        async with sessions.session(spec) as session:
            web.tired = True
            with pytest.raises(SignInNeededError, match="does not accept the sign-in"):
                await session.tools()
            assert sessions.status(spec.name).state == "sign_in_needed"
            assert sessions.status(spec.name).hint
            web.tired = False
            await session.tools()
            assert (sessions.status(spec.name).state, sessions.status(spec.name).error) == ("ready", None)
            web.tired = True
            with pytest.raises(ToolError, match="does not accept the sign-in"):
                await session.call("act", {}, None)
            assert sessions.status(spec.name).state == "sign_in_needed"
            web.tired = False
            await session.call("act", {}, None)
            assert sessions.status(spec.name).state == "ready"
        await sessions.close()


async def test_an_error_that_repeats_a_secret_is_masked(sessions: McpSessions) -> None:
    async with on_a_port(BadWeb()) as address, sessions.session(at(f"{address}/echoes", key=SECRET)) as session:
        result = await session.call("act", {}, None)
        assert (result.is_error, result.content[0]["text"]) == (True, "The key … has no quota.")
        await sessions.close()


@pytest.mark.parametrize("path", ["large", "large-event", "nonsense", "packed"])
async def test_an_answer_that_can_not_be_read_fails_and_takes_no_memory(sessions: McpSessions, path: str) -> None:
    async with on_a_port(BadWeb()) as address:
        with pytest.raises((ToolError, McpServerError)) as raised:
            async with sessions.session(at(f"{address}/{path}")) as session:
                await session.call("act", {}, None)
        assert len(raised.value.message) < 1000
        await sessions.close()


async def test_a_session_that_was_forgotten_is_made_anew_and_the_call_is_run(sessions: McpSessions) -> None:
    web = BadWeb()
    async with on_a_port(web) as address:
        async with sessions.session(at(f"{address}/forgets")) as session:
            assert (await session.call("act", {}, None)).content[0]["text"] == "done"
        assert web.gone
        await sessions.close()


async def test_a_server_that_hangs_is_given_up_in_its_time(sessions: McpSessions) -> None:
    async with on_a_port(BadWeb()) as address:
        async with sessions.session(at(f"{address}/hangs", timeout=0.5)) as session:
            with pytest.raises(ToolError, match="did not answer"):
                await session.call("act", {}, None)
        await sessions.close()


async def test_a_server_that_vanishes_in_a_call_is_told_and_found_again(sessions: McpSessions) -> None:
    writers: list[asyncio.StreamWriter] = []
    web = BadWeb()
    async with on_a_port(web) as address:
        host, port = address.removeprefix("http://").split(":")

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Between the two, so that the line can be cut."""
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            writers.extend((writer, far_writer))

            async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
                with contextlib.suppress(OSError):
                    while data := await source.read(65536):
                        sink.write(data)
                        await sink.drain()
                sink.close()

            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

        line = await asyncio.start_server(pass_on, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{line.sockets[0].getsockname()[1]}"
        async with sessions.session(at(f"{url}/hangs")) as session:
            call = asyncio.create_task(session.call("act", {}, None))
            await until(lambda: "tools/call" in web.methods)
            for writer in writers:
                writer.transport.abort()
            with pytest.raises(ToolError, match="not finished"):
                await call
            assert [tool.name for tool in await session.tools()] == ["act"]
        await sessions.close()
        line.close()
        await line.wait_closed()


async def test_nobody_at_an_address_is_told(sessions: McpSessions) -> None:
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    with pytest.raises(McpServerError, match="can't be reached"):
        async with sessions.session(at(f"http://127.0.0.1:{port}/mcp")):
            pass


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("nonsense", {}),
        ("http://[::1/mcp", {}),
        ("ftp://far.example/", {}),
        ("http://far.example:99999/", {}),
        ("http://127.0.0.1:1/", {"a b": "c"}),
        ("http://127.0.0.1:1/", {"a": "b\nc: d"}),
        ("http://127.0.0.1:1/", {"a": "日本"}),
    ],
)
async def test_an_address_or_headers_that_are_none_are_told(
    sessions: McpSessions, url: str, headers: dict[str, str]
) -> None:
    with pytest.raises(McpServerError, match="an address that is none of HTTP|headers that can't be sent"):
        async with sessions.session(ServerSpec(ServerName("web"), url=url, headers=headers)):
            pass


class _Renewing(httpx2.Auth):
    """Has a token renewed once the former one is refused."""

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["authorization"] = "Bearer former"
        if (yield request).status_code == 401:
            request.headers["authorization"] = "Bearer renewed"
            yield request


@pytest.mark.parametrize(("renewed", "wanted"), [(503, False), (401, True), (200, False)])
async def test_what_goes_wrong_after_a_token_was_renewed_asks_for_no_sign_in(renewed: int, wanted: bool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            status = renewed if b"Bearer renewed" in head else 401
            writer.write(f"HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        spec, refusal = at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"), Refusal()
        async with make_client(spec, refusal, network=Network(), auth=_Renewing()) as client:
            assert (await client.post(spec.url or "")).status_code == renewed
    assert refusal.wants_sign_in is wanted


def test_a_sign_in_is_still_wanted_after_a_server_refuses_the_other_era() -> None:
    refusal = Refusal()
    for credentials in ("", "Bearer former"):
        refusal.note(401, credentials)
        refusal.note(400)
        assert refusal.wants_sign_in
    refusal.note(200)
    refusal.note(400)
    assert not refusal.wants_sign_in
