"""The buttons at the foot of a dialog."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QWidget

from studiolo.desktop.language import translate


def primary_button(text: str, parent: QWidget) -> QPushButton:
    """Return the button for what a dialog is there for; Enter presses it."""
    button = QPushButton(text, parent)
    button.setProperty("kind", "primary")
    button.setDefault(True)
    return button


def button_row(dialog: QDialog, *buttons: QPushButton) -> QHBoxLayout:
    """Return a row that ends in `buttons`, the primary one last, with one before them that cancels the dialog."""
    cancel = QPushButton(translate("Dialogs", "Cancel"), dialog)
    cancel.clicked.connect(dialog.reject)
    row = QHBoxLayout()
    row.addStretch()
    for button in (cancel, *buttons):
        row.addWidget(button)
    return row
