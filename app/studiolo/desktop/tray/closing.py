"""What closing the window means, asked once."""

from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.buttons import primary_button
from studiolo.desktop.widgets.sizes import room_for


class ClosingDialog(QDialog):
    """`answer` is "keep" or "quit" once it is accepted; `remember`: it is not to be asked again."""

    def __init__(self, parent: QWidget | None, *, reason: str, has_tray: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Close the window"))
        self.answer = ""
        told = self.tr("%1 Studiolo can go on without its window.").replace("%1", reason)
        question = QLabel(told, self)
        question.setWordWrap(True)
        where = QLabel(
            self.tr("Its icon stays in the tray: from there it is opened again.")
            if has_tray
            else self.tr("This desktop has no tray, so the window is minimised."),
            self,
        )
        where.setWordWrap(True)
        where.setProperty("kind", "muted")
        self.box = QCheckBox(self.tr("Don't ask again"), self)
        self.mini = QCheckBox(self.tr("Show the downloads in a small window above the others"), self)
        self.mini.setVisible(not has_tray)
        self.keep = primary_button(self.tr("Keep running"), self)
        self.leave = QPushButton(self.tr("Quit"), self)
        cancel = QPushButton(self.tr("Cancel"), self)
        self.keep.clicked.connect(lambda: self._choose("keep"))
        self.leave.clicked.connect(lambda: self._choose("quit"))
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(cancel)
        buttons.addStretch()
        buttons.addWidget(self.leave)
        buttons.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        for widget in (question, where, self.mini, self.box):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.setMinimumWidth(room_for(self, 420).width())

    @property
    def remember(self) -> bool:
        """Return whether the answer is to hold from now on."""
        return self.box.isChecked()

    def _choose(self, answer: str) -> None:
        self.answer = answer
        self.accept()
