"""What makes sure that a server which is to end does end, whatever hangs."""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

END_SECONDS = 8.0
"""So long a server may take to end. Whoever stops one from outside waits ten seconds."""


class EndWatch:
    """Ends this process by force, some seconds after `begin`, if it is still there. last: what is done before that."""

    def __init__(self, last: Callable[[], None], seconds: float = END_SECONDS) -> None:
        self._last = last
        self._seconds = seconds
        self._begun = threading.Event()

    def begin(self) -> None:
        """Say that the end is due. Safe from any thread and from signal handlers; idempotent."""
        if not self._begun.is_set():
            self._begun.set()
            # Not a timer of the event loop: that may be what hangs.
            threading.Thread(target=self._wait, name="end watch", daemon=True).start()

    def _wait(self) -> None:
        time.sleep(self._seconds)
        try:
            logger.error("the server does not come to an end, and is ended by force:\n%s", _stacks())
            self._last()
        finally:
            os._exit(1)


def stop_event(watch: EndWatch, *, with_parent: bool) -> asyncio.Event:
    """Return an event that is set by a signal, or, with_parent, when stdin closes."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def request_stop(*_: object) -> None:
        watch.begin()
        with contextlib.suppress(RuntimeError):  # The loop may have ended by itself.
            loop.call_soon_threadsafe(stop.set)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), request_stop)
    if with_parent:

        def watch_stdin() -> None:
            with contextlib.suppress(OSError):
                while os.read(0, 4096):
                    pass
            request_stop()

        threading.Thread(target=watch_stdin, name="parent watch", daemon=True).start()
    return stop


def _stacks() -> str:
    """Return what every thread is doing."""
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read()
