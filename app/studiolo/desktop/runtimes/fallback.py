"""Says above all pages that the bundled runtime stands in for the one that a person chose, as long as it is so."""

import logging

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studiolo.api.runtimes import RUNTIMES
from studiolo.client.runtimes import RuntimesApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.notice import Notice
from studiolo.errors import AppError

logger = logging.getLogger(__name__)


class FallbackNotice(QWidget):
    """Follows the selected server. That falls back when it loads a model, so it is asked after what may load one.

    Signals:
        runtimes_requested: Somebody wants to see the runtimes.
    """

    runtimes_requested = Signal()

    def __init__(self, servers: Servers, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._scope = TaskScope(self, report)
        self._said = ""
        self._wanted = True
        self._address = servers.selected_address
        self.notice = Notice(self.tr("Runtimes"), self, kind="danger")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 0)
        layout.addWidget(self.notice)
        self.hide()
        self.notice.action.clicked.connect(self.runtimes_requested)
        servers.selected.changed.connect(self.look)
        self.look()

    async def aclose(self) -> None:
        """Ask no more, and wait until that has ended."""
        await self._scope.aclose()

    def want(self, wanted: bool) -> None:
        """Be seen where there is something to say, or not at all: where the runtimes are it is said anyway."""
        self._wanted = wanted
        self.setVisible(wanted and bool(self._said))

    def look(self) -> None:
        """Ask the server whether it is so."""
        selected = self._servers.selected
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self.show_reason("")  # What was said is not true of this one, also where it does not tell.
        if isinstance(selected.state, Ready) and RUNTIMES in selected.capabilities:
            self._scope.start(self._look(self._servers.selected_address), replace="look")
        else:
            self._scope.cancel("look")
            self.show_reason("")

    def show_reason(self, reason: str) -> None:
        """Say why the bundled one is used; an empty reason: it is the one that was chosen, or none was."""
        hint = self.tr("Models run with the bundled runtime meanwhile, on the processor.") if reason else ""
        self.notice.show_text(reason, hint)
        self.setVisible(self._wanted and bool(reason))
        if reason and reason != self._said:
            announce(self, f"{reason} {hint}")
        self._said = reason

    async def _look(self, address: str) -> None:
        try:
            known = await RuntimesApi(self._servers.client(address)).runtimes()
        except AppError as error:
            # Whoever may not see the runtimes can do nothing about it.
            logger.info("the runtimes could not be looked at: %s", error)
            return
        if address == self._servers.selected_address:
            self.show_reason(known.fallback)
