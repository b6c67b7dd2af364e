"""How long it is until something is tried again, told second by second."""

import math
import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QWidget

from studiolo.desktop.language import translate

_TICK_MS = 250


def seconds_until(due: float | None) -> int:
    """Return the whole seconds until a moment, in monotonic seconds; 0 where it is past, or None."""
    return max(0, math.ceil(due - time.monotonic())) if due is not None else 0


def again_text(due: float | None) -> str:
    """Return what is said of something that is tried again by itself.

    due: when that is, in monotonic seconds; None for just now.
    """
    left = seconds_until(due)
    if not left:
        return translate("Countdown", "Trying again…")
    return translate("Countdown", "Trying again in %1 s").replace("%1", str(left))


class Ticker(QTimer):
    """Emits `ticked` a few times a second while something is waited for, so that what is told of it stays true."""

    ticked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setInterval(_TICK_MS)
        self.timeout.connect(self.ticked)

    def run_while(self, waiting: bool) -> None:
        """Tick as long as something is waited for."""
        if waiting and not self.isActive():
            self.start()
        elif not waiting:
            self.stop()


class CountdownLabel(QLabel):
    """Tells when something is tried again; hidden where it is not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "muted")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._due: float | None = None
        self._ticker = Ticker(self)
        self._ticker.ticked.connect(self._write)
        self.hide()

    def count_down(self, due: float | None) -> None:
        """Tell how long it is until `due`, in monotonic seconds; None: it is being tried just now."""
        self._due = due
        self._ticker.run_while(due is not None)
        self._write()
        self.show()

    def stop(self) -> None:
        """Nothing is tried again by itself."""
        self._ticker.run_while(False)
        self.hide()

    def _write(self) -> None:
        text = again_text(self._due)
        if text != self.text():
            self.setText(text)
