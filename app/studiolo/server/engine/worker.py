"""The child process that runs one model: llama.cpp's own server, on a unix socket or a loopback port.

The first line of stdin is a JSON object: the EngineSettings, and `address` and `key` for the listener; `library`, where
another build of xllamacpp is to be used; or what `becoming` does instead. On stdout, the
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
from operator import attrgetter
from typing import Any

import psutil

from studiolo.server.engine.becoming import become, own_library, tell_devices, try_libraries
from studiolo.server.engine.worker_words import UNUSABLE

CPU_BATCH = 128
"""Tokens: progress and cancel twice a second for 4 % of the prompt's speed."""
GPU_BATCH = 512
_CACHE_MIB = 512
_NO_SEED = 0xFFFFFFFF
"""llama.cpp's word for chance (LLAMA_DEFAULT_SEED)."""
_DRAFTED, NGRAM_DRAFTED = 3, 24
"""Tokens that are proposed at a time where nobody chose: by a model llama.cpp's own choice, from the text half of it.

More are lost more often, and take a processor longer to check than they save."""

LOADING = "loading"
"""The worker's first line: from here on its memory grows by the model."""

# Attribute names of xllamacpp.CommonParams drift between releases: this is the one table of those in use, and a test
# holds it against the pinned release.
PARAMETERS = (
    "api_keys",
    "cache_ram_mib",
    "cache_type_k",
    "cache_type_v",
    "chat_template",
    "cpuparams.n_threads",
    "cpuparams_batch.n_threads",
    "default_template_kwargs",
    "embedding",
    "endpoint_slots",
    "fit_params",
    "fit_params_target",
    "flash_attn_type",
    "hostnames",
    "kv_unified",
    "load_mode",
    "lora_adapters",
    "main_gpu",
    "mmproj.path",
    "model.path",
    "n_batch",
    "n_ctx",
    "n_gpu_layers",
    "n_parallel",
    "n_ubatch",
    "no_kv_offload",
    "port",
    "rope_freq_base",
    "rope_freq_scale",
    "sampling.seed",
    "speculative.draft.cpuparams.n_threads",
    "speculative.draft.cpuparams_batch.n_threads",
    "speculative.draft.mparams.path",
    "speculative.draft.n_max",
    "speculative.ngram_map_k.size_m",
    "speculative.types",
    "split_mode",
    "tensor_buft_overrides",
    "tensor_split",
    "ui",
    "verbosity",
)

_ENUMS = {
    "cache_type_k": ("ggml_type", "GGML_TYPE_"),
    "cache_type_v": ("ggml_type", "GGML_TYPE_"),
    "flash_attn_type": ("llama_flash_attn_type", "LLAMA_FLASH_ATTN_TYPE_"),
    "load_mode": ("llama_load_mode", "LLAMA_LOAD_MODE_"),
    "speculative.types": ("common_speculative_type", "COMMON_SPECULATIVE_TYPE_"),
    "split_mode": ("llama_split_mode", "LLAMA_SPLIT_MODE_"),
}
"""Parameters that are one of a list, or some of it: the list, and what its names begin with."""
_LEFT_EMPTY = ("fit_params_target", "tensor_buft_overrides", "tensor_split")
_OF_ALL_DEVICES = ("fit_params_target", "tensor_split")
_ALL_LAYERS = 9999
_CARD_ROOM = 1 << 30
"""Bytes of a card that are left free where nobody chose, which is llama.cpp's own choice."""
_EXPERTS = r"blk\.{}\.ffn_(up|down|gate|gate_up)_(ch|)exps=CPU"
"""Where a layer's experts are to be, as `--n-cpu-moe` has it (common/common.h)."""


def run_worker() -> int:
    """Do what the first line orders: load a model, serve it, end when stdin closes; or say what a runtime has."""
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = json.loads(_read_line())
    _prefer_as_victim()
    die_with_parent_while_loading()
    if "command" in order:
        return become(order, LOADING)
    if "libraries" in order:
        return try_libraries(order["libraries"])
    try:
        with own_library(order.get("library")):
            import xllamacpp

            if order.get("devices"):
                return tell_devices(xllamacpp.get_device_info())
            return _serve(xllamacpp, order)
    except (ImportError, AttributeError, TypeError) as error:
        # Another release of the binding has other names; the bundled one is held by a test.
        print(f"E {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return UNUSABLE


def _serve(xllamacpp: Any, order: dict[str, Any]) -> int:
    cards = [one for one in xllamacpp.get_device_info() if "GPU" in str(one.get("type", "")).upper()]
    values = engine_parameters(order, cards=cards)
    params = _filled(xllamacpp, values)
    print(LOADING, flush=True)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        flush_log(xllamacpp.xllamacpp.__file__)
        print(f"E {error}", file=sys.stderr, flush=True)
        return 1
    if order.get("use_mlock") and not _is_locked():
        print("E use_mlock: the system lets this process keep no memory from being swapped out", file=sys.stderr)
        return 1
    ready = {
        "address": server.listening_address,
        "eval_batch_size": values["n_batch"],
        "gpu": bool(cards),
        "physical_batch_size": values["n_ubatch"],
        "threads": values["cpuparams.n_threads"],
    }
    print(json.dumps(ready), flush=True)
    _live_while_parent_lives()
    # The model holds no state worth saving, and unwinding gigabytes of it takes longer than the kernel does.
    os._exit(0)


def engine_parameters(order: dict[str, Any], *, cards: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the values for PARAMETERS: what was chosen, else what was measured best for a machine with other work.

    order: EngineSettings as JSON, with `address` and `key`. cards: the graphics devices, as xllamacpp tells them. Those
    of _ENUMS are given by the ends of their names.
    """
    physical = psutil.cpu_count(logical=False) or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    host, port = order["address"]
    thinking = order.get("thinking")
    threads = order.get("threads") or max(1, min(physical, usable) - 1)
    batch_threads = order.get("threads") or usable
    unified = order.get("unified_cache")
    return {
        "api_keys": [order["key"]],
        "cache_ram_mib": _CACHE_MIB,
        "cache_type_k": (order.get("k_cache_type") or "f16").upper(),
        "cache_type_v": (order.get("v_cache_type") or "f16").upper(),
        "chat_template": order.get("chat_template") or "",
        "cpuparams.n_threads": threads,
        "cpuparams_batch.n_threads": batch_threads,
        # The engine has its own idea of what a template does unasked: true, or false where it sees no difference.
        "default_template_kwargs": {} if thinking is None else {"enable_thinking": json.dumps(thinking)},
        "embedding": order["embedding"],
        "endpoint_slots": True,
        "flash_attn_type": {None: "AUTO", True: "ENABLED", False: "DISABLED"}[order["flash_attention"]],
        "hostnames": [host],
        "kv_unified": not order["embedding"] if unified is None else unified,
        "load_mode": _load_mode(order.get("use_mmap"), order.get("use_mlock")),
        "lora_adapters": [(lora["path"], lora["scale"]) for lora in order.get("loras") or ()],
        "mmproj.path": order["mmproj"] or "",
        "model.path": order["model"],
        "n_ctx": order.get("total_context") or order["context_length"],
        "n_parallel": order["parallel"],
        "no_kv_offload": not order["offload_kv_cache_to_gpu"],
        "port": port,
        "rope_freq_base": order.get("rope_frequency_base") or 0.0,
        "rope_freq_scale": order.get("rope_frequency_scale") or 0.0,
        "sampling.seed": _NO_SEED if order.get("seed") is None else order["seed"],
        "ui": False,
        "verbosity": 3,
        **_batches(order, gpu=bool(cards)),
        **_speculation(order, threads, batch_threads),
        **_places(order, cards),
    }


def _batches(order: dict[str, Any], *, gpu: bool) -> dict[str, Any]:
    physical = order.get("physical_batch_size")
    batch = order["eval_batch_size"] or max(GPU_BATCH if gpu else CPU_BATCH, physical or 0)
    if order["embedding"]:
        batch, physical = order["context_length"], None
    return {"n_batch": batch, "n_ubatch": min(batch, physical or batch)}


def _load_mode(mmap: bool | None, mlock: bool | None) -> str:
    if mlock:
        return "MLOCK" if mmap is False else "MMAP_MLOCK"
    return {None: "AUTO", True: "MMAP", False: "NONE"}[mmap]


def _speculation(order: dict[str, Any], threads: int, batch_threads: int) -> dict[str, Any]:
    draft, ngram, most = order.get("draft_model"), order.get("ngram_speculation"), order.get("draft_max")
    return {
        "speculative.draft.cpuparams.n_threads": threads,
        "speculative.draft.cpuparams_batch.n_threads": batch_threads,
        "speculative.draft.mparams.path": draft or "",
        "speculative.draft.n_max": most or _DRAFTED,
        "speculative.ngram_map_k.size_m": most or NGRAM_DRAFTED,
        "speculative.types": ["DRAFT_SIMPLE" if draft else "NGRAM_MAP_K" if ngram else "NONE"],
    }


def _places(order: dict[str, Any], cards: list[dict[str, Any]]) -> dict[str, Any]:
    """What is where: which layers on which card, and which experts in the computer's memory."""
    layers, main, split = order.get("gpu_layers"), order.get("main_device"), order.get("device_split")
    names = [card["name"] for card in cards]
    limit = order.get("device_memory_limit")
    keep = [max(_CARD_ROOM, card["memory_free"] - limit) if limit else _CARD_ROOM for card in cards]
    return {
        # The engine finds out itself how many layers fit, unless somebody said it.
        "fit_params": bool(cards) and layers is None,
        "fit_params_target": keep,
        "main_gpu": names.index(main) if main in names else 0,
        "n_gpu_layers": {None: -1, -1: _ALL_LAYERS}.get(layers, layers),
        "split_mode": "NONE" if main else "LAYER",
        "tensor_buft_overrides": ",".join(_EXPERTS.format(one) for one in range(order.get("cpu_expert_layers") or 0)),
        "tensor_split": split or [],
    }


def _filled(xllamacpp: Any, values: dict[str, Any]) -> Any:
    """Return xllamacpp.CommonParams with the values; an empty one of what it has none of leaves its own."""
    params = xllamacpp.CommonParams()
    for name, value in values.items():
        if name in _ENUMS:
            kind, start = getattr(xllamacpp, _ENUMS[name][0]), _ENUMS[name][1]
            value = (
                [getattr(kind, start + one) for one in value]
                if isinstance(value, list)
                else getattr(kind, start + value)
            )
        elif name == "lora_adapters":
            value = [xllamacpp.CommonAdapterLoraInfo(path, scale) for path, scale in value]
        elif name in _LEFT_EMPTY and not value:
            continue
        target, _, attribute = name.rpartition(".")
        place = attrgetter(target)(params) if target else params
        if name in _OF_ALL_DEVICES:
            # One for each card that llama.cpp could have; those that are not there are never looked at.
            value = [*value, *getattr(place, attribute)[len(value) :]]
        setattr(place, attribute, value)
    return params


def _is_locked() -> bool:
    """Return whether the kernel keeps memory of this process; where it does not tell, that is believed."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return any(line.startswith("VmLck:") and int(line.split()[1]) > 0 for line in file)
    except OSError:
        return True


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


def flush_log(library: str) -> None:
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
