"""Removing a model from the disk."""

import logging
from contextlib import suppress
from pathlib import Path

from studiolo.errors import RequestError, StorageError
from studiolo.hub.filenames import is_gguf, is_projector
from studiolo.server.library.scan import LibraryModel

logger = logging.getLogger(__name__)

_OWNERS = {
    "starter": ("It comes with Studiolo.", ""),
    "lm_studio": ("It belongs to LM Studio.", "Remove it there."),
    "hugging_face": ("It is in the cache of the Hugging Face client.", "Remove it with `hf cache`."),
    "ollama": ("It belongs to Ollama.", "Remove it with `ollama rm`."),
}


def remove_model(model: LibraryModel) -> None:
    """Delete a model's files, its projector when no other model uses it, and folders that are empty then. Blocking.

    Raises RequestError for a model that is not ours, StorageError.
    """
    if model.origin in _OWNERS:
        why, hint = _OWNERS[model.origin]
        raise RequestError(f"'{model.key}' is not removed. {why}", param="model", code="not_ours", hint=hint)
    folder = model.path.parent
    try:
        for path in model.files:
            path.unlink(missing_ok=True)
        rest = [path for path in folder.iterdir() if is_gguf(path.name)]
        if model.mmproj and all(is_projector(path.name) for path in rest):
            model.mmproj.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"'{model.key}' can't be removed.", hint=f"{error.filename}: {error.strerror}.") from error
    for empty in _folders_of(folder, model):
        with suppress(OSError):  # Something else is in it.
            empty.rmdir()
    logger.info("removed %s (%s)", model.key, ", ".join(str(path) for path in model.files))


def _folders_of(folder: Path, model: LibraryModel) -> list[Path]:
    """The repository's folder and the publisher's, where the place names them."""
    return [folder, folder.parent] if folder.parent.name == model.publisher else []
