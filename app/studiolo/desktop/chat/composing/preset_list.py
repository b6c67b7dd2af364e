"""What "/" offers in the composer: presets and prompts of servers whose names go on as it is typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from studiolo.desktop.widgets.formatting import tip_text

_MOST_ROWS = 8
_MOST_TIP = 400


@dataclass(frozen=True, slots=True)
class PromptOffer:
    """A prompt of a server of tools, by the server's label and its own name."""

    server: str
    name: str
    title: str = ""
    description: str = ""

    @property
    def text(self) -> str:
        """Return the entry as it is offered."""
        return f"{self.title or self.name} · {self.server}"


class PresetList(QListWidget):
    """Stands above the composer while there is something to offer. The keys stay with the field."""

    chosen = Signal(str)
    prompt_chosen = Signal(object)
    """A PromptOffer."""

    def __init__(self, composer: QWidget) -> None:
        super().__init__(composer)
        self._composer = composer
        self._names: list[str] = []
        self._prompts: list[PromptOffer] = []
        self.setProperty("kind", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Presets and prompts"))
        self.itemClicked.connect(self._choose)
        self.hide()

    def set_names(self, names: Sequence[str]) -> None:
        """Have these presets in the list."""
        self._names = list(names)

    def set_prompts(self, prompts: Sequence[PromptOffer]) -> None:
        """Have these prompts of MCP servers in the list."""
        self._prompts = list(prompts)

    def offer(self, text: str) -> None:
        """Offer those that `text`, which begins with "/", may mean; nothing for another text."""
        begun = text[1:].casefold()
        wanted = text.startswith("/") and "\n" not in text
        offers: list[str | PromptOffer] = [name for name in self._names if begun in name.casefold()]
        offers += [one for one in self._prompts if begun in f"{one.name} {one.text}".casefold()]
        self.setVisible(wanted and bool(offers))
        if wanted and offers:
            self.clear()
            for one in offers:
                self._add(one)
            self.setCurrentRow(0)
            self._place()

    def step(self, by: int) -> None:
        """Select the name that many further down."""
        self.setCurrentRow((self.currentRow() + by) % max(1, self.count()))

    def choose(self) -> None:
        """Take the selected one."""
        if item := self.currentItem():
            self._choose(item)

    def _add(self, offer: str | PromptOffer) -> None:
        item = QListWidgetItem(offer if isinstance(offer, str) else offer.text, self)
        item.setData(Qt.ItemDataRole.UserRole, offer)
        if isinstance(offer, PromptOffer):
            item.setToolTip(tip_text(offer.description[:_MOST_TIP]))

    def _choose(self, item: QListWidgetItem) -> None:
        self.hide()
        offer = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(offer, PromptOffer):
            self.prompt_chosen.emit(offer)
        else:
            self.chosen.emit(offer)

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
