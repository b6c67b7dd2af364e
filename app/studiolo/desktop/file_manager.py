"""Showing things with the desktop's own programs."""

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices

from studiolo.errors import AppError


def open_folder(folder: str) -> None:
    """Open a folder in the file manager. Raises AppError."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        raise AppError(QCoreApplication.translate("Opening", "No file manager could be opened."), hint=f"{folder}")
