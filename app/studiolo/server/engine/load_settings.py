"""What a model is loaded with: as a request asks, else as its defaults or the server's settings have it."""

from dataclasses import replace

from studiolo.api.settings import ServerSettings
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.memory import automatic_context
from studiolo.server.library.scan import LibraryModel

_LEAST_CONTEXT, _LEAST_FOR_A_SLOT = 128, 32
"""Tokens: with a few for each slot, the engine aborts."""


def engine_settings(
    model: LibraryModel, options: LoadOptions, server: ServerSettings, evictable_bytes: int = 0
) -> EngineSettings:
    """Return what the engine of a model is started with.

    Args:
        model: The model to load.
        options: What is asked for; the rest is the model's defaults, or the server's.
        server: The settings in force.
        evictable_bytes: Memory that instances hold which make room for this one.

    Raises:
        RequestError: The context or the batch can't be as it is asked for.
        UnsupportedError: The file does not say which architecture it has.
    """
    own, asked = server.defaults_of(model.key), options.dials
    usual = own.context_length or server.default_context_length
    limit = model.max_context_length or asked.context_length or usual or server.automatic_context_limit
    wanted = asked.context_length or min(usual, limit)
    if wanted > limit:
        raise RequestError(
            f"'{model.key}' has a context of at most {limit} tokens; {wanted} were asked for.",
            param="context_length",
            code="invalid_value",
        )
    slots = 1 if model.kind == "embedding" else asked.parallel or EngineSettings.parallel
    least = max(_LEAST_CONTEXT, slots * _LEAST_FOR_A_SLOT)
    if wanted and wanted < least:
        raise RequestError(
            f"A context for {slots} requests at a time has at least {least} tokens; {wanted} were asked for.",
            param="context_length",
            code="invalid_value",
        )
    if asked.eval_batch_size is not None and asked.eval_batch_size < slots:
        raise RequestError(
            f"A batch has at least {slots} tokens, one for each request at a time.",
            param="eval_batch_size",
            code="invalid_value",
        )
    if model.architecture is None:
        raise UnsupportedError(f"The file of '{model.key}' does not say which architecture it has.", param="model")
    settings = EngineSettings(
        model=model.path,
        size_bytes=model.size_bytes,
        context_length=wanted,
        mmproj=model.mmproj,
        embedding=model.kind == "embedding",
        parallel=slots,
        # More tokens than the context holds are never in a batch, but llama.cpp takes the memory for them.
        eval_batch_size=asked.eval_batch_size and min(asked.eval_batch_size, wanted or limit),
        thinking=_thinking(model),
        flash_attention=own.flash_attention if asked.flash_attention is None else asked.flash_attention,
        offload_kv_cache_to_gpu=own.offload_kv_cache_to_gpu is not False
        if asked.offload_kv_cache_to_gpu is None
        else asked.offload_kv_cache_to_gpu,
    )
    if wanted:
        return settings
    automatic = automatic_context(model, settings, min(limit, server.automatic_context_limit), evictable_bytes)
    return replace(settings, context_length=max(automatic, least), automatic=True)


def _thinking(model: LibraryModel) -> bool | None:
    """Return what a model does unasked that can think or not; None for others."""
    reasoning = model.capabilities.reasoning
    return reasoning.default == "on" if reasoning and "off" in reasoning.allowed_options else None
