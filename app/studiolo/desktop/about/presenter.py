"""Between what is shown about the program and where it comes from: packages, folders, the selected server."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, QObject, QUrl
from PySide6.QtWidgets import QWidget

from studiolo.desktop.about.dialogs import AboutDialog, CrashDialog, LicencesDialog, put_on_clipboard
from studiolo.desktop.about.facts import Fact, facts, project_links, report_text
from studiolo.desktop.about.licences import Component, is_qt, licence_text, qt_folder, shipped_components
from studiolo.desktop.about.panel import AboutPanel
from studiolo.desktop.crash_log import CrashReport, delete_report, read_report
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.desktop.widgets.open_link import follow_link
from studiolo.errors import StorageError
from studiolo.paths import Paths


class AboutPresenter(QObject):
    """Opens what there is to read about the program, and fills a panel with it wherever that is."""

    def __init__(self, window: QWidget, paths: Paths, report: Report, *, server: Callable[[], str]) -> None:
        """server: the selected one in words that name no address."""
        super().__init__(window)
        self._window = window
        self._paths = paths
        self._server = server
        self._report = report
        self._scope = TaskScope(self, report)
        self._crash: CrashReport | None = None
        self._looked = False

    @property
    def settled(self) -> bool:
        """Return whether it is known if a crash left a report."""
        return self._looked

    def open_dialog(self) -> None:
        """Show the page about the program; one that is open already gives way to it."""
        self._scope.start(self._show_about(), replace="about")

    def open_licences(self) -> None:
        """Show what ships, and by which licences."""
        self._scope.start(self._show_licences(), replace="licences")

    def make_panel(self, parent: QWidget) -> AboutPanel:
        """Return a panel that is filled and that works, to be put into a dialog."""
        panel = AboutPanel(parent)
        reading = f"crash of {id(panel)}"
        panel.details_copied.connect(lambda: self._copy_details(panel))
        panel.licences_requested.connect(self.open_licences)
        panel.folder_requested.connect(self._open_folder)
        panel.link_requested.connect(lambda address: self._follow(address, panel))
        panel.crash_requested.connect(lambda: self._scope.start(self._show_crash(panel), replace="crash"))
        panel.crash_deleted.connect(
            lambda: self._scope.start(self._delete_crash(panel), replace=f"crash of {id(panel)}")
        )
        panel.show_links(project_links())
        panel.show_facts(
            facts(),
            [
                Fact(translate("About", "Data folder"), str(self._paths.data)),
                Fact(translate("About", "Log folder"), str(self._paths.logs)),
            ],
        )
        self._scope.start(self._read_crash(panel), replace=reading)
        # A dialog may be closed before that is known.
        panel.destroyed.connect(lambda: self._scope.cancel(reading))
        return panel

    async def aclose(self) -> None:
        """Close what is open, and wait until it is gone."""
        await self._scope.aclose()

    async def _show_about(self) -> None:
        await finished(AboutDialog(self.make_panel(self._window), self._window))

    async def _show_licences(self) -> None:
        components = await asyncio.to_thread(shipped_components)
        dialog = LicencesDialog(components, self._note_on_qt(), self._window)
        dialog.component_chosen.connect(
            lambda number: self._scope.start(self._read_licence(dialog, components[number]), replace="licence")
        )
        dialog.link_requested.connect(lambda address: self._follow(address, dialog))
        if components:
            self._scope.start(self._read_licence(dialog, components[0]), replace="licence")
        try:
            await finished(dialog)
        finally:
            self._scope.cancel("licence")

    async def _read_licence(self, dialog: LicencesDialog, component: Component) -> None:
        text = await asyncio.to_thread(licence_text, component)
        dialog.show_text(component, text, noted=is_qt(component))

    def _note_on_qt(self) -> str:
        folder = qt_folder()
        note = translate(
            "About",
            "Studiolo uses Qt and PySide6 under the GNU Lesser General Public License, version 3. You may replace their"
            " libraries with versions of your own, in the folder %1.",
        )
        return note.replace("%1", str(folder) if folder else "PySide6")

    async def _read_crash(self, panel: AboutPanel) -> None:
        self._crash = crash = await asyncio.to_thread(read_report, self._paths.logs)
        self._looked = True
        when = QDateTime.fromSecsSinceEpoch(int(crash.time)) if crash else None
        panel.show_crash(QLocale().toString(when, QLocale.FormatType.ShortFormat) if when else "")

    async def _show_crash(self, panel: AboutPanel) -> None:
        if self._crash is None:
            return
        text = self._crash.text
        dialog = CrashDialog(text, panel.window())
        dialog.report_copied.connect(lambda: put_on_clipboard(text))
        dialog.report_deleted.connect(dialog.accept)
        if await finished(dialog):
            await self._delete_crash(panel)

    async def _delete_crash(self, panel: AboutPanel) -> None:
        try:
            await asyncio.to_thread(delete_report, self._paths.logs)
        except OSError as error:
            raise StorageError(
                translate("About", "The crash report could not be deleted."),
                hint=f"{error.strerror}.",
                details=str(error),
            ) from error
        await self._read_crash(panel)

    def _copy_details(self, panel: AboutPanel) -> None:
        put_on_clipboard(report_text(self._server()))
        panel.tell_copied()

    def _open_folder(self, folder: str) -> None:
        self._scope.start(self._opened(folder))

    async def _opened(self, folder: str) -> None:
        open_folder(folder)

    def _follow(self, address: str, parent: QWidget) -> None:
        self._scope.start(follow_link(parent, QUrl(address)), replace="link")
