"""The child process that runs one model: llama.cpp's own server, on a unix socket or a loopback port.

The first line of stdin is a JSON object: the EngineSettings, and `address` and `key` for the listener. On stdout, the
line `loading` says that the process is up and the model's turn has come; when that is loaded, one JSON line says where
it listens and with which settings. From then on stdin is a lifeline: the process ends when it closes, which it does
however the parent dies.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
from typing import Any

import psutil

CPU_BATCH = 128
"""Tokens: progress and cancel twice a second for 4 % of the prompt's speed."""
GPU_BATCH = 512
_CACHE_MIB = 512

LOADING = "loading"
"""The worker's first line: from here on its memory grows by the model."""

# Attribute names of xllamacpp.CommonParams drift between releases: this is the one table of those in use, and a test
# holds it against the pinned release.
PARAMETERS = (
    "api_keys",
    "cache_ram_mib",
    "cpuparams.n_threads",
    "cpuparams_batch.n_threads",
    "default_template_kwargs",
    "embedding",
    "endpoint_slots",
    "fit_params",
    "flash_attn_type",
    "hostnames",
    "kv_unified",
    "mmproj.path",
    "model.path",
    "n_batch",
    "n_ctx",
    "n_parallel",
    "n_ubatch",
    "no_kv_offload",
    "port",
    "ui",
    "verbosity",
)


def run_worker() -> int:
    """Load the model, serve it, end when stdin closes."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = json.loads(_read_line())
    _prefer_as_victim()
    die_with_parent_while_loading()

    import xllamacpp

    gpu = any("GPU" in str(device.get("type", "")).upper() for device in xllamacpp.get_device_info())
    values = engine_parameters(order, gpu=gpu)
    params = xllamacpp.CommonParams()
    flash = values.pop("flash_attn_type")
    if flash is not None:
        kind = xllamacpp.llama_flash_attn_type
        params.flash_attn_type = kind.LLAMA_FLASH_ATTN_TYPE_ENABLED if flash else kind.LLAMA_FLASH_ATTN_TYPE_DISABLED
    for name, value in values.items():
        target, _, attribute = name.rpartition(".")
        setattr(getattr(params, target) if target else params, attribute, value)
    print(LOADING, flush=True)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        _flush_log(xllamacpp.xllamacpp.__file__)
        print(f"E {error}", file=sys.stderr, flush=True)
        return 1
    ready = {"address": server.listening_address, "eval_batch_size": values["n_batch"], "gpu": gpu}
    print(json.dumps(ready), flush=True)
    _live_while_parent_lives()
    # The model holds no state worth saving, and unwinding gigabytes of it takes longer than the kernel does.
    os._exit(0)


def engine_parameters(order: dict[str, Any], *, gpu: bool) -> dict[str, Any]:
    """Return the values for PARAMETERS, measured as best for a machine that also does other things."""
    physical = psutil.cpu_count(logical=False) or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    context = order["context_length"]
    batch = order["eval_batch_size"] or (GPU_BATCH if gpu else CPU_BATCH)
    if order["embedding"]:
        batch = context
    host, port = order["address"]
    thinking = order.get("thinking")
    return {
        "api_keys": [order["key"]],
        "cache_ram_mib": _CACHE_MIB,
        "cpuparams.n_threads": max(1, min(physical, usable) - 1),
        "cpuparams_batch.n_threads": usable,
        # The engine has its own idea of what a template does unasked: true, or false where it sees no difference.
        "default_template_kwargs": {} if thinking is None else {"enable_thinking": json.dumps(thinking)},
        "embedding": order["embedding"],
        "endpoint_slots": True,
        "fit_params": gpu,
        "flash_attn_type": order["flash_attention"],
        "hostnames": [host],
        "kv_unified": not order["embedding"],
        "mmproj.path": order["mmproj"] or "",
        "model.path": order["model"],
        "n_batch": batch,
        "n_ctx": context,
        "n_parallel": order["parallel"],
        "n_ubatch": batch,
        "no_kv_offload": not order["offload_kv_cache_to_gpu"],
        "port": port,
        "ui": False,
        "verbosity": 3,
    }


def _read_line() -> bytes:
    # Unbuffered: what a buffer would swallow beyond the line is the lifeline's business.
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)


def _prefer_as_victim() -> None:
    """When memory runs out, the kernel should take the model and leave the server."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("500")
    except OSError:
        return  # Not Linux, or not allowed: then the kernel chooses by size, which is the model, too.


def die_with_parent_while_loading() -> None:
    """Let the kernel act: loading holds the GIL for seconds, so no thread of ours could see the lifeline close.

    SIGIO, whose default action ends the process, comes when the other end of stdin closes.
    """
    if not hasattr(signal, "SIGIO"):
        return
    import fcntl

    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:
        os._exit(0)  # It had closed before the kernel was asked.


def _flush_log(library: str) -> None:
    """Have the engine's own words on stderr before ours: a thread of its writes them, and ending does not wait for it.

    The binding has no function for that, so this is llama.cpp's own; where it goes by another name, words may be lost.
    """
    with contextlib.suppress(AttributeError, OSError):
        engine = ctypes.CDLL(library)
        log, flush = engine._Z15common_log_mainv, engine._Z16common_log_flushP10common_log
        log.restype = ctypes.c_void_p
        flush.argtypes = [ctypes.c_void_p]
        flush(log())


def _live_while_parent_lives() -> None:
    while os.read(0, 4096):
        pass
