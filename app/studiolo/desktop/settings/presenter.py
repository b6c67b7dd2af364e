"""Between the dialog of the desktop's settings and the store that keeps them."""

from collections.abc import Iterator

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studiolo.desktop.language import translate
from studiolo.desktop.settings.autostart import start_at_login
from studiolo.desktop.settings.form import FormDialog, SettingsForm
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import finished


class SettingsPresenter(QObject):
    """Lets a person change the settings of the desktop, in a dialog over the window."""

    def __init__(self, window: QWidget, settings: DesktopSettingsStore, report: Report) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._scope = TaskScope(self, report)

    def open_dialog(self) -> None:
        """Show every setting with the value in force. A dialog that is open already gives way to the new one."""
        self._scope.start(self._ask(), replace="dialog")

    async def aclose(self) -> None:
        """Close the dialog, and wait until it is gone."""
        await self._scope.aclose()

    async def _ask(self) -> None:
        form = SettingsForm(self._settings.current, tuple(_shown()))
        dialog = FormDialog(translate("Settings", "Settings of Studiolo"), form, self._window)
        if not await finished(dialog):
            return
        changes = dict(dialog.changes)
        # First what may be refused by the system: a setting that is saved is in force.
        if "start_at_login" in changes:
            start_at_login(changes["start_at_login"])
        if changes:
            self._settings.change(**changes)


def _shown() -> Iterator[str]:
    """Yield the settings that a row can show; the others have panels of their own."""
    for name, field in DesktopSettings.model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get("x-panel")):
            yield name
