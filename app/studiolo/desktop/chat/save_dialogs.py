"""Writing what a chat holds into a file that a person chooses."""

import asyncio
from pathlib import Path

from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from PySide6.QtWidgets import QWidget

from studiolo.desktop.language import translate
from studiolo.desktop.widgets.dialogs import ask_for_file
from studiolo.errors import StorageError
from studiolo.files import write_atomically


async def save_code(parent: QWidget, source: str, language: str) -> None:
    """Ask where, and write it there. Raises StorageError."""
    suffix = suffix_of(language)
    kinds = {suffix: language or translate("Saving", "Text"), "": translate("Saving", "All files")}
    target = await ask_for_file(parent, translate("Saving", "Save code"), translate("Saving", "code") + suffix, kinds)
    if target:
        await asyncio.to_thread(write, target, source.encode(errors="replace"))


async def save_bytes(parent: QWidget, data: bytes, name: str) -> None:
    """Ask where, and write them there. Raises StorageError."""
    target = await ask_for_file(
        parent, translate("Saving", "Save image"), name, {Path(name).suffix or ".png": translate("Saving", "Image")}
    )
    if target:
        await asyncio.to_thread(write, target, data)


def write(target: Path, data: bytes) -> None:
    """Replace a file as a whole, or leave it as it was. Raises StorageError."""
    try:
        write_atomically(target, data)
    except OSError as error:
        raise StorageError(f"{target} can't be written.", hint=f"{error.strerror}.", details=str(error)) from error


def suffix_of(language: str) -> str:
    """Return what files in that language end with (".py"); ".txt" where nobody knows."""
    try:
        patterns = get_lexer_by_name(language).filenames
    except ClassNotFound:
        return ".txt"
    return next((one[1:] for one in patterns if one.startswith("*.") and one[2:].isalnum()), ".txt")
