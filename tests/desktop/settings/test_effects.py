"""What settings of the desktop do, in the running program: changed in its dialog, seen in its window."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication

from studiolo.api.chat import ChatStats
from studiolo.desktop.application import DesktopApp
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.history.parts import ReasoningPart, TextPart
from studiolo.desktop.settings.presenter import SettingsPresenter
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, DOWNLOADS, MODELS
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tray.closing import ClosingDialog
from studiolo.desktop.tray.mini_monitor import MiniMonitor
from studiolo.desktop.tray.notifier import Notifier
from studiolo.desktop.tray.presenter import TrayPresenter
from studiolo.desktop.tray.tray import TrayAction
from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.sizes import sizes
from studiolo.paths import app_paths
from tests.desktop.settings.settings_desk import operate, settings_desk
from tests.stands.waiting import until

OWL = Download("", "here", "1", "birds/owl", "Q4_K_M", "downloading", 4_000_000_000, 1_000_000_000, 50_000_000.0)


class Session:
    """A desktop that runs, with its own server, as a person has it."""

    def __init__(self, window: MainWindow, store: DesktopSettingsStore) -> None:
        self.window = window
        self.store = store
        self.settings = window.findChildren(SettingsPresenter)[0]
        self.tray = window.findChildren(TrayPresenter)[0]

    async def change(self, name: str, value: object) -> None:
        """Change a setting in the dialog, and close that."""
        self.settings.open_dialog("", name)
        dialog = self.settings.dialog
        assert dialog
        row = next(row for row in dialog.rows if row.field.name == name)
        operate(row.editor, value)
        await until(lambda: getattr(self.store.current, name) == value)
        dialog.close_panel()


class _Signals(QObject):
    """What the program's own application has; that of the tests is a plain one."""

    quit_requested = Signal()
    link_opened = Signal(str)


@asynccontextmanager
async def running_desktop(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Session]:
    signals = _Signals()
    monkeypatch.setattr(app, "quit_requested", signals.quit_requested, raising=False)
    monkeypatch.setattr(app, "link_opened", signals.link_opened, raising=False)
    store = DesktopSettingsStore(app_paths().config / "desktop.json")
    desktop = DesktopApp(app, app_paths(), store)  # type: ignore[arg-type]
    running = asyncio.create_task(desktop.run())
    window = next(one for one in app.topLevelWidgets() if isinstance(one, MainWindow) and not one.isVisible())
    try:
        await until(lambda: bool(window.findChildren(TrayPresenter)), "the whole program")
        yield Session(window, store)
    finally:
        desktop.quit()
        await running


@pytest.fixture(autouse=True)
def _light_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


async def test_settings_of_the_desktop_are_seen_in_its_window(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window for all: each has a server to start and to end."""
    async with running_desktop(qapp, monkeypatch) as desk:
        desk.window.show()
        await _see_every_way_to_the_dialog(desk)
        await _see_theme(desk)
        await _see_sizes(desk)
        await _see_chat(desk)
        await _see_notifications(desk, monkeypatch)
        await _see_small_window(desk)
        await _see_offline(desk)
        await _see_closing(desk)


async def _see_every_way_to_the_dialog(desk: Session) -> None:
    window = desk.window

    def leads_to(way: Callable[[], object], section: str) -> None:
        way()
        dialog = desk.settings.dialog
        assert dialog
        assert dialog.isVisible()
        assert dialog.shown_section == section
        dialog.close_panel()

    leads_to(window.navigation.settings.click, "general")
    for page, button, section in ((DOWNLOADS, "limits", "downloads"), (MODELS, "loading", "models")):
        window.show_page(page)
        leads_to(getattr(window._pages[page], button).clicked.emit, section)
    window.show_page(DISCOVER)
    discover = window._pages[DISCOVER]
    assert isinstance(discover, DiscoverPage)
    leads_to(discover.panel.token.clicked.emit, "network")
    window.show_page(CHAT)
    (action,) = (one for one in window.actions() if one.shortcut() == QKeySequence("Ctrl+,"))
    leads_to(action.trigger, "network")
    window.hide()
    leads_to(lambda: desk.tray._choose(TrayAction.SHOW_SETTINGS), "network")
    assert window.isVisible()


async def _see_theme(desk: Session) -> None:
    await desk.change("colour_scheme", "dark")
    assert theme.colours() is theme.DARK
    await desk.change("colour_scheme", "light")
    assert theme.colours() is theme.LIGHT


async def _see_sizes(desk: Session) -> None:
    field = desk.window.page.composer.field
    points, row = field.font().pointSizeF(), sizes().spaced(10)
    await desk.change("text_size", 150)
    assert field.font().pointSizeF() == pytest.approx(1.5 * points)
    await desk.change("text_size", 100)
    assert field.font().pointSizeF() == pytest.approx(points)
    await desk.change("density", "compact")
    assert sizes().spaced(10) < row
    await desk.change("density", "comfortable")
    assert sizes().spaced(10) == row
    reply = Reply([TextPart("```\nx = 1\n```")])
    desk.window.page.set_messages([reply])
    code = desk.window.page.transcript.findChildren(CodeBlock)[0].field
    system = code.font().family()
    for chosen, family in (("DejaVu Sans Mono", "DejaVu Sans Mono"), ("", system)):
        await desk.change("code_font", chosen)
        assert code.font().family() == family


async def _see_chat(desk: Session) -> None:
    page = desk.window.page
    for keys, hint in (("ctrl_enter", "Ctrl+Enter sends, Enter breaks the line"), ("enter", "Enter sends, ")):
        await desk.change("send_with", keys)
        assert page.composer.hint.startswith(hint)
    reply = Reply([ReasoningPart("Let me see."), TextPart("Because.")])
    reply.stats = ChatStats(tokens_per_second=41.2)
    page.set_messages([reply])
    row = page.transcript.row_of(reply)
    assert isinstance(row, ReplyRow)
    for shown in ("hidden", "folded"):
        await desk.change("show_reasoning", shown)
        assert row.runs[0].isHidden() is (shown == "hidden")
    for speed in (False, True):
        await desk.change("show_speed", speed)
        assert row.stats.text().startswith("41.2") is speed
    chats = desk.window.findChildren(ChatPresenter)[0]
    for titles in ("model", "first_words"):
        await desk.change("chat_titles", titles)
        assert chats.titling.wanted == titles
    page.set_messages([])


async def _see_notifications(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a system shows of them is not to be seen here: it is asked for, or it is not."""
    told: list[str] = []
    monkeypatch.setattr(Notifier, "notify", lambda _self, title, *_: told.append(title))
    desk.window.hide()

    def happens() -> list[str]:
        told.clear()
        desk.tray._download_ended(replace(OWL, state="completed"))
        desk.tray._download_ended(replace(OWL, state="failed"))
        desk.tray._reply_finished(1, "Owls", True)
        return list(told)

    assert happens() == ["Download complete", "Download failed", "The reply is there"]
    for left, name in ((2, "notify_completed"), (1, "notify_failed"), (0, "notify_replies")):
        await desk.change(name, False)
        assert len(happens()) == left, name
    for name in ("notify_completed", "notify_failed", "notify_replies"):
        await desk.change(name, True)
    assert len(happens()) == 3
    desk.store.change(quiet_from="00:00", quiet_to="23:59")
    assert happens() == []
    desk.window.show()


async def _see_small_window(desk: Session) -> None:
    def small() -> list[MiniMonitor]:
        windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, MiniMonitor)]
        return [one for one in windows if one.isVisible()]

    monitor = desk.tray._pages.monitor
    monitor.downloads[OWL.key] = OWL
    desk.window.hide()
    desk.tray._show()
    assert small() == []
    await desk.change("mini_monitor", True)

    def seen() -> list[MiniMonitor]:
        # The listing of the server, whenever it comes, knows nothing of it.
        monitor.downloads[OWL.key] = OWL
        desk.tray._show()
        return small()

    await until(seen)
    await desk.change("mini_monitor", False)
    await until(lambda: not small())
    monitor.downloads.pop(OWL.key, None)
    desk.window.show()


async def _see_offline(desk: Session) -> None:
    """Whoever undoes it on the server alone sees that it stays, as long as the window is to be offline."""
    desk.store.change(offline=True)
    desk.settings.open_dialog("privacy")
    dialog, source = desk.settings.dialog, desk.settings.source
    assert dialog
    await until(lambda: bool(source.values and source.values["offline"]), "the server to follow")
    seen: list[bool] = []
    source.changed.connect(lambda: seen.append(bool(source.values and source.values["offline"])))
    row = next(row for row in dialog.rows if row.field.name == "offline" and row.field.owner == "server")
    operate(row.editor, False)
    await until(lambda: False in seen and seen[-1], "being offline again")
    switch = row.editor.widget
    assert isinstance(switch, QAbstractButton)
    await until(lambda: not row.saving and switch.isChecked())
    dialog.close_panel()
    desk.store.change(offline=False)


async def _see_closing(desk: Session) -> None:
    await until(lambda: not desk.window.may_close(), "its server runs, which would end with it")
    desk.window.close()
    (dialog,) = await until(lambda: desk.window.findChildren(ClosingDialog), "the question")
    dialog.reject()
    await desk.change("closing", "quit")
    assert desk.window.may_close(), "nothing is under way but the server, so nobody is asked"


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is that of desktops on Linux")
async def test_starting_at_login_is_set_with_its_setting_or_neither(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    async with settings_desk() as desk:
        desk.presenter.open_dialog()
        row = desk.row("start_at_login")
        operate(row.editor, True)
        await until(lambda: desk.store.current.start_at_login)
        assert (tmp_path / "xdg/autostart/studiolo.desktop").exists()
        operate(row.editor, False)
        await until(lambda: not desk.store.current.start_at_login)
        (tmp_path / "xdg/autostart").rmdir()
        (tmp_path / "xdg/autostart").write_text("a file where the folder should be")
        operate(row.editor, True)
        await until(lambda: row.problem.text(), "the failure, below the switch")
        assert "Starting at login could not be set." in row.problem.text()
        assert not desk.store.current.start_at_login
        assert not row.editor.widget.isChecked()  # type: ignore[attr-defined]
