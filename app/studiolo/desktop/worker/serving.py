"""The worker's side: it does one thing after the other, within limits that the kernel watches, too."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from studiolo.collector import release_collector
from studiolo.desktop.worker.messages import read_message, write_message
from studiolo.errors import AppError

Handle = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]
"""What a question is answered with. An AppError it raises is told to the window, which raises it there."""

_STACK_BYTES = 1_000_000


def serve(handle: Handle, *, memory: int, seconds: float, idle_seconds: float | None = None) -> int:
    """Answer questions until the window ends, or asks nothing for a while.

    memory: bytes of address space, where the system has such a limit. seconds: after which a question is given up, in
    case the window is not there any more to see to it. idle_seconds: how long it waits for the next; None for always.
    """
    _limit_memory(memory)
    questions: SimpleQueue[tuple[dict[str, Any], bytes]] = SimpleQueue()
    threading.stack_size(_STACK_BYTES)
    threading.Thread(target=_listen, args=(questions,), daemon=True).start()
    release_collector()
    # From now on time counts.
    write_message(sys.stdout.buffer, {})
    while True:
        try:
            header, data = questions.get(timeout=idle_seconds)
        except Empty:
            return 0
        with _given_up_after(seconds):
            answer = _answered(handle, header, data)
        write_message(sys.stdout.buffer, *answer)
        del data, answer


def _answered(handle: Handle, header: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        return handle(header, data)
    except AppError as error:
        return {"error": [error.message, error.hint, error.details]}, b""
    except MemoryError:
        return {"too_large": True}, b""


def _listen(questions: "SimpleQueue[tuple[dict[str, Any], bytes]]") -> None:
    try:
        while True:
            questions.put(read_message(sys.stdin.buffer))
    except (EOFError, OSError, ValueError):
        # Whatever is under way, nobody waits for it.
        os._exit(0)


def _limit_memory(memory: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _given_up_after:  # noqa: N801 - reads as a statement
    """The kernel's own alarm ends the process: no code of a library that loops can keep it from that."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
