"""The start page within the window: what it hears, and where its ways lead."""

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.navigation import DISCOVER
from studiolo.desktop.shell.pages import Pages
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.start.fetch import ModelFetch
from studiolo.desktop.start.presenter import StartPresenter
from studiolo.desktop.tasks import Report
from studiolo.paths import Paths


class FirstMinute:
    """Made once the pages are there; `start` decides whether the page is in sight."""

    def __init__(
        self,
        window: MainWindow,
        servers: Servers,
        chat: ChatPresenter,
        pages: Pages,
        chooser: ServerButton,
        settings: DesktopSettingsStore,
        paths: Paths,
        report: Report,
    ) -> None:
        """Connect the page with what is there already.

        Args:
            window: Shows it in the place of the chat's greeting.
            servers: The selected one is offered models for.
            chat: Tells which models there are, and talks to one.
            pages: Have the downloads, and the chat with what came.
            chooser: Adds another server.
            settings: Keep whether the page was skipped.
            paths: Where a person's own catalog is.
            report: Hears of what has no place on the page.
        """
        catalog = paths.data / "catalog.json"
        self._fetch = ModelFetch(servers, pages.monitor, pages.steering, pages.cancelling, catalog, report, window)
        self.start = StartPresenter(
            servers, self._fetch, settings, catalog, report, name_of=chooser.name_of, parent=window
        )
        chat.models_listed.connect(self.start.take_models)
        pages.monitor.ended.connect(lambda _: chat.models.look())
        self.start.models_expected.connect(chat.models.look)
        self.start.page_changed.connect(window.page.show_start)
        self.start.chat_requested.connect(pages.chat_and_load)
        self.start.model_chosen.connect(pages.talk_to)
        self.start.discover_requested.connect(lambda: window.show_page(DISCOVER))
        window.page.placeholder.discover_requested.connect(lambda: window.show_page(DISCOVER))
        self.start.server_requested.connect(chooser.add_server)

    async def aclose(self) -> None:
        """End what the page has under way; downloads go on at their server."""
        await self.start.aclose()
        await self._fetch.aclose()
