"""Taking a model file of this computer into the models, for the start page. No widgets but the file dialog."""

from contextlib import aclosing
from pathlib import Path
from typing import Literal

from studiolo.api.models import ImportRequest
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info
from studiolo.client.models import ModelsApi
from studiolo.desktop.language import translate
from studiolo.desktop.start.strips import FileStrip
from studiolo.desktop.widgets.dialogs import ask_for_files
from studiolo.errors import AppError, ProtocolError

_How = Literal["hardlink", "copy"]


async def import_chosen_file(strip: FileStrip, client: Client) -> str | None:
    """Ask which file, and take it in; return the key of the model, None if nobody says which file.

    The file stays where it is: as a hard link it takes no room, and where there can be none it is copied. What goes
    wrong is said on the strip. Cancelled, it leaves nothing behind.
    """
    kinds = [translate("Start", "Model files") + " (*.gguf)"]
    files = await ask_for_files(strip.window(), translate("Start", "Choose a model file"), kinds, one=True)
    if not files:
        return None
    try:
        key = await _take_in(strip, client, files[0])
    except AppError as error:
        strip.show_failure(str(error))
        return None
    except BaseException:
        strip.hide()
        raise
    strip.hide()
    return key


async def _take_in(strip: FileStrip, client: Client, file: Path) -> str:
    """Raises AppErrors."""
    strip.show_progress(file.name, 0.0)
    return await _import(strip, client, file, "hardlink") or await _import(strip, client, file, "copy") or ""


async def _import(strip: FileStrip, client: Client, file: Path, how: _How) -> str | None:
    """Return the key; None where there can be no such link. Raises AppErrors."""
    request = ImportRequest(path=str(file), how=how)
    async with aclosing(ModelsApi(client).import_file(request)) as events:
        async for event in events:
            if event.error and how == "hardlink":
                return None
            if event.error:
                raise error_from_info(event.error)
            if event.key:
                return event.key
            strip.show_progress(file.name, event.progress or 0.0)
    raise ProtocolError(
        translate("Start", "The server ended the import without saying how it went."),
        hint=translate("Start", "The page of models shows whether it is there."),
    )
