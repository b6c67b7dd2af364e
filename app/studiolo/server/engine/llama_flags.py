"""The options of a llama-server: which ones a build knows, and what a load is called in them.

Options differ by build (common/arg.cpp), so `--help` is read once for each executable, and nothing is passed that it
does not name. Builds from b8000 on are known.
"""

import asyncio
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from studiolo.api.runtimes import RuntimeDevice
from studiolo.errors import EngineError, RequestError
from studiolo.server.engine.children import ChildResult, run_child
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.deaths import Fault, failed, fault_of
from studiolo.server.engine.worker_words import EXEC_FAILED
from studiolo.server.runtimes.runtime import Runtime

HELP_SECONDS = 60.0
"""So long it may take: a build for cards loads gigabytes of libraries before its first word."""
CPU_BATCH, CARD_BATCH = 128, 512
"""Tokens: as the bundled engine's."""
_CACHE_MIB = 512
_NGRAM_DRAFTED = 24
"""Tokens that are proposed at a time from the text, where nobody chose; as the bundled engine's."""
_ALL_LAYERS = 9999
_MEBIBYTE = 1 << 20
_CARD_ROOM_MIB = 1024
"""What is left free of a card where nobody chose, which is llama.cpp's own choice."""

_FLAG = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")
_VERSION = re.compile(r"version: (\S+)(?: \(build (\d+))?")
_DEVICE = re.compile(r"^\s+(\S+): (.*?) \((\d+) MiB, (\d+) MiB free\)\s*$", re.MULTILINE)
"""A line of `--list-devices` (common_print_available_devices in common/common.cpp)."""


@dataclass(frozen=True)
class KnownFlags:
    """What a build says of itself: the names of its options, the kinds of speculation it has, its build."""

    names: frozenset[str]
    speculations: frozenset[str]
    build: str


_known: dict[tuple[str, int, int], KnownFlags] = {}


async def run_executable(runtime: Runtime, *arguments: str, seconds: float = HELP_SECONDS) -> ChildResult:
    """Run a runtime's executable for a word of its own, and return what it said.

    Raises RuntimeFailedError where it can't be executed, crashes, or hangs.
    """
    assert runtime.executable
    try:
        result = await run_child([runtime.executable, *arguments], seconds)
    except EngineError as error:
        number = error.__cause__.errno if isinstance(error.__cause__, OSError) else 0
        raise failed(runtime, fault_of(0, [f"{EXEC_FAILED}{number}"]) or Fault(error.message)) from error
    lines = result.stderr.splitlines()
    if fault := fault_of(result.code, lines if result.code else []):
        raise failed(runtime, fault, lines)
    return result


async def known_flags(runtime: Runtime) -> KnownFlags:
    """Return what a runtime's executable knows; asked once, and again when the file changes.

    Raises RuntimeFailedError where it can't be executed, or is no llama-server.
    """
    assert runtime.executable
    try:
        status = await asyncio.to_thread(runtime.executable.stat)
    except OSError as error:
        raise failed(runtime, Fault("its program is not there any more", "Download it again.")) from error
    key = (str(runtime.executable), status.st_size, status.st_mtime_ns)
    if key not in _known:
        help_text = (await run_executable(runtime, "--help")).stdout
        version = await run_executable(runtime, "--version")
        found = _read_help(help_text, version.stdout + version.stderr)
        if not {"--model", "--ctx-size", "--host", "--parallel"} <= found.names:
            raise failed(runtime, Fault("it is no llama-server", "Name the program llama-server of llama.cpp."))
        _known[key] = found
    return _known[key]


def _read_help(text: str, version: str) -> KnownFlags:
    names: set[str] = set()
    speculations: frozenset[str] = frozenset()
    for line in text.splitlines():
        if not line.startswith("-") or line.startswith("-----"):
            continue
        # The names come first, and what they mean after two spaces or more.
        head = re.split(r"\s{2,}(?![\s-])", line, maxsplit=1)[0]
        if "has been removed" not in line:
            names |= set(_FLAG.findall(head))
        if line.startswith("--spec-type "):
            speculations = frozenset(re.split(r"[,|\[\]\s]+", head.partition(" ")[2]))
    match = _VERSION.search(version)
    build = "" if not match else f"b{match[2]}" if match[2] and int(match[2]) > 1000 else match[1]
    return KnownFlags(frozenset(names), speculations, f"b{build}" if build.isdigit() else build)


def parse_devices(text: str) -> list[RuntimeDevice]:
    """Return the devices of what `--list-devices` printed."""
    return [
        RuntimeDevice(
            id=match[1],
            name=match[2],
            kind="gpu",
            total_bytes=int(match[3]) * _MEBIBYTE,
            free_bytes=int(match[4]) * _MEBIBYTE,
        )
        for match in _DEVICE.finditer(text)
    ]


@dataclass(frozen=True)
class Launch:
    """Beside the settings, what a llama-server is started with.

    Attributes:
        address: Host and port, or the path of a socket and 0.
        devices: Those of the runtime; only asked for where a bound for their memory was chosen.
        template: The file of a chat template in place of the model's own.
        cards: Whether it computes on cards.
        rpc: Workers on other machines.
    """

    address: tuple[str, int]
    devices: Sequence[RuntimeDevice] = ()
    template: Path | None = None
    cards: bool = False
    rpc: Sequence[str] = ()


def batch_sizes(order: dict[str, Any], *, cards: bool) -> tuple[int, int]:
    """Return tokens of a prompt that are read in one go, and computed at once.

    order: EngineSettings as JSON.
    """
    if order["embedding"]:
        return order["context_length"], order["context_length"]
    physical = order["physical_batch_size"]
    batch = order["eval_batch_size"] or max(CARD_BATCH if cards else CPU_BATCH, physical or 0)
    return batch, min(batch, physical or batch)


def arguments(settings: EngineSettings, launch: Launch, known: KnownFlags) -> list[str]:
    """Return the options that load a model with `settings`.

    Raises RequestError for a dial that this build has no option for.
    """
    order = settings.to_json()
    given: list[str] = []
    for names, value, param in _options(order, launch, known):
        flag = next((name for name in names if name in known.names), None)
        if flag is None and param:
            raise RequestError(
                f"This build of llama-server ({known.build or 'of unknown number'}) has no option for {param}.",
                param=param,
                code="unsupported",
                hint="Take a newer one, or leave it to the engine.",
            )
        if flag:
            given += [flag] if value is None else [flag, value]
    return given


Option = tuple[Sequence[str], str | None, str]
"""Names of an option, the newest first; its value, if it has one; the dial that can't go without it, or ""."""


def _options(order: dict[str, Any], launch: Launch, known: KnownFlags) -> Iterator[Option]:
    yield from _always(order, launch)
    yield from _of_the_cache(order)
    yield from _of_the_cards(order, launch)
    yield from _of_the_file(order, known)
    yield from _of_speculation(order, known)


def _always(order: dict[str, Any], launch: Launch) -> Iterator[Option]:
    host, port = launch.address
    physical = psutil.cpu_count(logical=False) or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    batch, at_once = batch_sizes(order, cards=launch.cards)
    yield ("--model",), order["model"], "model"
    yield ("--host",), host, "model"
    yield ("--port",), str(port), ""
    yield ("--ctx-size",), str(order.get("total_context") or order["context_length"]), "context_length"
    yield ("--parallel",), str(order["parallel"]), "parallel"
    yield ("--batch-size",), str(batch), "eval_batch_size"
    yield ("--ubatch-size",), str(at_once), "physical_batch_size"
    yield ("--threads",), str(order["threads"] or max(1, min(physical, usable) - 1)), "threads"
    yield ("--threads-batch",), str(order["threads"] or usable), ""
    yield ("--no-ui", "--no-webui"), None, ""
    yield ("--offline",), None, ""
    yield ("--slots",), None, ""
    yield ("--cache-ram",), str(_CACHE_MIB), ""
    yield ("--jinja",), None, ""
    # What its log looks like differs by build, and we read it: levels, and which device holds what.
    yield ("--log-verbosity", "--verbosity"), "4", ""
    yield ("--log-prefix",), None, ""
    yield ("--log-timestamps",), None, ""
    yield ("--log-colors",), "off", ""
    if order["embedding"]:
        yield ("--embedding", "--embeddings"), None, "model"
    if order["mmproj"]:
        yield ("--mmproj",), order["mmproj"], "model"
    if order["thinking"] is not None:
        yield ("--chat-template-kwargs",), json.dumps({"enable_thinking": order["thinking"]}), ""
    if order["seed"] is not None:
        yield ("--seed",), str(order["seed"]), "seed"
    if launch.template:
        yield ("--chat-template-file",), str(launch.template), "chat_template"
    if launch.rpc:
        yield ("--rpc",), ",".join(launch.rpc), "rpc"


def _of_the_cache(order: dict[str, Any]) -> Iterator[Option]:
    unified = not order["embedding"] if order["unified_cache"] is None else order["unified_cache"]
    chosen = "" if order["unified_cache"] is None else "unified_cache"
    yield ("--kv-unified" if unified else "--no-kv-unified",), None, chosen
    if order["flash_attention"] is not None:
        yield ("--flash-attn",), "on" if order["flash_attention"] else "off", "flash_attention"
    for dial, flag in (("k_cache_type", "--cache-type-k"), ("v_cache_type", "--cache-type-v")):
        if order[dial] is not None:
            yield (flag,), order[dial], dial
    if not order["offload_kv_cache_to_gpu"]:
        yield ("--no-kv-offload",), None, "offload_kv_cache_to_gpu"


def _of_the_cards(order: dict[str, Any], launch: Launch) -> Iterator[Option]:
    layers, main, split, limit = (
        order[dial] for dial in ("gpu_layers", "main_device", "device_split", "device_memory_limit")
    )
    if layers is not None:
        yield ("--gpu-layers",), str(_ALL_LAYERS if layers < 0 else layers), "gpu_layers"
    if layers == 0:
        # Else long prompts would still be computed on the card, with what it takes of the card's memory.
        yield ("--device",), "none", "gpu_layers"
    elif main is not None:
        yield ("--device",), main, "main_device"
        yield ("--split-mode",), "none", "main_device"
    elif split is not None:
        yield ("--tensor-split",), ",".join(f"{round(part, 6):g}" for part in split), "device_split"
    yield ("--fit",), "on" if layers is None else "off", ""
    if limit is not None and layers is None:
        left = [max(_CARD_ROOM_MIB, ((one.free_bytes or 0) - limit) // _MEBIBYTE) for one in launch.devices]
        yield ("--fit-target",), ",".join(map(str, left)) or str(_CARD_ROOM_MIB), "device_memory_limit"
    if order["cpu_expert_layers"]:
        yield ("--n-cpu-moe",), str(order["cpu_expert_layers"]), "cpu_expert_layers"


def _of_the_file(order: dict[str, Any], known: KnownFlags) -> Iterator[Option]:
    mmap, mlock = order["use_mmap"], order["use_mlock"]
    if (mmap is not None or mlock) and "--load-mode" in known.names:
        mode = ("mlock" if mmap is False else "mmap+mlock") if mlock else "mmap" if mmap else "none"
        yield ("--load-mode",), mode, "use_mmap"
    else:
        if mmap is False:
            yield ("--no-mmap",), None, "use_mmap"
        if mlock:
            yield ("--mlock",), None, "use_mlock"
    for dial, flag in (("rope_frequency_base", "--rope-freq-base"), ("rope_frequency_scale", "--rope-freq-scale")):
        if order[dial] is not None:
            yield (flag,), f"{order[dial]:g}", dial
    for lora in order["loras"]:
        # Its scale is told later: --lora-scaled takes no path with a colon, which on Windows all full ones have.
        yield ("--lora",), _quoted(lora["path"]), "loras"
    if order["num_experts"] is not None:
        key = f"{order.get('architecture') or ''}.expert_used_count"
        yield ("--override-kv",), f"{key}=int:{order['num_experts']}", "num_experts"


def _of_speculation(order: dict[str, Any], known: KnownFlags) -> Iterator[Option]:
    most = order["draft_max"]
    if order["draft_model"]:
        yield ("--spec-draft-model", "--model-draft"), order["draft_model"], "draft_model"
        if "draft-simple" in known.speculations:
            yield ("--spec-type",), "draft-simple", "draft_model"
        if most:
            yield ("--spec-draft-n-max", "--draft-max"), str(most), "draft_max"
    elif order["ngram_speculation"]:
        if "ngram-simple" not in known.speculations:
            yield (), None, "ngram_speculation"
        yield ("--spec-type",), "ngram-simple", "ngram_speculation"
        size = ("--spec-ngram-simple-size-m", "--spec-ngram-size-m")
        yield size, str(most or _NGRAM_DRAFTED), "draft_max" if most else ""


def _quoted(text: str) -> str:
    """As a field of a list that is split at commas (parse_csv_row in common/arg.cpp)."""
    return '"' + text.replace('"', '""') + '"' if set(text) & {",", '"'} else text
