"""A form that a dialog grows with, as far as the screen has room; then it scrolls."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QWidget

_LEAST_HEIGHT = 60
_AROUND = 80
"""Pixels of a screen that no dialog takes."""


class _Form(QWidget):
    grown = Signal()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.grown.emit()
        return done


class FormArea(QScrollArea):
    """`form` is for the dialog to fill.

    The dialog is never made smaller by it: what a person aims at stays where it is.
    """

    def __init__(self, dialog: QDialog) -> None:
        super().__init__(dialog)
        self.form = _Form(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(self.form)
        self.form.grown.connect(self.fit)

    def sizeHint(self) -> QSize:
        layout = self.form.layout()
        if layout is None:
            return super().sizeHint()
        hint = layout.totalSizeHint()
        width = self.viewport().width() if self.isVisible() else hint.width()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else hint.height()
        return QSize(hint.width(), height)

    def minimumSizeHint(self) -> QSize:
        # What is beside the dialog's edge could not be reached.
        width = self.form.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, min(_LEAST_HEIGHT, self.sizeHint().height()))

    def fit(self) -> None:
        """Let the dialog be as high as what is in it."""
        self.updateGeometry()
        dialog = self.window()
        if not isinstance(dialog, QDialog) or (layout := dialog.layout()) is None:
            return
        layout.activate()
        width = dialog.width()
        wanted = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        most = dialog.screen().availableGeometry().height() - _AROUND
        if (height := min(wanted, most)) > dialog.height():
            dialog.resize(width, height)
