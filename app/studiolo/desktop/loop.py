"""asyncio on Qt's event loop: the one module that knows qasync.

qasync starts a Qt timer for every callback and every time-out, and forgets the cancelled ones: 20,000 time-outs that
never came (httpx sets one a read) leave 20,000 live timers. Here callbacks wait in a queue and time-outs in a heap, as
in asyncio itself, behind a single timer.

Threads: everything belongs to the GUI thread, except `call_soon_threadsafe`.

Garbage is collected here, between two turns, and never by Python itself, which does so in whichever thread happens to
make something: an object of Qt that ends in another thread waits there for Python's lock with one of Qt's in its hands,
while this thread waits for that one. The window would stand still for ever.
"""

import asyncio
import gc
import heapq
import math
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

os.environ["QT_API"] = "pyside6"

import qasync

_FEW_CANCELLED = 64
_LONGEST_WAIT_MS = 3_600_000
_THREADS = 8
_FULL_SECONDS = 10.0
"""Between two collections of everything, at least."""


class AppLoop(qasync.QEventLoop):  # type: ignore[misc]
    """The event loop of the window. It ends when it is told to, not when a window is closed."""

    def __init__(self, app: QApplication) -> None:
        self._queue: deque[asyncio.Handle] = deque()
        self._timeouts: list[asyncio.TimerHandle] = []
        self._cancelled_timeouts = 0
        self._alarm = _Alarm(self._turn, self._set_alarm)
        self._collecting = False
        self._collected_all = 0.0
        super().__init__(app)
        app.setQuitOnLastWindowClosed(False)
        # qasync's own pool starts ten QThreads at once, which Python goes on listing when they are long gone.
        self.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="studiolo"))

    def run_forever(self) -> None:
        self._set_alarm()
        self._collecting = gc.isenabled()
        gc.disable()
        # asyncio's own loops do this, qasync's does not: without it, generators that nobody finished can't clean up.
        former = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            super().run_forever()
        finally:
            sys.set_asyncgen_hooks(*former)
            if self._collecting:
                gc.enable()

    def begin_collecting(self) -> None:
        """Collect garbage from now on, among what is made from now on: a start is faster without."""
        gc.freeze()
        self._collecting = True

    def close(self) -> None:
        super().close()
        self._alarm.stop()
        self._queue.clear()
        self._timeouts.clear()

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._add_callback(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timeouts, handle)
        handle._scheduled = True  # type: ignore[attr-defined]  # tells _timer_handle_cancelled that it waits here
        if self._timeouts[0] is handle:
            self._set_alarm()
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._queue.append(handle)
        self._alarm.woken.emit()
        return handle

    def _add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        """Called by asyncio too, for signals."""
        self._queue.append(handle)
        if len(self._queue) == 1:
            self._set_alarm()
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Called by asyncio just before `handle` counts as cancelled."""
        if not handle._scheduled:  # type: ignore[attr-defined]
            return
        self._cancelled_timeouts += 1
        if self._cancelled_timeouts > max(_FEW_CANCELLED, len(self._timeouts) // 2):
            self._timeouts = [other for other in self._timeouts if other is not handle and not other.cancelled()]
            heapq.heapify(self._timeouts)
            self._cancelled_timeouts = 0
            handle._scheduled = False  # type: ignore[attr-defined]

    def _set_alarm(self) -> None:
        if self._queue:
            self._alarm.start(0)
        elif self._timeouts:
            wait = math.ceil((self._timeouts[0].when() - self.time()) * 1000)
            self._alarm.start(min(max(wait, 0), _LONGEST_WAIT_MS))
        else:
            self._alarm.stop()

    def _turn(self) -> None:
        """Run what is due. What that adds waits for the next turn: Qt's events come in between."""
        if not self.is_running():
            return
        try:
            self._collect_due()
            for _ in range(len(self._queue)):
                if not self._queue:  # A modal dialog opened by a callback has run the rest.
                    break
                handle = self._queue.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            if not self.is_closed():
                self._set_alarm()
            if self._collecting:
                self._collect_garbage()

    def _collect_garbage(self) -> None:
        """Collect as much as Python would now."""
        young, middle, old = (
            count > limit > 0 for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if not young:
            return
        if middle and old and self.time() - self._collected_all > _FULL_SECONDS:
            gc.collect()
            self._collected_all = self.time()
        else:
            gc.collect(1 if middle else 0)

    def _collect_due(self) -> None:
        now = self.time()
        while self._timeouts and (self._timeouts[0].cancelled() or self._timeouts[0].when() <= now):
            handle = heapq.heappop(self._timeouts)
            handle._scheduled = False  # type: ignore[attr-defined]
            if handle.cancelled():
                self._cancelled_timeouts -= 1
            else:
                self._queue.append(handle)


class _Alarm(QObject):
    """The loop's one timer. `woken` may be emitted by any thread."""

    woken = Signal()

    def __init__(self, turn: Callable[[], None], set_alarm: Callable[[], None]) -> None:
        super().__init__()
        self._set_alarm = set_alarm
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(turn)
        self.woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def start(self, milliseconds: int) -> None:
        self._timer.start(milliseconds)

    def stop(self) -> None:
        self._timer.stop()

    def _wake(self) -> None:
        self._set_alarm()


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` on Qt's event loop until it ends; its result is the exit status."""
    with asyncio.Runner(loop_factory=lambda: AppLoop(app)) as runner:
        return runner.run(main())
