"""Models, instances and folders in the words of the routes under `/api/v1/models`."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from studiolo.api.models import (
    EmbeddingConfig,
    EmbeddingEntry,
    EmbeddingInstance,
    FileDetails,
    Inventory,
    LlmEntry,
    LlmInstance,
    ModelDetails,
    ModelEntry,
    ModelFolder,
    ModelList,
    Sampling,
    StoredModel,
)
from studiolo.errors import RequestError
from studiolo.files import size_of
from studiolo.server.downloads.disk import disk_of, free_bytes, total_bytes
from studiolo.server.engine.instance import Instance
from studiolo.server.library.gguf import GgufError, LongArray, LongText, read_header
from studiolo.server.library.naming import printable
from studiolo.server.library.scan import Library, LibraryModel
from studiolo.server.library.usage import Usage

logger = logging.getLogger(__name__)

_MOST_TEXT = 20_000


def list_models(
    models: list[LibraryModel], instances: list[Instance], sampling: Callable[[LibraryModel], Sampling]
) -> ModelList:
    """Return every model with its instances.

    One that is loaded but no longer on disk is listed as long as it is loaded.

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


def files_of(model: LibraryModel) -> list[Path]:
    """Return all files of a model, those beside its own parts, too."""
    return [*model.files, *model.companions]


def home_of(model: LibraryModel, library: Library) -> Path:
    """Return the models folder that a model is in; its own folder for one of another program."""
    homes = [folder for folder in library.folders if folder in model.path.parents]
    return max(homes, key=lambda folder: len(folder.parts), default=model.path.parent)


def inventory_answer(
    models: list[LibraryModel],
    library: Library,
    loaded: dict[Path, list[str]],
    usage: Usage,
    incoming: dict[str, int],
) -> Inventory:
    """Return the models on the disk, and the folders that they are in.

    Args:
        models: Those that the library has.
        library: The folders of it.
        loaded: The ids of the instances of each model's file.
        usage: When models were used last.
        incoming: How many bytes of each file that is downloaded are there.
    """
    stored = [
        _stored(model, printable(str(home_of(model, library))), loaded[model.path], usage.of(model.path))
        for model in models
    ]
    folders = []
    for number, path in enumerate(library.folders):
        inside = [model for model in stored if model.folder == str(path)]
        coming = [count for file, count in incoming.items() if file and path in Path(file).parents]
        folders.append(_described(path, usual=number == 0, models=inside, incoming=sum(coming)))
    return Inventory(models=stored, folders=folders)


def _stored(model: LibraryModel, folder: str, loaded: list[str], last_used: str | None) -> StoredModel:
    return StoredModel(
        key=model.key,
        type=model.kind,
        display_name=model.display_name,
        publisher=model.publisher,
        architecture=model.architecture,
        quantization=model.quantization.name if model.quantization else None,
        parameters=model.params_string,
        size_bytes=sum(size_of(file) for file in files_of(model)),
        max_context_length=model.max_context_length,
        files=len(model.files),
        path=printable(str(model.path)),
        folder=folder,
        origin=model.origin,
        last_used=last_used,
        loaded=loaded,
        error=model.error,
    )


def _described(path: Path, *, usual: bool, models: list[StoredModel], incoming: int) -> ModelFolder:
    try:
        missing = not usual and not os.access(path, os.R_OK)
        return ModelFolder(
            path=str(path),
            disk=str(disk_of(path)),
            usual=usual,
            missing=missing,
            models_bytes=sum(model.size_bytes for model in models),
            incoming_bytes=incoming,
            free_bytes=free_bytes(path),
            total_bytes=total_bytes(path),
        )
    except OSError as error:
        logger.info("%s can't be looked at: %s", path, error)
        return ModelFolder(path=str(path), usual=usual, missing=True)


def details_answer(model: LibraryModel, files: list[Path], hashes: dict[Path, str]) -> ModelDetails:
    """Return what the header of a model says. Raises RequestError for one that can't be read."""
    try:
        header = read_header(model.path)
    except GgufError as error:
        message = f"The header of '{model.key}' can't be read: {error}"
        raise RequestError(message, param="model", code="invalid_value") from error
    return ModelDetails(
        key=model.key,
        files=[
            FileDetails(path=printable(str(file)), size_bytes=size_of(file), sha256=hashes.get(file)) for file in files
        ],
        version=header.version,
        tensor_count=header.tensor_count,
        parameters=header.parameters,
        tensors=dict(sorted(header.bytes_by_type.items(), key=lambda entry: -entry[1])),
        metadata={name: _told(value) for name, value in header.metadata.items()},
    )


def _told(value: Any) -> str:
    if isinstance(value, LongArray | LongText):
        return f"[{value.length}]"
    text = ", ".join(map(_told, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"
