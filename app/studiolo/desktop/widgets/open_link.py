"""Links of replies: a model may have written anything, so nothing is opened before it was shown where it leads."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from studiolo.desktop.language import translate
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AppError

_SCHEMES = ("http", "https", "mailto")


async def follow_link(parent: QWidget, url: QUrl) -> None:
    """Open `url` outside, once the person has seen it and agrees.

    Raises AppError for one that no browser or mail program is meant for, and where none can be started.
    """
    address = url.toDisplayString()
    if url.scheme().lower() not in _SCHEMES:
        raise AppError(translate("Links", "This link leads to nothing that can be opened from here."), details=address)
    if not await ask(
        parent, translate("Links", "Open this link?"), explanation=address, yes=translate("Links", "Open")
    ):
        return
    if not QDesktopServices.openUrl(url):
        raise AppError(translate("Links", "No program could be started to open the link."), hint=address)
