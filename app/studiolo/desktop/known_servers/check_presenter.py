"""Between the dialog of a check and the server that is checked."""

from collections.abc import Callable
from contextlib import aclosing

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studiolo.client.checking import LoadableModel, ServerCheck, report_text
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.known_servers.check_dialog import CheckDialog
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.desktop.widgets.formatting import size_text
from studiolo.errors import AppError


class CheckPresenter(QObject):
    """Checks one server at a time. name_of: what a server is called."""

    def __init__(self, servers: Servers, report: Report, *, name_of: Callable[[str], str], parent: QObject) -> None:
        super().__init__(parent)
        self._servers = servers
        self._name_of = name_of
        self._scope = TaskScope(self, report)
        self._dialog: CheckDialog | None = None

    @property
    def dialog(self) -> CheckDialog | None:
        """Return the dialog while it is open."""
        return self._dialog

    def open_dialog(self, address: str, parent: QWidget) -> None:
        """Check the server at an address, and show how it goes."""
        if self._dialog is None:
            self._scope.start(self._show(address, parent))

    async def aclose(self) -> None:
        """End the check, and wait until what was loaded for it is unloaded."""
        await self._scope.aclose()

    async def _show(self, address: str, parent: QWidget) -> None:
        dialog = self._dialog = CheckDialog(self._name_of(address), parent)
        dialog.again_requested.connect(lambda: self._scope.start(self._run(address, dialog), replace="check"))
        dialog.stop_requested.connect(lambda: self._scope.cancel("check"))
        dialog.copy_requested.connect(lambda: self._copy(address, dialog))
        self._scope.start(self._run(address, dialog), replace="check")
        try:
            await finished(dialog)
        finally:
            self._dialog = None
            self._scope.cancel("check")

    async def _run(self, address: str, dialog: CheckDialog) -> None:
        async def may_load(model: LoadableModel) -> bool:
            return await self._may_load(address, model, dialog)

        try:
            check = ServerCheck(self._servers.client(address), may_load=may_load)
            dialog.begin([(step, title, request) for step, title, request, _ in check.steps])
            async with aclosing(check.run()) as rows:
                async for row in rows:
                    if self._dialog is dialog:
                        dialog.show_row(row)
        except AppError as error:
            if self._dialog is dialog:
                dialog.show_stopped(str(error), failed=True)
        except BaseException:
            if self._dialog is dialog:
                dialog.show_stopped(translate("ServerCheck", "The check was stopped."))
            raise
        else:
            if self._dialog is dialog:
                dialog.show_end()

    async def _may_load(self, address: str, model: LoadableModel, dialog: CheckDialog) -> bool:
        question = translate("ServerCheck", "Load %1 on %2 for the check?")
        explanation = translate(
            "ServerCheck", "No model is loaded there. The smallest has %1; it is unloaded at the end."
        )
        return await ask(
            dialog,
            question.replace("%1", model.key).replace("%2", self._name_of(address)),
            explanation=explanation.replace("%1", size_text(model.size)),
            yes=translate("ServerCheck", "Load it"),
            no=translate("ServerCheck", "Check without a model"),
        )

    def _copy(self, address: str, dialog: CheckDialog) -> None:
        name = self._name_of(address)
        QGuiApplication.clipboard().setText(report_text(f"{name} {address}".strip(), dialog.rows))
