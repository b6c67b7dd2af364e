"""The actions that need more than the window: of servers, themes and folders, and what lists and finds them all."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studiolo.desktop.actions.catalog import (
    ABOUT,
    ADD_SERVER,
    COPY_ADDRESS,
    DARK_THEME,
    LIGHT_THEME,
    MANAGE_SERVERS,
    OPEN_DATA,
    OPEN_LOGS,
    PALETTE,
    SETTINGS,
    SHORTCUTS,
    START_SERVER,
    STOP_SERVER,
    SYSTEM_THEME,
)
from studiolo.desktop.actions.editing import ShortcutEditor
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.history.store import History
from studiolo.desktop.settings.presenter import SettingsPresenter
from studiolo.desktop.settings.sections import ABOUT as SECTION_OF_ABOUT
from studiolo.desktop.settings.sections import SHORTCUTS as SECTION_OF_SHORTCUTS
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.errors import AppError
from studiolo.paths import Paths

if TYPE_CHECKING:
    from studiolo.desktop.about.presenter import AboutPresenter
    from studiolo.desktop.palette.presenter import PalettePresenter


class SessionActions(QObject):
    """Binds the actions that need more than the window. What they open is imported and made when it is wanted first."""

    def __init__(
        self,
        window: MainWindow,
        servers: Servers,
        chat: ChatPresenter,
        history: History,
        store: DesktopSettingsStore,
        settings: SettingsPresenter,
        chooser: ServerButton,
        paths: Paths,
        report: Report,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._servers = servers
        self._chat = chat
        self._history = history
        self._store = store
        self._settings = settings
        self._chooser = chooser
        self._paths = paths
        self._report = report
        self._scope = TaskScope(window, report)
        self._palette: PalettePresenter | None = None
        self._about: AboutPresenter | None = None
        self.editor = ShortcutEditor(window.registry, store, report)
        self._bind()
        settings.panels.add(SECTION_OF_SHORTCUTS, self._make_shortcuts)
        settings.panels.add(SECTION_OF_ABOUT, lambda parent: self.about.make_panel(parent))
        window.registry.started.connect(self._action_started)

    @property
    def palette(self) -> "PalettePresenter":
        """Return what finds everything."""
        if self._palette is None:
            from studiolo.desktop.palette.presenter import PalettePresenter
            from studiolo.desktop.shell.palette_sources import WindowSources

            sources = WindowSources(
                self._window,
                self._servers,
                self._chat,
                self._history,
                self._report,
                name_of=self._chooser.name_of,
                open_settings=self._settings.open_dialog,
            )
            shown = partial(self._window.registry.shown_keys, SHORTCUTS)
            self._palette = PalettePresenter(self._window, sources, self._report, shortcuts=shown)
        return self._palette

    @property
    def about(self) -> "AboutPresenter":
        """Return what tells about the program."""
        if self._about is None:
            from studiolo.desktop.about.presenter import AboutPresenter

            self._about = AboutPresenter(self._window, self._paths, self._report, server=self._server_in_words)
        return self._about

    async def aclose(self) -> None:
        """Close what is open, and wait until it is gone."""
        if self._palette:
            await self._palette.aclose()
        if self._about:
            await self._about.aclose()
        await self._scope.aclose()

    def _bind(self) -> None:
        own = self._servers.connection(OWN)
        bind = self._window.registry.bind
        bind(PALETTE, lambda: self.palette.toggle())
        bind(SETTINGS, lambda: self._settings.open_dialog())
        self._window.registry.tip(self._window.navigation.settings, SETTINGS)
        bind(SHORTCUTS, lambda: self._scope.start(self._show_shortcuts(), replace="shortcuts"))
        bind(ABOUT, lambda: self.about.open_dialog())
        for action, scheme in ((LIGHT_THEME, "light"), (DARK_THEME, "dark"), (SYSTEM_THEME, "system")):
            bind(action, partial(self._use_theme, scheme), enabled=partial(self._is_other_theme, scheme))
        bind(ADD_SERVER, self._chooser.add_server)
        bind(MANAGE_SERVERS, lambda: self._chooser.manage_requested.emit(self._servers.selected_address))
        bind(COPY_ADDRESS, self._copy_address, enabled=lambda: isinstance(self._servers.selected.state, Ready))
        bind(START_SERVER, own.retry, enabled=lambda: not isinstance(own.state, Ready))
        bind(STOP_SERVER, own.stop, enabled=lambda: isinstance(own.state, Ready))
        bind(OPEN_DATA, partial(self._try, partial(open_folder, str(self._paths.data))))
        bind(OPEN_LOGS, partial(self._try, partial(open_folder, str(self._paths.logs))))

    def _action_started(self, action: str) -> None:
        """Whatever else begins by its keys, the palette is in its way."""
        if self._palette and action != PALETTE:
            self._palette.close_palette()

    async def _show_shortcuts(self) -> None:
        from studiolo.desktop.actions.shortcuts_panel import ShortcutsDialog

        await finished(ShortcutsDialog(self.editor, self._window))

    def _make_shortcuts(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.actions.shortcuts_panel import ShortcutsPanel

        return ShortcutsPanel(self.editor, parent)

    def _is_other_theme(self, scheme: str) -> bool:
        return self._store.current.colour_scheme != scheme

    def _use_theme(self, scheme: str) -> None:
        self._try(lambda: self._store.change(colour_scheme=scheme))

    def _copy_address(self) -> None:
        if isinstance(state := self._servers.selected.state, Ready):
            QGuiApplication.clipboard().setText(state.address)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except AppError as error:
            self._report(error)

    def _server_in_words(self) -> str:
        selected = self._servers.selected
        state = type(selected.state).__name__.lower()
        if selected.is_own:
            return f"own, {state}"
        return f"another, {state}, {'Studiolo' if selected.capabilities else 'plain API'}"
