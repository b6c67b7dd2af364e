"""Between the dialog of all settings, the store of this desktop's, and the selected server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.language import translate
from studiolo.desktop.settings.autostart import start_at_login
from studiolo.desktop.settings.fields import FieldKind, Owner, SettingField, in_words, setting_fields
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.settings.sections import ADVANCED, SectionPanels
from studiolo.desktop.settings.server_source import AGAIN_SECONDS, ServerSettingsSource
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask, ask_for_folder
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError
from studiolo.paths import Paths

if TYPE_CHECKING:
    from studiolo.desktop.settings.advanced_panel import AdvancedPanel
    from studiolo.desktop.settings.dialog import SettingsDialog

_KEPT_AT_RESET = frozenset({"hub_endpoint", "download_peers", "proxy_address", "proxy_user", "proxy_script", "offline"})
"""A server forgets a token whose address changes, and nobody could bring that back; nor what was sent while online."""


class SettingsPresenter(QObject):
    """Lets a person see and change every setting, in a dialog over the window; what is changed is in force at once.

    panels: What sections show beside fields; whoever has one adds it before the dialog is opened first.

    Signals:
        server_settings_changed: Settings of the selected server were changed here; a frozenset of their names.
    """

    server_settings_changed = Signal(object)

    def __init__(
        self,
        window: QWidget,
        settings: DesktopSettingsStore,
        servers: Servers,
        paths: Paths,
        report: Report,
        *,
        name_of: Callable[[str], str],
        again_seconds: Sequence[float] = AGAIN_SECONDS,
    ) -> None:
        """Make no dialog yet.

        Args:
            window: What the dialog is shown over.
            settings: This desktop's.
            servers: The selected one's settings are shown.
            paths: Folders that are shown.
            report: Hears of what is shown nowhere else.
            name_of: What a server is called, by its address.
            again_seconds: How long to wait before a server that is gone is asked again, the first time and later.
        """
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._paths = paths
        self._report = report
        self._scope = TaskScope(self, report)
        self.panels = SectionPanels()
        self.panels.add(ADVANCED, self._make_advanced)
        self.source = ServerSettingsSource(servers, report, self, name_of=name_of, again_seconds=again_seconds)
        self.dialog: SettingsDialog | None = None
        self._advanced: AdvancedPanel | None = None
        self._undo: Undo | None = None
        settings.changed.connect(self._show_desktop)
        self.source.changed.connect(self._show_server)

    def open_dialog(self, section: str = "", field: str = "") -> None:
        """Show the settings: at a section, at a field by its name in either schema, or where they were left."""
        dialog = self.dialog or self._make_dialog()
        self._show_desktop()
        self.source.open()
        self._show_server()
        dialog.open_panel(dialog.search)
        # A panel shows what it has in its own way: there is no row to lead to.
        rows = (one for one in _ALL_FIELDS if one.kind is not FieldKind.PANEL)
        owner = next((one.owner for one in rows if field in one.names), None)
        if owner is not None:
            dialog.show_field(owner, field)
        elif section:
            dialog.show_section(section)
        else:
            dialog.lead_to_sections()

    async def aclose(self) -> None:
        """Close the dialog, and wait until what it began has ended."""
        if self.dialog:
            self.dialog.close_panel()
        await self.source.aclose()
        await self._scope.aclose()

    def _make_dialog(self) -> "SettingsDialog":
        # Whoever changes no setting pays for none of it.
        from studiolo.desktop.settings.dialog import SettingsDialog

        dialog = self.dialog = SettingsDialog(self._window, self.panels)
        self._undo = Undo(dialog.toast)
        dialog.edited.connect(self._edited)
        dialog.browse_requested.connect(lambda field: self._scope.start(self._browse(field), replace="browse"))
        dialog.retry_requested.connect(self.source.look_again)
        dialog.panel_closed.connect(self.source.close)
        dialog.show_section("")
        return dialog

    def _make_advanced(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.settings.advanced_panel import AdvancedPanel

        panel = self._advanced = AdvancedPanel(self._paths, parent)
        panel.folder_opened.connect(lambda folder: self._scope.start(_open(folder)))
        panel.desktop_reset_requested.connect(lambda: self._scope.start(self._reset_desktop(), replace="reset"))
        panel.server_reset_requested.connect(lambda: self._scope.start(self._reset_server(), replace="reset"))
        self._show_advanced()
        return panel

    def _show_desktop(self, _names: object = None) -> None:
        if self.dialog:
            self.dialog.show_values("desktop", self._settings.current.model_dump())

    def _show_server(self) -> None:
        if self.dialog is None:
            return
        whose = translate("SettingsDialog", "Settings of the server on this computer")
        if not self.source.is_own:
            whose = translate("SettingsDialog", "Settings of the server %1").replace("%1", self.source.name)
        notice = self.source.notice
        self.dialog.show_server(whose, notice.text, retry=notice.retry)
        if self.source.values is not None:
            self.dialog.show_values("server", self.source.values, self.source.known)
        self._show_advanced()

    def _show_advanced(self) -> None:
        if self._advanced:
            self._advanced.show_server(
                "" if self.source.is_own else self.source.name, reachable=self.source.values is not None
            )

    def _edited(self, field: SettingField, changes: dict[str, Any]) -> None:
        if self.dialog is None:
            return
        self.dialog.row(field).show_saving(True)
        self._scope.start(self._save(field, changes, self.source.address))

    async def _save(self, field: SettingField, changes: Mapping[str, Any], address: str) -> None:
        """Show a refusal below the field, which goes back to what is in force."""
        problem = ""
        try:
            if field.owner == "desktop":
                await self._change_desktop(changes)
            else:
                await self._change_server(address, changes)
        except AppError as error:
            problem = in_words(f"{error.message} {error.hint}".strip())
        except ValidationError as error:
            problem = translate("SettingsDialog", "This can't be used: %1.").replace("%1", error.errors()[0]["msg"])
        finally:
            if self.dialog:
                row = self.dialog.row(field)
                row.show_saving(False)
                values = self._settings.current.model_dump() if field.owner == "desktop" else self.source.values
                if values is not None:
                    row.show_values(values)
                row.show_problem(problem)

    async def _change_desktop(self, changes: Mapping[str, Any]) -> None:
        # First what may be refused by the system: a setting that is saved is in force.
        wanted = changes.get("start_at_login", self._settings.current.start_at_login)
        if wanted != self._settings.current.start_at_login:
            await asyncio.to_thread(start_at_login, wanted)
        self._settings.change(**changes)

    async def _change_server(self, address: str, changes: Mapping[str, Any]) -> None:
        await self.source.change(address, changes)
        self.server_settings_changed.emit(frozenset(changes))

    async def _browse(self, field: SettingField) -> None:
        if self.dialog is None:
            return
        row = self.dialog.row(field)
        if (folder := await ask_for_folder(self._window, field.title)) is not None:
            row.editor.add_entry(str(folder))

    async def _reset_desktop(self) -> None:
        if self._undo is None or not await ask(
            self._window,
            translate("SettingsDialog", "Reset all settings of this desktop?"),
            explanation=translate(
                "SettingsDialog",
                "Every setting gets its default, except the offline switch. "
                "Chats, models, servers and tokens stay as they are.",
            ),
            yes=translate("SettingsDialog", "Reset"),
            destructive=True,
        ):
            return
        before, defaults = self._settings.current.model_dump(), _defaults("desktop")
        await self._change_desktop(defaults)
        back = {name: before[name] for name in defaults}
        self._undo.add(
            translate("SettingsDialog", "All settings of this desktop were reset."),
            lambda: self._scope.start(self._change_desktop(back)),
        )

    async def _reset_server(self) -> None:
        address, before = self.source.address, self.source.values
        if (
            self._undo is None
            or before is None
            or not await ask(
                self._window,
                translate("SettingsDialog", "Reset all settings of the server?"),
                explanation=translate(
                    "SettingsDialog",
                    "Every setting of %1 gets its default, except the offline switch and the addresses of the hub, "
                    "the proxy and other servers. Models and tokens stay as they are.",
                ).replace("%1", self.source.name),
                yes=translate("SettingsDialog", "Reset"),
                destructive=True,
            )
        ):
            return
        defaults = {name: value for name, value in _defaults("server").items() if name in self.source.known}
        await self._change_server(address, defaults)
        back = {name: before[name] for name in defaults}
        self._undo.add(
            translate("SettingsDialog", "All settings of %1 were reset.").replace("%1", self.source.name),
            lambda: self._scope.start(self._change_server(address, back)),
        )


_ALL_FIELDS = (*setting_fields("desktop"), *setting_fields("server"))


def _defaults(owner: Owner) -> dict[str, Any]:
    """Return the defaults of what a reset changes: all but the offline switch, secrets, and the addresses of those."""
    if owner == "desktop":
        return DesktopSettings().model_dump(exclude={"offline"})
    return {
        name: value
        for field in setting_fields(owner)
        if field.kind is not FieldKind.SECRET and field.name not in _KEPT_AT_RESET
        for name, value in field.defaults.items()
    }


async def _open(folder: str) -> None:
    open_folder(folder)
