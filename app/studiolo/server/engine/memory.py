"""Is there room: what a load needs against what is free."""

from dataclasses import replace

import psutil

from studiolo.errors import RequestError
from studiolo.files import size_in_words, size_of
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.library.scan import LibraryModel

_BATCH = 128
_STEP = 256
_USUAL = 4096
"""Tokens: as short a context as anybody is served with unasked."""
_MOST_TO_EMBED = 8192
_SHARE = 0.8
"""Of the free memory, for a context that nobody chose: other programs want some of it later."""


def needed_bytes(model: LibraryModel, settings: EngineSettings) -> int:
    """Return what one instance of `model` takes, its projector with it, as library.fit reckons.

    At least its files' size.
    """
    projector = size_of(settings.mmproj) if settings.mmproj else 0
    if model.memory is None:
        return model.size_bytes + projector
    # As the worker sets it: an embedding model reads a text in one batch.
    batch = settings.context_length if settings.embedding else settings.eval_batch_size or _BATCH
    return projector + model.memory.needed_bytes(settings.context_length, parallel=settings.parallel, batch_size=batch)


def automatic_context(model: LibraryModel, settings: EngineSettings, most: int, evictable_bytes: int = 0) -> int:
    """Return the longest context, in tokens up to `most`, with which a model leaves some of the memory free.

    Where even a short one would not, it is that: whoever loads it says what is missing. `evictable_bytes`: what other
    models hold that go before. An embedding model reads a text in one batch, which takes memory by its square.
    """
    most = min(most, _MOST_TO_EMBED) if settings.embedding else most
    room = (psutil.virtual_memory().available + evictable_bytes) * _SHARE
    if model.memory is None:
        return min(most, _USUAL)

    def fits(context: int) -> bool:
        return needed_bytes(model, replace(settings, context_length=context)) <= room

    if fits(most):
        return most
    low, high = _USUAL // _STEP, most // _STEP
    while low < high:  # What is needed grows with the context.
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle * _STEP) else (low, middle - 1)
    return min(most, low * _STEP)


def check_room(model: LibraryModel, settings: EngineSettings, evictable_bytes: int) -> None:
    """Raise RequestError, with both figures, if the load would not fit. What would be evicted counts as free."""
    needed = needed_bytes(model, settings)
    free = psutil.virtual_memory().available + evictable_bytes
    if needed > free:
        raise RequestError(
            f"'{model.key}' with a context of {settings.context_length} tokens needs {size_in_words(needed)} "
            f"of memory, and {size_in_words(free)} are free.",
            param="model",
            code="insufficient_memory",
            hint="Choose a shorter context or a smaller quantization, unload another model, "
            "or switch off the setting refuse_beyond_memory.",
        )
