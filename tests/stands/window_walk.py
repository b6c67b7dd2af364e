"""A walk through the window and its server that asks for everything that needs the network; run as a program.

It says nothing of what comes back: who watches looks at what was connected to.
"""

import asyncio
import sys
from contextlib import suppress

from studiolo.api.mcp import McpServerChange
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.hub import HubApi
from studiolo.client.mcp import McpClient
from studiolo.client.network import NetworkApi
from studiolo.client.server import ServerApi
from studiolo.errors import AppError
from studiolo.local_server import running_server
from studiolo.paths import app_paths, keep_private
from tests.stands.waiting import until
from tests.stands.window_shot import PAGES, set_environment


def main() -> int:
    set_environment("en", 1.0)
    keep_private(app_paths())
    from studiolo.desktop import language, loop
    from studiolo.desktop.application import Application, DesktopApp
    from studiolo.desktop.discover.page import DiscoverPage
    from studiolo.desktop.settings.store import DesktopSettingsStore
    from studiolo.desktop.shell.window import MainWindow
    from studiolo.desktop.widgets import theme

    app = Application(sys.argv[:1])
    theme.apply(app, "light")
    language.apply(app)

    async def walk() -> int:
        session = DesktopApp(app, app_paths(), DesktopSettingsStore(app_paths().config / "desktop.json"))
        running = asyncio.create_task(session.run())
        window = next(widget for widget in app.topLevelWidgets() if isinstance(widget, MainWindow))
        await until(lambda: "discover" in window.factories)
        state = await until(lambda: running_server(app_paths()), "a server")
        for page in PAGES:
            window.show_page(page)
        window.show_page("discover")
        discover = window.findChildren(DiscoverPage)[0]
        discover.search.setText("nothing that a catalog has")
        await until(lambda: discover.problem.text() != "")
        async with Client(state.address, state.key) as client:
            await _ask_the_server(client)
        session.quit()
        return await running

    return loop.run(app, walk)


async def _ask_the_server(client: Client) -> None:
    await ServerApi(client).change_settings({"catalog_url": "http://catalog.invalid/catalog.json"})
    with suppress(AppError):
        await HubApi(client).search("nothing that a catalog has")
    with suppress(AppError):
        await HubApi(client).details("acme/Tiny-GGUF")
    with suppress(AppError):
        await DownloadsApi(client).start("https://huggingface.co/acme/Tiny-GGUF")
    with suppress(AppError):
        await McpClient(client).put("far", McpServerChange(entry={"url": "http://tools.invalid/mcp"}))
        await McpClient(client).server("far")
    with suppress(AppError):
        async for _hop in NetworkApi(client).test():
            pass


if __name__ == "__main__":
    raise SystemExit(main())
