"""What "/" offers in the composer: the presets whose names go on as it is typed."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QListWidget, QWidget

_MOST_ROWS = 8


class PresetList(QListWidget):
    """Stands above the composer while there is something to offer. The keys stay with the field."""

    chosen = Signal(str)

    def __init__(self, composer: QWidget) -> None:
        super().__init__(composer)
        self._composer = composer
        self._names: list[str] = []
        self.setProperty("kind", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Presets"))
        self.itemClicked.connect(lambda item: self._choose(item.text()))
        self.hide()

    def set_names(self, names: Sequence[str]) -> None:
        self._names = list(names)

    def offer(self, text: str) -> None:
        """Those that `text`, which begins with "/", may mean; nothing for another text."""
        begun = text[1:].casefold()
        names = [name for name in self._names if begun in name.casefold()] if text.startswith("/") else []
        self.setVisible(bool(names) and "\n" not in text)
        if names:
            self.clear()
            self.addItems(names)
            self.setCurrentRow(0)
            self._place()

    def step(self, by: int) -> None:
        """Select the name that many further down."""
        self.setCurrentRow((self.currentRow() + by) % max(1, self.count()))

    def choose(self) -> None:
        """Take the selected one."""
        if item := self.currentItem():
            self._choose(item.text())

    def _choose(self, name: str) -> None:
        self.hide()
        self.chosen.emit(name)

    def _place(self) -> None:
        window = self._composer.window()
        if self.parentWidget() is not window:
            self.setParent(window)
            self.show()
        rows = min(_MOST_ROWS, self.count())
        self.resize(min(360, self._composer.width()), rows * self.sizeHintForRow(0) + 2 * self.frameWidth() + 4)
        top = self._composer.mapTo(window, QPoint(0, 0))
        self.move(top.x(), max(0, top.y() - self.height() - 4))
        self.raise_()
