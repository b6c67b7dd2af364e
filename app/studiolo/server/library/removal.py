"""Removing a model from the disk."""

import logging
from contextlib import suppress
from pathlib import Path

from send2trash import TrashPermissionError, send2trash

from studiolo.errors import RequestError, StorageError
from studiolo.hub.belonging import projector_of, roles
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
    """Delete a model's files, its projector when no other model uses it, and the folders that are empty then. Blocking.

    incoming: model files that are still to come. trash: they go to the system's trash, from where they can be had back.
    Raises RequestError for a model that is not ours, or where there is no trash; StorageError.
    """
    check_ours(model, "removed")
    try:
        for path in (*model.files, *own_companions(model, incoming)):
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
    remove_empty(model)
    logger.info("removed %s (%s)", model.key, ", ".join(str(path) for path in model.files))


def own_companions(model: LibraryModel, incoming: frozenset[Path] = frozenset()) -> list[Path]:
    """Return the model's projector and drafter, where no other model of its repository uses them, or will when it came.

    Raises OSError.
    """
    home = repository_folder(model)
    # A projector comes before its model, which is a `.part` then, or not even that.
    there = {path.with_name(path.name.removesuffix(".part")) for path in [*home.rglob("*.gguf*"), *incoming]}
    places = {path: path.relative_to(home).as_posix() for path in there if home in path.parents}
    what = roles(places.values())
    others = [place for path, place in places.items() if what.get(place) == "model" and path not in model.files]
    used = {projector_of(other, others, [place]) for other in others for place in places.values()}
    return [path for path in model.companions if path in places and places[path] not in used]


def repository_folder(model: LibraryModel) -> Path:
    """Return the folder of all that came from one repository; that of its file where no place names one."""
    publisher = model.publisher
    named = (folder for folder in model.path.parents if publisher and folder.parent.name == publisher)
    return next(named, model.path.parent)


def remove_empty(model: LibraryModel) -> None:
    """Remove the model's folder, the repository's and the publisher's, where nothing else is in them."""
    # A file that lies directly in a models folder has no publisher.
    home = repository_folder(model)
    if not model.publisher or home.parent.name != model.publisher:
        return
    inner = [folder for folder in model.path.parents if home in folder.parents]
    for empty in (*inner, home, home.parent):
        with suppress(OSError):
            empty.rmdir()


def _remove(path: Path, *, trash: bool) -> None:
    if not trash:
        path.unlink(missing_ok=True)
    elif path.exists() or path.is_symlink():
        send2trash(path)
