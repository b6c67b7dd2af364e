"""Asking how a model is to be loaded, wherever that is asked."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from studiolo.api.load_dials import LoadDials
from studiolo.api.models import ESTIMATE_MEMORY, LOAD_DIALS, EstimateRequest, LoadRequest
from studiolo.api.settings import SETTINGS, ServerSettings
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.loading.load_dialog import Loadable, LoadDialog
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.errors import AppError

_ALWAYS_RECKONED = frozenset({"context_length", "eval_batch_size", "parallel"})
"""Dials that every server takes that reckons the memory."""


async def ask_how_to_load(
    client: Callable[[], Client], capabilities: frozenset[str], model: Loadable, parent: QWidget, scope: TaskScope
) -> LoadRequest | None:
    """Show the options with the memory they take; None if nobody wants it loaded. Keeps them where that is wanted.

    client: that of the server, as it is whenever it is asked. scope: where estimates are asked for while the dialog is
    open. Raises AppErrors of keeping them.
    """
    settings = await _settings(client(), capabilities)
    model = replace(model, all_dials=LOAD_DIALS in capabilities)
    if settings:
        model = _proposed(model, settings, await _automatic(client(), capabilities, model.key))
    dialog = LoadDialog(model, parent)
    dialog.estimate_requested.connect(
        lambda: scope.start(_estimate(client, dialog, capabilities, model.key), replace="estimate")
    )
    try:
        chosen = await finished(dialog)
    finally:
        # The dialog is gone: an answer would come to nobody.
        scope.cancel("estimate")
    if not chosen:
        return None
    # Read now: after the next wait the dialog may be deleted.
    request, defaults, remember = dialog.request, dialog.defaults, dialog.remember.isChecked()
    if settings and remember:
        # As they are now: somebody else may have kept some while the dialog was open.
        server = ServerApi(client())
        settings = await server.settings()
        variant = settings.defaults_of(model.key).variant
        kept = {name: one.model_dump() for name, one in settings.model_defaults.items()}
        kept = {name: one for name, one in kept.items() if name.lower() != model.key.lower()}
        # The dialog knows nothing of quantizations: what was chosen stays.
        kept[model.key] = {**defaults.model_dump(), "variant": variant}
        await server.change_settings({"model_defaults": kept})
    return request


async def _settings(client: Client, capabilities: frozenset[str]) -> ServerSettings | None:
    """None where they can't be had: a token may load models and know nothing of settings."""
    if SETTINGS not in capabilities:
        return None
    try:
        return await ServerApi(client).settings()
    except AppError:
        return None


async def _automatic(client: Client, capabilities: frozenset[str], key: str) -> int:
    if ESTIMATE_MEMORY not in capabilities:
        return 0
    try:
        estimate = await ModelsApi(client).estimate_memory(EstimateRequest(model=key))
    except AppError:
        return 0  # The dialog asks again, and says why.
    return estimate.context_length if estimate else 0


def _proposed(model: Loadable, settings: ServerSettings, usual: int) -> Loadable:
    """usual: tokens that the server would choose by itself; 0 if it does not tell."""
    defaults = settings.defaults_of(model.key)
    usual = settings.default_context_length or usual
    return replace(
        model,
        context=model.context or defaults.context_length or 0,
        usual_context=min(usual, model.most_context or usual),
        dials=LoadDials.model_validate(defaults.model_dump(include=set(LoadDials.model_fields))),
        rememberable=True,
    )


async def _estimate(client: Callable[[], Client], dialog: LoadDialog, capabilities: frozenset[str], key: str) -> None:
    values = dialog.values
    if LOAD_DIALS not in capabilities:
        values = {name: value for name, value in values.items() if name in _ALWAYS_RECKONED}
    try:
        request = EstimateRequest.model_validate({"model": key, **values})
        estimate = await ModelsApi(client()).estimate_memory(request)
    except AppError as error:
        dialog.estimate.show_text(f"{error.message} {error.hint}".strip(), kind="error")
    else:
        dialog.show_estimate(estimate)
