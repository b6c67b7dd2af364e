"""Threads of a transfer, which give way to whatever somebody waits for."""

import os
import sys
import threading
from contextlib import suppress
from typing import Self

_NICENESS = 10


def give_way() -> None:
    """Lower the priority of the thread that calls this, where threads have one of their own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class BackgroundThread:
    """A thread that does its `_work` beside that of whoever enters it, until that is left."""

    def __init__(self, name: str) -> None:
        self._end = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def check(self) -> None:
        """Raise the OSError that it met; nobody else will hear of it."""
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        give_way()
        try:
            self._work()
        except OSError as error:
            self._failure = error

    def _work(self) -> None:
        raise NotImplementedError
