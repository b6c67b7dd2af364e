"""Why a model can't be had, in words."""

from studiolo.errors import NotFoundError, RequestError
from studiolo.server.library.scan import LibraryModel


def unknown_model(name: str, *, elsewhere: bool) -> NotFoundError:
    """Return what is told of a name that means no model here. elsewhere: whether another machine has one."""
    if elsewhere:
        return NotFoundError(
            f"'{name[:200]}' is a model of another machine, and not on this one.",
            what="model",
            hint="Whatever is done with its file, or with how it is loaded, is done there.",
        )
    return NotFoundError(
        f"No model '{name[:200]}' is known here.", what="model", hint="GET /api/v1/models lists the models on disk."
    )


def model_not_loaded(model: LibraryModel) -> RequestError:
    """Return what is told of a model that a request may not load in passing."""
    return RequestError(
        f"'{model.key}' is not loaded, and just-in-time loading is switched off.",
        param="model",
        code="model_not_loaded",
        hint="Load it first, or switch just-in-time loading on.",
    )


def model_in_use(model: LibraryModel, users: list[str]) -> RequestError:
    """Return what is told of a model whose files are to be touched. users: the ids of its instances."""
    return RequestError(
        f"'{model.key}' is loaded.",
        param="model",
        code="model_loaded",
        hint=f"Unload {' and '.join(users)} first.",
    )
