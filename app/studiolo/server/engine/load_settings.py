"""What a model is loaded with: as a request asks, else as its defaults or the server's settings have it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from studiolo.api.load_dials import LoadDials
from studiolo.api.runtimes import RuntimeDevice
from studiolo.api.settings import ServerSettings
from studiolo.errors import UnsupportedError
from studiolo.server.engine.contract import EngineSettings, LoraFile
from studiolo.server.engine.dial_checks import check_dials, invalid
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.memory import EngineHost, automatic_context
from studiolo.server.library.capabilities import by_template
from studiolo.server.library.scan import LibraryModel

_LEAST_CONTEXT, _LEAST_FOR_A_SLOT = 128, 32
"""Tokens: with a few for each slot, the engine aborts."""
_AS_THEY_ARE = (
    *("physical_batch_size", "threads", "k_cache_type", "v_cache_type", "unified_cache", "use_mmap", "use_mlock"),
    *("gpu_layers", "main_device", "device_memory_limit", "cpu_expert_layers", "num_experts", "rope_frequency_base"),
    *("rope_frequency_scale", "seed", "draft_max", "ngram_speculation", "keep_alive_seconds", "chat_template"),
)
"""Dials that the engine's settings have under the same name."""
_OF_CARDS = ("gpu_layers", "main_device", "device_split", "device_memory_limit", "cpu_expert_layers")


def engine_settings(
    model: LibraryModel,
    options: LoadOptions,
    server: ServerSettings,
    host: EngineHost | None = None,
    evictable_bytes: int = 0,
) -> EngineSettings:
    """Return what the engine of a model is started with.

    Adapters and a drafter are not looked at yet: `model_files.with_files` does that.

    Args:
        model: The model to load.
        options: What is asked for; the rest is the model's defaults, or the server's.
        server: The settings in force.
        host: What models are loaded on; without it the processor alone.
        evictable_bytes: Memory that instances hold which make room for this one.

    Raises:
        RequestError: The context or another dial can't be as it is asked for.
        UnsupportedError: The file does not say which architecture it has.
    """
    host = host or EngineHost()
    if model.architecture is None:
        raise UnsupportedError(f"The file of '{model.key}' does not say which architecture it has.", param="model")
    cards = host.cards()
    dials = _dials_in_force(model, options.dials, server, cards)
    check_dials(model, dials, cards)
    usual = server.default_context_length
    limit = model.max_context_length or dials.context_length or usual or server.automatic_context_limit
    wanted = dials.context_length or min(usual, limit)
    if wanted > limit:
        raise invalid(
            "context_length",
            f"'{model.key}' has a context of at most {limit} tokens; {wanted} were asked for.",
        )
    slots = 1 if model.kind == "embedding" else dials.parallel or EngineSettings.parallel
    least = max(_LEAST_CONTEXT, slots * _LEAST_FOR_A_SLOT)
    if wanted and wanted < least:
        raise invalid(
            "context_length",
            f"A context for {slots} requests at a time has at least {least} tokens; {wanted} were asked for.",
        )
    if dials.eval_batch_size is not None and dials.eval_batch_size < slots:
        raise invalid("eval_batch_size", f"A batch has at least {slots} tokens, one for each request at a time.")
    settings = EngineSettings(
        model=model.path,
        size_bytes=model.size_bytes,
        context_length=wanted,
        mmproj=model.mmproj,
        embedding=model.kind == "embedding",
        parallel=slots,
        # More tokens than the context holds are never in a batch, but llama.cpp takes the memory for them.
        eval_batch_size=dials.eval_batch_size and min(dials.eval_batch_size, wanted or limit),
        thinking=_thinking(model),
        flash_attention=_flash_attention(dials),
        offload_kv_cache_to_gpu=dials.offload_kv_cache_to_gpu is not False,
        architecture=model.architecture,
        **_others(dials, most_at_once=wanted or limit),
    )
    if wanted:
        return settings
    most = min(limit, server.automatic_context_limit)
    automatic = automatic_context(model, settings, most, host, evictable_bytes)
    return replace(settings, context_length=max(automatic, least), automatic=True)


def with_template(model: LibraryModel, chat_template: str | None) -> LibraryModel:
    """Return a model with what it can do by another template than its file's; as it is where there is none."""
    if not chat_template:
        return model
    return replace(model, capabilities=by_template(chat_template, vision=model.capabilities.vision))


def _dials_in_force(
    model: LibraryModel, asked: LoadDials, server: ServerSettings, cards: Sequence[RuntimeDevice]
) -> LoadDials:
    """Return what is asked, and the model's defaults beside it.

    Defaults were chosen on a machine with a card, maybe, and a runtime that could use it: without one they say nothing,
    and those that name cards nothing of others.
    """
    own = server.defaults_of(model.key)
    limit = model.max_context_length
    values: dict[str, Any] = {name: getattr(own, name) for name in LoadDials.model_fields}
    values = {name: value for name, value in values.items() if cards or name not in _OF_CARDS}
    if values.get("main_device") not in [card.id for card in cards]:
        values.pop("main_device", None)
    if len(values.get("device_split") or ()) != len(cards):
        values.pop("device_split", None)
    if values["context_length"] and limit:
        values["context_length"] = min(values["context_length"], limit)
    chosen = {name: getattr(asked, name) for name in LoadDials.model_fields}
    return LoadDials.model_construct(**values | {name: value for name, value in chosen.items() if value is not None})


def _others(dials: LoadDials, *, most_at_once: int) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(dials, name) for name in _AS_THEY_ARE}
    values["physical_batch_size"] = dials.physical_batch_size and min(dials.physical_batch_size, most_at_once)
    values["device_split"] = tuple(dials.device_split) if dials.device_split else None
    values["loras"] = tuple(LoraFile(Path(one.path), one.scale) for one in dials.loras or ())
    values["draft_model"] = Path(dials.draft_model) if dials.draft_model else None
    return values


def _flash_attention(dials: LoadDials) -> bool | None:
    """Return whether it is wanted: values of the cache in blocks can be read by nothing else."""
    if dials.flash_attention is None and dials.v_cache_type not in (None, "f32", "f16", "bf16"):
        return True
    return dials.flash_attention


def _thinking(model: LibraryModel) -> bool | None:
    """Return what a model does unasked that can think or not; None for others."""
    reasoning = model.capabilities.reasoning
    return reasoning.default == "on" if reasoning and "off" in reasoning.allowed_options else None
