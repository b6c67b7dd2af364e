"""One call of a tool while it runs: its time, its progress, and what the server asks the person meanwhile."""

import asyncio
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from urllib.parse import urlsplit

from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from studiolo.server.mcp.contract import ElicitationReply, Question, ServerName, Watcher
from studiolo.server.mcp.web import Refusal

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 0.1
_MOST_TIMES = 10
"""A tool that tells of progress may take so many times its time."""
_MESSAGE_CHARACTERS = 4000
_PROGRESS_CHARACTERS = 500


class RunningCall:
    """A call under way. owner: who sent it, so far as two calls of one owner have the same person before them."""

    def __init__(self, watcher: Watcher | None, seconds: float, owner: object) -> None:
        self.watcher = watcher
        self.owner = owner
        self.refusal = Refusal()
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._clock = asyncio.timeout(seconds)
        self._last = self._loop.time() + _MOST_TIMES * seconds
        self._questions: set[asyncio.Task[ElicitationReply]] = set()
        self._progress: tuple[float, float | None, str | None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    async def __aenter__(self) -> "RunningCall":
        await self._clock.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turns the cancellation by its clock into TimeoutError."""
        self._over = True
        for question in self._questions:
            question.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._tell()
        await self._clock.__aexit__(kind, error, trace)

    async def on_progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Pass progress on ten times a second at most, and the last one always.

        What JSON has no number for is left out.
        """
        if self._over or not math.isfinite(progress):
            return
        total = total if total is not None and math.isfinite(total) else None
        self._progress = (progress, total, message[:_PROGRESS_CHARACTERS] if message else message)
        self._more_time()
        if self._timer is None:
            self._tell()
            self._timer = self._loop.call_later(_PROGRESS_SECONDS, self._tell_later)

    def _tell_later(self) -> None:
        self._timer = None
        if self._progress is not None:
            self._tell()
            self._timer = self._loop.call_later(_PROGRESS_SECONDS, self._tell_later)

    def _tell(self) -> None:
        note, self._progress = self._progress, None
        if note is None or self.watcher is None:
            return
        try:
            self.watcher.progress(*note)
        except Exception:
            logger.exception("who watches a call could not take its progress")

    def _more_time(self) -> None:
        if not self._questions and not self._clock.expired():
            self._clock.reschedule(min(self._loop.time() + self._seconds, max(self._last, self._clock.when() or 0)))

    async def ask(self, question: Question) -> ElicitationReply:
        """Ask who watches; the clock stands still meanwhile. What can't be asked is declined."""
        if self.watcher is None or self._over:
            return ElicitationReply("decline")
        asking = asyncio.ensure_future(self.watcher.answer(question))
        self._questions.add(asking)
        if not self._clock.expired():
            self._clock.reschedule(None)
        began = self._loop.time()
        try:
            await asyncio.wait({asking})
        finally:
            asking.cancel()
            self._questions.discard(asking)
            self._last += self._loop.time() - began
            if not self._over and not self._questions and not self._clock.expired():
                self._clock.reschedule(self._loop.time() + self._seconds)
        if asking.cancelled():
            return ElicitationReply("cancel")
        if (error := asking.exception()) is not None:
            logger.error("a question of an MCP server could not be asked", exc_info=error)
            return ElicitationReply("cancel")
        return asking.result()


_current: ContextVar[RunningCall | None] = ContextVar("current_call", default=None)


class RunningCalls:
    """The calls that run on one connection, and whose questions its server's are."""

    def __init__(self, server: ServerName) -> None:
        self._server = server
        self._running: list[RunningCall] = []

    def __len__(self) -> int:
        return len(self._running)

    @contextmanager
    def running(self, call: RunningCall) -> Iterator[None]:
        """Count a call among those that run, and make it the task's current one, for as long as the context lasts."""
        token = _current.set(call)
        self._running.append(call)
        try:
            yield
        finally:
            self._running.remove(call)
            _current.reset(token)

    async def elicit(self, params: ElicitRequestParams) -> ElicitResult:
        """Answer a server's question by asking the person before its call."""
        question = _question(self._server, params)
        call = self._asking()
        if question is None or call is None:
            return ElicitResult(action="decline")
        reply = await call.ask(question)
        if reply.action == "accept":
            content = dict(reply.content or {}) if isinstance(params, ElicitRequestFormParams) else None
            return ElicitResult(action="accept", content=content)
        return ElicitResult(action="decline" if reply.action == "decline" else "cancel")

    def _asking(self) -> RunningCall | None:
        """The call that a question belongs to.

        Over HTTP and in the newer revision a question comes within its call. A program of the older ones does not say:
        then it is the latest call, unless somebody else's is under way as well, who must not see it.
        """
        if (call := _current.get()) is not None:
            return call
        watched = [call for call in self._running if call.watcher is not None]
        if len({id(call.owner) for call in self._running}) > 1:
            logger.warning("%s asks while several call it: declined", self._server.id)
            return None
        return watched[-1] if watched else None


def _question(server: ServerName, params: ElicitRequestParams) -> Question | None:
    message = params.message[:_MESSAGE_CHARACTERS]
    if isinstance(params, ElicitRequestURLParams):
        if not _is_page(params.url):
            return None
        return Question(server, message, url=params.url)
    schema = params.requested_schema
    return Question(server, message, schema=schema if isinstance(schema, dict) else None)


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
