"""Warm MCP servers for a test, and who watches their calls."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from studiolo.server.mcp.contract import Question, Reply, ServerName, ServerSpec
from studiolo.server.mcp.sessions import Sessions

STANDS = Path(__file__).parents[2] / "stands" / "mcp_servers"


def program(script: str, *arguments: str, label: str = "", timeout: float = 30.0, **env: str) -> ServerSpec:
    """A stand-in server as a program."""
    name = ServerName(label or script.removesuffix(".py"))
    return ServerSpec(name, command=sys.executable, args=(str(STANDS / script), *arguments), env=env, timeout=timeout)


class Person:
    """Who watches calls: answers every question alike, and remembers what was asked and told."""

    def __init__(self, reply: Reply | Callable[[Question], Awaitable[Reply]] = Reply("decline")) -> None:  # noqa: B008
        self._reply = reply
        self.questions: list[Question] = []
        self.notes: list[tuple[float, float | None, str | None]] = []

    async def answer(self, question: Question) -> Reply:
        self.questions.append(question)
        return self._reply if isinstance(self._reply, Reply) else await self._reply(question)

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        self.notes.append((done, total, message))


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    warm = Sessions(tmp_path / "mcp")
    warm.start()
    yield warm
    await warm.close()
