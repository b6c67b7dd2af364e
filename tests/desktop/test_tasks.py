import asyncio
import gc
import weakref

import pytest
from PySide6.QtCore import QObject

from studiolo.desktop.tasks import TaskScope
from tests.stands.waiting import stays, until


@pytest.fixture
def errors() -> list[BaseException]:
    return []


@pytest.fixture
def scope(errors: list[BaseException]) -> TaskScope:
    return TaskScope(None, errors.append)


async def fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def test_an_error_is_reported_exactly_once(scope: TaskScope, errors: list[BaseException]) -> None:
    error = ValueError("no")
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    task = scope.start(fail(error))
    assert task is not None
    await asyncio.wait([task])
    del task
    await asyncio.sleep(0)
    gc.collect()
    assert errors == [error]
    assert heard == [], "asyncio has nothing to add"


async def test_an_error_with_a_listener_of_its_own_goes_there_alone(
    scope: TaskScope, errors: list[BaseException]
) -> None:
    error = ValueError("no")
    own: list[BaseException] = []
    scope.start(fail(error), on_error=own.append)
    await until(lambda: own)
    assert (own, errors) == ([error], [])


async def test_being_cancelled_is_silent(scope: TaskScope, errors: list[BaseException]) -> None:
    task = scope.start(asyncio.sleep(60))
    await asyncio.sleep(0)
    scope.close()
    assert task is not None
    await until(task.cancelled)
    assert errors == []


async def test_an_error_while_being_cancelled_is_reported(scope: TaskScope, errors: list[BaseException]) -> None:
    error = ValueError("while ending")

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise error

    scope.start(stubborn())
    await asyncio.sleep(0)
    await scope.aclose()
    assert errors == [error]


async def test_tasks_are_held_while_they_run_and_no_longer(scope: TaskScope) -> None:
    async def wait_for_nobody() -> None:
        # Nobody but the task holds this future, so nobody but the scope holds the task.
        await asyncio.get_running_loop().create_future()

    task = scope.start(wait_for_nobody())
    assert task is not None
    reference = weakref.ref(task)
    del task
    await asyncio.sleep(0)
    gc.collect()
    assert reference() is not None
    await scope.aclose()
    await asyncio.sleep(0)
    gc.collect()
    assert reference() is None


async def test_a_namesake_is_replaced_and_others_are_not(scope: TaskScope) -> None:
    other = scope.start(asyncio.sleep(60), replace="other")
    first = scope.start(asyncio.sleep(60), replace="search")
    await asyncio.sleep(0)
    second = scope.start(asyncio.sleep(60), replace="search")
    await asyncio.sleep(0)
    third = scope.start(asyncio.sleep(60), replace="search")
    await until(lambda: second and second.done())
    assert [task and task.cancelled() for task in (other, first, second, third)] == [False, True, True, False]
    await scope.aclose()
    assert not scope._named


async def test_it_closes_with_its_owner(errors: list[BaseException]) -> None:
    owner = QObject()
    scope = TaskScope(owner, errors.append)
    task = scope.start(asyncio.sleep(60))
    await asyncio.sleep(0)
    owner.deleteLater()
    assert task is not None
    await until(task.cancelled)
    assert scope.start(asyncio.sleep(60)) is None


async def test_what_is_started_too_late_is_dropped_without_a_warning(scope: TaskScope) -> None:
    scope.close()
    ran: list[bool] = []

    async def work() -> None:
        ran.append(True)

    assert scope.start(work()) is None
    await stays(lambda: not ran)
    gc.collect()  # A coroutine that was never awaited would warn here, and a warning fails the test.
    assert ran == []


async def test_aclose_waits_until_all_have_cleaned_up(scope: TaskScope) -> None:
    cleaned: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01 * number)
            cleaned.append(number)

    for number in range(3):
        scope.start(work(number))
    await asyncio.sleep(0)
    await scope.aclose()
    assert cleaned == [0, 1, 2]
    await scope.aclose()


async def test_a_task_may_close_its_own_scope(scope: TaskScope, errors: list[BaseException]) -> None:
    task = scope.start(scope.aclose())
    other = scope.start(asyncio.sleep(60))
    await until(lambda: task and task.done() and other and other.done())
    assert errors == []


def test_without_a_loop_it_says_so_and_drops_the_coroutine(scope: TaskScope) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        scope.start(asyncio.sleep(0))
    gc.collect()
