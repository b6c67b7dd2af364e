"""Models and instances in the words of `GET /api/v1/models`, and of `GET /v1/models`."""

from collections.abc import Callable
from typing import Any

import psutil

from studiolo.api.models import (
    EmbeddingConfig,
    EmbeddingEntry,
    EmbeddingInstance,
    LlmEntry,
    LlmInstance,
    ModelEntry,
    ModelList,
    Sampling,
)
from studiolo.server.chat.openai import model_object
from studiolo.server.engine.instance import Instance
from studiolo.server.library.scan import LibraryModel


def list_models(
    models: list[LibraryModel], instances: list[Instance], sampling: Callable[[LibraryModel], Sampling]
) -> ModelList:
    """Every model with its instances. One that is loaded but no longer on disk is listed as long as it is loaded.

    sampling: what is in force for a model.
    """
    known = {model.path for model in models}
    gone = {instance.model.path: instance.model for instance in instances if instance.model.path not in known}
    entries: list[ModelEntry] = []
    for variants in _grouped([*models, *gone.values()]):
        paths = {variant.path for variant in variants}
        loaded = [instance for instance in instances if instance.model.path in paths]
        model = variants[0]
        entries.append(_embedding(model, loaded) if model.kind == "embedding" else _llm(variants, loaded, sampling))
    return ModelList(models=entries)


def _grouped(models: list[LibraryModel]) -> list[list[LibraryModel]]:
    """The quantizations of one model together, the one that the bare key means first; what is broken stands alone."""
    groups: dict[str, list[LibraryModel]] = {}
    for model in sorted(models, key=lambda model: "@" in model.key):
        alone = model.error or model.kind == "embedding"
        groups.setdefault(model.key if alone else model.key.split("@")[0], []).append(model)
    return sorted(groups.values(), key=lambda group: group[0].key)


def _llm(
    variants: list[LibraryModel], loaded: list[Instance], sampling: Callable[[LibraryModel], Sampling]
) -> LlmEntry:
    model = variants[0]
    several = len(variants) > 1
    return LlmEntry(
        variants=[variant.names[-1] for variant in variants] if several else None,
        selected_variant=model.names[-1] if several else None,
        variant_sizes=[variant.size_bytes for variant in variants] if several else None,
        origin=None if model.origin == "own" else model.origin,
        publisher=model.publisher,
        key=model.key,
        display_name=model.display_name,
        quantization=model.quantization,
        size_bytes=model.size_bytes,
        params_string=model.params_string,
        max_context_length=model.max_context_length,
        format="gguf",
        architecture=model.architecture,
        capabilities=model.capabilities,
        loaded_instances=[LlmInstance(config=instance.config, **_state(instance)) for instance in loaded],
        error=model.error,
        sampling=None if model.error else sampling(model),
    )


def _embedding(model: LibraryModel, loaded: list[Instance]) -> EmbeddingEntry:
    return EmbeddingEntry(
        origin=None if model.origin == "own" else model.origin,
        publisher=model.publisher,
        key=model.key,
        display_name=model.display_name,
        quantization=model.quantization,
        size_bytes=model.size_bytes,
        params_string=model.params_string,
        max_context_length=model.max_context_length,
        format="gguf",
        loaded_instances=[
            EmbeddingInstance(config=EmbeddingConfig(context_length=instance.config.context_length), **_state(instance))
            for instance in loaded
        ],
    )


def _state(instance: Instance) -> dict[str, Any]:
    slots = instance.settings.parallel
    return {
        "id": instance.id,
        "remaining_ttl_seconds": instance.remaining_ttl_seconds,
        "memory_bytes": _memory(instance.engine.pid),
        "slots": slots,
        "slots_in_use": min(instance.busy, slots),
        "waiting": max(0, instance.busy - slots),
    }


def _memory(process: int) -> int | None:
    try:
        return psutil.Process(process).memory_info().rss
    except psutil.Error:
        return None


def dialect_models(models: list[LibraryModel], instances: list[Instance], *, loaded_only: bool) -> dict[str, Any]:
    """The models that a request may name, for OpenAI's clients and, with its paging, for Anthropic's.

    loaded_only: without just-in-time loading nothing else can be named (spec section 6).
    """
    good = [model for model in models if not model.error]
    loaded = {instance.model.path for instance in instances}
    named = {model.key: model for model in good if not loaded_only or model.path in loaded}
    named |= {instance.id: instance.model for instance in instances}
    data = [dialect_model(model, name) for name, model in sorted(named.items())]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": False, **ends}


def dialect_model(model: LibraryModel, name: str) -> dict[str, Any]:
    """One model, under the name that it is asked by."""
    try:
        created = model.path.stat().st_mtime
    except OSError:
        created = 0.0
    return model_object(name, publisher=model.publisher, created=created)
