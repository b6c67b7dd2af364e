"""Says above a page that the server it shows does not answer, and when it is tried again."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.connections.states import Lost
from studiolo.desktop.connections.words import lost_words
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.countdown import CountdownLabel
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours
from studiolo.errors import StoppedError


class LostNotice(Recoloured, QWidget):
    """Follows the server that is selected. It is hidden while that answers, or is only asked whether it does.

    `manage_requested` carries the address of the server that somebody wants to look after. `focus_released` tells that
    the focus was in it when it was hidden.
    """

    manage_requested = Signal(str)
    focus_released = Signal()

    def __init__(self, servers: Servers, *, name_of: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._name_of = name_of
        self._lost = ""
        """What was said last, so that it is announced once."""
        self._wanted = True
        self._card = QFrame(self)
        self._card.setProperty("kind", "attention")
        self._sign = QLabel(self._card)
        self.label = QLabel(self._card)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.countdown = CountdownLabel(self._card)
        self.retry = QPushButton(self._card)
        self.manage = QPushButton(self.tr("Servers…"), self._card)
        self.manage.setProperty("kind", "flat")
        self.retry.clicked.connect(servers.selected.retry)
        self.manage.clicked.connect(lambda: self.manage_requested.emit(servers.selected_address))
        self._arrange()
        self.dress()
        servers.changed.connect(self._show)
        servers.selected.changed.connect(self._show)
        self._show()

    def want(self, wanted: bool) -> None:
        """Be seen where there is something to say, or not at all: a page may say it by itself."""
        self._wanted = wanted
        self._show()

    def dress(self) -> None:
        self._sign.setPixmap(icon("alert-circle-outline", colours().warning).pixmap(QSize(18, 18)))

    def _arrange(self) -> None:
        row = QHBoxLayout(self._card)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(10)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        for widget in (self.countdown, self.retry, self.manage):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 0)
        layout.addWidget(self._card)

    def _show(self) -> None:
        state = self._servers.selected.state
        if not isinstance(state, Lost) or not self._wanted:
            self.countdown.stop()
            held = self.isAncestorOf(QApplication.focusWidget() or self)
            self.hide()
            if held:
                self.focus_released.emit()
            self._lost = "" if not isinstance(state, Lost) else self._lost
            return
        told = lost_words(self._name_of(self._servers.selected_address), state)
        self.label.setText(told)
        self.setToolTip(tip_text(str(state.error)))
        self.setAccessibleName(told)
        if state.again:
            self.countdown.count_down(state.due)
        else:
            self.countdown.stop()
        self.retry.setText(self.tr("Start it") if isinstance(state.error, StoppedError) else self.tr("Try now"))
        self.show()
        if told != self._lost:
            self._lost = told
            announce(self, told)
