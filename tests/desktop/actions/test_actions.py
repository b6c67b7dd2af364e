"""The list of what the window can do: each has a name and does what it says, in the real window."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from studiolo.desktop.about.dialogs import AboutDialog
from studiolo.desktop.actions.action import SECTIONS, section_title
from studiolo.desktop.actions.catalog import ACTIONS
from studiolo.desktop.actions.shortcuts import resolved
from studiolo.desktop.actions.shortcuts_panel import ShortcutsDialog
from studiolo.desktop.chat.sidebar.trash import TrashDialog
from studiolo.desktop.connections.add_server import AddServerDialog
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.desktop.shell.navigation import CHAT, PAGES
from studiolo.desktop.widgets.icons import GLYPHS
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until
from tests.stands.whole_window import WholeWindow, is_within, whole_window


class Opened(QObject):
    """What the desktop was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.urls.append(url)


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[WholeWindow]:
    write_tiny_llama(app_paths().models / "tiny/tiny/tiny.gguf")
    async with serving() as server, whole_window(server.address) as desk:
        yield desk
    assert desk.reported == []


def dialog(kind: type[QDialog]) -> Callable[[WholeWindow], bool]:
    return lambda desk: bool(desk.dialogs(kind))


def shown(page: str) -> Callable[[WholeWindow], bool]:
    return lambda desk: desk.window.shown_page == page


def focus_in(part: str) -> Callable[[WholeWindow], bool]:
    def holds(desk: WholeWindow) -> bool:
        where = {
            "composer": desk.window.page.composer.field,
            "search": desk.window.sidebar.search,
            "find": desk.window.page.find_bar,
        }
        return is_within(QApplication.focusWidget(), where[part])

    return holds


IN_A_MESSAGE = {action.id for action in ACTIONS if action.section == "message"}
"""A message does them itself; tests/desktop/chat/ has their keys."""
ELSEWHERE = {
    "stop_reply",
    "usual_text",
    "find_next",
    "find_previous",
    "undo",
    "start_server",
    "stop_server",
    "open_data",
    "open_logs",
}
"""Each has a test of its own below."""
EFFECTS: dict[str, Callable[[WholeWindow], bool]] = {
    "new_chat": focus_in("composer"),
    "search": focus_in("search"),
    "write": focus_in("composer"),
    "attach_files": dialog(QFileDialog),
    "choose_model": lambda desk: desk.window.page.popup.isVisible(),
    "chat_settings": lambda desk: desk.window.page.inspector.isVisible(),
    "import_chats": dialog(QFileDialog),
    "import_folder": dialog(QFileDialog),
    "back_up": dialog(QFileDialog),
    "restore_backup": dialog(QFileDialog),
    "daily_backups": lambda desk: bool(desk.dialogs()),
    "trash": dialog(TrashDialog),
    "sidebar": lambda desk: not desk.window.sidebar.isVisible(),
    "find": focus_in("find"),
    "larger_text": lambda desk: desk.settings.current.text_size == 110,
    "smaller_text": lambda desk: desk.settings.current.text_size == 100,
    "light_theme": lambda desk: desk.settings.current.colour_scheme == "light",
    "dark_theme": lambda desk: desk.settings.current.colour_scheme == "dark",
    "add_server": dialog(AddServerDialog),
    "copy_address": lambda desk: QGuiApplication.clipboard().text() == desk.servers.selected_address,
    "runtimes": lambda desk: any(view.isVisible() for view in desk.window.findChildren(RuntimesView)),
    "palette": lambda desk: desk.palette.isVisible(),
    "settings": lambda desk: desk.settings_dialog.isVisible(),
    "shortcuts": dialog(ShortcutsDialog),
    "about": dialog(AboutDialog),
    **{page: shown(page) for page in PAGES},
}
HEARD = {"quit", "manage_servers", "system_theme", "larger_text", "smaller_text", "usual_text"}


async def test_each_action_does_what_it_says(desk: WholeWindow) -> None:
    registry = desk.window.registry
    bound = {action.id for action in registry.actions} - IN_A_MESSAGE
    assert bound == EFFECTS.keys() | ELSEWHERE | HEARD
    assert {action.id for action in ACTIONS} - bound == IN_A_MESSAGE
    for action, holds in EFFECTS.items():
        desk.window.show_page("models" if action == CHAT else CHAT)
        assert registry.is_enabled(action), action
        registry.entry(action).trigger()
        await until(partial(holds, desk), f"the effect of {action}")
        await _put_away(desk)
    assert not registry.is_enabled("dark_theme"), "what is so already is not offered"
    registry.run("system_theme")
    assert desk.settings.current.colour_scheme == "system"
    heard: list[object] = []
    desk.window.text_step_requested.connect(heard.append)
    desk.window.quit_requested.connect(lambda: heard.append("quit"))
    desk.chooser.manage_requested.connect(heard.append)
    for action in ("larger_text", "smaller_text", "usual_text", "quit", "manage_servers"):
        registry.run(action)
    assert heard == [1, -1, 0, "quit", desk.servers.selected_address]


async def _put_away(desk: WholeWindow) -> None:
    for dialog in desk.dialogs():
        dialog.reject()
    desk.window.page.popup.close()
    desk.actions.palette.close_palette()
    if desk.presenter.dialog:
        desk.presenter.dialog.close_panel()
    desk.window.page.show_inspector(False)
    if not desk.window.sidebar.isVisible():
        desk.window.toggle_sidebar()
    await until(lambda: not desk.dialogs())
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)


async def test_text_has_its_usual_size_again(desk: WholeWindow) -> None:
    desk.settings.change(text_size=150)
    desk.window.registry.run("usual_text")
    assert desk.settings.current.text_size == 100


async def test_stop_is_there_while_a_reply_is(desk: WholeWindow) -> None:
    heard: list[str] = []
    desk.window.page.stop_requested.connect(lambda: heard.append("stop"))
    assert not desk.window.registry.is_enabled("stop_reply")
    desk.window.page.set_busy(True)
    desk.window.registry.run("stop_reply")
    desk.window.page.set_busy(False)
    desk.window.registry.run("stop_reply")
    assert heard == ["stop"]


async def test_places_that_were_found_and_undo(desk: WholeWindow) -> None:
    steps: list[object] = []
    desk.window.page.find_bar.stepped.connect(steps.append)
    desk.window.page.toast.undo_requested.connect(lambda: steps.append("undo"))
    desk.window.registry.run("find")
    for action in ("find_next", "find_previous", "undo"):
        desk.window.registry.run(action)
    assert steps == [1, -1, "undo"]


async def test_folders_are_opened_outside(desk: WholeWindow) -> None:
    opened = Opened()
    QDesktopServices.setUrlHandler("file", opened, "open")  # type: ignore[arg-type]  # It takes text only.
    try:
        desk.window.registry.run("open_data")
        desk.window.registry.run("open_logs")
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert [url.toLocalFile() for url in opened.urls] == [str(app_paths().data), str(app_paths().logs)]


async def test_the_own_server_is_started_and_stopped(qapp: QApplication) -> None:
    async with whole_window(None) as desk:
        own, registry = desk.servers.connection(OWN), desk.window.registry
        assert not registry.is_enabled("stop_server")
        registry.run("start_server")
        await until(lambda: isinstance(own.state, Ready), "the server")
        assert not registry.is_enabled("start_server")
        registry.run("stop_server")
        await until(lambda: not isinstance(own.state, Ready) and not own.owned, "the server's end")
        await until(lambda: running_server(app_paths()) is None)
    assert desk.reported == []


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_every_action_has_a_name_and_no_two_the_same_keys(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", platform)
    ids = [action.id for action in ACTIONS]
    titles = [action.title for action in ACTIONS]
    assert len(set(ids)) == len(ids)
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert all(section_title(section) for section in SECTIONS)
    assert all(action.icon in GLYPHS for action in ACTIONS if action.icon)
    keys = [one for action in ACTIONS for one in (action.default_keys, *action.more_keys) if one]
    keys += [f"Ctrl+{number}" for number, _ in enumerate(PAGES, 1)]
    assert len(set(keys)) == len(keys)
    given = resolved(ACTIONS, {})
    assert all(given[action.id] == action.default_keys for action in ACTIONS)


async def test_menus_show_the_same_actions_with_their_keys(desk: WholeWindow) -> None:
    menu = desk.window.sidebar.open_menu()
    texts = [entry.text() for entry in menu.actions() if not entry.isSeparator()]
    assert texts[-2:] == ["Keyboard shortcuts", "About Studiolo"]
    assert desk.window.registry.entry("shortcuts") in menu.actions()
    menu.close()
    pages = desk.window.navigation.open_menu(desk.window.page.pages)
    shown = [entry for entry in pages.actions() if not entry.isSeparator()]
    assert [entry.shortcut().toString() for entry in shown] == [
        *(f"Ctrl+{number}" for number, _ in enumerate(PAGES, 1)),
        "Ctrl+,",
    ]
    shown[-2].trigger()
    assert desk.window.shown_page == PAGES[-1]
    pages.close()
