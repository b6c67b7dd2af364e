"""The hops of a test of the connection, in words, each with how it went and how long it took."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studiolo.api.network import NetworkHop
from studiolo.desktop.network.cards import plain_label
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_ICON = 16
_DONE = "passed"


class HopList(Recoloured, QWidget):
    """Rows of an icon, what was done, and the seconds. What failed says why, and what to do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Steps of the test"))
        self._hops: list[NetworkHop] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.texts: list[QLabel] = []

    def show_hops(self, hops: Sequence[NetworkHop]) -> None:
        """Show these, in their order."""
        self._hops = list(hops)
        self.dress()

    def dress(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.texts = []
        for number, hop in enumerate(self._hops):
            self._add(number, hop)
        self.setVisible(bool(self._hops))

    def _add(self, row: int, hop: NetworkHop) -> None:
        look = colours()
        names = {"passed": ("check-circle-outline", look.ok), "failed": ("alert-circle-outline", look.danger)}
        mark = QLabel(self)
        name, colour = names.get(hop.state, ("dots-horizontal", look.muted))
        mark.setPixmap(icon(name, colour, _ICON).pixmap(_ICON, _ICON))
        mark.setAccessibleName(self.state_text(hop))
        text = plain_label(self.hop_text(hop), "error" if hop.state == "failed" else "", self)
        text.setAccessibleName(f"{self.hop_text(hop)}. {self.state_text(hop)}")
        self.texts.append(text)
        seconds = QLabel(self)
        seconds.setProperty("kind", "muted")
        if hop.seconds is not None:
            seconds.setText(self.tr("%1 s").replace("%1", QLocale().toString(hop.seconds, "f", 2)))
        self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, row, 1)
        self._grid.addWidget(seconds, row, 2, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def state_text(self, hop: NetworkHop) -> str:
        """Return how a hop went, in a word."""
        words = {"passed": self.tr("Passed"), "failed": self.tr("Failed")}
        return words.get(hop.state, self.tr("Under way"))

    def hop_text(self, hop: NetworkHop) -> str:
        """Return what was done, and where it failed why, and what to do."""
        told = {
            "offline": self.tr("Work offline is on"),
            "proxy": self.tr("Go through the proxy %1") if hop.state == _DONE else self.tr("Choose the proxy"),
            "dns": self.tr("Look up the name %1"),
            "tcp": self.tr("Connect to %1"),
            "proxy_tunnel": self.tr("Ask the proxy %1 for the way to the hub"),
            "tls": self.tr("Encrypt the connection to %1"),
            "http": self.tr("Ask %1 for an answer"),
            "redirect": self.tr("Files are kept at %1"),
        }.get(hop.kind, hop.kind)
        lines = [told.replace("%1", hop.target)]
        if hop.state == "failed":
            lines += [line for line in (hop.detail, hop.hint) if line]
        return "\n".join(lines)
