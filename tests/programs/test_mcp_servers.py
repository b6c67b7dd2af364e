"""MCP servers of other people: connected, listed and called as a chat does it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studiolo.server.mcp.contract import ElicitationReply, OfferedTool, ServerName, ServerSpec, Toolset, Wanted
from studiolo.server.mcp.results import message_content
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from tests.server.mcp.conftest import Person
from tests.stands.programs import Programs
from tests.stands.waiting import until

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

EVERYTHING = "@modelcontextprotocol/server-everything"


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[McpSessions]:
    warm = McpSessions(tmp_path / "mcp")
    yield warm
    await warm.close()


def entry(programs: Programs, package: str, command: str) -> str:
    """The full path of a command that a package brings."""
    return str(programs.from_npm(package) / "node_modules" / ".bin" / command)


def offered(toolset: Toolset, name: str) -> OfferedTool:
    found = toolset.find(name)
    assert found is not None, [one.model_name for one in toolset.tools]
    return found


@asynccontextmanager
async def everything(programs: Programs, transport: str) -> AsyncIterator[ServerSpec]:
    command = entry(programs, EVERYTHING, "mcp-server-everything")
    if transport == "stdio":
        yield ServerSpec(ServerName("everything"), command=command, args=("stdio",))
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        command,
        transport,
        env={"PATH": os.environ["PATH"], "PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        await until(listens)
        path = "sse" if transport == "sse" else "mcp"
        yield ServerSpec(ServerName("everything"), url=f"http://127.0.0.1:{port}/{path}")
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("transport", ["stdio", "streamableHttp", "sse"])
async def test_the_server_that_has_everything(sessions: McpSessions, programs: Programs, transport: str) -> None:
    person = Person(ElicitationReply("accept", {"name": "Ada", "check": True}))
    async with everything(programs, transport) as spec:
        async with open_toolset(sessions, [Wanted(spec)]) as toolset:
            status = sessions.status(spec.name)
            print(f"{transport}: {status.revision}, {[one.model_name for one in toolset.tools]}")
            echo = await toolset.call(offered(toolset, "echo"), {"message": "hello"}, person)
            assert "hello" in echo.output
            added = await toolset.call(offered(toolset, "get-sum"), {"a": 2, "b": 3}, person)
            assert "5" in added.output
            seen = await toolset.call(offered(toolset, "get-tiny-image"), {}, person)
            parts = message_content(seen, sees=True)
            assert any(part["type"] == "image_url" for part in parts if isinstance(part, dict))
            weather = await toolset.call(offered(toolset, "get-structured-content"), {"location": "New York"}, person)
            assert weather.structured
            asked = await toolset.call(offered(toolset, "trigger-elicitation-request"), {}, person)
            assert "Ada" in asked.output
            assert len(person.questions) == 1
            long = {"duration": 1, "steps": 4}
            await toolset.call(offered(toolset, "trigger-long-running-operation"), long, person)
            assert person.notes[-1][:2] == (4, 4)
        async with sessions.session(spec) as session:
            prompts = await session.prompts()
            assert prompts
            simple = next(prompt for prompt in prompts if not prompt.arguments)
            assert (await session.prompt(simple.name, {})).text
            resources = await session.resources()
            assert resources
            assert (await session.resource(resources[0].uri)).text
        await sessions.close()


async def test_the_file_system(sessions: McpSessions, programs: Programs, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "note.txt").write_text("It is written.")
    command = entry(programs, "@modelcontextprotocol/server-filesystem", "mcp-server-filesystem")
    spec = ServerSpec(ServerName("files"), command=command, args=(str(folder),))
    async with open_toolset(sessions, [Wanted(spec)]) as toolset:
        read = await toolset.call(offered(toolset, "read_text_file"), {"path": str(folder / "note.txt")}, None)
        assert "It is written." in read.output
        outside = await toolset.call(offered(toolset, "read_text_file"), {"path": "/etc/passwd"}, None)
        assert outside.is_error


async def test_the_memory(sessions: McpSessions, programs: Programs, tmp_path: Path) -> None:
    command = entry(programs, "@modelcontextprotocol/server-memory", "mcp-server-memory")
    kept = {"MEMORY_FILE_PATH": str(tmp_path / "memory.jsonl")}
    spec = ServerSpec(ServerName("memory"), command=command, env=kept)
    ada = {"name": "Ada", "entityType": "person", "observations": ["counts"]}
    async with open_toolset(sessions, [Wanted(spec)]) as toolset:
        await toolset.call(offered(toolset, "create_entities"), {"entities": [ada]}, None)
        assert "counts" in (await toolset.call(offered(toolset, "read_graph"), {}, None)).output


async def test_the_time(sessions: McpSessions, programs: Programs) -> None:
    command = str(programs.from_pypi("mcp-server-time") / "bin" / "mcp-server-time")
    async with open_toolset(sessions, [Wanted(ServerSpec(ServerName("time"), command=command))]) as toolset:
        told = await toolset.call(offered(toolset, "get_current_time"), {"timezone": "Europe/Oslo"}, None)
        print(f"mcp-server-time: {sessions.status(ServerName('time')).revision}")
        assert "Europe/Oslo" in told.output


async def test_the_browser_is_listed(sessions: McpSessions, programs: Programs) -> None:
    spec = ServerSpec(ServerName("browser"), command=entry(programs, "@playwright/mcp", "playwright-mcp"))
    async with open_toolset(sessions, [Wanted(spec)]) as toolset:
        assert "browser_navigate" in [one.model_name for one in toolset.tools]


async def test_many_servers_at_once(sessions: McpSessions, programs: Programs, tmp_path: Path) -> None:
    """Their names stay apart, and all of them end."""
    files = entry(programs, "@modelcontextprotocol/server-filesystem", "mcp-server-filesystem")
    specs = [ServerSpec(ServerName(f"files{number}"), command=files, args=(str(tmp_path),)) for number in range(3)]
    async with open_toolset(sessions, [Wanted(spec) for spec in specs]) as toolset:
        names = [one.model_name for one in toolset.tools]
        assert len(set(names)) == len(names)
        assert "files2_read_file" in names
