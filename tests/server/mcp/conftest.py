"""Warm MCP servers for a test, and who watches their calls."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from studiolo.server.mcp.contract import ElicitationReply, Question, ServerName, ServerSpec
from studiolo.server.mcp.sessions import McpSessions

DECLINED = ElicitationReply("decline")
STANDS = Path(__file__).parents[2] / "stands" / "mcp_servers"


def program(script: str, *arguments: str, label: str = "", timeout: float = 30.0, **env: str) -> ServerSpec:
    """A stand-in server as a program."""
    name = ServerName(label or script.removesuffix(".py"))
    return ServerSpec(name, command=sys.executable, args=(str(STANDS / script), *arguments), env=env, timeout=timeout)


class Person:
    """Who watches calls: answers every question alike, and remembers what was asked and told."""

    def __init__(self, reply: ElicitationReply | Callable[[Question], Awaitable[ElicitationReply]] = DECLINED) -> None:
        self._reply = reply
        self.questions: list[Question] = []
        self.notes: list[tuple[float, float | None, str | None]] = []

    async def answer(self, question: Question) -> ElicitationReply:
        self.questions.append(question)
        return self._reply if isinstance(self._reply, ElicitationReply) else await self._reply(question)

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        self.notes.append((done, total, message))


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[McpSessions]:
    warm = McpSessions(tmp_path / "mcp")
    warm.start()
    yield warm
    await warm.close()
