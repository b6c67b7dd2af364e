"""The options of commands that load a model: one for each dial."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from studiolo.api.load_dials import CACHE_BITS, LoadDials, Lora
from studiolo.errors import RequestError

_TYPES = ", ".join(CACHE_BITS)
_OPTIONS: dict[str, tuple[Any, str, str]] = {
    "context_length": (int, "TOKENS", "Prompt and reply together."),
    "parallel": (int, "COUNT", "Requests at a time."),
    "gpu_layers": (int, "COUNT", "Layers on the graphics card: -1 all, 0 none."),
    "eval_batch_size": (int, "TOKENS", "Read of a prompt in one go."),
    "physical_batch_size": (int, "TOKENS", "Computed at once."),
    "threads": (int, "COUNT", "Of the processor."),
    "flash_attention": (bool, "", "Attention that takes less memory."),
    "k_cache_type": (str, "TYPE", f"How keys are kept: {_TYPES}."),
    "v_cache_type": (str, "TYPE", "How values are kept; blocks need flash attention."),
    "offload_kv_cache_to_gpu": (bool, "", "Keep the cache on the graphics card."),
    "unified_cache": (bool, "", "One context for all requests, or one for each."),
    "use_mmap": (bool, "", "Map the file into the memory, or read it."),
    "use_mlock": (bool, "", "Keep the memory from being swapped out."),
    "main_device": (str, "ID", "The one graphics card to use, such as Vulkan0."),
    "device_split": (str, "PARTS", "How much each card gets, such as 3,1."),
    "device_memory_limit": (int, "BYTES", "Of each card, at most."),
    "cpu_expert_layers": (int, "COUNT", "First layers whose experts stay in the computer's memory."),
    "num_experts": (int, "COUNT", "Experts that work on each token."),
    "rope_frequency_base": (float, "NUMBER", "Base of the rotary positions."),
    "rope_frequency_scale": (float, "FACTOR", "0.5 makes room for twice the context."),
    "seed": (int, "NUMBER", "What chance begins with."),
    "loras": (list[str], "FILE[=SCALE]", "An adapter on the server's disk. May be given more than once."),
    "draft_model": (str, "MODEL", "A smaller model that proposes tokens."),
    "draft_max": (int, "TOKENS", "Proposed at a time."),
    "ngram_speculation": (bool, "", "Propose what followed the same words before."),
    "keep_alive_seconds": (int, "SECONDS", "How long it stays idle: -1 for as long as the server runs."),
    "chat_template": (Path, "FILE", "In place of the model's own, in Jinja's language."),
}
"""Each dial with what its option takes, what that is called, and what it does."""
_NAMES = {"loras": "--lora", "use_mmap": "--mmap", "use_mlock": "--mlock"}
_SHORT = {"context_length": "-c"}


def with_dials(function: Callable[..., None]) -> Callable[..., None]:
    """Return a command's function with an option for each dial, in place of its argument `dials`."""

    def command(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in _OPTIONS}
        function(**given, dials=_read(chosen))

    own = inspect.signature(function, eval_str=True)
    parameters = [one for one in own.parameters.values() if one.name != "dials"]
    parameters += [_parameter(name) for name in _OPTIONS]
    command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__doc__ = function.__doc__
    return command


def _parameter(name: str) -> inspect.Parameter:
    kind, metavar, text = _OPTIONS[name]
    flag = _NAMES.get(name, "--" + name.replace("_", "-"))
    flags = [f"{flag}/--no-{flag[2:]}"] if kind is bool else [flag, *filter(None, [_SHORT.get(name)])]
    option = typer.Option(*flags, metavar=metavar or None, help=text, rich_help_panel="How to load it")
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _read(given: dict[str, Any]) -> LoadDials:
    """Return what was chosen. Raises RequestError for a value that can't be, by the option's name."""
    values = {name: value for name, value in given.items() if value not in (None, [])}
    try:
        if "device_split" in values:
            values["device_split"] = [float(part) for part in values["device_split"].split(",")]
        if "loras" in values:
            values["loras"] = [_lora(text) for text in values["loras"]]
        if "chat_template" in values:
            values["chat_template"] = values["chat_template"].read_text(encoding="utf-8")
        return LoadDials.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        flag = _NAMES.get(name, "--" + name.replace("_", "-"))
        raise RequestError(f"{flag}: {first['msg']}.", param=name) from error
    except (OSError, ValueError) as error:
        raise RequestError(f"What was given can't be read: {error}.") from error


def _lora(text: str) -> Lora:
    path, _, scale = text.rpartition("=")
    try:
        factor = float(scale)
    except ValueError:
        return Lora(path=text)  # Paths may have the sign, too.
    return Lora(path=path, scale=factor) if path else Lora(path=text)
