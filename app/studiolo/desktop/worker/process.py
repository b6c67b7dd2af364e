"""The window's side of a worker: it is asked, watched, and ended when it takes more than it may. Everything blocks."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from studiolo.desktop.worker.messages import read_message, write_message
from studiolo.errors import RequestError
from studiolo.paths import self_command

if TYPE_CHECKING:
    import psutil

_LOOK_SECONDS = 0.05
_START_SECONDS = 30.0
_END_SECONDS = 5.0

Reason = Literal["time", "memory", "ended"]


class WorkerStopped(Exception):
    """The worker did not answer. reason: it took too long, took too much memory, or ended by itself or by `end`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    def as_error(
        self, name: str, *, time: str, memory: str, ended: str, hint: str, ended_hint: str = ""
    ) -> RequestError:
        """Return what a person is told, in the words for this reason.

        Args:
            name: Of what was to be read; it takes the place of %1 in the words.
            time: That it took too long.
            memory: That it took too much memory.
            ended: That it broke down.
            hint: What can be done.
            ended_hint: What can be done where it broke down, if that is something else.
        """
        told = {"time": time, "memory": memory, "ended": ended}[self.reason]
        return RequestError(
            told.replace("%1", name), hint=ended_hint if ended_hint and self.reason == "ended" else hint
        )


class WorkerProcess:
    """One child in the role `argument`; it is started when it is asked first, and anew after it was stopped.

    memory: bytes it may take. It can be asked from one thread at a time, and ended from any.
    """

    def __init__(self, argument: str, *, memory: int) -> None:
        self._argument = argument
        self._memory = memory
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def ask(
        self,
        question: dict[str, Any],
        data: bytes = b"",
        *,
        seconds: float,
        cpu_seconds: float | None = None,
        continues: bool = False,
    ) -> tuple[dict[str, Any], bytes]:
        """Ask a question and wait for the answer.

        Args:
            question: What the role understands.
            data: What goes with it.
            seconds: How long it may take, once the child has started.
            cpu_seconds: Of these, how much of the processor's; as many where it is None.
            continues: Whether only the child that answered the question before can answer this one.

        Raises:
            WorkerStopped: There is no answer.
            RequestError: What the worker answers with.
        """
        if self._child and self._child.poll() is not None:
            # It had nothing to do for a while.
            self._stop(self._child)
        new = self._child is None
        if new and continues:
            raise WorkerStopped("ended")
        child = self._started()
        if new:
            self._answer(child, _Watch(child, self._memory, _START_SECONDS, _START_SECONDS))
        watch = _Watch(child, self._memory, seconds, cpu_seconds or seconds)
        answer, found = self._answer(child, watch, question, data)
        if answer.get("too_large"):
            self._stop(child)
            raise WorkerStopped("memory")
        if error := answer.get("error"):
            message, hint, details = error
            raise RequestError(message, hint=hint, details=details)
        return answer, found

    def end(self) -> None:
        """End the child, whatever it does; who waits for its answer hears of it. It can't be asked any more."""
        with self._lock:
            self._closed = True
            child = self._child
        if child:
            child.kill()

    def rest(self) -> None:
        """End a child that nobody waits for; the next question starts another one."""
        if self._child:
            self._stop(self._child)

    def _answer(
        self,
        child: "subprocess.Popen[bytes]",
        watch: "_Watch",
        question: dict[str, Any] | None = None,
        data: bytes = b"",
    ) -> tuple[dict[str, Any], bytes]:
        """Return what the child says next. question: what it is told before."""
        try:
            with watch:
                if question is not None:
                    write_message(cast(BinaryIO, child.stdin), question, data)
                return read_message(cast(BinaryIO, child.stdout))
        except (EOFError, OSError, ValueError):
            self._stop(child)
            raise WorkerStopped(watch.reason or "ended") from None
        except BaseException:
            self._stop(child)
            raise

    def _started(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._closed:
                raise WorkerStopped("ended")
            if self._child is None:
                options: dict[str, Any] = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
                self._child = subprocess.Popen(
                    self_command(self._argument),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    # A thread's own arena takes 64 MB of the address space that the worker is limited to.
                    env=os.environ | {"MALLOC_ARENA_MAX": "1"},
                    **options,
                )
            return self._child

    def _stop(self, child: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._child = None
        child.kill()
        with suppress(OSError):
            cast(BinaryIO, child.stdin).close()
        cast(BinaryIO, child.stdout).close()
        # Killed it is; a machine that is short of everything may take longer to say so.
        with suppress(subprocess.TimeoutExpired):
            child.wait(_END_SECONDS)


class _Watch:
    """Kills the child that takes too long or too much while somebody waits for its answer; `reason` tells which."""

    def __init__(self, child: "subprocess.Popen[bytes]", memory: int, seconds: float, cpu_seconds: float) -> None:
        self._child = child
        self._memory = memory
        self._deadline = time.monotonic() + seconds
        self._cpu_seconds = cpu_seconds
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._look, name="worker watch")
        self.reason: Reason | None = None

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._answered.set()
        self._thread.join()

    def _look(self) -> None:
        if self._answered.wait(_LOOK_SECONDS):
            return
        import psutil  # Of no use to the window's start.

        with suppress(psutil.Error):
            process = psutil.Process(self._child.pid)
            before = _cpu(process)
            while not self._answered.wait(_LOOK_SECONDS):
                if time.monotonic() > self._deadline or _cpu(process) - before > self._cpu_seconds:
                    self.reason = "time"
                elif process.memory_info().rss > self._memory:
                    self.reason = "memory"
                if self.reason:
                    self._child.kill()
                    return


def _cpu(process: "psutil.Process") -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
