"""Removing a model from the disk."""

import logging
from contextlib import suppress
from pathlib import Path

from send2trash import TrashPermissionError, send2trash

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


NO_TRASH = "no_trash"
"""Error code: the disk that a model is on has no trash that can be written."""


def check_ours(model: LibraryModel, what: str) -> None:
    """Raise RequestError for a model of another program; `what` is not done with it ("removed")."""
    if model.origin in _OWNERS:
        why, hint = _OWNERS[model.origin]
        raise RequestError(f"'{model.key}' is not {what}. {why}", param="model", code="not_ours", hint=hint)


def remove_model(model: LibraryModel, incoming: frozenset[Path] = frozenset(), *, trash: bool = False) -> None:
    """Delete a model's files, its projector when no other model uses it, and folders that are empty then. Blocking.

    incoming: model files that are still to come. trash: they go to the system's trash, from where they can be had back.
    Raises RequestError for a model that is not ours, or where there is no trash; StorageError.
    """
    check_ours(model, "removed")
    folder = model.path.parent
    try:
        for path in (*model.files, *own_projector(model, incoming)):
            _remove(path, trash=trash)
    except TrashPermissionError as error:
        raise RequestError(
            f"There is no trash on the disk of '{model.key}'.",
            code=NO_TRASH,
            hint="It can be deleted for good.",
            details=str(error),
        ) from error
    except OSError as error:
        raise StorageError(f"'{model.key}' can't be removed.", hint=f"{error.filename}: {error.strerror}.") from error
    remove_empty(folder, model)
    logger.info("removed %s (%s)", model.key, ", ".join(str(path) for path in model.files))


def own_projector(model: LibraryModel, incoming: frozenset[Path] = frozenset()) -> list[Path]:
    """The model's projector, where no other model of its folder uses it, or will when it came. Raises OSError."""
    folder = model.path.parent
    # A projector comes before its model, which is a `.part` then, or not even that.
    names = {path.name.removesuffix(".part") for path in folder.iterdir()}
    names |= {path.name for path in incoming if path.parent == folder}
    others = names - {path.name for path in model.files}
    return [model.mmproj] if model.mmproj and all(is_projector(name) for name in others if is_gguf(name)) else []


def remove_empty(folder: Path, model: LibraryModel) -> None:
    """Remove the repository's folder and the publisher's, where the place names them and nothing else is in them."""
    # A file that lies directly in a models folder has no publisher.
    for empty in [folder, folder.parent] if model.publisher and folder.parent.name == model.publisher else []:
        with suppress(OSError):
            empty.rmdir()


def _remove(path: Path, *, trash: bool) -> None:
    if not trash:
        path.unlink(missing_ok=True)
    elif path.exists() or path.is_symlink():
        send2trash(path)
