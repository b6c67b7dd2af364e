"""Below the list of chats: what is being imported, and a button that ends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

_MARGIN = 12


@dataclass(slots=True)
class Came:
    """What came of an import.

    The numbers of new chats, how many were here already or can't be read, and how many messages of those that were not
    here were read and are kept.
    """

    chats: list[int] = field(default_factory=list)
    old: int = 0
    skipped: int = 0
    read: int = 0
    kept: int = 0


class ImportStatus(QWidget):
    """Hidden while nothing is imported."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self.label = QLabel(self)
        self.label.setProperty("kind", "muted")
        self.label.setWordWrap(True)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setAccessibleName(self.tr("Cancel the import"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN, 4, _MARGIN, 8)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.cancel)
        self.hide()

    @contextmanager
    def working(self, name: str, cancel: Callable[[], object]) -> Iterator[None]:
        """Be in sight while chats are read from `name`. cancel: called by the button."""
        self._name = self.tr("Importing %1…").replace("%1", name)
        self.label.setText(self._name)
        connection = self.cancel.clicked.connect(lambda: cancel())
        self.show()
        try:
            yield
        finally:
            self.hide()
            self.cancel.clicked.disconnect(connection)

    def tell(self, count: int) -> None:
        """Say that so many chats have come by now."""
        self.label.setText(f"{self._name} {self.tr('%n chat(s) so far', '', count)}")

    def text_of(self, came: Came, *, cancelled: bool = False) -> str:
        """Return what is said of an import at its end. cancelled: before all of it was read."""
        pieces = [self.tr("%n chat(s) imported", "", len(came.chats))]
        if cancelled:
            pieces = [self.tr("Import cancelled; %n chat(s) that came before stay", "", len(came.chats))]
        if came.old:
            pieces.append(self.tr("%n were here already", "", came.old))
        if came.skipped:
            pieces.append(self.tr("%n could not be read", "", came.skipped))
        if came.read and not cancelled:
            pieces += [self.tr("%n message(s) read", "", came.read), self.tr("%n kept", "", came.kept)]
        return ", ".join(pieces)
