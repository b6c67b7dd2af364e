"""Is there room: what a load needs against what is free."""

from pathlib import Path

import psutil

from studiolo.errors import RequestError
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.library.scan import LibraryModel

_BATCH = 128


def needed_bytes(model: LibraryModel, settings: EngineSettings) -> int:
    """What one instance of `model` takes, its projector with it, as library.fit reckons; at least its files' size."""
    projector = _size(settings.mmproj)
    if model.memory is None:
        return model.size_bytes + projector
    # As the worker sets it: an embedding model reads a text in one batch.
    batch = settings.context_length if settings.embedding else settings.eval_batch_size or _BATCH
    return projector + model.memory.needed_bytes(settings.context_length, parallel=settings.parallel, batch_size=batch)


def check_room(model: LibraryModel, settings: EngineSettings, evictable_bytes: int) -> None:
    """Raise RequestError, with both figures, if the load would not fit. What would be evicted counts as free."""
    needed = needed_bytes(model, settings)
    free = psutil.virtual_memory().available + evictable_bytes
    if needed > free:
        raise RequestError(
            f"'{model.key}' with a context of {settings.context_length} tokens needs {_gigabytes(needed)} of memory, "
            f"and {_gigabytes(free)} are free.",
            param="model",
            code="insufficient_memory",
            hint="Choose a shorter context or a smaller quantization, unload another model, "
            "or switch off the setting refuse_beyond_memory.",
        )


def _size(path: Path | None) -> int:
    try:
        return path.stat().st_size if path else 0
    except OSError:
        return 0  # The engine will say what is wrong with it.


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
