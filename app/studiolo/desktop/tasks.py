"""Tasks have owners: a scope holds them, ends them with its owner, and reports what failed."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject

Report = Callable[[BaseException], None]


class TaskScope:
    """The tasks of one owner.

    `owner`: when it is destroyed the scope closes; None for a scope that is closed by hand. `report` hears of every
    failure exactly once, unless the task was started with an `on_error` of its own. Being cancelled is no failure.
    """

    def __init__(self, owner: QObject | None, report: Report) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[Any]] = set()
        self._named: dict[str, asyncio.Task[Any]] = {}
        self._closed = False
        if owner is not None:
            # Qt drops connections to the destroyed object's own methods before it emits; this object is none of Qt's.
            owner.destroyed.connect(self.close)

    def start(
        self, coro: Coroutine[Any, Any, object], *, replace: str | None = None, on_error: Report | None = None
    ) -> "asyncio.Task[Any] | None":
        """Run `coro`; None if the scope is closed already. A task with the same `replace` name is cancelled first.

        Raises RuntimeError where no loop runs.
        """
        if self._closed:
            coro.close()
            return None
        try:
            task = asyncio.get_running_loop().create_task(coro)
        except RuntimeError:
            coro.close()
            raise
        if replace is not None:
            if former := self._named.get(replace):
                former.cancel()
            self._named[replace] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, replace, on_error or self._report))
        return task

    def cancel(self, name: str) -> None:
        """End the task that was started with that `replace` name, if it goes on."""
        if task := self._named.get(name):
            task.cancel()

    def close(self, *_: object) -> None:
        """Cancel everything; what is started from now on is dropped silently."""
        self._closed = True
        for task in self._tasks:
            task.cancel()

    async def aclose(self) -> None:
        """Close, and wait until every task has ended. A task of the scope may call it: it does not wait for itself."""
        self.close()
        while others := self._tasks - {asyncio.current_task()}:
            await asyncio.wait(others)

    def _ended(self, task: "asyncio.Task[Any]", name: str | None, report: Report) -> None:
        self._tasks.discard(task)
        if name is not None and self._named.get(name) is task:
            del self._named[name]
        if not task.cancelled() and (error := task.exception()):
            report(error)
