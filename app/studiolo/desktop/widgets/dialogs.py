"""Dialogs that can be awaited; the only module that may run one modally.

A dialog's own event loop (`exec`) started inside a task breaks other tasks for good. Here a dialog is opened, and a
future waits for its end.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox, QWidget
from shiboken6 import isValid

from studiolo.desktop.widgets.popups import settle_hover
from studiolo.errors import AppError


async def finished(dialog: QDialog) -> int:
    """Open `dialog` over its window and wait for its result. Cancelled, it closes the dialog."""
    result: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def take(value: int) -> None:
        if not result.done():
            result.set_result(value)

    dialog.finished.connect(take)
    dialog.open()
    try:
        return await result
    finally:
        if isValid(dialog):  # It goes with its window.
            dialog.finished.disconnect(take)
            dialog.close()
            settle_hover()
            dialog.deleteLater()


async def ask(
    parent: QWidget, question: str, *, explanation: str = "", yes: str, no: str = "", destructive: bool = False
) -> bool:
    """Return whether the person agrees to `yes`, the name of a button. Escape and `no`, else Cancel, mean no.

    Where it is `destructive`, Enter means no too.
    """
    box = QMessageBox(QMessageBox.Icon.Question, parent.window().windowTitle(), question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    role = QMessageBox.ButtonRole.DestructiveRole if destructive else QMessageBox.ButtonRole.AcceptRole
    agree = box.addButton(yes, role)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    if no:
        cancel.setText(no)
    box.setDefaultButton(cancel if destructive else agree)
    box.setEscapeButton(cancel)
    await finished(box)
    return box.clickedButton() is agree


async def tell(parent: QWidget, text: str, *, explanation: str = "") -> None:
    """Say something that was waited for."""
    box = QMessageBox(QMessageBox.Icon.Information, parent.window().windowTitle(), text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    await finished(box)


async def ask_for_file(parent: QWidget, title: str, name: str, kinds: dict[str, str]) -> Path | None:
    """Return where to save; None if nowhere. kinds: what the suffixes (".md") are called; the first is proposed."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([f"{called} (*{suffix})" for suffix, called in kinds.items()])
    suffixes = list(kinds)
    dialog.setDefaultSuffix(suffixes[0].lstrip("."))
    dialog.filterSelected.connect(
        lambda chosen: dialog.setDefaultSuffix(next(one for one in suffixes if f"*{one})" in chosen).lstrip("."))
    )
    dialog.selectFile(name)
    accepted = await finished(dialog)
    chosen = dialog.selectedFiles()
    return Path(chosen[0]) if accepted and chosen else None


async def ask_for_files(parent: QWidget, title: str, kinds: Sequence[str] = (), *, one: bool = False) -> list[Path]:
    """Return which to open; none if nobody says. kinds: name filters as Qt has them ("Images (*.png)")."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile if one else QFileDialog.FileMode.ExistingFiles)
    if kinds:
        dialog.setNameFilters(list(kinds))
    accepted = await finished(dialog)
    return [Path(file) for file in dialog.selectedFiles()] if accepted else []


async def ask_for_folder(parent: QWidget, title: str) -> Path | None:
    """Return the folder that a person chooses; None if nobody says."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    accepted = await finished(dialog)
    chosen = dialog.selectedFiles()
    return Path(chosen[0]) if accepted and chosen else None


async def ask_for_text(parent: QWidget, title: str, label: str, before: str = "") -> str | None:
    """Return a line of text, perhaps empty; None if nobody says."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setTextValue(before)
    accepted = await finished(dialog)
    return dialog.textValue().strip() if accepted else None


async def ask_for_choice(parent: QWidget, title: str, label: str, choices: Sequence[str]) -> int | None:
    """Return the number of one of the choices; None if nobody says."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setComboBoxItems(list(choices))
    accepted = await finished(dialog)
    return choices.index(dialog.textValue()) if accepted and dialog.textValue() in choices else None


def show_error(parent: QWidget | None, error: AppError) -> QMessageBox:
    """Show what happened and what to do. It returns at once, blocks nothing, and goes away when it is closed."""
    box = QMessageBox(QMessageBox.Icon.Warning, QCoreApplication.applicationName(), error.message, parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(error.hint)
    if error.details:
        box.setDetailedText(error.details)
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.setModal(False)
    box.finished.connect(settle_hover)
    box.show()
    return box
