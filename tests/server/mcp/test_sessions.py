"""How long connections to MCP servers live, who shares them, and that nothing outlives the server."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from studiolo.errors import McpServerError, ToolError
from studiolo.server.mcp.contract import ServerName
from studiolo.server.mcp.sessions import McpSessions
from tests.server.mcp.conftest import STANDS, Person, program
from tests.stands.waiting import until, wait_until

SPEC = program("hostile.py")


def below() -> list[psutil.Process]:
    """Programs of MCP that this process runs."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "hostile.py" in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


async def test_nothing_is_started_before_it_is_used(sessions: McpSessions) -> None:
    assert sessions.status(SPEC.name).state == "off"
    assert sessions.log(SPEC.name) == []
    assert not below()


async def test_who_comes_at_once_shares_one_connection_and_it_stays_warm(sessions: McpSessions) -> None:
    async def use() -> None:
        async with sessions.session(SPEC) as session:
            await session.tools()

    await asyncio.gather(*(use() for _number in range(5)))
    first = [process.pid for process in below()]
    assert len(first) == 1
    await use()
    assert [process.pid for process in below()] == first


async def test_an_idle_connection_is_ended_and_made_again(tmp_path: Path) -> None:
    sessions = McpSessions(tmp_path, idle_seconds=0.05)
    async with sessions.session(SPEC) as session:
        await session.tools()
        await asyncio.sleep(0.2)  # Longer than idle: it is in use.
        assert sessions.status(SPEC.name).state == "ready"
    await until(lambda: sessions.status(SPEC.name).state == "off")
    await until(lambda: not below())
    assert sessions.status(SPEC.name).tools
    async with sessions.session(SPEC) as session:
        assert (await session.call("echo", {}, None)).content
    await sessions.close()


async def test_a_changed_server_is_connected_anew_and_the_old_one_ends_unused(sessions: McpSessions) -> None:
    changed = dataclasses.replace(SPEC, env={"GIVEN": "new"})
    async with sessions.session(SPEC) as old, sessions.session(changed) as new:
        assert '"GIVEN": "new"' in (await new.call("env", {}, None)).content[0]["text"]
        assert "GIVEN" not in (await old.call("env", {}, None)).content[0]["text"]
        assert len(below()) == 2
    await until(lambda: len(below()) == 1)


async def test_servers_of_requests_are_told_apart_by_all_that_they_are(sessions: McpSessions) -> None:
    name = ServerName("same", ephemeral=True)
    one = dataclasses.replace(SPEC, name=name, env={"GIVEN": "one"})
    two = dataclasses.replace(SPEC, name=name, env={"GIVEN": "two"})
    async with sessions.session(one), sessions.session(two):
        pass
    async with sessions.session(one) as first, sessions.session(two) as second:
        assert '"GIVEN": "one"' in (await first.call("env", {}, None)).content[0]["text"]
        assert '"GIVEN": "two"' in (await second.call("env", {}, None)).content[0]["text"]
    assert len(below()) == 2


async def test_a_dropped_server_ends_once_unused_and_is_tried_again_at_once(sessions: McpSessions) -> None:
    failing = program("hostile.py", "--dies-at-once")
    for _time in range(5):
        with pytest.raises(McpServerError):
            async with sessions.session(failing):
                pass
    await sessions.drop(failing.name)
    assert sessions.status(failing.name).state == "off"
    async with sessions.session(SPEC) as session:
        await sessions.drop(SPEC.name)
        assert (await session.call("echo", {}, None)).content
    await until(lambda: not below())


async def test_giving_up_while_it_begins_leaves_nothing(sessions: McpSessions) -> None:
    async def use() -> None:
        async with sessions.session(SPEC):
            pass

    task = asyncio.create_task(use())
    await until(below)
    task.cancel()
    await asyncio.wait({task})
    await until(lambda: not below())
    await use()


async def test_who_gives_up_does_not_end_what_another_waits_for(sessions: McpSessions) -> None:
    async def use() -> int:
        async with sessions.session(SPEC) as session:
            return len(await session.tools())

    one, two = asyncio.create_task(use()), asyncio.create_task(use())
    await until(below)
    one.cancel()
    assert await two > 0


async def test_ending_in_a_call_ends_the_call_and_the_program(sessions: McpSessions) -> None:
    async with sessions.session(SPEC) as session:
        call = asyncio.create_task(session.call("hang", {}, Person()))
        await asyncio.sleep(0)
        await until(below)
        await sessions.close()
        with pytest.raises(ToolError):
            await call
    assert not below()
    with pytest.raises(McpServerError, match="ending"):
        async with sessions.session(SPEC):
            pass


async def test_a_program_that_heeds_nothing_is_ended_with_all_it_started(sessions: McpSessions) -> None:
    deaf = program("hostile.py", "--deaf", "--child")
    async with sessions.session(deaf):
        await until(lambda: len(below()) == 2)
    await sessions.close()
    assert not below()


@contextmanager
def holder(folder: Path, *arguments: str) -> "Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]":
    """A process that holds servers, and the processes that it has below itself."""
    process = subprocess.Popen(
        [sys.executable, str(STANDS / "holder.py"), str(folder), *arguments], stdout=subprocess.PIPE
    )
    assert process.stdout
    held = [psutil.Process(int(number)) for number in process.stdout.readline().split()]
    try:
        yield process, held
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        for one in held:
            with contextlib.suppress(psutil.Error):
                one.kill()


def runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("arguments", [(), ("--deaf", "--child")])
def test_nothing_outlives_a_server_that_was_killed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with holder(tmp_path, *arguments) as (process, held):
        assert len(held) >= 2
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(runs, held)), "the end of all programs")


def test_what_even_the_watcher_missed_is_ended_at_the_next_start(tmp_path: Path) -> None:
    with holder(tmp_path, "--deaf") as (process, held):
        watcher = next(one for one in held if "hostile.py" not in " ".join(one.cmdline()))
        watcher.kill()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        program_left = next(one for one in held if one != watcher)
        assert runs(program_left)
        McpSessions(tmp_path).start()
        wait_until(lambda: not runs(program_left))


@pytest.mark.parametrize(
    "noted",
    [
        *("", "{", "[1]", '{"x": 1}', '{"1": 2}', '{"999999999": 0.0}', '{"0": 0}', '{"-1": 0}'),
        *("[" * 200_000, '{"' + "9" * 30 + '": 0}', '{"2": 1e999}', '{"2": NaN}', "\ufeff{}", "x" * 2_000_000, None),
    ],
    ids=lambda noted: str(noted)[:20],
)
def test_notes_that_can_not_be_read_or_are_of_another_process_end_nobody(tmp_path: Path, noted: str | None) -> None:
    file = tmp_path / "programs.json"
    file.write_text(noted) if noted is not None else os.mkfifo(file)
    McpSessions(tmp_path).start()


async def test_a_full_disk_stops_no_tool(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    sessions = McpSessions(blocked / "mcp")
    async with sessions.session(SPEC) as session:
        assert (await session.call("echo", {}, None)).content
    await sessions.close()


@pytest.mark.alone
def test_twenty_warm_servers_take_less_than_forty_megabytes(tmp_path: Path) -> None:
    """The SDK is counted, too: it is loaded with the first of them."""
    ran = subprocess.run(
        [sys.executable, str(STANDS / "weigh.py"), str(tmp_path)], capture_output=True, text=True, check=True
    )
    grown, others = map(float, ran.stdout.split())
    print(f"20 warm servers: {grown:.1f} MB, of which 19 took {others:.1f} MB")
    assert grown < 40
