import asyncio
import contextvars
import gc
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable

import pytest
from PySide6.QtCore import QObject, QTimerEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studiolo.desktop.loop import AppLoop, run
from tests.stands.waiting import until

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")


def the_loop() -> AppLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, AppLoop)
    return loop


async def test_cancelled_timeouts_leave_no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0
    start_timer = QObject.startTimer

    def count(*arguments: object) -> int:
        nonlocal started
        started += 1
        return start_timer(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(QObject, "startTimer", count)
    for _ in range(20_000):
        async with asyncio.timeout(60):
            pass
    assert started == 0
    assert len(the_loop()._timeouts) < 200


async def test_timeouts_come_in_order_and_not_early() -> None:
    loop = the_loop()
    began = loop.time()
    came: list[tuple[float, float]] = []
    for delay in (0.05, 0.01, 0.03, 0.0, 0.01):
        loop.call_later(delay, lambda delay=delay: came.append((delay, loop.time() - began)))
    loop.call_later(0.02, lambda: came.append((99.0, 0.0))).cancel()
    await until(lambda: len(came) == 5)
    assert [delay for delay, _ in came] == [0.0, 0.01, 0.01, 0.03, 0.05]
    assert all(delay <= when for delay, when in came)


async def test_timeouts_that_remain_after_many_were_cancelled_still_come() -> None:
    loop = the_loop()
    came = asyncio.Event()
    loop.call_later(0.05, came.set)
    for handle in [loop.call_later(60, came.clear) for _ in range(1000)]:
        handle.cancel()
        handle.cancel()
    async with asyncio.timeout(1):
        await came.wait()
    assert loop._cancelled_timeouts <= len(loop._timeouts)


async def test_callbacks_run_in_order_and_give_qt_its_turn(qtbot: QtBot) -> None:
    class Clock(QObject):
        ticks = 0

        def timerEvent(self, event: QTimerEvent) -> None:
            self.ticks += 1

    clock = Clock()
    clock.startTimer(0)
    order: list[int] = []
    for number in range(50):
        the_loop().call_soon(order.append, number)
    for _ in range(50):
        await asyncio.sleep(0)
    assert order == list(range(50))
    assert clock.ticks >= 20


async def test_context_is_kept_across_threads() -> None:
    loop = the_loop()
    seen: list[str] = []
    both = asyncio.Event()

    def hear() -> None:
        seen.append(request_id.get())
        if len(seen) == 2:
            both.set()

    def in_thread() -> None:
        request_id.set("of the thread")
        loop.call_soon_threadsafe(hear)
        given = contextvars.copy_context()
        given.run(request_id.set, "given")
        loop.call_soon_threadsafe(hear, context=given)

    thread = threading.Thread(target=in_thread)
    thread.start()
    async with asyncio.timeout(2):
        await both.wait()
    thread.join()
    assert seen == ["of the thread", "given"]


async def test_a_threadsafe_call_can_be_cancelled() -> None:
    called: list[bool] = []
    the_loop().call_soon_threadsafe(called.append, True).cancel()
    later = asyncio.Event()
    the_loop().call_soon_threadsafe(later.set)
    await later.wait()
    assert called == []


async def test_a_quiet_loop_wakes_for_a_thread() -> None:
    began = time.monotonic()
    assert await asyncio.to_thread(threading.current_thread) is not threading.main_thread()
    assert time.monotonic() - began < 1


@pytest.mark.skipif(sys.platform == "win32", reason="no signal handlers there")
async def test_a_quiet_loop_wakes_for_a_signal() -> None:
    came = asyncio.Event()
    the_loop().add_signal_handler(signal.SIGUSR1, came.set)
    killer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    killer.start()
    async with asyncio.timeout(2):
        await came.wait()
    the_loop().remove_signal_handler(signal.SIGUSR1)


async def test_an_idle_loop_uses_no_processor_time() -> None:
    began = time.thread_time()
    await asyncio.sleep(0.5)  # This is the time that is measured.
    assert time.thread_time() - began < 0.1


async def test_a_failing_callback_stops_neither_the_loop_nor_the_others() -> None:
    loop = the_loop()
    heard: list[object] = []
    others: list[int] = []
    loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
    error = ValueError("no")

    def fail() -> None:
        raise error

    loop.call_soon(fail)
    loop.call_soon(others.append, 1)
    await until(lambda: others)
    assert heard == [error]
    assert others == [1]


async def test_a_generator_nobody_finished_cleans_up() -> None:
    cleaned = asyncio.Event()

    async def numbers() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    async for _ in numbers():
        break
    async with asyncio.timeout(2):
        await cleaned.wait()


async def test_closing_the_last_window_does_not_end_the_loop(qtbot: QtBot) -> None:
    window = QLabel("x")
    qtbot.addWidget(window)
    window.show()
    window.close()
    await asyncio.sleep(0.05)


def test_run_gives_the_exit_status_and_lets_nothing_live(qapp: QApplication) -> None:
    ended: list[bool] = []

    async def forgotten() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def main() -> int:
        task = asyncio.create_task(forgotten())
        await asyncio.to_thread(time.sleep, 0.01)
        return 3 if not task.done() else 0

    assert run(qapp, main) == 3
    assert ended == [True]


def test_a_closed_loop_refuses_work(qapp: QApplication) -> None:
    loop = AppLoop(qapp)
    loop.close()
    calls: tuple[Callable[[], object], ...] = (
        lambda: loop.call_soon(print),
        lambda: loop.call_later(1, print),
        lambda: loop.call_soon_threadsafe(print),
    )
    for call in calls:
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_void_qt_calls_keep_the_references_to_none(qapp: QApplication) -> None:
    # PySide6 6.12 drops one a call on CPython 3.11, until the interpreter aborts. From 3.12 on None can't be dropped.
    label = QLabel()
    before = sys.getrefcount(None)
    for number in range(10_000):
        label.setText(str(number))
    assert abs(sys.getrefcount(None) - before) < 1000


async def test_garbage_is_collected_in_the_thread_of_the_window_alone() -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    ended: list[threading.Thread] = []
    assert not gc.isenabled(), "or any thread that makes something would collect"
    weakref.finalize(Ring(), lambda: ended.append(threading.current_thread()))
    assert await asyncio.to_thread(lambda: len([{} for _ in range(200_000)])) == 200_000
    await until(lambda: [{} for _ in range(10_000)] and ended)
    assert ended == [threading.main_thread()]
