"""The server's page in the window: between models and tools, made when it is looked at first."""

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.shown_server import ShownServer
from studiolo.desktop.shell.navigation import MODELS, PAGES, SERVER, TOOLS
from studiolo.desktop.shell.pages import Pages
from studiolo.desktop.shell.window import MainWindow
from studiolo.errors import AppError
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.waiting import until


class NoChat(QObject):
    """What the pages know of the chat is not looked at here."""

    changed = Signal()
    models_listed = Signal(list)
    reply_finished = Signal(int, str, bool)


async def test_it_is_reached_by_its_button_and_by_keys(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PAGES.index(MODELS) + 1 == PAGES.index(SERVER) == PAGES.index(TOOLS) - 1
    reported: list[BaseException] = []
    async with serving() as server:
        window = MainWindow(app_paths())
        servers = Servers(app_paths(), reported.append)
        pages = Pages(
            window,
            servers,
            NoChat(window),  # type: ignore[arg-type]
            app_paths(),
            reported.append,
            name_of=lambda address: "Box" if address else "This computer",
        )
        asked: list[str] = []
        opened: list[Path] = []
        pages.settings_requested.connect(lambda section, _field: asked.append(section))
        window.show()
        servers.select(await servers.add(server.address, "", None))
        await until(lambda: isinstance(servers.selected.state, Ready))
        assert window.findChildren(ServerPage) == [], "nobody has looked at it"
        QTest.mouseClick(window.navigation.buttons[SERVER], Qt.MouseButton.LeftButton)
        (page,) = window.findChildren(ServerPage)
        assert window.shown_page == SERVER
        assert window.windowTitle() == "Server – Studiolo"
        assert page.tabs.hasFocus() or not window.isActiveWindow()
        await until(lambda: page.view("overview") is not None)
        seen = ["overview", "tokens", "requests", "usage", "connect", "api", "runtimes", "machine", "upstreams"]
        assert page.views == seen
        for view in page.views:
            page.show_view(view)
            shown = page.view(view)
            assert shown
            assert shown.isVisible(), view
        page.settings.click()
        assert asked == ["server"]
        monkeypatch.setattr("studiolo.desktop.server.presenter.open_folder", lambda path: opened.append(Path(path)))
        servers.select("")
        await until(page.log.isVisible)
        page.log.click()
        assert opened == [app_paths().logs]
        window.find_here()
        assert page.shown_view == "api"
        (behind,) = window.findChildren(ShownServer)
        looked: list[bool] = []
        monkeypatch.setattr(behind, "look", lambda: looked.append(True))
        pages.server_settings_changed(frozenset({"port"}))
        assert looked == [True], "what it says of the settings is not what it was"
        await pages.aclose()
        await servers.aclose()
        window.close_anyway()
        window.deleteLater()
    assert [error for error in reported if not isinstance(error, AppError)] == []
