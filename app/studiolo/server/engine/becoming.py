"""What a worker does for other runtimes than the bundled one. It may become a llama-server, which ends with its parent.

On Unix the worker's process goes on as the other program: what asked the kernel to end it with its parent holds
through that. Windows has no such thing; there the worker stays beside it and ends it.
"""

import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from studiolo.server.engine.worker_words import EXEC_FAILED, UNUSABLE, without_options

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_KILL_ON_JOB_CLOSE, _EXTENDED_LIMITS = 0x2000, 9


def become(order: dict[str, Any], loading: str) -> int:
    """Run the order's `command` in this process's place, with its `key` where nobody else can read it.

    loading: the line that says that its turn has come; the process's id follows. Returns only where that fails, or
    at the end of the other program where that has a process of its own.
    """
    environment = without_options(os.environ) | {"LLAMA_API_KEY": order["key"]}
    command: list[str] = order["command"]
    if sys.platform == "win32":
        return _stand_by(command, environment, loading)
    if sys.platform == "linux":
        # Also where SIGIO, which the closed stdin sends, was taken by a library of the card's.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    print(loading, flush=True)
    os.dup2(2, 1)  # Its stdout has lines of its log, which nobody would read there.
    try:
        os.execve(command[0], command, environment)
    except OSError as error:
        print(f"E {EXEC_FAILED}{error.errno} {error.strerror}", file=sys.stderr, flush=True)
        return UNUSABLE


def _stand_by(command: list[str], environment: dict[str, str], loading: str) -> int:
    try:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except OSError as error:
        print(f"E {EXEC_FAILED}{error.errno} {error.strerror}", file=sys.stderr, flush=True)
        return UNUSABLE
    job = _bind(child)
    print(f"{loading} {child.pid}", flush=True)

    def end_with_parent() -> None:
        while os.read(0, 4096):
            pass
        child.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    code = child.wait()
    del job
    os._exit(code & 0xFFFFFFFF)


def _bind(child: "subprocess.Popen[bytes]") -> object:
    """Have Windows end a child when this process ends, however it does: by a job that is closed with its handle."""
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    # JOBOBJECT_EXTENDED_LIMIT_INFORMATION: 144 bytes on 64-bit Windows; LimitFlags are at 16.
    limits = (ctypes.c_uint32 * 36)()
    limits[4] = _KILL_ON_JOB_CLOSE
    kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel.AssignProcessToJobObject(job, ctypes.c_void_p(int(child._handle)))  # type: ignore[attr-defined,unused-ignore]
    return job


@contextmanager
def own_library(folder: str | None) -> Iterator[None]:
    """Have the block import xllamacpp from a folder, and from no other. Raises ImportError where another one is there.

    folder: that of the other build; None for the one that came with this program.
    """
    if folder is None:
        yield
        return
    sys.path.insert(0, folder)
    import importlib.util

    found = importlib.util.find_spec("xllamacpp")
    if found is None or not found.origin or not os.path.realpath(found.origin).startswith(os.path.realpath(folder)):
        raise ImportError(f"there is no xllamacpp in {folder}")
    yield


def tell_devices(devices: list[dict[str, Any]]) -> int:
    """Print which devices there are, a list of objects in JSON."""
    names = ("name", "description", "memory_free", "memory_total")
    told = [{key: one[key] for key in names} | {"type": getattr(one["type"], "name", "")} for one in devices]
    print(json.dumps(told), flush=True)
    return 0


def try_libraries(libraries: list[str]) -> int:
    """Load libraries, and print on stderr what the system says of the first that it can't load."""
    for library in libraries:
        try:
            ctypes.CDLL(library)
        except OSError as error:
            print(f"E {error}", file=sys.stderr, flush=True)
            return UNUSABLE
    return 0
